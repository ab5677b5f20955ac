-- One turn of the pump: note that this worker lives, take back expired leases, lease what may run, say when to come back.
-- Leases that nobody has begun for a while are enqueued again: their message may be lost, and a doubled one is harmless.
-- ARGV: prefix, worker, its threads (0: it is stopping), milliseconds its heartbeat lives.
-- Returns {milliseconds to sleep, unbegun leases, ids taken back (joined by spaces), ids buried as crashed (joined),
-- id, generation, …}.
local worker, threads, alive = ARGV[2], ARGV[3], tonumber(ARGV[4])
if threads == '0' then -- nothing is leased for it: nobody would enqueue that
  redis.call('ZREM', key('workers'), worker)
  redis.call('HDEL', key('threads'), worker)
  return { 0, 0, '', '' }
else
  redis.call('ZADD', key('workers'), now + alive, worker)
  redis.call('HSET', key('threads'), worker, threads)
end

-- Since when nothing that is leased is begun: told on while leases run out so, until a worker begins one.
local function note_standstill(leased_at)
  local since = redis.call('GET', key('standstill')) or leased_at
  redis.call('SET', key('standstill'), since, 'PX', 2 * LIMITS.lease)
end

local function take_back(id, buried)
  local begun, location, slots, generation, crashes, began, leased_at =
    read(id, 'begun', 'location', 'slots', 'generation', 'crashes', 'worker', 'leased_at')
  if begun == '' then -- nobody began it: a lost message, not a crash
    note_standstill(leased_at)
    release(location, id, generation, 1, tonumber(slots))
    move(id, 'waiting', now)
    return
  end
  tell(id, 'vanished')
  if is_alive(began) then -- it has not crashed: it could not settle, as when Redis was away
    if redis.call('HINCRBY', key('sub', id), 'vanished', 1) < LIMITS.vanished then
      move(id, 'waiting', now)
    else
      bury_as_crashed(id, LIMITS.vanished .. ' deliveries ended without a word')
      buried[#buried + 1] = id
    end
    return
  end
  if redis.call('SISMEMBER', key('apart'), id) == 1 then
    crashes = tonumber(crashes) + 1
    redis.call('HSET', key('sub', id), 'crashes', crashes)
  end
  if tonumber(crashes) >= LIMITS.crashes then
    bury_as_crashed(id, 'the worker ended ' .. crashes .. ' times while it delivered this apart from the others')
    buried[#buried + 1] = id
    return
  end
  redis.call('HSET', key('sub', id), 'suspect', '1')
  move(id, 'waiting', now)
end

local taken, buried, jobs = {}, {}, {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('leased'), '-inf', now, 'LIMIT', 0, 100)) do
  if stands(id, 'leased', key('leased')) then
    take_back(id, buried)
    taken[#taken + 1] = id
  end
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('unbegun'), '-inf', now)) do
  if stands(id, 'leased', key('unbegun')) then
    redis.call('ZADD', key('unbegun'), now + LIMITS.nudge, id)
    jobs[#jobs + 1] = id
    jobs[#jobs + 1] = read(id, 'generation')
  end
end

lease_suspects(jobs)
-- Those that wait longest go first, and share what room there is.
local ready = redis.call('ZRANGEBYSCORE', key('agenda'), '-inf', now, 'LIMIT', 0, 100)
local share = math.max(1, math.min(LIMITS.visit, math.floor(room() / math.max(1, #ready))))
for _, location in ipairs(ready) do
  dispatch(location, jobs, share)
end

local function first(zset)
  return tonumber(redis.call('ZRANGE', key(zset), 0, 0, 'WITHSCORES')[2] or 'inf')
end

-- What stands in the way of a ready location, that there is no room, announces itself when it goes.
local soon = first('agenda')
if redis.call('EXISTS', key('starved')) == 1 then
  soon = now + LIMITS.idle
end
local wake = math.min(soon, first('leased'), first('unbegun'), now + LIMITS.idle)
if first('suspects') > now then
  wake = math.min(wake, first('suspects'))
end
redis.call('SET', key('pump'), whole(wake))

local answer = { math.max(0, wake - now), redis.call('ZCARD', key('unbegun')), table.concat(taken, ' '),
  table.concat(buried, ' ') }
for _, job in ipairs(jobs) do
  answer[#answer + 1] = job
end
return answer
