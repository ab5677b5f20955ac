-- Keep what mapping has shown, give back the permits that are not needed, and lock the persons: all of them or none.
-- When another submission has locked one, this lease is settled: it waits for the other to settle, no attempt spent.
-- ARGV: prefix, id, generation, calls made, further calls needed, mapped (JSON), persons (JSON list of keyed hashes),
-- fields (JSON: name -> when its value was given, in microseconds).
-- Returns {"lost"}, {"busy"}, or {"ready", field, stamp, id, …} with the fields to which another submission has given a
-- value of a later time.
local id, generation, used, calls = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local mapped, persons, fields = ARGV[6], cjson.decode(ARGV[7]), cjson.decode(ARGV[8])
if not owns(id, generation) then
  return { read(id, 'settled') == generation and 'busy' or 'lost' }
end
local location, slots, probe, stamp = read(id, 'location', 'slots', 'probe', 'stamp')
redis.call('HSET', key('sub', id), 'mapped', mapped)

-- When the lease of a submission, or else its next one, is over at the latest.
local function over_by(holder)
  local state = read(holder, 'state')
  local at = tonumber(redis.call('ZSCORE', shelf(holder, state), holder) or now)
  return state == 'leased' and at or math.max(now, at) + LIMITS.lease
end

-- Who waits may have written the contact of its lead: an upsert for the same persons finds that contact again, unless
-- it is being written still.
local function is_in_the_way(holder)
  local state, suspect, creating, target, theirs = read(holder, 'state', 'suspect', 'creating', 'target', 'persons')
  return state ~= 'waiting' or suspect == '1' or creating ~= '' or target ~= '' or theirs ~= ARGV[7]
end

local holder = holder_of(location, persons, id, is_in_the_way)
if holder then
  release(location, id, generation, used + 1, tonumber(slots))
  redis.call('HSET', key('sub', id), 'calls', whole(calls), 'waits_for', 'person')
  mark_settled(id, generation)
  redis.call('ZADD', key('blocked', id), stamp, id)
  hand_over(id, holder)
  move(id, 'waiting', over_by(holder) + 1000) -- unless the other's end wakes it before
  probe_again(location, probe, now)
  return { 'busy' }
end

release(location, id, generation, used + calls + 1, tonumber(slots))
for _, person in ipairs(persons) do
  local passed = holder_of(location, { person }, id)
  if passed then -- its lock is taken from it, and so are those that wait for that
    hand_over(passed, id)
  end
end
unlock_persons(location, persons_of(id), id)
-- The locks outlive the lease: whoever takes it back unlocks, or keeps them, and nobody may come in between.
local left = tonumber(redis.call('ZSCORE', key('leased'), id)) - now
lock_persons(location, persons, id, math.max(0, left) + LIMITS.lease)
redis.call('HSET', key('sub', id), 'persons', ARGV[7])

local answer = { 'ready' }
for field, given_at in pairs(fields) do
  local newest, writer = given_at, nil
  for _, person in ipairs(persons) do
    local written_at, by = last_write(location, person, field)
    if by ~= id and written_at > newest then
      newest, writer = written_at, by
    end
  end
  if writer then
    for _, item in ipairs({ field, whole(newest), writer }) do
      answer[#answer + 1] = item
    end
  end
end
return answer
