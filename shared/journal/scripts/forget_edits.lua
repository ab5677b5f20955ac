-- Take back what operators changed on a dead letter. ARGV: prefix, id. Returns 1, or 0 when it is not dead.
local id = ARGV[2]
if read(id, 'state') ~= 'dead' then
  return 0
end
redis.call('HDEL', key('sub', id), 'edit', 'edit_stamps')
tell(id, 'edits taken back')
return 1
