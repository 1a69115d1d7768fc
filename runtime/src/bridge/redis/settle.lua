-- Is done with a job, or has it come again. Returns 1, or 0 where the delivery is not the last one: the job is somebody
-- else's by now, or done.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are
-- ARGV  its entry; its delivery; after how many milliseconds it comes again, or '' where it is done; then its fields

local jobs, later, held = KEYS[1], KEYS[2], KEYS[3]
local entry, delivery, pause = ARGV[1], tonumber(ARGV[2]), ARGV[3]

local pending = redis.call('XPENDING', jobs, 'workers', entry, entry, 1)[1]
if not pending or pending[4] ~= delivery then
  return 0
end
redis.call('XACK', jobs, 'workers', entry)
redis.call('XDEL', jobs, entry)
if pause == '0' then
  redis.call('XADD', jobs, '*', unpack(ARGV, 4))
elseif pause ~= '' then
  local time = redis.call('TIME')
  local due = time[1] * 1000 + math.ceil(time[2] / 1000) + pause
  local place = redis.call('HINCRBY', held, 'last', 1)
  redis.call('HSET', held, place, cmsgpack.pack({ unpack(ARGV, 4) }))
  redis.call('ZADD', later, string.format('%.0f', due), place)
end
return 1
