-- Keep what an operator changed on a dead letter, after earlier changes; it counts from the next replay on.
-- ARGV: prefix, id, the change (JSON, one line). Returns 1, or 0 when it is not dead.
local id, change = ARGV[2], ARGV[3]
local state, edit, stamps = read(id, 'state', 'edit', 'edit_stamps')
if state ~= 'dead' then
  return 0
end
redis.call('HSET', key('sub', id), 'edit', edit == '' and change or edit .. '\n' .. change,
  'edit_stamps', stamps == '' and micros() or stamps .. '\n' .. micros())
tell(id, 'edited', change)
return 1
