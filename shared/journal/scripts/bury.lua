-- Settle a delivery that cannot succeed.
-- ARGV: prefix, id, generation, calls made, HighLevel answered and the location is open ("1" or ""), reason,
-- diagnosis (JSON), group, fields (JSON of strings).
-- Returns {1, hold lifted (0 or 1)}, or {0, 0} when the lease belongs to somebody else by now.
local id, generation, used, open = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local reason, diagnosis, group, fields = ARGV[6], ARGV[7], ARGV[8], cjson.decode(ARGV[9])
if not owns(id, generation) then
  return is_settled(id, generation) and { 1, 0 } or { 0, 0 }
end
local location, slots, leased_at, probe = read(id, 'location', 'slots', 'leased_at', 'probe')
release(location, id, generation, used + 1, tonumber(slots))
for name, value in pairs(fields) do
  redis.call('HSET', key('sub', id), name, value)
end
redis.call('HSET', key('sub', id), 'reason', reason, 'diagnosis', diagnosis, 'group', group,
  'buried_at', micros())
move(id, 'dead', now)
tell(id, 'buried', cjson.encode({ reason = reason, group = group, diagnosis = diagnosis }))
mark_settled(id, generation)
if open then
  return { 1, answered(location, leased_at) }
end
probe_again(location, probe, now)
return { 1, 0 }
