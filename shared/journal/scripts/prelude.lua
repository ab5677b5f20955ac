-- What every script shares. The loader puts this before each of them, after two tables of constants:
-- LEGAL (which state may follow which) and LIMITS (times in milliseconds, the rate limit, the pace).
--
-- Every key begins with the prefix ARGV[1]. Keys are built here and not passed in KEYS, since which keys a
-- transition touches is known only once the record has been read; so the journal lives in one Redis, not a cluster.
--
--   sub:<id>            hash    the record: state, form, location, generation, steps …
--   body:<id>           string  the request's body, compressed
--   attempts:<id>       list    calls to HighLevel and their answers, JSON
--   events:<id>         list    what happened to the submission, JSON
--   key:<hash>          string  idempotency key -> id, expires
--   due:<location>:<lane>  zset  waiting, scored by when somebody should look; lane is live or replay
--   suspects            zset    waiting after a crash, to be leased alone
--   leased              zset    leased, scored by when the lease expires
--   unbegun             zset    the leased ones that no worker has begun, scored by when to enqueue them again
--   delivered, dead, discarded  zset  scored by when
--   agenda              zset    location -> when to dispatch there next
--   slots:<location>    zset    one member a permitted call, scored by when the slot is free again
--   pace:<location>, day:<location>:<day>, hold:<location>, trouble:<location>, token:<location>, answered:<location>
--   ledger, ledger:form:<form>, ledger:location:<location>  hash  the populations
--   workers, threads    zset and hash  who lives, and how many threads each has

local prefix = ARGV[1]

local function key(...)
  return prefix .. table.concat({ ... }, ':')
end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local now = clock()

local function whole(number)
  return string.format('%d', number)
end

local function read(id, ...)
  local values = redis.call('HMGET', key('sub', id), ...)
  for i = 1, #values do
    values[i] = values[i] or ''
  end
  return unpack(values)
end

local function tell(id, event, data)
  local line = '{"at":' .. whole(now) .. ',"event":"' .. event .. '","data":' .. (data or '{}') .. '}'
  redis.call('RPUSH', key('events', id), line)
  redis.call('LTRIM', key('events', id), -LIMITS.history, -1)
end

-- Ledger -------------------------------------------------------------------------------------------------------

local function count(form, location, column, by)
  redis.call('HINCRBY', key('ledger'), column, by)
  redis.call('HINCRBY', key('ledger', 'form', form), column, by)
  redis.call('HINCRBY', key('ledger', 'location', location), column, by)
end

-- Waking the pump ----------------------------------------------------------------------------------------------

local function announce(at)
  local sleeping_until = tonumber(redis.call('GET', key('pump')) or 'inf')
  if at < sleeping_until then
    redis.call('SET', key('pump'), whole(at))
    redis.call('PUBLISH', key('wake'), '')
  end
end

local function look(location, at)
  redis.call('ZADD', key('agenda'), 'LT', at, location)
  announce(at)
end

-- Bring a location's turn forward, but only if something waits there.
local function hasten(location, at)
  if redis.call('ZSCORE', key('agenda'), location) then
    look(location, at)
  end
end

-- States -------------------------------------------------------------------------------------------------------

local function shelf(state, location, lane)
  if state == 'waiting' then
    return lane == 'suspect' and key('suspects') or key('due', location, lane)
  end
  return key(state)
end

-- The one place where a submission changes its state: its shelf, its record and the ledger move together.
local function move(id, to, score)
  local from, form, location, lane = read(id, 'state', 'form', 'location', 'lane')
  if not (LEGAL[from] and LEGAL[from][to]) then
    error('submission ' .. id .. ' may not go from ' .. from .. ' to ' .. to)
  end
  redis.call('ZREM', shelf(from, location, lane), id)
  if from == 'leased' then
    redis.call('ZREM', key('unbegun'), id)
    if redis.call('GET', key('alone')) == id then
      redis.call('DEL', key('alone'))
      announce(now)
    elseif redis.call('ZCARD', key('suspects')) > 0 then -- a suspect may be waiting for this one to go
      announce(now)
    end
  end
  if to ~= 'forgotten' then
    redis.call('HSET', key('sub', id), 'state', to, 'since', whole(now))
    redis.call('ZADD', shelf(to, location, lane), score, id)
  end
  count(form, location, from, -1)
  count(form, location, to, 1)
  if to == 'waiting' then
    look(location, score)
  end
end

-- Say whether the record is in the state of the shelf it was found on. One that is not, since somebody has tampered
-- with the keys, leaves that shelf, so that it cannot stop the others; the audit tells.
local function stands(id, state)
  if read(id, 'state') == state then
    return true
  end
  redis.call('ZREM', key('suspects'), id)
  redis.call('ZREM', key(state), id)
  redis.call('ZREM', key('unbegun'), id)
  return false
end

local function keep_for(id, seconds)
  redis.call('EXPIRE', key('body', id), seconds)
  redis.call('EXPIRE', key('attempts', id), seconds)
end

-- Permits ------------------------------------------------------------------------------------------------------

local function day_key(location)
  return key('day', location, whole(math.floor(now / 86400000)))
end

local function spend_day(location, calls)
  redis.call('INCRBY', day_key(location), calls)
  redis.call('EXPIRE', day_key(location), 172800)
end

-- When that many further calls are permitted: now (0) or at a time.
local function permitted_at(location, calls)
  local slots = key('slots', location)
  redis.call('ZREMRANGEBYSCORE', slots, '-inf', now)
  if tonumber(redis.call('GET', day_key(location)) or 0) + calls > LIMITS.daily then
    return (math.floor(now / 86400000) + 1) * 86400000, 'daily'
  end
  local pace = tonumber(redis.call('GET', key('pace', location)) or 0)
  if pace - now >= LIMITS.burst * LIMITS.pace then
    return pace - LIMITS.burst * LIMITS.pace + 1
  end
  local taken = redis.call('ZCARD', slots)
  if taken + calls > LIMITS.rate then
    local last = math.min(taken, taken + calls - LIMITS.rate) - 1
    return tonumber(redis.call('ZRANGE', slots, last, last, 'WITHSCORES')[2])
  end
  return 0
end

-- A slot is named after its submission, the lease and the number of the call in it, so granting it twice is harmless.
local function occupy(location, id, generation, call, free_at)
  redis.call('ZADD', key('slots', location), free_at, id .. ':' .. generation .. ':' .. whole(call))
end

local function charge(location, calls)
  local pace = tonumber(redis.call('GET', key('pace', location)) or 0)
  local paced = math.max(pace, now) + calls * LIMITS.pace
  redis.call('SET', key('pace', location), whole(paced), 'PX', math.max(1, paced - now) + 1000)
  spend_day(location, calls)
end

local function release(location, id, generation, first, last)
  for call = first, last do
    if redis.call('ZREM', key('slots', location), id .. ':' .. generation .. ':' .. whole(call)) == 1 then
      charge(location, -1)
      hasten(location, now)
    end
  end
end

-- Holds --------------------------------------------------------------------------------------------------------

local function hold(location, kind, reason, status, seconds, token)
  redis.call('HSET', key('hold', location), 'kind', kind, 'reason', reason, 'status', status, 'since', whole(now),
    'interval', whole(LIMITS.probe), 'probe_at', whole(now + seconds * 1000), 'token', token)
  redis.call('SADD', key('holds'), location)
end

local function lift(location)
  if redis.call('DEL', key('hold', location)) == 1 then
    redis.call('SREM', key('holds'), location)
    hasten(location, now)
    return 1
  end
  return 0
end

local function held(location)
  local probe_at = redis.call('HGET', key('hold', location), 'probe_at')
  return probe_at and tonumber(probe_at)
end

-- HighLevel has answered something that shows the location to be open. Calls begun before the hold prove nothing.
local function answered(location, leased_at)
  redis.call('DEL', key('trouble', location), key('trouble', location, 'ids'))
  local since = tonumber(redis.call('HGET', key('hold', location), 'since') or 'inf')
  if tonumber(leased_at) >= since then
    return lift(location)
  end
  return 0
end

-- A probe that ended without a word from HighLevel proves nothing: let the next submission try then.
local function probe_again(location, probe, at)
  if probe == '1' and held(location) then
    redis.call('HSET', key('hold', location), 'probe_at', whole(at))
    hasten(location, at)
  end
end

-- Leases -------------------------------------------------------------------------------------------------------

-- How many more leases the living workers can begin.
local function room()
  for _, worker in ipairs(redis.call('ZRANGEBYSCORE', key('workers'), '-inf', now)) do
    redis.call('ZREM', key('workers'), worker)
    redis.call('HDEL', key('threads'), worker)
  end
  local threads = 0
  for _, number in ipairs(redis.call('HVALS', key('threads'))) do
    threads = threads + tonumber(number)
  end
  return 2 * threads - redis.call('ZCARD', key('unbegun'))
end

local function calls_of(id)
  return tonumber((read(id, 'calls')))
end

-- When this submission may be leased: 0 for now, or a time. An exhausted day becomes a hold here.
local function leasable_at(location, id)
  local probe_at = held(location)
  if probe_at and probe_at > now then
    return probe_at
  end
  local at, why = permitted_at(location, calls_of(id))
  if why == 'daily' and not probe_at then
    hold(location, 'daily', 'the daily limit of calls is used up', '', (at - now) / 1000, '')
  end
  return at
end

local function lease(id, location, jobs)
  local calls = calls_of(id)
  local generation = redis.call('HINCRBY', key('sub', id), 'generation', 1)
  local probing = held(location) and '1' or ''
  move(id, 'leased', now + LIMITS.lease)
  redis.call('HSET', key('sub', id), 'slots', whole(calls), 'leased_at', whole(now), 'probe', probing, 'begun', '')
  redis.call('ZADD', key('unbegun'), now + LIMITS.nudge, id)
  for call = 1, calls do
    occupy(location, id, generation, call, now + LIMITS.lease)
  end
  charge(location, calls)
  if probing == '1' then
    local interval = tonumber(redis.call('HGET', key('hold', location), 'interval'))
    redis.call('HSET', key('hold', location), 'probe_at', whole(now + interval),
      'interval', whole(math.min(2 * interval, LIMITS.probe_cap)))
  end
  jobs[#jobs + 1] = id
  jobs[#jobs + 1] = whole(generation)
end

-- A suspect is leased only when nothing else is, and while it runs nothing else is leased: what crashes then is known.
-- Return true when leasing must stop.
local function suspects_first(jobs)
  if redis.call('EXISTS', key('alone')) == 1 then
    return true
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('suspects'), '-inf', now)) do
    local location = read(id, 'location')
    if stands(id, 'waiting') and leasable_at(location, id) <= now then
      if redis.call('ZCARD', key('leased')) == 0 and room() > 0 then
        redis.call('SET', key('alone'), id)
        lease(id, location, jobs)
      end
      return true
    end
  end
  return false
end

local function first_of_lane(location, lane)
  local due = key('due', location, lane)
  while true do
    local head = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    if not head[1] then
      return nil, math.huge
    elseif stands(head[1], 'waiting') then
      return head[1], tonumber(head[2])
    end
    redis.call('ZREM', due, head[1])
  end
end

-- What is due at a location, live submissions before replays; or nil, and when something will be.
local function first_due(location)
  local live, live_at = first_of_lane(location, 'live')
  if live_at <= now then
    return live, 0
  end
  local replay, replay_at = first_of_lane(location, 'replay')
  if replay_at <= now then
    return replay, 0
  end
  return nil, math.min(live_at, replay_at)
end

-- Lease what may run now at one location, and note in the agenda when to look there again.
local function dispatch(location, jobs)
  local space = room()
  for _ = 1, LIMITS.visit do
    local id, at = first_due(location)
    if id then
      at = leasable_at(location, id)
      if at <= now and space <= 0 then
        redis.call('SET', key('starved'), '1')
        at = now
      elseif at <= now then
        lease(id, location, jobs)
        space = space - 1
        at = nil
      end
    end
    if at == math.huge then
      redis.call('ZREM', key('agenda'), location)
      return
    elseif at then
      redis.call('ZADD', key('agenda'), at, location)
      return
    end
  end
  redis.call('ZADD', key('agenda'), now, location)
end

-- A suspect that came back without a crash is none any more.
local function clear_suspicion(id)
  if read(id, 'lane') == 'suspect' then
    redis.call('HSET', key('sub', id), 'lane', 'live')
  end
end

-- Note that this lease is settled, so that a worker that repeats the call, after the answer was lost, hears the same.
local function mark_settled(id, generation)
  redis.call('HSET', key('sub', id), 'settled', generation)
  redis.call('INCR', key('moves'))
end

local function is_settled(id, generation)
  local state, settled = read(id, 'state', 'settled')
  return state ~= 'leased' and settled == generation
end

-- What a worker may still do with a lease: nothing, once another generation has begun or it has been settled.
local function owns(id, generation)
  local state, current = read(id, 'state', 'generation')
  return state == 'leased' and current == generation
end
