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
--   suspects            zset    waiting after a crash, for a process of their own, scored as those that are due
--   apart               set     the suspects that are leased
--   queue:<location>:<form>:<cause>  zset  waiting for that cause, scored by when they were accepted
--   queues              set     the names of the queues in which something waits
--   leased              zset    leased, scored by when the lease expires
--   unbegun             zset    the leased ones that no worker has begun, scored by when to enqueue them again
--   delivered, dead, discarded  zset  scored by when
--   agenda              zset    location -> when to dispatch there next
--   slots:<location>    zset    one member a permitted call, scored by when the slot is free again
--   person:<location>:<hash>   string  the submission that has locked this person, expires
--   blocked:<id>        zset    submissions that wait for a person of this one, scored by when they were accepted
--   written:<location>:<hash>  hash  field of this person -> "stamp:id" of the last write, expires
--   identity:<location>:<contact>  hash  email, phone -> hash of what this contact had last, expires
--   lead:<digest>       hash    a submission that its sender sends in several revisions: progress and newest, the highest
--                       progress accepted and whose it is; contact and location that a revision was written to; stamp and
--                       writer, the newest revision that was; line:<digest>, the lines of its notes; expires
--   rate:<location>     hash    what HighLevel's headers tell of its limit, and what other programs take of it, expires
--   day:<location>      hash    the day's calls: used, most, and when it ends, expires then
--   pace:<location>, hold:<location>, trouble:<location>, token:<location>, answered:<location>
--   epoch               string  the name of this history, for as long as it has no gap
--   mark:<process>      string  what a process that reads and writes must find again, expires
--   lost                hash    epoch that was lost -> when, and how much was there before and after, JSON; '' once acknowledged
--   standstill          string  since when nothing that is leased is begun, expires
--   reasons             hash    reason -> how many dead letters
--   ledger, ledger:form:<form>, ledger:location:<location>  hash  the populations
--   workers, threads    zset and hash  who lives, and how many threads each has

local prefix = ARGV[1]

local function key(...)
  return prefix .. table.concat({ ... }, ':')
end

local function whole(number)
  return string.format('%d', number)
end

local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local now = clock()

-- The time in microseconds: it tells apart what was accepted within one millisecond.
local function micros()
  local time = redis.call('TIME')
  return whole(time[1] * 1000000 + time[2])
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

-- Shelves ------------------------------------------------------------------------------------------------------

-- Where a submission stands in a state.
local function shelf(id, state)
  if state ~= 'waiting' then
    return key(state)
  end
  local suspect, location, lane = read(id, 'suspect', 'location', 'lane')
  return suspect == '1' and key('suspects') or key('due', location, lane)
end

-- Queues -------------------------------------------------------------------------------------------------------

-- What waits stands in a queue by what it waits for, beside its shelf: who asks how things stand reads no records.
local function queue_of(id)
  return table.concat({ read(id, 'location', 'form', 'cause') }, ':')
end

local function join_queue(id)
  local waits_for, unknown_since, attempts, accepted_at =
    read(id, 'waits_for', 'unknown_since', 'attempts', 'accepted_at')
  local cause = attempts ~= '0' and 'retry' or 'turn'
  if waits_for ~= '' then
    cause = waits_for
  elseif unknown_since ~= '' then
    cause = 'configuration'
  end
  redis.call('HSET', key('sub', id), 'cause', cause)
  redis.call('ZADD', key('queue', queue_of(id)), accepted_at, id)
  redis.call('SADD', key('queues'), queue_of(id))
end

local function leave_queue(id)
  local queue = queue_of(id)
  redis.call('ZREM', key('queue', queue), id)
  if redis.call('EXISTS', key('queue', queue)) == 0 then
    redis.call('SREM', key('queues'), queue)
  end
end

-- Persons ------------------------------------------------------------------------------------------------------

-- How long nobody else may write a person of whom a contact has perhaps just been made, if it takes that long to look.
local LOOK_FIRST = 30 * 86400000

local function persons_of(id)
  local persons = read(id, 'persons')
  return persons == '' and {} or cjson.decode(persons)
end

-- The other submission that has locked one of these persons, if it is of a kind, or nil.
local function holder_of(location, persons, id, is_meant)
  for _, person in ipairs(persons) do
    local holder = redis.call('GET', key('person', location, person))
    if holder and holder ~= id and (not is_meant or is_meant(holder)) then
      return holder
    end
  end
end

local function lock_persons(location, persons, id, life)
  for _, person in ipairs(persons) do
    redis.call('SET', key('person', location, person), id, 'PX', whole(life))
  end
end

local function unlock_persons(location, persons, id)
  for _, person in ipairs(persons) do
    if redis.call('GET', key('person', location, person)) == id then
      redis.call('DEL', key('person', location, person))
    end
  end
end

-- Let what waits for one submission wait for another instead. The fewer join the more: there may be very many.
local function hand_over(from, to)
  local fewer, more = key('blocked', from), key('blocked', to)
  if redis.call('ZCARD', fewer) > redis.call('ZCARD', more) then
    fewer, more = more, fewer
  end
  local moved = redis.call('ZRANGE', fewer, 0, -1, 'WITHSCORES')
  for i = 1, #moved, 2 do
    redis.call('ZADD', more, 'LT', moved[i + 1], moved[i])
  end
  redis.call('DEL', fewer)
  if more ~= key('blocked', to) then
    redis.call('RENAME', more, key('blocked', to))
  end
  redis.call('PEXPIRE', key('blocked', to), LOOK_FIRST)
end

-- The oldest that waits for this one, live submissions before replays, among the first hundred. What waits for nobody
-- any more leaves the queue: it comes back when it is told again to wait.
local function first_blocked(id)
  local queue, first = key('blocked', id), nil
  repeat
    local found = redis.call('ZRANGE', queue, 0, 99)
    for _, blocked in ipairs(found) do
      local state, waits_for, lane = read(blocked, 'state', 'waits_for', 'lane')
      if state ~= 'waiting' or waits_for ~= 'person' then
        redis.call('ZREM', queue, blocked)
      elseif lane ~= 'replay' then
        return blocked
      else
        first = first or blocked
      end
    end
  until first or #found == 0
  return first
end

-- Bring forward the first that waits for this one, before what was accepted later. The others wait for that one from
-- now on: woken all at once, all but one would be leased in vain.
local function wake_blocked(id)
  local first = first_blocked(id)
  if first then
    local location, accepted_at = read(first, 'location', 'accepted_at')
    redis.call('ZADD', shelf(first, 'waiting'), 'XX', accepted_at, first)
    look(location, now)
    hand_over(id, first)
  end
  redis.call('DEL', key('blocked', id))
end

-- Whether this submission may have written a contact of a lead whose contact nobody knows yet.
local function may_have_written(id, lead)
  local persons, upserted = read(id, 'persons', 'upserted')
  return lead ~= '' and persons ~= '' and upserted == '' and redis.call('HEXISTS', key('lead', lead), 'contact') == 0
end

-- A lease ends: others may have its persons. Only while the outcome of a create is unknown it keeps them, so that
-- nobody makes a contact of one of them before it has looked; and the lead, so that no revision with another email or
-- phone makes a second contact of it (see prepare).
local function leave_persons(id, to)
  local location, creating, lead = read(id, 'location', 'creating', 'lead')
  local persons = persons_of(id)
  local kept_until = (tonumber(creating) or 0) + LOOK_FIRST
  if to == 'waiting' and kept_until > now and not holder_of(location, persons, id) then
    lock_persons(location, persons, id, kept_until - now)
  else
    unlock_persons(location, persons, id)
    if to == 'waiting' and may_have_written(id, lead) and not holder_of(location, { lead }, id) then
      lock_persons(location, { lead }, id, LOOK_FIRST)
    end
    wake_blocked(id)
  end
end

-- For so many seconds is remembered who wrote what.
local MEMORY = 180 * 86400

-- The last write of a person's field: when its value was given, and by which submission; or 0 and nil.
local function last_write(location, person, field)
  local written = redis.call('HGET', key('written', location, person), field) or ''
  local stamp, id = string.match(written, '^(%d+):(.+)$')
  return tonumber(stamp or 0), id
end

-- States -------------------------------------------------------------------------------------------------------

-- What is leased no more makes room for others.
local function make_room(id)
  redis.call('ZREM', key('unbegun'), id)
  if redis.call('SREM', key('apart'), id) == 1 then
    announce(now)
  end
end

-- The one place where a submission changes its state: its shelf, its record and the ledger move together.
local function move(id, to, score)
  local from, form, location = read(id, 'state', 'form', 'location')
  if not (LEGAL[from] and LEGAL[from][to]) then
    error('submission ' .. id .. ' may not go from ' .. from .. ' to ' .. to)
  end
  redis.call('ZREM', shelf(id, from), id)
  if from == 'waiting' then
    leave_queue(id)
  end
  if from == 'leased' then
    leave_persons(id, to)
    make_room(id)
  end
  if to ~= 'forgotten' then
    redis.call('HSET', key('sub', id), 'state', to, 'since', whole(now))
    redis.call('ZADD', shelf(id, to), score, id)
  end
  count(form, location, from, -1)
  count(form, location, to, 1)
  if from == 'dead' then
    redis.call('HINCRBY', key('reasons'), read(id, 'counted_as'), -1)
  elseif to == 'dead' then
    local reason = read(id, 'reason')
    redis.call('HSET', key('sub', id), 'counted_as', reason) -- a replay clears the reason first
    redis.call('HINCRBY', key('reasons'), reason, 1)
  end
  if to == 'waiting' then
    join_queue(id)
    look(location, score)
  end
end

-- Say whether the record is in the state of the shelf it was found on. One that is not, since somebody has tampered
-- with the keys, leaves that shelf, so that it cannot stop the others; the audit tells.
local function stands(id, state, found_on)
  if read(id, 'state') == state then
    return true
  end
  redis.call('ZREM', found_on, id)
  if state == 'leased' then
    make_room(id)
  end
  return false
end

local function keep_for(id, seconds)
  redis.call('EXPIRE', key('body', id), seconds)
  redis.call('EXPIRE', key('attempts', id), seconds)
end

-- Permits ------------------------------------------------------------------------------------------------------

local DAY = 86400000
local REMEMBERED_SECONDS = 3600

-- What is known of a location's rate limit: `most` calls in any `interval`, of which we may use our `share`, beside what
-- other programs were seen to take in this period or the one before.
local function rate_of(location)
  local most, interval, period, others, before =
    unpack(redis.call('HMGET', key('rate', location), 'most', 'interval', 'period', 'others', 'before'))
  local rate = { most = tonumber(most) or LIMITS.rate, interval = tonumber(interval) or LIMITS.window }
  rate.period = math.floor(now / (LIMITS.memory * rate.interval))
  local age = rate.period - (tonumber(period) or 0)
  others, before = tonumber(others) or 0, tonumber(before) or 0
  if age > 0 then
    others, before = 0, age == 1 and others or 0
  end
  rate.others, rate.before = others, before
  rate.share = math.min(rate.most, math.max(LIMITS.least, rate.most - math.max(others, before)))
  return rate
end

-- The milliseconds from one call to the next, and how many may go at once. Alone we go a little faster than the limit,
-- so that the slots alone bind us; beside others evenly, so that answers tell of them at all times.
local function pace_of(rate)
  local step = rate.interval / rate.share
  if rate.share == rate.most then
    step = step * LIMITS.pace * LIMITS.rate / LIMITS.window
  end
  local burst = LIMITS.burst * rate.share / LIMITS.rate
  return math.max(1, math.floor(step)), math.max(1, math.min(LIMITS.burst, math.floor(burst)))
end

-- The day's calls at a location: how many are used, how many there are, and when the day ends.
local function day_of(location)
  local used, most, ends = unpack(redis.call('HMGET', key('day', location), 'used', 'most', 'ends'))
  if (tonumber(ends) or 0) <= now then
    return 0, LIMITS.daily, (math.floor(now / DAY) + 1) * DAY
  end
  return tonumber(used), tonumber(most), tonumber(ends)
end

local function note_day(location, used, most, ends)
  redis.call('HSET', key('day', location), 'used', whole(math.max(0, used)), 'most', whole(most), 'ends', whole(ends))
  redis.call('PEXPIRE', key('day', location), whole(ends - now))
end

-- When a submission may have its calls, if it is a replay and only the spare share of a day is for it: now (0), or when
-- the day ends.
local function spare_at(location, id)
  local lane, calls = read(id, 'lane', 'calls')
  local used, most, ends = day_of(location)
  return lane == 'replay' and used + calls > math.floor(most * LIMITS.spare / 100) and ends or 0
end

-- When that many further calls are permitted: now (0) or at a time.
local function permitted_at(location, calls)
  local slots = key('slots', location)
  redis.call('ZREMRANGEBYSCORE', slots, '-inf', now - LIMITS.lease)
  local used, most, ends = day_of(location)
  if used + calls > most then
    return ends, 'daily'
  end
  local rate = rate_of(location)
  local step, burst = pace_of(rate)
  local pace = tonumber(redis.call('GET', key('pace', location)) or 0)
  if pace - now >= burst * step then
    return pace - burst * step + 1
  end
  local share = math.max(calls, rate.share)
  local taken = redis.call('ZCOUNT', slots, '(' .. whole(now), '+inf')
  if taken + calls > share then
    local last = math.min(taken, taken + calls - share) - 1
    return tonumber(redis.call('ZRANGEBYSCORE', slots, '(' .. whole(now), '+inf', 'WITHSCORES', 'LIMIT', last, 1)[2])
  end
  return 0
end

local function slot(id, generation, call)
  return id .. ':' .. generation .. ':' .. whole(call)
end

-- A slot is named after its submission, the lease and the number of the call in it, so granting it twice is harmless.
-- Where the server's window is longer than ours, a call without an answer may count for longer too.
local function occupy(location, id, generation, call, free_at)
  local longer = math.max(0, rate_of(location).interval - LIMITS.window)
  redis.call('ZADD', key('slots', location), free_at + longer, slot(id, generation, call))
end

local function charge(location, calls)
  local step = pace_of(rate_of(location))
  local pace = tonumber(redis.call('GET', key('pace', location)) or 0)
  local paced = math.max(pace, now) + calls * step
  redis.call('SET', key('pace', location), whole(paced), 'PX', math.max(1, paced - now) + 1000)
  local used, most, ends = day_of(location)
  note_day(location, used + calls, most, ends)
end

local function release(location, id, generation, first, last)
  for call = first, last do
    if redis.call('ZREM', key('slots', location), slot(id, generation, call)) == 1 then
      charge(location, -1)
      hasten(location, now)
    end
  end
end

-- Learning the limits ------------------------------------------------------------------------------------------

local function clamp(number, least, most)
  return math.max(least, math.min(most, number))
end

-- After when a lease has made a call: it was begun, and the call before was answered.
local function sent_after(location, id, generation, call)
  local begun_at = (tonumber(redis.call('ZSCORE', key('leased'), id)) or now) - LIMITS.lease
  local before = tonumber(redis.call('ZSCORE', key('slots', location), slot(id, generation, call - 1)))
  return before and clamp(before - rate_of(location).interval, begun_at, now) or begun_at
end

local function learn_rate(location, budget)
  local rate = key('rate', location)
  if budget.most then
    redis.call('HSET', rate, 'most', whole(clamp(budget.most, 1, 1000)))
  end
  if budget.interval_ms then
    redis.call('HSET', rate, 'interval', whole(clamp(budget.interval_ms, 1000, 60000)))
  end
  redis.call('EXPIRE', rate, REMEMBERED_SECONDS)
end

-- The answer has come: the call counts at the server for one window more at most.
local function cool(location, id, generation, call)
  local free_at = now + rate_of(location).interval
  redis.call('ZADD', key('slots', location), free_at, slot(id, generation, call))
  hasten(location, free_at)
end

-- When the calls of other leases that may be at the server were sent, at the earliest: each lease makes one at a time.
local function in_flight(location, interval, own)
  local open, next_call, sent = {}, {}, {}
  local members = redis.call('ZRANGEBYSCORE', key('slots', location), '(' .. whole(now + interval), '+inf')
  for _, member in ipairs(members) do
    local lease, call = string.match(member, '^(.+):(%d+)$')
    if not next_call[lease] then
      open[#open + 1] = lease
    end
    next_call[lease] = math.min(next_call[lease] or math.huge, tonumber(call))
  end
  for _, lease in ipairs(open) do
    local id, generation = string.match(lease, '^(.+):(%d+)$')
    if lease ~= own and not redis.call('ZSCORE', key('unbegun'), id) then
      sent[#sent + 1] = sent_after(location, id, generation, next_call[lease])
    end
  end
  return sent
end

-- What the server has counted beyond our calls. Proof of others is only what goes beyond all those of ours that it may
-- have counted: what stays below does no harm, since our slots are within the limit. So no jitter of the network makes
-- others of our own calls. As far as it can be told, it has counted our answered calls and those sent before this one.
local function taken_by_others(location, rate, own, sent_at, used, is_refused)
  local slots, until_cool = key('slots', location), whole(now + rate.interval)
  local possible = redis.call('ZCOUNT', slots, '(' .. whole(sent_at), until_cool)
  if not is_refused and used <= possible then
    return
  end
  local flying, counted = in_flight(location, rate.interval, own), 0
  if not is_refused and used <= possible + #flying then
    return
  end
  for _, sent in ipairs(flying) do
    counted = counted + (sent <= sent_at and 1 or 0)
  end
  local cooling = redis.call('ZCOUNT', slots, '(' .. whole(now), until_cool) - (is_refused and 1 or 0)
  return math.max(0, used - cooling - counted)
end

-- Learn what others take from an answer to a call that was sent after a moment. A refusal proves that there are others,
-- even without headers. An answer that leaves nothing hides how much more they wanted: make more room for them then.
local function learn_others(location, own, sent_at, status, budget)
  local remaining = budget.remaining
  local is_refused = status == '429' and (remaining or 0) <= 0 and (budget.daily_remaining or 1) > 0
  if not remaining and not is_refused then
    return
  end
  local rate = rate_of(location)
  local used = rate.most - clamp(remaining or 0, 0, rate.most)
  local taken = taken_by_others(location, rate, own, sent_at, used, is_refused)
  if taken then
    local margin = used == rate.most and LIMITS.yields or LIMITS.margin
    local others = math.max(rate.others, taken + math.ceil(rate.most * margin / 100))
    redis.call('HSET', key('rate', location), 'period', whole(rate.period), 'others', whole(others),
      'before', whole(rate.before))
    redis.call('EXPIRE', key('rate', location), REMEMBERED_SECONDS)
  end
end

-- Learn how many calls the day has left; other programs' calls count. Those of ours that are not answered come on top.
local function learn_day(location, sent_at, budget)
  local limit, remaining, reset = budget.daily_limit or 0, budget.daily_remaining, budget.daily_reset_ms
  local midnight = (math.floor(now / DAY) + 1) * DAY
  local is_of_yesterday = not reset and sent_at < midnight - DAY
  if limit <= 0 or not remaining or is_of_yesterday then
    return
  end
  local cool_at = now + rate_of(location).interval
  local open = redis.call('ZCOUNT', key('slots', location), '(' .. whole(cool_at), '+inf')
  local most = math.max(1, math.floor(limit * (1000 - LIMITS.reserve) / 1000))
  note_day(location, limit - remaining + open, most, reset and now + clamp(reset, 1, DAY) or midnight)
end

-- Learn from the answer to a call what the server says about the location's limits.
local function learn(location, id, generation, call, status, budget)
  local sent_at = sent_after(location, id, generation, call)
  learn_rate(location, budget)
  cool(location, id, generation, call)
  learn_others(location, id .. ':' .. generation, sent_at, status, budget)
  learn_day(location, sent_at, budget)
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

local function is_alive(worker)
  return tonumber(redis.call('ZSCORE', key('workers'), worker) or 0) > now
end

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
    local kind, interval = unpack(redis.call('HMGET', key('hold', location), 'kind', 'interval'))
    local longest = kind == 'outage' and LIMITS.outage_cap or LIMITS.probe_cap
    redis.call('HSET', key('hold', location), 'probe_at', whole(now + interval),
      'interval', whole(math.min(2 * interval, longest)))
  end
  jobs[#jobs + 1] = id
  jobs[#jobs + 1] = whole(generation)
end

-- Whether one more suspect may be delivered now. One that has crashed has no other suspect beside it: when its whole
-- worker ends, it is known which of them it was. Those of a worker that is gone are beside nobody any more.
local function may_be_apart(id)
  local beside = 0
  for _, other in ipairs(redis.call('SMEMBERS', key('apart'))) do
    local begun, worker, crashes = read(other, 'begun', 'worker', 'crashes')
    if begun == '' or is_alive(worker) then
      if crashes ~= '0' then
        return false
      end
      beside = beside + 1
    end
  end
  return beside == 0 or (beside < LIMITS.apart and read(id, 'crashes') == '0')
end

-- Lease suspects, a few at a time: their workers give each a process of its own, so what ends that is known, and a few
-- more processes are all the memory that it takes. The others go on beside them.
local function lease_suspects(jobs)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', key('suspects'), '-inf', now)) do
    local location = read(id, 'location')
    local is_due = stands(id, 'waiting', key('suspects')) and leasable_at(location, id) <= now
    if is_due and spare_at(location, id) <= now then
      if room() <= 0 or not may_be_apart(id) then
        return
      end
      redis.call('SADD', key('apart'), id)
      lease(id, location, jobs)
    end
  end
end

local function first_of_lane(location, lane)
  local due = key('due', location, lane)
  while true do
    local head = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
    if not head[1] then
      return nil, math.huge
    elseif stands(head[1], 'waiting', due) then
      return head[1], tonumber(head[2])
    end
  end
end

-- What is due at a location, live submissions before replays; or nil, and when something will be.
local function first_due(location)
  local live, live_at = first_of_lane(location, 'live')
  if live_at <= now then
    return live, 0
  end
  local replay, replay_at = first_of_lane(location, 'replay')
  if replay then
    replay_at = math.max(replay_at, spare_at(location, replay))
  end
  if replay_at <= now then
    return replay, 0
  end
  return nil, math.min(live_at, replay_at)
end

-- Lease what may run now at one location, at most that many, and note in the agenda when to look there again.
local function dispatch(location, jobs, most)
  local space = room()
  -- Behind all that are ready, and those that had their turn before in this script. In times of today a double holds no
  -- smaller part of a millisecond than 1/4096.
  local behind = now + (#jobs + 1) / 2048
  for leased = 0, most - 1 do
    local id, at = first_due(location)
    if id then
      at = leasable_at(location, id)
      if at <= now and space <= 0 then
        redis.call('SET', key('starved'), '1')
        if leased == 0 then
          return -- it keeps its place in the agenda, before those that have had their turn
        end
        at = behind
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
  redis.call('ZADD', key('agenda'), behind, location)
end

-- Later revisions of the same lead do not repeat what stands in its notes.
local function remember_lines(lead, lines)
  for _, line in ipairs(lines) do
    redis.call('HSET', key('lead', lead), 'line:' .. line, '1')
  end
  redis.call('EXPIRE', key('lead', lead), MEMORY)
end

-- Keep what a step of a delivery has found out, and what the answer to a call (0: none) tells of the limits.
local function keep_step(id, generation, fields, attempt, call, status, budget)
  for name, value in pairs(fields) do
    redis.call('HSET', key('sub', id), name, value)
  end
  if fields.lines then
    remember_lines(read(id, 'lead'), cjson.decode(fields.lines))
  end
  if attempt ~= '' then
    redis.call('RPUSH', key('attempts', id), attempt)
    redis.call('LTRIM', key('attempts', id), -LIMITS.attempts, -1)
  end
  if call > 0 then
    local location = read(id, 'location')
    learn(location, id, generation, call, status, budget)
  end
end

-- Give up a submission whose deliveries end their process, or end without a word.
local function bury_as_crashed(id, rule)
  local diagnosis = { { field = '', rule = rule, fix = "look at the worker's log and memory, then replay" } }
  redis.call('HSET', key('sub', id), 'reason', 'crashed', 'group', 'crashed', 'diagnosis', cjson.encode(diagnosis),
    'buried_at', micros())
  move(id, 'dead', now)
  tell(id, 'buried', '{"reason":"crashed"}')
end

-- Note that this lease is settled, so that a worker that repeats the call, after the answer was lost, hears the same.
-- What came back without a crash is no suspect any more.
local function mark_settled(id, generation)
  redis.call('HSET', key('sub', id), 'settled', generation, 'suspect', '')
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
