-- Extends the leases of jobs. Returns which of them are somebody else's by now, by their places in ARGV.
--
-- KEYS  the stream of jobs
-- ARGV  for each job its entry and its delivery

local jobs, lost = KEYS[1], {}
for i = 1, #ARGV, 2 do
  if last_delivery(jobs, ARGV[i]) == tonumber(ARGV[i + 1]) then
    redis.call('XCLAIM', jobs, 'workers', 'worker', 0, ARGV[i], 'JUSTID')
  else
    lost[#lost + 1] = (i - 1) / 2
  end
end
return lost
