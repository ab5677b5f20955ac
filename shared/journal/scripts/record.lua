-- Store what one step of a delivery has found out.
-- ARGV: prefix, id, generation, fields (JSON of strings), attempt (JSON or ''), call whose answer has come (0: none),
-- first and last call that is not needed after all (0 0: none).
-- Returns 1, or 0 when the lease belongs to somebody else by now.
local id, generation, fields, attempt = ARGV[2], ARGV[3], cjson.decode(ARGV[4]), ARGV[5]
local call, first, last = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
if not owns(id, generation) then
  return 0
end
local location = read(id, 'location')
for name, value in pairs(fields) do
  redis.call('HSET', key('sub', id), name, value)
end
if attempt ~= '' then
  redis.call('RPUSH', key('attempts', id), attempt)
  redis.call('LTRIM', key('attempts', id), -LIMITS.attempts, -1)
end
if call > 0 then
  occupy(location, id, generation, call, now + LIMITS.window)
  hasten(location, now + LIMITS.window)
end
if first > 0 then
  release(location, id, generation, first, last)
end
return 1
