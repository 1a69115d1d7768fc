-- Gives a job back: another worker may have it at once. Returns 1, or 0 where the delivery is not the last one.
--
-- KEYS  the stream of jobs
-- ARGV  its entry; its delivery; 1 where that counts as an attempt, or 0

local jobs, entry, delivery = KEYS[1], ARGV[1], tonumber(ARGV[2])

if last_delivery(jobs, entry) ~= delivery then
  return 0
end
local there = redis.call('XRANGE', jobs, entry, entry)[1]
remove(jobs, entry)
if not there then
  return 0
end

-- Attempts are counted in the job, and its deliveries since then by the group.
local fields, place, attempt = there[2], nil, 1
for i = 1, #fields, 2 do
  if fields[i] == 'attempt' then
    place, attempt = i + 1, tonumber(fields[i + 1]) or 1
  end
end
attempt = string.format('%.0f', attempt + delivery - 1 + ARGV[3])
if place then
  fields[place] = attempt
else
  fields[#fields + 1] = 'attempt'
  fields[#fields + 1] = attempt
end
redis.call('XADD', jobs, '*', unpack(fields))
return 1
