-- Settle a delivery that is to be tried again.
-- ARGV: prefix, id, generation, calls made, milliseconds to wait, spends ("1" or "": this costs an attempt), fails ("1"
-- or "": HighLevel failed, which counts towards an outage), calls the next lease needs, fields (JSON of strings),
-- details of the event (JSON).
-- A failure while the location is held spends nothing. Five failures in a row from three submissions hold the location.
-- Returns {1, attempts spent, hold begun (0 or 1)}, or {0, 0, 0} when the lease belongs to somebody else by now.
local id, generation, used, delay = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local spends, fails, calls, fields, details =
  ARGV[6] == '1', ARGV[7] == '1', ARGV[8], cjson.decode(ARGV[9]), ARGV[10]
if not owns(id, generation) then
  return is_settled(id, generation) and { 1, 0, 0 } or { 0, 0, 0 }
end
local location, slots, probe, attempts = read(id, 'location', 'slots', 'probe', 'attempts')
release(location, id, generation, used + 1, tonumber(slots))
mark_settled(id, generation) -- before the fields: they may say that it still is a suspect
for name, value in pairs(fields) do
  redis.call('HSET', key('sub', id), name, value)
end
redis.call('HSET', key('sub', id), 'calls', calls)
if spends then
  tell(id, 'failed', details)
end
if fails and held(location) then
  move(id, 'waiting', now)
  return { 1, tonumber(attempts), 0 }
end
if spends then
  attempts = redis.call('HINCRBY', key('sub', id), 'attempts', 1)
end
move(id, 'waiting', now + delay)
if not fails then
  probe_again(location, probe, now)
  return { 1, tonumber(attempts), 0 }
end
local failures = redis.call('INCR', key('trouble', location))
redis.call('SADD', key('trouble', location, 'ids'), id)
if failures >= LIMITS.outage_failures and redis.call('SCARD', key('trouble', location, 'ids')) >= LIMITS.outage_submissions then
  local status = tonumber(cjson.decode(details).status) or '' -- null where there was no answer at all
  hold(location, 'outage', 'HighLevel does not answer as it should', status, LIMITS.probe / 1000, '')
  return { 1, tonumber(attempts), 1 }
end
return { 1, tonumber(attempts), 0 }
