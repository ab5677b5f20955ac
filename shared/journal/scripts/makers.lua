-- Say which submissions have made some contacts. ARGV: prefix, id, generation, contact id, …
-- Returns for each contact the submission that has made it, or ''.
local location, makers = read(ARGV[2], 'location'), {}
for i = 4, #ARGV do
  makers[#makers + 1] = redis.call('HGET', key('identity', location, ARGV[i]), 'made_by') or ''
end
return makers
