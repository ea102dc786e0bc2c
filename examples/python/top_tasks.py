# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Print the ten tasks that ran longest, from the columns of sched_switch.

python top_tasks.py FILE          reads a trace.dat or a folder of raw captures
python top_tasks.py --live NAME   reads one second of a tracing instance
"""

import sys
import time

import ringmap

COLUMNS = ["ts", "cpu", "prev_pid", "prev_comm", "next_pid", "lost_before"]


def rows(table):
    """Return the table's rows, with -1 for an unknown number of lost events."""
    arrow = table.to_arrow()
    ts = arrow.column("ts").cast("int64").to_pylist()
    rest = [arrow.column(name).to_pylist() for name in COLUMNS[1:]]
    return zip(ts, *rest)


def run_times(table):
    """Charge the time between two switches to the task that ran, if it is known."""
    tasks, last = {}, {}
    for ts, cpu, prev_pid, prev_comm, next_pid, lost in rows(table):
        pid, since = last.get(cpu, (None, 0))
        if pid == prev_pid and lost == 0 and pid != 0:
            _, ns = tasks.get(pid, ("", 0))
            tasks[pid] = prev_comm, ns + ts - since
        last[cpu] = next_pid, ts
    return tasks


def main():
    """Print the table."""
    if len(sys.argv) != 2 + ("--live" in sys.argv):
        sys.exit(__doc__)
    if sys.argv[1] == "--live":
        time.sleep(1)
        trace = ringmap.live(sys.argv[2])
    else:
        trace = ringmap.open(sys.argv[1])
    tasks = run_times(trace.table("sched:sched_switch", columns=COLUMNS))
    print(f"{'TASK':16} {'PID':>8} {'CPU TIME':>14}")
    order = sorted(tasks.items(), key=lambda item: (-item[1][1], item[0]))
    for pid, (name, ns) in order[:10]:
        seconds, us = divmod(ns // 1000, 1000000)
        print(f"{name:16} {pid:8} {seconds:5}.{us:06} s")


main()
