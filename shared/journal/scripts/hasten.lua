-- Bring forward what waits at a location for one cause. ARGV: prefix, location, cause. Returns how many.
local location, cause, moved = ARGV[2], ARGV[3], 0
for _, lane in ipairs({ 'live', 'replay' }) do
  local due = key('due', location, lane)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '(' .. whole(now), '+inf')) do
    local waits_for, accepted_at = read(id, 'waits_for', 'accepted_at')
    if waits_for == cause then
      redis.call('ZADD', due, 'XX', accepted_at, id)
      moved = moved + 1
    end
  end
end
if moved > 0 then
  look(location, now)
end
return moved
