-- Accept a submission once.
-- ARGV: prefix, id, idempotency key, seconds the key lives, record (JSON of strings), body.
-- Returns {"accepted" | "duplicate", id}. Called again with the same id it answers as the first time, so that a
-- sender's process may repeat it after a lost connection.
local id, idempotency, seconds, record, body = unpack(ARGV, 2)
local known = redis.call('GET', key('key', idempotency))
local fields = cjson.decode(record)
if known == id then
  return { 'accepted', id }
end
if known then
  count(fields.form, fields.location, 'duplicate', 1)
  return { 'duplicate', known }
end
redis.call('SET', key('key', idempotency), id, 'EX', seconds)
redis.call('SET', key('body', id), body)
for name, value in pairs(fields) do
  redis.call('HSET', key('sub', id), name, value)
end
redis.call('HSET', key('sub', id), 'state', 'waiting', 'lane', 'live', 'accepted_at', whole(now), 'since', whole(now),
  'stamp', micros(), 'generation', '0', 'attempts', '0', 'crashes', '0')
redis.call('ZADD', key('due', fields.location, 'live'), now, id)
redis.call('SADD', key('locations'), fields.location)
redis.call('SADD', key('forms'), fields.form)
count(fields.form, fields.location, 'accepted', 1)
count(fields.form, fields.location, 'waiting', 1)
tell(id, 'accepted')
look(fields.location, now)
return { 'accepted', id }
