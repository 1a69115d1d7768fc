-- Settles deliveries of jobs. Returns the outcome of each, by its place: 1, or 0 where it is not the last delivery: the
-- job is somebody else's by now, or done.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are
-- ARGV  the lowest and the highest of the entries; how many deliveries there are; then for each its entry, its number,
--       what becomes of its job, how many fields follow, names and values, and those in turn. A job is `done`, comes
--       again after so many milliseconds with these fields, or is given back as it was, for another worker to have at
--       once: `attempted`, or `untouched` where that counts as no attempt

local jobs, later, held = KEYS[1], KEYS[2], KEYS[3]

-- Most entries of a group are neighbours. Between them may be those of others, of which a few are looked at.
local most = 2 * ARGV[3]
local numbers, pending = {}, redis.call('XPENDING', jobs, 'workers', ARGV[1], ARGV[2], most)
for _, delivery in ipairs(pending) do
  numbers[delivery[1]] = delivery[4]
end

-- Whether a delivery is the last one of its job, and has not been settled here before.
local function is_last(entry, number)
  if not numbers[entry] and #pending == most then
    numbers[entry] = last_delivery(jobs, entry)
  end
  return numbers[entry] == number
end

-- The fields of a job that is given back; nothing where it is not in the stream any more. Attempts are counted in the
-- job, and its deliveries since then by the group.
local function given_back(entry, number, attempts)
  local there = redis.call('XRANGE', jobs, entry, entry)[1]
  if not there then
    return nil
  end
  local fields, place, attempt = there[2], nil, 1
  for i = 1, #fields, 2 do
    if fields[i] == 'attempt' then
      place, attempt = i + 1, tonumber(fields[i + 1]) or 1
    end
  end
  attempt = string.format('%.0f', attempt + number - 1 + attempts)
  if place then
    fields[place] = attempt
  else
    fields[#fields + 1] = 'attempt'
    fields[#fields + 1] = attempt
  end
  return fields
end

local outcomes, settled, again, at = {}, {}, {}, 4
while at <= #ARGV do
  local entry, number, becomes = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
  local first, last = at + 4, at + 3 + ARGV[at + 3]
  local outcome = 0
  if is_last(entry, number) then
    outcome, numbers[entry] = 1, 0
    settled[#settled + 1] = entry
    if becomes == 'attempted' or becomes == 'untouched' then
      local fields = given_back(entry, number, becomes == 'attempted' and 1 or 0)
      if fields then
        again[#again + 1] = { 0, fields }
      else
        outcome = 0
      end
    elseif becomes ~= 'done' then
      again[#again + 1] = { tonumber(becomes), { unpack(ARGV, first, last) } }
    end
  end
  outcomes[#outcomes + 1] = outcome
  at = last + 1
end

-- First they are removed: a server that is full refuses nothing any more that a script does after that.
if #settled > 0 then
  redis.call('XACK', jobs, 'workers', unpack(settled))
  redis.call('XDEL', jobs, unpack(settled))
end
for _, job in ipairs(again) do
  put(jobs, later, held, job[1], job[2], #job[2])
end
return outcomes
