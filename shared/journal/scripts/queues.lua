-- Say what waits, reading no more than the oldest of each queue. ARGV: prefix.
-- Returns {queue, how many, when the oldest was accepted, since when it waits for this, …}; see prelude.lua for the names.

-- The oldest that really waits there; one that does not, since somebody has tampered with the keys, leaves the queue.
local function oldest_of(queue)
  local head = redis.call('ZRANGE', key('queue', queue), 0, 0, 'WITHSCORES')
  if head[1] and (read(head[1], 'state') ~= 'waiting' or queue_of(head[1]) ~= queue) then
    redis.call('ZREM', key('queue', queue), head[1])
    return oldest_of(queue)
  end
  return unpack(head)
end

local answer = {}
for _, queue in ipairs(redis.call('SMEMBERS', key('queues'))) do
  local id, accepted_at = oldest_of(queue)
  if id then
    for _, item in ipairs({ queue, redis.call('ZCARD', key('queue', queue)), accepted_at, (read(id, 'since')) }) do
      answer[#answer + 1] = item
    end
  end
end
return answer
