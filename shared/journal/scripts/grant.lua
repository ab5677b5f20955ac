-- Ask for one more call than the lease foresaw.
-- ARGV: prefix, id, generation, number of the call.
-- Returns 0 when it is granted, the milliseconds until it may be asked again, or -1 when the lease is lost.
local id, generation, call = ARGV[2], ARGV[3], tonumber(ARGV[4])
if not owns(id, generation) then
  return -1
end
local location = read(id, 'location')
if redis.call('ZSCORE', key('slots', location), id .. ':' .. generation .. ':' .. whole(call)) then
  return 0
end
local at = permitted_at(location, 1)
if at > now then
  return at - now
end
occupy(location, id, generation, call, now + LIMITS.lease)
charge(location, 1)
redis.call('HSET', key('sub', id), 'slots', whole(call))
return 0
