-- Settle a delivery whose location has to wait: nobody's attempt is spent.
-- ARGV: prefix, id, generation, calls made, kind, reason, HTTP status, seconds to the first probe, keyed hash of the
-- token for a hold for credentials (else ''), calls the next lease needs, fields (JSON of strings).
-- A worker whose token is not the newest announced never sets a hold: its submission waits for a newer worker.
-- Returns {1, hold begun (0 or 1)}, or {0, 0} when the lease belongs to somebody else by now.
local id, generation, used = ARGV[2], ARGV[3], tonumber(ARGV[4])
local kind, reason, status, seconds, token = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8]), ARGV[9]
local calls, fields = ARGV[10], cjson.decode(ARGV[11])
if not owns(id, generation) then
  return is_settled(id, generation) and { 1, 0 } or { 0, 0 }
end
local location, slots, probe = read(id, 'location', 'slots', 'probe')
release(location, id, generation, used + 1, tonumber(slots))
redis.call('HSET', key('sub', id), 'calls', calls)
mark_settled(id, generation)
if token ~= '' and token ~= (redis.call('GET', key('token', location)) or token) then
  move(id, 'waiting', now + LIMITS.stale_token)
  probe_again(location, probe, now + LIMITS.stale_token)
  return { 1, 0 }
end
for name, value in pairs(fields) do
  redis.call('HSET', key('sub', id), name, value)
end
move(id, 'waiting', now)
local until_probe = held(location)
if not until_probe then
  hold(location, kind, reason, status, seconds, token)
  tell(id, 'held', cjson.encode({ reason = reason }))
  return { 1, 1 }
end
if probe == '1' then -- the hold goes on, perhaps for a new cause
  redis.call('HSET', key('hold', location), 'kind', kind, 'reason', reason, 'status', status, 'token', token)
end
if kind == 'rate' or kind == 'daily' then -- HighLevel has named the time
  local at = now + seconds * 1000
  redis.call('HSET', key('hold', location), 'probe_at', whole(probe == '1' and at or math.max(until_probe, at)))
end
return { 1, 0 }
