-- Puts a job in. Returns `taken`, `seen` where its deduplication id has come before, or `full`.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are; the deduplication id, where it has one
-- ARGV  how many may wait; `drop` where the oldest makes room; after how many milliseconds it may be taken, or ''; for
--       how many milliseconds its deduplication id counts, or ''; then its fields, names and values in turn

local jobs, later, held, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local bound, when_full, delay, window = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]

if seen and redis.call('EXISTS', seen) == 1 then
  return 'seen'
end
local pending = redis.pcall('XPENDING', jobs, 'workers')
if pending.err then
  redis.call('XGROUP', 'CREATE', jobs, 'workers', '0', 'MKSTREAM')
  pending = { 0 }
end

local waiting = redis.call('XLEN', jobs) - pending[1]
if waiting + redis.call('ZCARD', later) >= bound then
  if when_full ~= 'drop' then
    return 'full'
  end
  local delivered = '0-0'
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', jobs)) do
    for i = 1, #group, 2 do
      if group[i] == 'last-delivered-id' then
        delivered = group[i + 1]
      end
    end
  end
  local oldest = redis.call('XRANGE', jobs, '(' .. delivered, '+', 'COUNT', 1)[1]
  if oldest then
    redis.call('XDEL', jobs, oldest[1])
  else
    local first = redis.call('ZRANGE', later, 0, 0)[1]
    if first then
      redis.call('ZREM', later, first)
      redis.call('HDEL', held, first)
    end
  end
end

if seen then
  redis.call('SET', seen, '', 'PX', window)
end
if delay == '' then
  redis.call('XADD', jobs, '*', unpack(ARGV, 5))
else
  local time = redis.call('TIME')
  local due = time[1] * 1000 + math.ceil(time[2] / 1000) + delay
  local place = redis.call('HINCRBY', held, 'last', 1)
  redis.call('HSET', held, place, cmsgpack.pack({ unpack(ARGV, 5) }))
  redis.call('ZADD', later, string.format('%.0f', due), place)
end
return 'taken'
