-- SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
--
-- Prints the ten tasks that ran longest, from the columns of sched_switch.
--
--	lua top_tasks.lua FILE          reads a trace.dat or a folder of raw captures
--	lua top_tasks.lua --live NAME   follows a tracing instance for one second

local ringmap = require "ringmap"

local COLUMNS = { "ts", "cpu", "prev_pid", "prev_comm", "next_pid", "lost_before" }

-- Charges the time between two switches to the task that ran, if it is known.
local function charge(tasks, last, batch)
  local column = {}
  for _, name in ipairs(COLUMNS) do column[name] = batch:column(name) end
  for row = 0, batch.rows - 1 do
    local ts, cpu = column.ts:number(row), column.cpu:number(row)
    local pid, before = column.prev_pid:number(row), last[cpu]
    if before and before.pid == pid and column.lost_before:value(row) == 0 and pid ~= 0 then
      local task = tasks[pid] or { pid = pid, ns = 0 }
      task.ns, task.name = task.ns + ts - before.ts, column.prev_comm:text(row)
      tasks[pid] = task
    end
    last[cpu] = { pid = column.next_pid:number(row), ts = ts }
  end
end

local function print_top(tasks)
  local order = {}
  for _, task in pairs(tasks) do order[#order + 1] = task end
  table.sort(order, function(a, b) return a.ns > b.ns or a.ns == b.ns and a.pid < b.pid end)
  print(("%-16s %8s %14s"):format("TASK", "PID", "CPU TIME"))
  for i = 1, math.min(#order, 10) do
    local us = order[i].ns // 1000
    print(("%-16s %8d %5d.%06d s"):format(order[i].name, order[i].pid,
      us // 1000000, us % 1000000))
  end
end

local function main(first, name)
  local live = first == "--live"
  local trace <close> = live and ringmap.trace { instance = name } or ringmap.open(first)
  local reader <close> = trace:reader { event = "sched:sched_switch", columns = COLUMNS }
  local tasks, last = {}, {}
  for batch in reader:batches(1000) do
    charge(tasks, last, batch)
    if live then break end
  end
  print_top(tasks)
end

main(...)
