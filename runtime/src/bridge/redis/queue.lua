-- What the scripts of a queue have in common. It stands before each of them.

-- The time of the server, in milliseconds.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- How many jobs are pending; nothing where there is no consumer group.
local function count_pending(jobs)
  local pending = redis.pcall('XPENDING', jobs, 'workers')
  return not pending.err and pending[1] or nil
end

-- Makes the consumer group, from the first job on.
local function make_group(jobs)
  redis.call('XGROUP', 'CREATE', jobs, 'workers', '0', 'MKSTREAM')
end

-- The number of the last delivery of a pending job; nothing where it is not pending.
local function last_delivery(jobs, entry)
  local pending = redis.call('XPENDING', jobs, 'workers', entry, entry, 1)[1]
  return pending and pending[4]
end

-- The oldest job that was never delivered, if there is one.
local function oldest(jobs)
  local delivered = '0-0'
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', jobs)) do
    for i = 1, #group, 2 do
      if group[i] == 'last-delivered-id' then
        delivered = group[i + 1]
      end
    end
  end
  return redis.call('XRANGE', jobs, '(' .. delivered, '+', 'COUNT', 1)[1]
end

-- Puts a job in, which may be taken after so many milliseconds. Its fields are so many of a table. No time is over
-- early.
local function put(jobs, later, held, delay, fields, count)
  if delay == 0 then
    redis.call('XADD', jobs, '*', unpack(fields, 1, count))
    return
  end
  local place = redis.call('HINCRBY', held, 'last', 1)
  redis.call('HSET', held, place, cmsgpack.pack({ unpack(fields, 1, count) }))
  redis.call('ZADD', later, string.format('%.0f', now() + 1 + delay), place)
end

