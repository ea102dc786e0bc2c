-- SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
--
-- Is told a folder of captures, a number of rounds and a way by languages.py. A
-- line is the way, its events and its seconds (of this thread, the only one).

local ringmap = require "ringmap"

local folder, rounds, wanted = arg[1], tonumber(arg[2]), arg[3]
local seen = 0

local function load()
  local file <close> = assert(io.open(folder .. "/per_cpu/cpu0/trace_pipe_raw", "rb"))
  return file:read("a")
end

local function pages(way, image, work)
  local ring <close> = ringmap.image(image)
  local events, begin = 0, os.clock()
  for page in ring:pages() do events = events + work(page) end
  print(("%s %d %.9f"):format(way, events, os.clock() - begin))
end

local event = ringmap.Event()
local function walk(page)
  local events = 0
  while page:read_event(event) do
    seen, events = seen + event.ts, events + 1
  end
  return events
end

local function index(page)
  local found = page:index()
  local stamps = found:ts_bytes()
  for at = 1, #stamps, 8 do seen = seen + string.unpack("=I8", stamps, at) end
  return found.count
end

local function columns()
  local trace <close> = ringmap.open(folder)
  local reader <close> = trace:reader { columns = { "ts", "cpu", "common_pid" } }
  local rows, begin = 0, os.clock()
  for batch in reader:batches() do
    local ts = batch:column("ts")
    for row = 0, batch.rows - 1 do seen = seen + ts:number(row) end
    rows = rows + batch.rows
  end
  print(("columns %d %.9f"):format(rows, os.clock() - begin))
end

local works = { walk = walk, index = index }
local image = works[wanted] and load()
for _ = 1, rounds do
  if wanted == "columns" then columns() else pages(wanted, image, works[wanted]) end
end
