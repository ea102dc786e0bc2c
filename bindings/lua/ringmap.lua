-- SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
--
-- ringmap: the Linux kernel's trace ring buffers, where they lie.
--
-- What SWIG makes of the library, and what is Lua's own way: options as
-- tables, generic for, to-be-closed variables.

local ringmap = require "ringmap.core"

local LIST_OPTIONS = { columns = "add_column", pids = "add_pid", cpus = "add_cpu" }

local SLICE_MS = 100 -- so that Lua can handle Ctrl-C

-- A table of options as the struct; modes and starts may be names.
local function options(name, given)
  local opts = ringmap[name .. "Opts"]()
  for key, value in pairs(given or {}) do
    if LIST_OPTIONS[key] then
      for _, one in ipairs(value) do opts[LIST_OPTIONS[key]](opts, one) end
    else
      local name = key .. "_" .. tostring(value)
      opts[key] = ringmap[name:upper()] or value
    end
  end
  return opts
end

function ringmap.ring(given) return ringmap.Ring(options("Ring", given)) end
function ringmap.image(bytes, given)
  return ringmap.Ring_open_image(bytes, options("Image", given))
end
function ringmap.trace(given) return ringmap.Trace(options("Trace", given)) end
function ringmap.open(path, instance) return ringmap.Trace_open_file(path, instance) end
function ringmap.session(given) return ringmap.Session(options("Session", given)) end
function ringmap.schema(path) return ringmap.Schema(path) end
function ringmap.table(schema, given)
  return ringmap.Table(schema, options("Table", given))
end

local own = { Ring = {}, Page = {}, Index = {}, Trace = {}, Reader = {}, Batch = {},
  Column = {}, Format = {}, Field = {}, Session = {} }

-- Takes from the source until there is nothing for timeout_ms.
local function following(source, take, timeout_ms)
  return function()
    local found, left = take(source), timeout_ms or 0
    while not found and left > 0 do
      local slice = math.min(left, SLICE_MS)
      if not source:wait(math.tointeger(slice)) and source.stopped then return nil end
      found, left = take(source), left - slice
    end
    return found
  end
end

-- for page in ring:pages(1000): a page goes back when the next one comes.
function own.Ring:pages(timeout_ms) return following(self, self.next_page, timeout_ms) end

-- for event in page:walk(); for i, ts, id, offset, size in page:index():each()
function own.Page:walk() return function() return self:next_event() end end
function own.Index:each()
  return function(_, i)
    i = i + 1
    if i < self.count then
      return i, self:ts(i), self:id(i), self:offset(i), self:size(i)
    end
  end, nil, -1
end

function own.Trace:events(timeout_ms) return following(self, self.next_event, timeout_ms) end
function own.Trace:reader(given, schema, reader)
  return ringmap.Reader(self, options("Table", given), schema,
    options("Reader", reader))
end
function own.Reader:batches(ms) return function() return self:next_batch(ms or 0) end end

function own.Format:fields()
  local i = -1
  return function()
    i = i + 1
    return i < self.nr_fields and self:field_at(i) or nil
  end
end

-- A row's value: number, boolean, string, table of such, or nil.
function own.Column:value(row)
  local kind = self.kind
  if self:is_null(row) then return nil end
  if kind == "text" then return self:text(row) end
  if kind == "bytes" then return self:bytes(row) end
  if kind == "bool" then return self:number(row) ~= 0 end
  if kind ~= "list" then return self:number(row) end
  local items, begin, list = self:items(), self:list_begin(row), {}
  for i = 1, self:list_length(row) do list[i] = items:value(begin + i - 1) end
  return list
end
-- An event's value of a field, as a row of a column has one.
function own.Field:value(event) return self:read(event):value(0) end
function own.Batch:values(name)
  local column, row = self:column(name), -1
  return function()
    row = row + 1
    if row < self.rows then return row, column:value(row) end
  end
end

for name, added in pairs(own) do
  local meta, methods = ringmap.methods(name)
  for method, body in pairs(added) do methods[method] = body end
  meta.__close = methods.close and function(self) self:close() end
end

return ringmap
