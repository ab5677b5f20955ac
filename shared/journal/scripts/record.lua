-- Store what one step of a delivery has found out.
-- ARGV: prefix, id, generation, fields (JSON of strings), attempt (JSON or ''), call whose answer has come (0: none),
-- first and last call that is not needed after all (0 0: none), HTTP status of the answer (or ''), what its headers say
-- of the rate limit (JSON).
-- Returns 1, or 0 when the lease belongs to somebody else by now.
local id, generation, fields, attempt = ARGV[2], ARGV[3], cjson.decode(ARGV[4]), ARGV[5]
local call, first, last = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local status, budget = ARGV[9], cjson.decode(ARGV[10])
if not owns(id, generation) then
  return 0
end
keep_step(id, generation, fields, attempt, call, status, budget)
if first > 0 then
  local location = read(id, 'location')
  release(location, id, generation, first, last)
end
return 1
