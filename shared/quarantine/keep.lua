-- Keep one refused request, and let the oldest go where there are too many.
-- ARGV: prefix, id, form, size, what is known of it (JSON), body, milliseconds it is kept, most of a form,
-- most bytes of a form, most bytes in all.
-- Returns how many went to make room; the request itself is among them if it is too large.
--
--   quarantine:request:<id>   hash  about, body; expires
--   quarantine:index          zset  id -> when, of all
--   quarantine:form:<form>    zset  id -> when, of one form
--   quarantine:forms          hash  id -> its form
--   quarantine:sizes          hash  id -> its bytes
--   quarantine:bytes          hash  form -> its bytes; the empty name for all
--   quarantine:dropped        hash  form -> how many went to make room
local prefix, id, form, size, about, body = unpack(ARGV, 1, 6)
local keep_ms, most, most_bytes, most_in_all = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
size = tonumber(size)

local function key(...)
  return prefix .. 'quarantine:' .. table.concat({ ... }, ':')
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function bytes(name)
  return tonumber(redis.call('HGET', key('bytes'), name) or 0)
end

local function remove(gone)
  local of = redis.call('HGET', key('forms'), gone)
  local freed = tonumber(redis.call('HGET', key('sizes'), gone) or 0)
  redis.call('DEL', key('request', gone))
  redis.call('ZREM', key('index'), gone)
  redis.call('ZREM', key('form', of), gone)
  redis.call('HDEL', key('forms'), gone)
  redis.call('HDEL', key('sizes'), gone)
  redis.call('HINCRBY', key('bytes'), of, -freed)
  redis.call('HINCRBY', key('bytes'), '', -freed)
  return of
end

local dropped = 0

local function drop_oldest(shelf)
  local of = remove(redis.call('ZRANGE', shelf, 0, 0)[1])
  redis.call('HINCRBY', key('dropped'), of, 1)
  dropped = dropped + 1
end

for _, old in ipairs(redis.call('ZRANGEBYSCORE', key('index'), '-inf', now - keep_ms)) do
  remove(old)
end

if size > most_bytes or size > most_in_all then
  redis.call('HINCRBY', key('dropped'), form, 1)
  return 1
end
while redis.call('ZCARD', key('form', form)) >= most or bytes(form) + size > most_bytes do
  drop_oldest(key('form', form))
end
while bytes('') + size > most_in_all do
  drop_oldest(key('index'))
end

redis.call('HSET', key('request', id), 'about', about, 'body', body)
redis.call('PEXPIRE', key('request', id), keep_ms)
redis.call('ZADD', key('index'), now, id)
redis.call('ZADD', key('form', form), now, id)
redis.call('HSET', key('forms'), id, form)
redis.call('HSET', key('sizes'), id, size)
redis.call('HINCRBY', key('bytes'), form, size)
redis.call('HINCRBY', key('bytes'), '', size)
return dropped
