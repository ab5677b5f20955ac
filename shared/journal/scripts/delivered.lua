-- Settle a delivery that HighLevel has confirmed.
-- ARGV: prefix, id, generation, calls made, seconds to keep the body, details of the event (JSON), HighLevel has not
-- stored all that it took ("1" or "").
-- Returns {1, hold lifted (0 or 1)}, or {0, 0} when the lease belongs to somebody else by now.
local id, generation, used, seconds = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local details, not_stored = ARGV[6], ARGV[7] == '1'
if not owns(id, generation) then
  return is_settled(id, generation) and { 1, 0 } or { 0, 0 }
end

local form, location, slots, leased_at, probe = read(id, 'form', 'location', 'slots', 'leased_at', 'probe')
release(location, id, generation, used + 1, tonumber(slots))
move(id, 'delivered', now)
if not_stored then
  count(form, location, 'not_stored', 1)
end
keep_for(id, seconds)
tell(id, 'delivered', details)
mark_settled(id, generation)
if used == 0 then -- every step had been stored before: no call was made, so nothing is known of the location
  probe_again(location, probe, now)
  return { 1, 0 }
end
redis.call('SET', key('answered', location), whole(now))
return { 1, answered(location, leased_at) }
