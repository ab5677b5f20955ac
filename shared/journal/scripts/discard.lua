-- Drop a dead letter for good; the record stays for its time, the body goes with the others'.
-- ARGV: prefix, id, seconds to keep the body. Returns 1, or 0 when it is not a dead letter.
local id, seconds = ARGV[2], ARGV[3]
if read(id, 'state') ~= 'dead' then
  return 0
end
move(id, 'discarded', now)
keep_for(id, seconds)
tell(id, 'discarded')
return 1
