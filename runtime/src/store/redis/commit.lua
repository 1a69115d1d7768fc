-- Makes changes, all or none. Returns 0, or the number of the first change that did not find what it expects.
--
-- KEYS  three for each change: the value, the index of its collection, the ends of its collection
-- ARGV  four for each change: the key; what is expected: '*' anything, '-' nothing, '=' and an etag; the new value with
--       its etag before it, or '' to delete; for how many milliseconds it is kept, or '' for ever
--
-- All of a topology's keys have one hash tag. Nothing is written before everything is checked: an error in the middle of a
-- script does not undo what came before it.

local ETAG = 36

local changes = #ARGV / 4
for i = 1, changes do
  local expected = ARGV[4 * i - 2]
  if expected ~= '*' then
    local there = redis.call('GETRANGE', KEYS[3 * i - 2], 0, ETAG - 1)
    if expected ~= (there == '' and '-' or '=' .. there) then
      return i
    end
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for i = 1, changes do
  local value, index, ends = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local key, data, ttl = ARGV[4 * i - 3], ARGV[4 * i - 1], ARGV[4 * i]
  if data == '' then
    redis.call('DEL', value)
    redis.call('ZREM', index, key)
    redis.call('ZREM', ends, key)
  elseif ttl == '' then
    redis.call('SET', value, data)
    redis.call('ZADD', index, 0, key)
    redis.call('ZREM', ends, key)
  else
    -- Redis takes the value away by itself, but not what the index says of it. Who adds one to that sweeps up more than one:
    -- a collection that nobody lists does not grow for ever.
    local ended = redis.call('ZRANGEBYSCORE', ends, '-inf', string.format('(%.0f', now), 'LIMIT', 0, 8)
    if #ended > 0 then
      redis.call('ZREM', index, unpack(ended))
      redis.call('ZREM', ends, unpack(ended))
    end
    redis.call('SET', value, data, 'PX', ttl)
    redis.call('ZADD', index, 0, key)
    redis.call('ZADD', ends, string.format('%.0f', now + ttl), key)
  end
end
return 0
