-- SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
--
-- Obeys tests/bindings/run_cases.py: one step a line, one answer a line.

local ringmap = require "ringmap"

local vars, verbs = {}, {}

local function read(path)
  local file = assert(io.open(path, "rb"))
  local data = file:read("a")
  file:close()
  return data
end

-- "count first last" of what an iterator gives.
local function span()
  local count, first, last = 0, 0, 0
  return function(ts)
    if count == 0 then first = ts end
    count, last = count + 1, ts
  end, function() return ("%d %d %d"):format(count, first, last) end
end
local function split(text, by)
  local words = {}
  for word in text:gmatch("[^" .. by .. "]+") do words[#words + 1] = word end
  return words
end
local function sum(bytes)
  local total = 0
  for i = 1, #bytes do total = total + bytes:byte(i) end
  return ("%d %d"):format(#bytes, total)
end
local function text(value)
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, one in ipairs(value) do parts[i] = text(one) end
  return table.concat(parts, ",")
end
local function count_of(value) return value or "unknown" end

function verbs.image(path) return ringmap.image(read(path)) end
function verbs.file(path, instance) return ringmap.open(path, instance) end
function verbs.ring(instance, cpu, mode)
  return ringmap.ring { instance = instance, cpu = math.tointeger(cpu), mode = mode }
end
function verbs.borrow(ring) return ring:borrow_page() end
verbs["return"] = function(ring, page) return ring:return_page(page) end
function verbs.next_page(ring) return ring:next_page() end
function verbs.close(object) return object:close() end
function verbs.valid(page) return page.valid end
function verbs.bytes(page) return sum(page:bytes()) end
function verbs.view(page) return { bytes = page:bytes() } end
function verbs.look(view) return sum(view.bytes) end
function verbs.number(page, offset, size)
  return page:number(math.tointeger(offset), math.tointeger(size), false)
end
function verbs.walk(page)
  local add, total = span()
  for event in page:walk() do add(event.ts) end
  return total()
end
function verbs.index(page)
  local add, total = span()
  for _, ts in page:index():each() do add(ts) end
  return total()
end
function verbs.walk_all(ring)
  local add, total = span()
  for page in ring:pages() do
    for event in page:walk() do add(event.ts) end
  end
  return total()
end
function verbs.index_all(ring)
  local add, total = span()
  for page in ring:pages() do
    for _, ts in page:index():each() do add(ts) end
  end
  return total()
end
function verbs.lost(ring)
  local marks, counted, unknown = 0, 0, 0
  for page in ring:pages() do
    if page.lost == nil then unknown = unknown + 1 end
    if page.lost ~= 0 then marks = marks + 1 end
    counted = counted + (page.lost or 0)
  end
  return ("%d %d %d"):format(marks, counted, unknown)
end
function verbs.stats(ring)
  local stats = ring:stats()
  return ("%d %d %s"):format(stats.events, stats.pages, count_of(stats.lost))
end
function verbs.mode(ring) return ringmap.mode_name(ring:info().mode) end
function verbs.snapshot(ring) return sum(ring:snapshot()) end
function verbs.event(source) return source:next_event() end
function verbs.trace_ring(trace, i) return trace:ring(math.tointeger(i)) end
function verbs.about_event(event)
  return ("%d %d %d %d"):format(event.ts, event.cpu, event.id, event.size)
end
function verbs.drain(trace)
  local add, total = span()
  for event in trace:events() do add(event.ts) end
  return total()
end
function verbs.clock(trace) return trace:clock() end
function verbs.flags(trace) return trace:flags() end
function verbs.schema(trace) return trace:schema() end
function verbs.format(schema, name) return schema:format(name) end
function verbs.format_by_id(schema, id)
  return schema:format_by_id(math.tointeger(id))
end
function verbs.about_format(f)
  return ("%s %s %d %d %d"):format(f.system, f.name, f.id, f.size, f.nr_fields)
end
function verbs.fields(format)
  local names = {}
  for field in format:fields() do names[#names + 1] = field.name end
  return table.concat(names, ",")
end
function verbs.field(format, name) return format:field(name) end
function verbs.about_field(f)
  return ("%s %d %d %d %d"):format(f.name, f.offset, f.size, f.kind, f.flags)
end
function verbs.number_of(field, event) return field:number(event) end
function verbs.text_of(field, event) return field:text(event) end
function verbs.value_of(field, event)
  local value = field:value(event)
  if value ~= nil then return text(value) end
end
function verbs.event_of(trace, format)
  for event in trace:events() do
    if event.id == format.id then return event end
  end
end
function verbs.print(schema, event) return schema:print_event(event, 0) end
function verbs.reader(trace, event, columns, threads)
  if event == "*" then event = nil end
  return trace:reader({ event = event, columns = columns and split(columns, ",") }, nil,
    { threads = math.tointeger(threads or 0) })
end
function verbs.batch(reader) return reader:next_batch(0) end
function verbs.rows(batch) return batch.rows end
function verbs.columns(batch)
  local names = {}
  for i = 0, batch.columns - 1 do names[i + 1] = batch:column_at(i).name end
  return table.concat(names, ",")
end
function verbs.cell(batch, name, row)
  local value = batch:column(name):value(math.tointeger(row))
  if value ~= nil then return text(value) end
end
function verbs.total(reader)
  local rows = 0
  for batch in reader:batches() do rows = rows + batch.rows end
  return rows
end
function verbs.sum(reader, column)
  local total = 0
  for batch in reader:batches() do
    for _, value in batch:values(column) do total = total + (value or 0) end
  end
  return total
end
verbs["table"] = function(schema, event) return ringmap.table(schema, { event = event }) end
function verbs.append(rows, page) return rows:append(page) end
function verbs.undo(rows) return rows:undo() end
function verbs.export(rows) return rows:export() end
function verbs.check(status) return ringmap.check_status(math.tointeger(status)) end
function verbs.missing() return ringmap.Ring(nil) end
function verbs.collect() collectgarbage() end
function verbs.churn(path, times)
  local image, total = read(path), 0
  for _ = 1, math.tointeger(times) do
    local page = ringmap.image(image):next_page()
    collectgarbage()
    total = total + page:index().count
  end
  return total
end
function verbs.session(event)
  local session = ringmap.session { buffer_kb = 64 }
  local stat = io.open("/proc/self/stat")
  session:enable(event, nil)
  session:add_pid(math.tointeger(stat:read("a"):match("^%d+")))
  stat:close()
  session:start()
  return session
end
function verbs.burn(times)
  for _ = 1, times // 2 do io.open("/proc/self/stat"):close() end
end
function verbs.live_ring(session, cpu, mode)
  return verbs.ring(session:instance(), cpu, mode)
end
function verbs.follow(session, seconds)
  local rings, events, lost = {}, 0, 0
  for cpu = 0, 1023 do
    local open, ring = pcall(verbs.live_ring, session, cpu, "follow")
    if not open then break end
    rings[#rings + 1] = ring
  end
  local ends = os.time() + seconds + 1
  while os.time() < ends do
    verbs.burn(100)
    for _, ring in ipairs(rings) do
      ring:wait(1)
      for page in ring:pages() do events = events + page:index().count end
    end
  end
  for _, ring in ipairs(rings) do
    lost = lost + (ring:stats().lost or 0)
    ring:close()
  end
  return ("%d %d"):format(events, lost)
end

local function answer(variable, ok, result)
  if not ok then
    if type(result) ~= "table" then error(result) end
    return ("error\t%s\t%s"):format(result.name:match("RINGMAP_E_(.*)"), result)
  end
  vars[variable] = result
  if result == nil then return "nothing" end
  if type(result) == "userdata" or type(result) == "table" then return "object" end
  return "value\t" .. text(result)
end

for line in io.lines() do
  local words = split(line, "\t")
  local variable, verb = table.remove(words, 1), table.remove(words, 1)
  for i, word in ipairs(words) do
    if vars[word] ~= nil then words[i] = vars[word] end
  end
  if verb == "drop" then
    vars[line:match("\tdrop\t(.*)")], words = nil, nil
    print("value\tdropped")
  else
    print(answer(variable, pcall(verbs[verb], table.unpack(words))))
  end
  io.flush()
end
