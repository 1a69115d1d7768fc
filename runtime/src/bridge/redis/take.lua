-- Takes jobs. Returns where to go on looking for what others have left; in how many milliseconds the next job comes
-- whose time is not there yet, or -1; the last entry of the stream, where nothing is taken; and the jobs, each with its
-- entry, its delivery and its fields.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are
-- ARGV  how many jobs are wanted; after how many milliseconds a worker has lost its job; where to look for such, or ''

local jobs, later, held = KEYS[1], KEYS[2], KEYS[3]
local wanted, lease, cursor = tonumber(ARGV[1]), ARGV[2], ARGV[3]

if not count_pending(jobs) then
  make_group(jobs)
end

local now = string.format('%.0f', now())
for _, place in ipairs(redis.call('ZRANGEBYSCORE', later, '-inf', now, 'LIMIT', 0, 100)) do
  local fields = redis.call('HGET', held, place)
  if fields then
    redis.call('XADD', jobs, '*', unpack(cmsgpack.unpack(fields)))
  end
  redis.call('ZREM', later, place)
  redis.call('HDEL', held, place)
end

local taken = {}
if cursor ~= '' then
  local left = redis.call('XAUTOCLAIM', jobs, 'workers', 'worker', lease, cursor, 'COUNT', wanted)
  cursor = left[1]
  for _, entry in ipairs(left[2]) do
    -- Before Redis 7, one that is not in the stream any more is there without fields.
    if entry and entry[2] then
      taken[#taken + 1] = { entry[1], last_delivery(jobs, entry[1]), entry[2] }
    end
  end
end
if #taken < wanted then
  local read = redis.call('XREADGROUP', 'GROUP', 'workers', 'worker', 'COUNT', wanted - #taken, 'STREAMS', jobs, '>')
  if read then
    for _, entry in ipairs(read[1][2]) do
      taken[#taken + 1] = { entry[1], 1, entry[2] }
    end
  end
end

local wait = -1
local next = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')
if next[2] then
  wait = math.max(0, next[2] - now)
end
local last = '0-0'
if #taken == 0 then
  local stream = redis.call('XINFO', 'STREAM', jobs)
  for i = 1, #stream, 2 do
    if stream[i] == 'last-generated-id' then
      last = stream[i + 1]
    end
  end
end
return { cursor, wait, last, taken }
