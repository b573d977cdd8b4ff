import { createScript } from './lua-script.js';

/*
 * What Redis keeps of a log:
 *
 *   meta    hash    epoch, top (id of the newest entry), bytes (payload appended so far), floor (what `bytes`
 *                   was before the oldest entry that may be there), and by node the last sequences with their offsets
 *   stream  stream  id = `offset-tag`, so that an id is a position; d = envelope, b = `bytes` before it
 *   id      string  the position of the publication with that id
 *
 * Offsets grow by one, and entries go from the front only. A log is born with its meta, which outlives its
 * stream: whatever becomes of either of them, no offset is given out twice under one epoch.
 *
 * The first write of a script is one that Redis refuses when its memory is full. All that follow it succeed then,
 * so that no half of an entry is left.
 */

/** Nodes whose last sequence is remembered per log; beyond that the half that was silent for longest goes. */
const MAX_NODES = 256;

/** What the script says of an append that ended otherwise than with a new entry that was announced. */
export const appendOutcomes = { duplicate: 1, unannounced: 2, overtaken: 3 } as const;

/** What each append of one script has among its arguments, behind those of all. */
export type AppendArguments = readonly [
  sequence: number,
  tag: number,
  payloadBytes: number,
  /** Which of the keys is that of its id; 0: it has none. */
  idKey: number,
  envelope: Buffer,
];

/**
 * Appends envelopes of one server to one log, in their order. KEYS: meta, stream, and the keys of ids. Answers with a
 * position for each; in its place, if there is more to say, stands an array: the outcome (see `appendOutcomes`), the position,
 * and what was wrong with announcing it. All that is new is announced together: of each its position, the length of its
 * envelope, and that.
 *
 * A node may send again what it has had no answer to, and gets the answer of the first time. What is older than that, and
 * than something of its node that is in the log, was given up and came late over a connection that is gone, or had been
 * refused. It must not stand behind the newer one.
 */
export const appendScript = createScript(`
local meta, stream, node, oldest = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
local publish, live, newEpoch = ARGV[3], ARGV[4], ARGV[5]
local size, ttl, metaTtl, maxBytes, window = ARGV[6], ARGV[7], ARGV[8], tonumber(ARGV[9]), ARGV[10]

local known = redis.call('HMGET', meta, 'epoch', 'top', 'bytes', 'floor', node)
local epoch, top, recent = known[1], known[2] or '0-0', known[5]
local total, floor = tonumber(known[3] or 0), tonumber(known[4] or 0)
local offset = tonumber(string.sub(top, 1, string.find(top, '-', 1, true) - 1))
local newest, places, unanswered = 0, {}, {}
for sequence, at in string.gmatch(recent or '', '(%d+):(%d+)') do
  places[sequence] = at
  newest = tonumber(sequence)
  if newest >= oldest then unanswered[#unanswered + 1] = sequence .. ':' .. at end
end

local answers, appended, announced = {}, {}, {}
for i = 11, #ARGV, 5 do
  local sequence, tag, bytes, data = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 4]
  local idKey = KEYS[tonumber(ARGV[i + 3])]
  local first = idKey and not places[sequence] and redis.call('GET', idKey)
  local answer
  if places[sequence] then
    answer = epoch .. ':' .. places[sequence] .. '-' .. tag
  elseif first then
    answer = {${appendOutcomes.duplicate}, first}
  elseif newest > tonumber(sequence) then
    answer = {${appendOutcomes.overtaken}}
  else
    if not epoch then
      epoch = newEpoch
      redis.call('HSET', meta, 'epoch', epoch, 'top', top, 'bytes', '0', 'floor', '0')
      redis.call('DEL', stream)
    end
    offset = offset + 1
    newest = tonumber(sequence)
    places[sequence] = string.format('%.0f', offset)
    unanswered[#unanswered + 1] = sequence .. ':' .. places[sequence]
    top = places[sequence] .. '-' .. tag
    redis.call('XADD', stream, 'MAXLEN', '~', size, top, 'd', data, 'b', string.format('%.0f', total))
    total = total + bytes
    answer = epoch .. ':' .. top
    if idKey then redis.call('SET', idKey, answer, 'PX', window) end
    appended[#appended + 1] = #answers + 1
    announced[#announced + 1] = answer .. ' ' .. #data .. '\\n' .. data
  end
  answers[#answers + 1] = answer
end
if #appended == 0 then return answers end
redis.call('HSET', meta, 'top', top, 'bytes', string.format('%.0f', total), node, table.concat(unanswered, ' '))

if not recent and redis.call('HLEN', meta) > ${MAX_NODES} + 4 then
  local nodes, fields = {}, redis.call('HGETALL', meta)
  for i = 1, #fields, 2 do
    local at = string.match(fields[i + 1], '%d:(%d+)$')
    if at then nodes[#nodes + 1] = {fields[i], tonumber(at)} end
  end
  table.sort(nodes, function(a, b) return a[2] < b[2] end)
  for i = 1, ${MAX_NODES / 2} do redis.call('HDEL', meta, nodes[i][1]) end
end

if total - floor > maxBytes then
  local from, keep = '-', nil
  while not keep do
    for _, entry in ipairs(redis.call('XRANGE', stream, from, '+', 'COUNT', 8)) do
      from = '(' .. entry[1]
      floor = entry[2][4]
      if total - tonumber(floor) <= maxBytes or entry[1] == top then keep = entry[1] break end
    end
  end
  redis.call('XTRIM', stream, 'MINID', keep)
  redis.call('HSET', meta, 'floor', floor)
end

redis.call('PEXPIRE', stream, ttl)
redis.call('PEXPIRE', meta, metaTtl)
local sent = redis.pcall(publish, live, table.concat(announced))
if type(sent) == 'table' then
  for _, i in ipairs(appended) do answers[i] = {${appendOutcomes.unannounced}, answers[i], sent.err} end
end
return answers
`);

/** Where a log ends. One that is not there is born; asking keeps it. */
const topOf = `
local function topOf(meta, stream, newEpoch, metaTtl)
  local known = redis.call('HMGET', meta, 'epoch', 'top', 'bytes')
  if not known[1] then
    known = {newEpoch, '0-0', '0'}
    redis.call('HSET', meta, 'epoch', newEpoch, 'top', '0-0', 'bytes', '0', 'floor', '0')
    redis.call('DEL', stream)
  end
  redis.call('PEXPIRE', meta, metaTtl)
  return known[1], known[2], tonumber(known[3])
end
`;

/** KEYS: meta and stream of each log. Answers their ends. */
export const topsScript = createScript(`${topOf}
local tops = {}
for i = 1, #KEYS, 2 do
  local epoch, top = topOf(KEYS[i], KEYS[i + 1], ARGV[1], ARGV[(i + 3) / 2])
  tops[#tops + 1] = epoch .. ':' .. top
end
return tops
`);

/**
 * KEYS: meta, stream. Answers the log's end, whether the position was reached, whether there is more, and then
 * id and envelope of each entry, in the direction of reading. How large an entry is shows in the one behind it, so
 * one more than a page holds is looked at.
 */
export const readScript = createScript(`${topOf}
local stream, newEpoch, metaTtl, size = KEYS[2], ARGV[1], ARGV[2], tonumber(ARGV[3])
local direction, wantedEpoch, wanted = ARGV[4], ARGV[5], ARGV[6]
local limit, maxBytes = tonumber(ARGV[7]), tonumber(ARGV[8])
local isForward, isNewest = direction == 'after', direction == 'newest'
local epoch, top, total = topOf(KEYS[1], stream, newEpoch, metaTtl)

local function offsetOf(id) return tonumber(string.sub(id, 1, string.find(id, '-', 1, true) - 1)) end
local function bytesBefore(entry) return tonumber(entry[2][4]) end
local function answer(isReached, hasMore, entries, first, last)
  local all = {epoch .. ':' .. top, isReached, hasMore}
  for i = first, last do
    all[#all + 1] = entries[i][1]
    all[#all + 1] = entries[i][2][2]
  end
  return all
end

-- Trimming leaves a few more than the policy says, which are not there for readers.
local oldest = math.max(1, offsetOf(top) - size + 1)
local offset = isNewest and 0 or offsetOf(wanted)
local isStart = offset == 0
if not isNewest then
  if wantedEpoch ~= epoch or offset > offsetOf(top) then return answer(0, 0, {}, 1, 0) end
  if isForward and wanted == top then return answer(1, 0, {}, 1, 0) end
  if isForward and offset < oldest and not (isStart and oldest == 1) then return answer(0, 0, {}, 1, 0) end
end

local found, first, isAll, span = {}, 1, false, 0
local from = isNewest and '+' or string.format('%.0f', offset)
local bound = isForward and '+' or string.format('%.0f', oldest)
repeat
  local page = redis.call(isForward and 'XRANGE' or 'XREVRANGE', stream, from, bound, 'COUNT', 16)
  for _, entry in ipairs(page) do found[#found + 1] = entry end
  if found[1] and found[1][1] == wanted then first = 2 end
  isAll = #page < 16
  if not isAll then
    from = '(' .. page[16][1]
    span = math.abs(bytesBefore(found[#found]) - bytesBefore(found[first]))
  end
until isAll or #found > limit + 1 or span > maxBytes

if isForward then
  local isThere = found[1] and (first == 2 or isStart and offsetOf(found[1][1]) == 1)
  if not isThere then return answer(0, 0, {}, 1, 0) end
elseif not isNewest and found[1] and first == 1 and offsetOf(found[1][1]) == offset then
  return answer(0, 0, {}, 1, 0)
end

local last = first - 1
local edge = not isForward and first == 2 and bytesBefore(found[1]) or total
for i = first, math.min(#found, first + limit - 1) do
  local bytes
  if isForward then
    local through = found[i + 1] and bytesBefore(found[i + 1]) or total
    bytes = through - bytesBefore(found[first])
  else
    bytes = edge - bytesBefore(found[i])
  end
  if i > first and bytes > maxBytes then break end
  last = i
end
return answer(1, last < #found and 1 or 0, found, first, last)
`);
