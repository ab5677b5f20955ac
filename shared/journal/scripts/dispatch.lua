-- Lease what may run now at one location, unless others wait for longer: the pump takes them in their order.
-- ARGV: prefix, location. Returns {id, generation, id, generation, …}: the jobs to enqueue.
local location, jobs = ARGV[2], {}
if redis.call('ZRANGE', key('agenda'), 0, 0)[1] == location then
  dispatch(location, jobs, LIMITS.visit)
end
return jobs
