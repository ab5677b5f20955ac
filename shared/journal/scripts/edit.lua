-- Keep what an operator changed on a dead letter; it counts from the next replay on.
-- ARGV: prefix, id, the whole edit (JSON), the change (JSON, for the history). Returns 1, or 0 when it is not dead.
local id, edit, change = ARGV[2], ARGV[3], ARGV[4]
if read(id, 'state') ~= 'dead' then
  return 0
end
redis.call('HSET', key('sub', id), 'edit', edit)
tell(id, 'edited', change)
return 1
