-- Grant a delivery once per generation; the nonce lets a worker repeat the call after a lost connection.
-- ARGV: prefix, id, generation, nonce, worker.
-- Returns false when it is not to be delivered, else {now, last answer at this location, held ("1" or ""), body,
-- field, value, …} with the record's fields.
local id, generation, nonce = ARGV[2], ARGV[3], ARGV[4]
-- A lease that has run out is the pump's to take back: its slots may be others' by now.
if not owns(id, generation) or tonumber(redis.call('ZSCORE', key('leased'), id) or 0) <= now then
  return false
end
local begun, location, slots = read(id, 'begun', 'location', 'slots')
if begun ~= '' and begun ~= nonce then
  return false
end
redis.call('HSET', key('sub', id), 'begun', nonce, 'worker', ARGV[5], 'waits_for', '')
redis.call('ZREM', key('unbegun'), id)
redis.call('DEL', key('standstill'))
redis.call('ZADD', key('leased'), now + LIMITS.lease, id)
for call = 1, tonumber(slots) do
  occupy(location, id, generation, call, now + LIMITS.lease)
end
if redis.call('DEL', key('starved')) == 1 then
  announce(now)
end
local answer = { whole(now), redis.call('GET', key('answered', location)) or '0', held(location) and '1' or '',
  redis.call('GET', key('body', id)) or '' }
for _, value in ipairs(redis.call('HGETALL', key('sub', id))) do
  answer[#answer + 1] = value
end
return answer
