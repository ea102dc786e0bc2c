# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

# Prints the ten tasks that ran longest, from the columns of sched_switch.
#
#   ruby top_tasks.rb FILE          reads a trace.dat or a folder of raw captures
#   ruby top_tasks.rb --live NAME   follows a tracing instance for one second

require "ringmap"

COLUMNS = %w[ts cpu prev_pid prev_comm next_pid lost_before].freeze

Task = Struct.new(:pid, :name, :ns)

# Charges the time between two switches to the task that ran, if it is known.
def charge(tasks, last, batch)
  columns = COLUMNS.map { |name| batch[name].to_a }
  columns.transpose.each do |ts, cpu, prev_pid, prev_comm, next_pid, lost|
    pid, since = last[cpu]
    if pid == prev_pid && lost == 0 && pid != 0
      task = tasks[pid] ||= Task.new(pid, "", 0)
      task.name = prev_comm
      task.ns += ts - since
    end
    last[cpu] = [next_pid, ts]
  end
end

def print_top(tasks)
  puts format("%-16s %8s %14s", "TASK", "PID", "CPU TIME")
  tasks.values.sort_by { |task| [-task.ns, task.pid] }.first(10).each do |task|
    seconds, us = (task.ns / 1000).divmod(1_000_000)
    puts format("%-16s %8d %5d.%06d s", task.name, task.pid, seconds, us)
  end
end

def top(trace, live)
  tasks = {}
  last = {}
  trace.reader(event: "sched:sched_switch", columns: COLUMNS).each(timeout_ms: 1000) do |batch|
    charge(tasks, last, batch)
    break if live
  end
  print_top(tasks)
end

if ARGV[0] == "--live"
  Ringmap::Trace.open(instance: ARGV[1]) { |trace| top(trace, true) }
else
  Ringmap.open(ARGV.fetch(0)) { |trace| top(trace, false) }
end
