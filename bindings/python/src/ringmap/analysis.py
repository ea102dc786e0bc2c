# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Scheduling analysis with NumPy: which task ran where, and wake-up latencies.

Times are nanoseconds of the trace clock, as in Trace.span. The results agree with
python -m ringmap.demo, which applies the same rules. Requires NumPy.
"""

from __future__ import annotations

import typing

import numpy as np
import numpy.typing as npt

if typing.TYPE_CHECKING:
    from ringmap import Table, Trace

Ints = npt.NDArray[np.int64]

# The states that sched_switch shows for a task that sleeps: the kernel's
# TASK_REPORT. Others, such as 0 and 256, are those of a preempted task.
SLEEPING = 0x7F

IDLE = 0


class Runs(typing.NamedTuple):
    """Intervals during which one task ran on a CPU, sorted by CPU, then time.

    Each field is an array of int64 of shape (runs,).

    cpu, pid: the CPU and the task; pid 0 is the CPU's idle task.
    begin, end: nanoseconds of the trace clock.
    """

    cpu: Ints
    pid: Ints
    begin: Ints
    end: Ints

    def of(self, **wanted: int) -> Runs:
        """Selects the runs whose fields have these values: of(cpu=1, pid=42).

        wanted: names of fields and the value that each must have.
        """
        keep = np.ones(len(self.cpu), dtype=bool)
        for column, value in wanted.items():
            keep &= getattr(self, column) == value
        return Runs(*(values[keep] for values in self))

    def total(self) -> dict[int, int]:
        """The CPU time of each pid in nanoseconds, longest first.

        Pid 0 is the sum over the idle tasks of all CPUs.
        """
        pids, at = np.unique(self.pid, return_inverse=True)
        ran = np.zeros(len(pids), dtype=np.int64)
        np.add.at(ran, at, self.end - self.begin)
        order = np.argsort(-ran, kind="stable")
        return {int(pids[i]): int(ran[i]) for i in order}


class Wakeups(typing.NamedTuple):
    """Wake-ups that were followed by a run, sorted by the beginning of the run.

    Each field is an array of int64 of shape (wake-ups,).

    pid: the task.
    woken, ran: time of the wake-up and of the beginning of the run, in nanoseconds
        of the trace clock.
    """

    pid: Ints
    woken: Ints
    ran: Ints

    @property
    def latency(self) -> Ints:
        """The time from wake-up to run, ran - woken, int64 in nanoseconds."""
        return self.ran - self.woken


def ints(table: Table, column: str) -> Ints:
    """A column of numbers or times as an int64 array of shape (rows,).

    Missing values become -1. Raises NotFoundError if the table has no such column.

    table, column: the table and the name of its column.
    """
    values = table.numpy(column)
    if isinstance(values, np.ma.MaskedArray):
        values = np.where(values.mask, -1, values.data.astype(np.int64))
    return np.asarray(values).astype(np.int64)


def _event(trace: Trace, name: str, columns: list[str]) -> list[Ints]:
    """Columns of an event; empty ones if the trace has none of it."""
    if name not in trace:
        return [np.empty(0, dtype=np.int64) for _ in columns]
    table = trace.table(name, columns=columns)
    return [ints(table, column) for column in columns]


def runs(trace: Trace) -> Runs:
    """Computes which task ran on which CPU, and when.

    trace: a trace with sched_switch; other events make the result more precise.

    Every event records the task that was running, and sched_switch also the task
    that runs next. Some kernels do not trace switches away from the idle task;
    there a task's run begins at its next event. It is unknown when the task that
    ran before a loss of events left its CPU, so its run is not counted.

    The running task is common_pid, which is pid in struct trace_entry
    (include/linux/trace_events.h); the next task is next_pid of sched_switch
    (include/trace/events/sched.h).
    """
    every = trace.table(None, columns=["ts", "cpu", "common_pid", "lost_before"])
    ts, cpu, pid, lost = (
        ints(every, column) for column in ("ts", "cpu", "common_pid", "lost_before")
    )
    if not len(ts):
        return Runs(cpu, pid, ts, ts)
    switch_ts, switch_cpu, next_pid = _event(
        trace, "sched_switch", ["ts", "cpu", "next_pid"]
    )
    # A switch is here twice: who left, then who came. What lexsort puts
    # beside it has the same time, so that nothing is charged in between.
    first, last = int(ts.min()), int(ts.max())
    came = np.repeat([0, 1], [len(ts), len(switch_ts)])
    ts = np.concatenate([ts, switch_ts])
    cpu = np.concatenate([cpu, switch_cpu])
    pid = np.concatenate([pid, next_pid])
    lost = np.concatenate([lost, np.zeros_like(switch_ts)])
    order = np.lexsort([came, ts, cpu])
    return _stretches(ts[order], cpu[order], pid[order], lost[order], (first, last))


def _stretches(
    ts: Ints, cpu: Ints, pid: Ints, lost: Ints, span: tuple[int, int]
) -> Runs:
    """Runs out of points in time at which it is known who runs."""
    starts = np.flatnonzero(np.diff(cpu, prepend=-1))
    ends = np.append(starts[1:], len(cpu))
    # Who is seen first was there from the beginning.
    begin = np.insert(ts, starts, span[0])
    cpu = np.insert(cpu, starts, cpu[starts])
    pid = np.insert(pid, starts, pid[starts])
    gap = np.insert(lost != 0, starts, False)
    ends = ends + np.arange(1, len(ends) + 1)
    end = np.append(begin[1:], span[1])
    end[ends - 1] = span[1]
    changes = gap | (np.diff(cpu, prepend=-1) != 0) | (np.diff(pid, prepend=-1) != 0)
    heads = np.flatnonzero(changes)
    tails = np.append(heads[1:], len(cpu)) - 1
    # When somebody left whom a gap follows is not known.
    known = ~np.append(gap[heads[1:]], False)
    known &= end[tails] > begin[heads]
    heads, tails = heads[known], tails[known]
    return Runs(cpu[heads], pid[heads], begin[heads], end[tails])


def wakeups(trace: Trace) -> Wakeups:
    """Computes the times from wake-up to run.

    trace: a trace with sched_switch and the events of wake-ups.

    The events of wake-ups are sched_waking, or sched_wakeup in a trace without it,
    and sched_wakeup_new. A task that was woken before it slept did not wait; then
    prev_state of sched_switch has none of the bits of TASK_REPORT
    (include/linux/sched.h). try_to_wake_up() in kernel/sched/core.c records
    sched_waking on the CPU of the waking task.
    """
    again = "sched_waking" if "sched_waking" in trace else "sched_wakeup"
    woken = [_event(trace, name, ["ts", "pid"]) for name in (again, "sched_wakeup_new")]
    ts, prev, state, came = _event(
        trace, "sched_switch", ["ts", "prev_pid", "prev_state", "next_pid"]
    )
    preempted = (state & SLEEPING) == 0
    parts = [
        *((wake_ts, pid, 0) for wake_ts, pid in woken),
        (ts[preempted], prev[preempted], 1),
        (ts, came, 2),
    ]
    at = np.concatenate([part[0] for part in parts])
    pid = np.concatenate([part[1] for part in parts])
    kind = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    order = np.lexsort([kind, at, pid])
    at, pid, kind = at[order], pid[order], kind[order]
    # One that came onto a CPU, and what happened to it last was a wake-up.
    got = np.flatnonzero((kind[1:] == 2) & (kind[:-1] == 0) & (pid[1:] == pid[:-1])) + 1
    got = got[np.argsort(at[got], kind="stable")]
    return _without_gaps(trace, Wakeups(pid[got], at[got - 1], at[got]))


def _without_gaps(trace: Trace, found: Wakeups) -> Wakeups:
    """Without those during which events were lost."""
    every = trace.table(None, columns=["ts", "lost_before"])
    lost = np.sort(ints(every, "ts")[ints(every, "lost_before") != 0])
    before = np.searchsorted(lost, found.woken, side="right")
    after = np.searchsorted(lost, found.ran, side="right")
    return Wakeups(*(values[before == after] for values in found))


def names(trace: Trace) -> dict[int, str]:
    """The names of the tasks that occur in scheduler events, by pid.

    Pid 0 is always "idle". For a task that changed its name, one of its names is
    returned. The kernel truncates names to 15 bytes (TASK_COMM_LEN).

    trace: any trace.
    """
    found: dict[int, str] = {}
    for event, pid, comm in (
        ("sched_waking", "pid", "comm"),
        ("sched_wakeup_new", "pid", "comm"),
        ("sched_switch", "prev_pid", "prev_comm"),
        ("sched_switch", "next_pid", "next_comm"),
    ):
        if event in trace:
            table = trace.table(event, columns=[pid, comm])
            found.update(zip(table.numpy(pid).tolist(), table.numpy(comm).tolist()))
    found[IDLE] = "idle"
    return found
