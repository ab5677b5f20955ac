-- Accept submissions, each once, in one instant: either all are taken or, when Redis takes no writes, none.
-- ARGV: prefix, then for each: id, idempotency key, seconds the key lives, record (JSON of strings), body.
-- Returns for each, in their order, {"accepted" | "duplicate" | "superseded", id}; superseded is a revision of a lead of
-- which a newer one was accepted before, and the id is that one's. Called again with the same ids it answers as the
-- first time, so that a sender's process may repeat it after a lost connection.
local first_stamp = tonumber(micros())

-- A newer revision of the same lead that was accepted before, or nil.
local function newer_revision(lead, progress)
  local newest, by = unpack(redis.call('HMGET', key('lead', lead), 'progress', 'newest'))
  if newest and tonumber(newest) > tonumber(progress) then
    return by
  end
end

local function accept(place, id, idempotency, seconds, record, body)
  local known = redis.call('GET', key('key', idempotency))
  local fields = cjson.decode(record)
  if known == id then
    return { 'accepted', id }
  end
  if known then
    count(fields.form, fields.location, 'duplicate', 1)
    return { 'duplicate', known }
  end
  if fields.lead then
    local newer = newer_revision(fields.lead, fields.progress)
    if newer then
      return { 'superseded', newer }
    end
    redis.call('HSET', key('lead', fields.lead), 'progress', fields.progress, 'newest', id)
    redis.call('EXPIRE', key('lead', fields.lead), MEMORY)
  end
  redis.call('SET', key('key', idempotency), id, 'EX', seconds)
  redis.call('SET', key('body', id), body)
  for name, value in pairs(fields) do
    redis.call('HSET', key('sub', id), name, value)
  end
  -- Redis may stop its clock for a script, and no two may have one stamp.
  redis.call('HSET', key('sub', id), 'state', 'waiting', 'lane', 'live', 'accepted_at', whole(now), 'since', whole(now),
    'stamp', whole(first_stamp + place), 'generation', '0', 'attempts', '0', 'crashes', '0')
  redis.call('ZADD', key('due', fields.location, 'live'), now, id)
  join_queue(id)
  redis.call('SADD', key('locations'), fields.location)
  redis.call('SADD', key('forms'), fields.form)
  count(fields.form, fields.location, 'accepted', 1)
  count(fields.form, fields.location, 'waiting', 1)
  tell(id, 'accepted')
  look(fields.location, now)
  return { 'accepted', id }
end

local answers = {}
for i = 2, #ARGV, 5 do
  answers[#answers + 1] = accept(#answers, unpack(ARGV, i, i + 4))
end
return answers
