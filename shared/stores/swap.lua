-- Store a pair of tokens if the one that it replaces is still there, or none is.
-- KEYS: the hash. ARGV: the fingerprint of the replaced refresh token, or '' for none; that of the new one; the pair.
-- Returns whether it was stored.
--
--   oauth:<alias>  hash  refresh: a fingerprint of the refresh token, pair: both tokens, encrypted
local stored = redis.call('HGET', KEYS[1], 'refresh')
if stored and stored ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'refresh', ARGV[2], 'pair', ARGV[3])
return 1
