-- Remove records whose time is over; they are only counted from then on.
-- ARGV: prefix, state (delivered or discarded), seconds a record is kept, how many at most.
-- Returns how many were removed.
local state, seconds, most = ARGV[2], tonumber(ARGV[3]), ARGV[4]
local ids = redis.call('ZRANGEBYSCORE', key(state), '-inf', now - seconds * 1000, 'LIMIT', 0, most)
for _, id in ipairs(ids) do
  if stands(id, state, key(state)) then
    move(id, 'forgotten', 0)
  end
  redis.call('DEL', key('sub', id), key('body', id), key('attempts', id), key('events', id))
end
return #ids
