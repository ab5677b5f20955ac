-- Compare what a process remembers of this Redis with what is there, and give it what it remembers next time.
-- ARGV: prefix, process, the epoch that it knows ('': none yet), its last mark (0: none), how many submissions had been
-- accepted by then, the name of the epoch that begins if there is none or the one here has a gap.
-- An epoch is a history without a gap. It is over when it is gone or another one is here; or when the process does not
-- find its own last mark, since Redis then came back without its last writes, as from a snapshot or on a replica.
-- Returns {epoch, mark, submissions accepted, lost epoch, its loss (JSON, or '' once it is acknowledged), …}.
local process, known, last, accepted_before, fresh = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]

-- So long the mark of a process stays that says nothing more; one that was silent for half of it proves nothing by it.
local MARK_LIFE = 86400000

local found = tonumber(redis.call('GET', key('mark', process)) or 0)
local mark = math.max(found + 1, now) -- higher each time, even where Redis's clock goes back
redis.call('SET', key('mark', process), whole(mark), 'PX', whole(MARK_LIFE))

local epoch = redis.call('GET', key('epoch'))
local has_gap = epoch == known and found < last and now - last < MARK_LIFE / 2
if not epoch or has_gap then
  epoch = whole(now) .. '-' .. fresh
  redis.call('SET', key('epoch'), epoch)
end

local accepted = tonumber(redis.call('HGET', key('ledger'), 'accepted') or 0)

-- Every process that remembers the lost epoch comes here; the one that looked last knows best what was there. An
-- acknowledged loss stays as an empty text, so that a process that was idle meanwhile does not tell of it again.
local function note_loss()
  local noted = redis.call('HGET', key('lost'), known)
  if noted == '' then
    return
  end
  local loss = noted and cjson.decode(noted) or { at = now, accepted_before = 0, accepted_after = accepted }
  redis.call('HSET', key('lost'), known, '{"at":' .. whole(loss.at)
    .. ',"accepted_before":' .. whole(math.max(loss.accepted_before, accepted_before))
    .. ',"accepted_after":' .. whole(loss.accepted_after) .. '}')
end

if known ~= '' and epoch ~= known then
  note_loss()
end

local answer = { epoch, mark, accepted }
for _, text in ipairs(redis.call('HGETALL', key('lost'))) do
  answer[#answer + 1] = text
end
return answer
