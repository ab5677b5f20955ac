-- Say what is known of the lead of which a submission is a revision. ARGV: prefix, id, generation.
-- Returns {name, value, …}; see prelude.lua for the names.
local lead = read(ARGV[2], 'lead')
return redis.call('HGETALL', key('lead', lead))
