-- Try a dead letter again, mapped with today's configuration.
-- ARGV: prefix, id, provider, location, calls the lease needs.
-- Returns 1, or 0 when it is not a dead letter (somebody else was faster).
local id, provider, location, calls = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local state, reason, before, target, edit_stamps, buried_at =
  read(id, 'state', 'reason', 'location', 'target', 'edit_stamps', 'buried_at')
if state ~= 'dead' then
  return 0
end
if location ~= before then -- the form delivers elsewhere by now: its populations move with it
  for _, column in ipairs({ 'accepted', 'dead' }) do
    redis.call('HINCRBY', key('ledger', 'location', before), column, -1)
    redis.call('HINCRBY', key('ledger', 'location', location), column, 1)
  end
  redis.call('SADD', key('locations'), location)
end
redis.call('HSET', key('sub', id), 'provider', provider, 'location', location, 'calls', calls, 'lane', 'replay',
  'attempts', '0', 'crashes', '0')
-- A note on record may be another contact's by now: look for it before writing it.
if read(id, 'note') == 'done' then
  redis.call('HSET', key('sub', id), 'note', 'started')
end
-- What is known of the contact that this submission has made, or may have made, outlives a replay: it must not be made
-- twice. A known contact is found again, perhaps another one by now. Only where the operator was told that the outcome is
-- unknown, the replay is the word to make the contact.
if location ~= before or not string.find(target, '"new": true', 1, true) then
  redis.call('HDEL', key('sub', id), 'target')
end
if location ~= before or reason == 'outcome_unknown' then
  redis.call('HDEL', key('sub', id), 'creating', 'creating_as')
end
-- The operator has seen whose identity is at stake, and wants it; not if the letter was changed since.
redis.call('HDEL', key('sub', id), 'identity_confirmed')
local edited_at = tonumber(string.match(edit_stamps, '(%d+)$') or 0)
if reason == 'identity_changed' and edited_at < tonumber(buried_at) then
  redis.call('HSET', key('sub', id), 'identity_confirmed', '1')
end
redis.call('HDEL', key('sub', id), 'mapped', 'reason', 'diagnosis', 'group', 'upserted', 'tagged', 'salvaged',
  'reupserted', 'doubted', 'forbidden', 'forbidden_since', 'missing', 'barred_after', 'unknown_since', 'vanished', 'waits_for', 'free_until',
  'persons', 'replaced', 'not_stored', 'superseded', 'superseded_by')
redis.call('PERSIST', key('body', id))
redis.call('PERSIST', key('attempts', id))
tell(id, 'replayed')
move(id, 'waiting', now)
return 1
