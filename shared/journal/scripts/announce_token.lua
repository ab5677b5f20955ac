-- A worker starts with this token: it is the newest, and a hold for another one is over.
-- ARGV: prefix, location, keyed hash of the token. Returns 1 when a hold was lifted, else 0.
local location, token = ARGV[2], ARGV[3]
redis.call('SET', key('token', location), token)
local kind, refused = unpack(redis.call('HMGET', key('hold', location), 'kind', 'token'))
if kind == 'credentials' and refused ~= token then
  return lift(location)
end
return 0
