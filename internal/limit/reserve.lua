-- Decides about calls of one kind: all of their buckets admit them, or nothing is counted. KEYS[1] holds the epoch of these counts,
-- KEYS[2] what is used of the buckets of one customer. Both are in one slot of a cluster.
--
-- ARGV: epoch, act (1: take, 0: look, -1: give back one call, -2: give back so many of a block, -3: give back a block but for so many),
-- time of the call that is given back (microseconds since 1970), how many calls (to take: at most), for how long (microseconds) more
-- than one may be kept unused, the block's name ('': none), names of blocks that are used up (each with a newline behind it), and
-- five of each bucket: 'q', field, period, limit, 'start:count' (what the database and running calls say of the window that
-- starts then; '' if they were not asked), or 'b', field, interval, capacity, ''.
--
-- Of several calls at most a hundredth of what is left is taken, but at least one. They are a block, which stands among the
-- customer's counts until it is given back, which is done once, whoever does it: its name, with when it was taken, of how many
-- calls it is and, each behind a newline, the fields that it counts in.
--
-- Answer: {3} another epoch; {2, now, 0, place, start, end, ...} counts are missing of these buckets; {1, now, calls, x, start,
-- end, ...} so many were taken, {0, now, until, x, start, end, ...} none, while others may give back calls until then (1:
-- nobody may, and there are blocks all the same), or {1, now, 1} for what was given back of a block; with what was used of each quota before, or the theoretical arrival time of each burst.
local held = redis.call('GET', KEYS[1])
if not held then return {3} end
local epoch, began = string.match(held, '^([^:]+):(%d+)$')
if epoch ~= ARGV[1] then return {3} end

local act = tonumber(ARGV[2])
local fields = {'epoch', 'now'}
local head = 7
local calls, life, block = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local n = (#ARGV - head) / 5
for i = 1, n do fields[i + 2] = ARGV[head + (i - 1) * 5 + 2] end
fields[n + 3] = 'lent' -- until when calls may be given back
if block ~= '' then fields[n + 4] = block end
local values = redis.call('HMGET', KEYS[2], unpack(fields))
if values[1] ~= epoch then -- nothing, or what was counted before something was lost
  if act ~= 0 then redis.call('DEL', KEYS[2]) end
  for i = 2, #values do values[i] = false end
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
-- Time does not run backwards for a customer, unless the clock was set back by more than a minute.
local latest = tonumber(values[2] or 0)
if latest > now and latest <= now + 60000000 then now = latest end

local function text(v) return string.format('%.0f', v) end

if ARGV[7] ~= '' then
  for name in string.gmatch(ARGV[7], '[^\n]+') do redis.call('HDEL', KEYS[2], name) end
end

if act < -1 then
  local at, size, counted = string.match(values[n + 4] or '', '^(%d+) (%d+)(.*)$')
  if not at then return {1, now, 1} end -- it was given back
  local back = act == -2 and math.min(calls, tonumber(size)) or math.max(0, tonumber(size) - calls)
  for field in string.gmatch(counted, '[^\n]+') do
    local from, used = string.match(redis.call('HGET', KEYS[2], field) or '', '^(%d+):(%d+)$')
    if from and tonumber(from) <= tonumber(at) then -- else another window has begun
      redis.call('HSET', KEYS[2], field, from .. ':' .. text(math.max(0, tonumber(used) - back)))
    end
  end
  redis.call('HDEL', KEYS[2], block)
  return {1, now, 1}
end

-- Days since 1970 of the first of a month (Howard Hinnant, chrono-compatible low-level date algorithms).
local function first(y, m)
  if m > 12 then y, m = y + 1, 1 end
  if m <= 2 then y = y - 1 end
  local era = math.floor(y / 400)
  local yoe = y - era * 400
  local doy = math.floor((153 * ((m + 9) % 12) + 2) / 5)
  return era * 146097 + yoe * 365 + math.floor(yoe / 4) - math.floor(yoe / 100) + doy - 719468
end

local function month(days)
  local z = days + 719468
  local era = math.floor(z / 146097)
  local doe = z - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local mp = math.floor((5 * (doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))) + 2) / 153)
  local y, m = yoe + era * 400, mp + 3
  if m > 12 then y, m = y + 1, m - 12 end
  return first(y, m), first(y, m + 1)
end

local day = 86400000000
local lengths = {minute = 60000000, hour = 3600000000, day = day}
local function window(period)
  local length = lengths[period]
  if length then
    local start = now - now % length
    return start, start + length
  end
  local days = math.floor(now / day)
  if period == 'week' then
    local monday = days - (days + 3) % 7
    return monday * day, (monday + 7) * day
  end
  local from, to = month(days)
  return from * day, to * day
end

local missing, reply, writes = {2, now, 0}, {1, now, 1}, {'epoch', epoch, 'now', text(now)}
local lent = tonumber(values[n + 3] or 0)
local taken = {} -- what becomes of each bucket that admits calls
local last, asked = now, {}
for i = 1, n do
  local at = head + (i - 1) * 5
  local kind, field, a, b, count = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4]), ARGV[at + 5]
  local value = values[i + 2]
  if kind == 'q' then
    local start, stop = window(a)
    local from, used = string.match(value or '', '^(%d+):(%d+)$')
    if from and tonumber(from) > start then from = nil end -- the clock was set back
    if not from then
      from, used = string.match(count, '^(%d+):(%d+)$')
      if from and tonumber(from) ~= start then from = nil end
      asked[i] = from
    end
    if from then used = tonumber(from) == start and tonumber(used) or 0 else used = nil end
    if act == -1 then
      local given = tonumber(ARGV[3])
      if used and used > 0 and given >= start and given < stop then
        writes[#writes + 1] = field
        writes[#writes + 1] = text(start) .. ':' .. text(math.max(0, used - calls))
      end
    elseif not used then
      missing[#missing + 1] = i
      missing[#missing + 1] = start
      missing[#missing + 1] = stop
    end
    if used and act ~= -1 then
      if used >= b then reply[1] = 0 end
      calls = math.min(calls, math.max(1, math.floor((b - used) / 100)))
      reply[#reply + 1] = used
      reply[#reply + 1] = start
      reply[#reply + 1] = stop
      taken[#taken + 1] = {field, start, used}
      if stop > last then last = stop end
    end
  else
    local interval = tonumber(a)
    -- What was taken before this epoch is not known: the burst began it used up.
    local tat = tonumber(value) or (tonumber(began) > 0 and tonumber(began) + b or now)
    if tat < now then tat = now end
    if tat > now + b then tat = now + b end
    if act == -1 then
      if value then
        writes[#writes + 1] = field
        writes[#writes + 1] = text(tonumber(value) - interval * calls)
      end
    else
      calls = 1 -- what a burst admits depends on the time of each call
      if tat - now + interval > b then reply[1] = 0 end
      reply[#reply + 1] = tat
      reply[#reply + 1] = 0
      reply[#reply + 1] = 0
      writes[#writes + 1] = field
      writes[#writes + 1] = text(tat + interval)
      if tat + interval > last then last = tat + interval end
    end
  end
end

if #missing > 3 then return missing end
if act == 0 then return reply end
if act == -1 then
  local at, size, counted = string.match(values[n + 4] or '', '^(%d+) (%d+)(.*)$')
  if at then -- the call's block is one smaller
    writes[#writes + 1] = block
    writes[#writes + 1] = at .. ' ' .. text(math.max(0, tonumber(size) - 1)) .. counted
  end
  if #writes > 4 then redis.call('HSET', KEYS[2], unpack(writes)) end
  return reply
end
if reply[1] == 0 then
  reply[3] = lent > now and lent or 0
  if reply[3] == 0 then
    for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
      if string.sub(field, 1, 6) == 'block|' then reply[3] = 1 end
    end
  end
  -- What was counted for this call is kept, so that the next one need not count again.
  local kept = {'epoch', epoch, 'now', text(now)}
  for i = 1, n do
    local at = head + (i - 1) * 5
    if asked[i] then
      kept[#kept + 1] = ARGV[at + 2]
      kept[#kept + 1] = ARGV[at + 5]
    end
  end
  if #kept > 4 then redis.call('HSET', KEYS[2], unpack(kept)) end
else
  for _, t in ipairs(taken) do
    writes[#writes + 1] = t[1]
    writes[#writes + 1] = text(t[2]) .. ':' .. text(t[3] + calls)
  end
  if block ~= '' then
    local held = text(now) .. ' ' .. text(calls)
    for _, t in ipairs(taken) do held = held .. '\n' .. t[1] end
    writes[#writes + 1] = block
    writes[#writes + 1] = held
  end
  if calls > 1 then
    if now + life > lent then
      writes[#writes + 1] = 'lent'
      writes[#writes + 1] = text(now + life)
    end
  end
  reply[3] = calls
  redis.call('HSET', KEYS[2], unpack(writes))
end
-- The counts of a month are needed until it ends, whatever the limits of this call.
local ttl = math.max(last - now, 35 * day) / 1000
redis.call('PEXPIRE', KEYS[2], text(ttl))
return reply
