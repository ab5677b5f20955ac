-- Remove one kept request. ARGV: prefix, id. Returns 1, or 0 when it is not there any more.
local prefix, id = ARGV[1], ARGV[2]

local function key(...)
  return prefix .. 'quarantine:' .. table.concat({ ... }, ':')
end

local form = redis.call('HGET', key('forms'), id)
if not form then
  return 0
end
local size = tonumber(redis.call('HGET', key('sizes'), id) or 0)
local there = redis.call('DEL', key('request', id))
redis.call('ZREM', key('index'), id)
redis.call('ZREM', key('form', form), id)
redis.call('HDEL', key('forms'), id)
redis.call('HDEL', key('sizes'), id)
redis.call('HINCRBY', key('bytes'), form, -size)
redis.call('HINCRBY', key('bytes'), '', -size)
return there
