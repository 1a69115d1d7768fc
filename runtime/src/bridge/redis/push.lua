-- Puts a job in. Returns `taken`, `seen` where its deduplication id has come before, or `full`.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are; the deduplication id, where it has one
-- ARGV  how many may wait; `drop` where the oldest makes room; after how many milliseconds it may be taken; for how many
--       milliseconds its deduplication id counts; then its fields, names and values in turn

local jobs, later, held, seen = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local bound, when_full, delay, window = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4]

if seen and redis.call('EXISTS', seen) == 1 then
  return 'seen'
end
local pending = count_pending(jobs)
if not pending then
  make_group(jobs)
  pending = 0
end

local waiting = redis.call('XLEN', jobs) - pending
if waiting + redis.call('ZCARD', later) >= bound then
  if when_full ~= 'drop' then
    return 'full'
  end
  local first = oldest(jobs)
  if first then
    redis.call('XDEL', jobs, first[1])
  else
    local place = redis.call('ZRANGE', later, 0, 0)[1]
    if place then
      redis.call('ZREM', later, place)
      redis.call('HDEL', held, place)
    end
  end
end

if seen then
  redis.call('SET', seen, '', 'PX', window)
end
put(jobs, later, held, delay, { unpack(ARGV, 5) })
return 'taken'
