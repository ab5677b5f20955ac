-- Settle a delivery whose process has ended in the middle of it, apart from all others: it is the cause.
-- ARGV: prefix, id, generation, how the process ended, milliseconds to wait before it is tried again.
-- Its calls may be at HighLevel still, so its permits stay taken until the lease would have ended, and its persons
-- until it is tried again.
-- Returns {1, buried (0 or 1)}, or {0, 0} when the lease belongs to somebody else by now.
local id, generation, how, delay = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
if not owns(id, generation) then
  return is_settled(id, generation) and { 1, 0 } or { 0, 0 }
end
local location, probe = read(id, 'location', 'probe')
local crashes = redis.call('HINCRBY', key('sub', id), 'crashes', 1)
tell(id, 'crashed', cjson.encode({ how = how }))
mark_settled(id, generation)
redis.call('HSET', key('sub', id), 'suspect', '1')
probe_again(location, probe, now)
if crashes >= LIMITS.crashes then
  bury_as_crashed(id, 'its own process ended ' .. crashes .. ' times while it delivered this; the last time: ' .. how)
  return { 1, 1 }
end
move(id, 'waiting', now + delay)
for _, person in ipairs(persons_of(id)) do
  if redis.call('EXISTS', key('person', location, person)) == 0 then
    lock_persons(location, { person }, id, math.max(1, delay))
  end
end
return { 1, 0 }
