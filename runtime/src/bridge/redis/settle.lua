-- Is done with a job, or has it come again. Returns 1, or 0 where the delivery is not the last one: the job is somebody
-- else's by now, or done.
--
-- KEYS  the stream of jobs; those that wait for their time; what those are
-- ARGV  its entry; its delivery; after how many milliseconds it comes again, or '' where it is done; then its fields

local jobs, later, held = KEYS[1], KEYS[2], KEYS[3]
local entry, delivery, pause = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

if last_delivery(jobs, entry) ~= delivery then
  return 0
end
remove(jobs, entry)
if pause then
  put(jobs, later, held, pause, { unpack(ARGV, 4) })
end
return 1
