-- Say which of some records do not stand on the shelf of their state. ARGV: prefix, id, …
-- Returns the ids that do not. A record that is gone by now has been forgotten meanwhile, which is no fault.
local wrong = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local state = read(id, 'state')
  if state ~= '' and not redis.call('ZSCORE', shelf(id, state), id) then
    wrong[#wrong + 1] = id
  end
end
return wrong
