-- Lists a collection: the key that the next page begins after, or nothing where nothing follows; and keys and values in turn.
--
-- KEYS  the index of the collection, the ends of the collection
-- ARGV  what the names of its values begin with; from which key to which, as ZRANGEBYLEX has it; how many entries at most;
--       how many bytes are enough
--
-- The values are not among KEYS, since nobody knows yet which they are: they have the hash tag of those that are.

local CHUNK = 128
-- So many values that have ended are swept up in one go. Then somebody else has a turn, and the next page goes on from there.
local PATIENCE = 1000

local from, to, limit, enough = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local page, found, size, swept, last = {}, 0, 0, 0, false

while true do
  local keys = redis.call('ZRANGEBYLEX', KEYS[1], from, to, 'LIMIT', 0, CHUNK)
  for _, key in ipairs(keys) do
    local name = ARGV[1] .. key
    if redis.call('EXISTS', name) == 0 then
      redis.call('ZREM', KEYS[1], key)
      redis.call('ZREM', KEYS[2], key)
      swept = swept + 1
    elseif found == limit or size >= enough then
      return { last, page }
    else
      local value = redis.call('GET', name)
      found, size = found + 1, size + #value
      page[2 * found - 1], page[2 * found] = key, value
    end
    last = key
    if swept == PATIENCE then
      return { last, page }
    end
  end
  if #keys < CHUNK then
    return { false, page }
  end
  from = '(' .. last
end
