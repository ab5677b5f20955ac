-- Count every shelf beside the ledger, in one instant. ARGV: prefix.
-- Returns {state, population by the ledger, population on the shelves, …} and the ledger's accepted as the last pair.
local waiting = redis.call('ZCARD', key('suspects'))
for _, location in ipairs(redis.call('SMEMBERS', key('locations'))) do
  waiting = waiting + redis.call('ZCARD', key('due', location, 'live')) + redis.call('ZCARD', key('due', location, 'replay'))
end
local ledger = function(column)
  return tonumber(redis.call('HGET', key('ledger'), column) or 0)
end
local answer = { 'waiting', ledger('waiting'), waiting }
local found = waiting
for _, state in ipairs({ 'leased', 'delivered', 'dead', 'discarded' }) do
  local number = redis.call('ZCARD', key(state))
  found = found + number
  for _, item in ipairs({ state, ledger(state), number }) do
    answer[#answer + 1] = item
  end
end
for _, item in ipairs({ 'accepted', ledger('accepted'), found + ledger('forgotten') }) do
  answer[#answer + 1] = item
end
return answer
