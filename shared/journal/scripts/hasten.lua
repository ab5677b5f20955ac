-- Bring forward what waits at a location for one cause, a few at a time: there may be very many.
-- ARGV: prefix, location, lane, cause, how many to pass over, how many to look at.
-- Returns {how many were brought forward, how many were left alone}; those are to be passed over the next time.
local location, lane, cause, first, most = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local due, moved, left = key('due', location, lane), 0, 0
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '(' .. whole(now), '+inf', 'LIMIT', first, most)) do
  local waits_for, accepted_at = read(id, 'waits_for', 'accepted_at')
  if waits_for == cause then
    redis.call('ZADD', due, 'XX', math.min(tonumber(accepted_at), now), id) -- its clock may have gone back since
    moved = moved + 1
  else
    left = left + 1
  end
end
if moved > 0 then
  look(location, now)
end
return { moved, left }
