-- Lease what may run now at one location.
-- ARGV: prefix, location. Returns {id, generation, id, generation, …}: the jobs to enqueue.
local jobs = {}
if not suspects_first(jobs) then
  dispatch(ARGV[2], jobs)
end
return jobs
