-- Tells how many jobs wait, how many wait for their time, how many are pending, and for how many milliseconds the
-- oldest of those that wait has been there.
--
-- KEYS  the stream of jobs; those that wait for their time

local jobs, later = KEYS[1], KEYS[2]
local all, delayed, pending = redis.call('XLEN', jobs), redis.call('ZCARD', later), count_pending(jobs)
if not pending then
  return { all, delayed, 0, 0 }
end
local waiting, age = all - pending, 0
local first = waiting > 0 and oldest(jobs)
if first then
  age = math.max(0, now() - tonumber(string.match(first[1], '^%d+')))
end
return { waiting, delayed, pending, age }
