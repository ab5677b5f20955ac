-- Settle a delivery that is to be tried again.
-- ARGV: prefix, id, generation, calls made, milliseconds to wait, spends ("1": this was a failed attempt at HighLevel,
-- which counts towards an outage; "elsewhere": one that tells nothing of HighLevel; "": it was nobody's fault), calls
-- the next lease needs, fields (JSON of strings), details of the event (JSON).
-- A failure while the location is held spends nothing. Five failures in a row from three submissions hold the location.
-- Returns {1, attempts spent, hold begun (0 or 1)}, or {0, 0, 0} when the lease belongs to somebody else by now.
local id, generation, used, delay = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local spends, calls, fields, details = ARGV[6], ARGV[7], cjson.decode(ARGV[8]), ARGV[9]
if not owns(id, generation) then
  return is_settled(id, generation) and { 1, 0, 0 } or { 0, 0, 0 }
end
local location, slots, probe, attempts = read(id, 'location', 'slots', 'probe', 'attempts')
release(location, id, generation, used + 1, tonumber(slots))
for name, value in pairs(fields) do
  redis.call('HSET', key('sub', id), name, value)
end
redis.call('HSET', key('sub', id), 'calls', calls)
clear_suspicion(id)
mark_settled(id, generation)
if spends == '' then
  move(id, 'waiting', now + delay)
  probe_again(location, probe, now)
  return { 1, tonumber(attempts), 0 }
end
tell(id, 'failed', details)
if spends == 'elsewhere' then
  attempts = redis.call('HINCRBY', key('sub', id), 'attempts', 1)
  move(id, 'waiting', now + delay)
  probe_again(location, probe, now)
  return { 1, attempts, 0 }
end
if held(location) then
  move(id, 'waiting', now)
  return { 1, tonumber(attempts), 0 }
end
attempts = redis.call('HINCRBY', key('sub', id), 'attempts', 1)
move(id, 'waiting', now + delay)
local failures = redis.call('INCR', key('trouble', location))
redis.call('SADD', key('trouble', location, 'ids'), id)
if failures >= LIMITS.outage_failures and redis.call('SCARD', key('trouble', location, 'ids')) >= LIMITS.outage_submissions then
  hold(location, 'outage', 'HighLevel does not answer as it should', '', LIMITS.probe / 1000, '')
  return { 1, attempts, 1 }
end
return { 1, attempts, 0 }
