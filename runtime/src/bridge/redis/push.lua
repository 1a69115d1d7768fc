-- Puts jobs in, one after the other. Returns the outcome of each, by its place: 0 where it is taken, 1 where its
-- deduplication id has come before, 2 where there is no room.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are; the deduplication ids of those that have
--       one
-- ARGV  how many may wait; `drop` where the oldest makes room; for how many milliseconds a deduplication id counts;
--       then for each job its head, and the fields, names and values, that differ from those of the job before it. A
--       head has numbers: after how many milliseconds the job may be taken; 1 where it has a deduplication id, the next
--       of the keys, or 0; how many fields it has; and the places of those that follow

local jobs, later, held = KEYS[1], KEYS[2], KEYS[3]
local bound, when_full, window = tonumber(ARGV[1]), ARGV[2], ARGV[3]

local pending = count_pending(jobs)
if not pending then
  make_group(jobs)
  pending = 0
end
local waiting = redis.call('XLEN', jobs) - pending + redis.call('ZCARD', later)

-- Takes the oldest job away. Returns how many there were.
local function drop()
  local first = oldest(jobs)
  if first then
    return redis.call('XDEL', jobs, first[1])
  end
  local place = redis.call('ZRANGE', later, 0, 0)[1]
  if not place then
    return 0
  end
  redis.call('HDEL', held, place)
  return redis.call('ZREM', later, place)
end

-- The fields of a job. Most of them are those of the job before it.
local fields = {}

-- Puts one job in, which has so many fields. Returns its outcome.
local function push(delay, seen, count)
  if seen and redis.call('EXISTS', seen) == 1 then
    return 1
  end
  if waiting >= bound then
    if when_full ~= 'drop' then
      return 2
    end
    waiting = waiting - drop()
  end
  if seen then
    redis.call('SET', seen, '', 'PX', window)
  end
  put(jobs, later, held, delay, fields, count)
  waiting = waiting + 1
  return 0
end

-- The numbers of a head. Most jobs have the same.
local heads = {}
local function read(head)
  local numbers = heads[head]
  if not numbers then
    numbers = {}
    for number in string.gmatch(head, '%d+') do
      numbers[#numbers + 1] = tonumber(number)
    end
    heads[head] = numbers
  end
  return numbers
end

local outcomes, at, key = {}, 4, 3
while at <= #ARGV do
  local head = read(ARGV[at])
  for i = 4, #head do
    at = at + 1
    fields[head[i]] = ARGV[at]
  end
  local seen
  if head[2] == 1 then
    key = key + 1
    seen = KEYS[key]
  end
  outcomes[#outcomes + 1] = push(head[1], seen, head[3])
  at = at + 1
end
return outcomes
