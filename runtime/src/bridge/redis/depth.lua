-- Tells how many jobs wait, how many wait for their time, how many are pending, and for how many milliseconds the oldest
-- of those that wait has been there.
--
-- KEYS  the stream of jobs; those that wait for their time

local jobs, later = KEYS[1], KEYS[2]
local delayed = redis.call('ZCARD', later)
local group = redis.pcall('XPENDING', jobs, 'workers')
if group.err then
  return { redis.call('XLEN', jobs), delayed, 0, 0 }
end
local pending = group[1]
local waiting = redis.call('XLEN', jobs) - pending
local age = 0
if waiting > 0 then
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
    local time = redis.call('TIME')
    age = math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(string.match(oldest[1], '^%d+')))
  end
end
return { waiting, delayed, pending, age }
