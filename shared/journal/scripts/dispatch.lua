-- Lease what may run now at one location.
-- ARGV: prefix, location. Returns {id, generation, id, generation, …}: the jobs to enqueue.
local jobs = {}
dispatch(ARGV[2], jobs)
return jobs
