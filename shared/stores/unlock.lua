-- Give a lock back, unless it has expired and perhaps another has it by now.
-- KEYS: the lock. ARGV: its owner.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
