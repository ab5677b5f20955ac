-- End a location's hold because an operator says so. ARGV: prefix, location. Returns 1, or 0 when it was not held.
redis.call('DEL', key('trouble', ARGV[2]), key('trouble', ARGV[2], 'ids'))
return lift(ARGV[2])
