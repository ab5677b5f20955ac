-- Store that HighLevel has written the contact: the answer, who it was, and when the values that it took were given.
-- ARGV: prefix, id, generation, fields (JSON of strings), attempt (JSON), call whose answer has come (0: none), HTTP
-- status of the answer (or ''), what its headers say of the rate limit (JSON), written (JSON: field of the contact ->
-- when its value was given, in microseconds), contact id, identity (JSON: email and phone as HighLevel shows them ->
-- keyed hash), made ("1": this submission has made the contact), beside ("1": it stands beside others of the person and
-- says nothing of theirs).
-- Only the persons that the contact is shown to be are remembered: it may not have got the other identifier. A lead
-- counts as a person, and its contact is remembered for its later revisions.
-- Returns 1, or 0 when the lease belongs to somebody else by now.
local id, generation, fields, attempt, call = ARGV[2], ARGV[3], cjson.decode(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local status, budget, written = ARGV[7], cjson.decode(ARGV[8]), cjson.decode(ARGV[9])
local contact_id, identity, made, beside = ARGV[10], cjson.decode(ARGV[11]), ARGV[12] == '1', ARGV[13] == '1'
if not owns(id, generation) then
  return 0
end
keep_step(id, generation, fields, attempt, call, status, budget)

local location, lead, accepted = read(id, 'location', 'lead', 'stamp')
local persons, replaced = { lead ~= '' and lead or nil }, {}
for _, hash in pairs(beside and {} or identity) do
  persons[#persons + 1] = hash
end
for field, stamp in pairs(written) do
  for _, person in ipairs(persons) do
    if stamp > last_write(location, person, field) then
      redis.call('HSET', key('written', location, person), field, whole(stamp) .. ':' .. id)
    end
    redis.call('EXPIRE', key('written', location, person), MEMORY)
  end
end

local contact = key('identity', location, contact_id)
for name, hash in pairs(identity) do
  local before = redis.call('HGET', contact, name)
  if before and before ~= hash then
    replaced[#replaced + 1] = name
  end
  redis.call('HSET', contact, name, hash)
end
if made then
  redis.call('HSETNX', contact, 'made_by', id)
end
redis.call('EXPIRE', contact, MEMORY)
if lead ~= '' then
  lead = key('lead', lead)
  redis.call('HSET', lead, 'contact', contact_id, 'location', location)
  if tonumber(accepted) >= tonumber(redis.call('HGET', lead, 'stamp') or 0) then
    redis.call('HSET', lead, 'stamp', accepted, 'writer', id)
  end
  redis.call('EXPIRE', lead, MEMORY)
end
if #replaced > 0 then -- a repeated call finds nothing: what the first one has found stays
  redis.call('HSET', key('sub', id), 'replaced', cjson.encode(replaced))
end
return 1
