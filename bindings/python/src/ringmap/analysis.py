# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Scheduling analysis with NumPy: which task ran where, and wake-up latencies.

Times are nanoseconds of the trace clock, as in Trace.span. The results agree with
python -m ringmap.demo, which applies the same rules. Each function reads a live
trace (ringmap.live) once, by Trace.snapshot(). Requires NumPy.
"""

from __future__ import annotations

import typing

import numpy as np
import numpy.typing as npt

from ringmap import _states
from ringmap._table import coded_columns

if typing.TYPE_CHECKING:
    from ringmap import Table, Trace

Ints = npt.NDArray[np.int64]

IDLE = 0

# The events that show a task's name: the columns of the pid and of the name.
_NAMED = (
    ("sched_switch", "prev_pid", "prev_comm"),
    ("sched_switch", "next_pid", "next_comm"),
    ("sched_waking", "pid", "comm"),
    ("sched_wakeup", "pid", "comm"),
    ("sched_wakeup_new", "pid", "comm"),
    ("sched_process_fork", "child_pid", "child_comm"),
    ("sched_process_exit", "pid", "comm"),
    ("task_newtask", "pid", "comm"),
    ("task_rename", "pid", "newcomm"),
)
# Pids are numbers below 2^22; those of a damaged file may be any.
_PID_MAX = 1 << 22


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


class Names(typing.Mapping[int, str]):
    """Names of tasks, each from a point in time on.

    A mapping from pid to the task's latest name; pid 0 is "idle". A task has
    several names one after the other if it calls execve(2) or prctl(2), or if its
    pid is used again: at() and during() return the name at a time.

    Each attribute is an array of shape (names,), sorted by pid, then time.

    pid: int64, the task.
    since: int64, nanoseconds of the trace clock: the first event that shows this
        name, which holds until the next row of the same pid.
    name: str, the kernel truncates names to 15 bytes (TASK_COMM_LEN).
    """

    def __init__(self, pid: Ints, since: Ints, name: npt.NDArray[np.object_]):
        self.pid = pid
        self.since = since
        self.name = name

    def _rows(self, pid: int) -> tuple[int, int]:
        begin, end = np.searchsorted(self.pid, [pid, pid + 1])
        return int(begin), int(end)

    def __getitem__(self, pid: int) -> str:
        begin, end = self._rows(pid)
        if begin == end:
            raise KeyError(pid)
        return str(self.name[end - 1])

    def __iter__(self) -> typing.Iterator[int]:
        return iter(np.unique(self.pid).tolist())

    def __len__(self) -> int:
        return len(np.unique(self.pid))

    def at(self, pid: int, ts: int) -> str | None:
        """The name of a task at a time; None if no event names the task.

        pid: the task.
        ts: the time. Before the first event that names the task, its first name is
            returned.
        """
        begin, end = self._rows(pid)
        if begin == end:
            return None
        later = int(np.searchsorted(self.since[begin:end], ts, side="right"))
        return str(self.name[begin + max(later - 1, 0)])

    def during(self, pid: int, begin: int, end: int) -> list[str]:
        """The names that a task had from begin to end, in order of time.

        pid: the task.
        begin, end: the first time stamp and the last one.
        """
        first, last = self._rows(pid)
        if first == last:
            return []
        since = self.since[first:last]
        low = max(int(np.searchsorted(since, begin, side="right")) - 1, 0)
        high = max(int(np.searchsorted(since, end, side="right")), low + 1)
        return [str(name) for name in self.name[first + low : first + high]]

    def __repr__(self) -> str:
        return f"<ringmap.analysis.Names of {len(self)} tasks>"


def _int64(values: typing.Any) -> Ints:
    """A column as int64; missing values become -1."""
    if isinstance(values, np.ma.MaskedArray):
        values = np.where(values.mask, -1, values.data.astype(np.int64))
    return np.asarray(values).astype(np.int64)


def ints(table: Table, column: str) -> Ints:
    """A column of numbers or times as an int64 array of shape (rows,).

    Missing values become -1. Raises NotFoundError if the table has no such column.

    table, column: the table and the name of its column.
    """
    return _int64(table.to_numpy([column])[column])


def _columns(trace: Trace, event: str | None, columns: list[str]) -> list[Ints]:
    """Columns of an event, read in one pass; empty if the trace has none of it."""
    if event is not None and event not in trace:
        return [np.empty(0, dtype=np.int64) for _ in columns]
    found = trace.table(event, columns=columns).to_numpy(columns)
    return [_int64(found[column]) for column in columns]


def _require(trace: Trace, *events: str) -> None:
    """Raises ValueError if the trace has events, but none of these."""
    if not trace.events or any(event in trace for event in events):
        return
    raise ValueError(
        f"the trace has no {' or '.join(events)}, which this analysis needs: record "
        f"sched:{events[0]} too"
    )


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

    Raises ValueError if the trace has events, but no sched_switch.
    """
    trace = trace.snapshot()
    _require(trace, "sched_switch")
    ts, cpu, pid, lost = _columns(
        trace, None, ["ts", "cpu", "common_pid", "lost_before"]
    )
    if not len(ts):
        return Runs(cpu, pid, ts, ts)
    switch_ts, switch_cpu, next_pid = _columns(
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


def sleeping(trace: Trace) -> int:
    """The bits of prev_state in sched_switch that are set while a task sleeps.

    A task with none of them set was preempted: it is still runnable. The bits
    depend on the kernel and are taken from the print fmt of the recorded event;
    they are 0xff in Linux 4.14 and later, where 0x80 is the idle sleep of kernel
    threads (state I).

    trace: a trace whose schema has sched_switch.

    Raises NotFoundError if it has not, UnsupportedError if its print fmt has no
    such bits.
    """
    return _states.sleeping_mask(trace.schema["sched_switch"])


def wakeups(trace: Trace, mask: int | None = None) -> Wakeups:
    """Computes the times from wake-up to run.

    trace: a trace with sched_switch and the events of wake-ups.
    mask: the bits of prev_state that are set while a task sleeps; None: sleeping().

    The events of wake-ups are sched_waking, or sched_wakeup in a trace without it,
    and sched_wakeup_new. A task that was woken before it slept did not wait; then
    prev_state of sched_switch has none of the bits of mask. try_to_wake_up() in
    kernel/sched/core.c records sched_waking on the CPU of the waking task.

    Raises ValueError if the trace has events, but no sched_switch or no wake-ups.
    """
    trace = trace.snapshot()
    _require(trace, "sched_switch")
    _require(trace, "sched_waking", "sched_wakeup", "sched_wakeup_new")
    if not trace.events:
        return Wakeups(*(np.empty(0, dtype=np.int64) for _ in Wakeups._fields))
    again = "sched_waking" if "sched_waking" in trace else "sched_wakeup"
    woken = [
        _columns(trace, name, ["ts", "pid"]) for name in (again, "sched_wakeup_new")
    ]
    ts, prev, state, came = _columns(
        trace, "sched_switch", ["ts", "prev_pid", "prev_state", "next_pid"]
    )
    preempted = (state & (sleeping(trace) if mask is None else mask)) == 0
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
    ts, lost_before = _columns(trace, None, ["ts", "lost_before"])
    lost = np.sort(ts[lost_before != 0])
    before = np.searchsorted(lost, found.woken, side="right")
    after = np.searchsorted(lost, found.ran, side="right")
    return Wakeups(*(values[before == after] for values in found))


class _Sightings:
    """Tasks with the names that events show, and when."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}
        self._parts: list[tuple[Ints, Ints, Ints]] = []

    def code(self, text: str) -> int:
        """The number of a name."""
        if text not in self._codes:
            self._codes[text] = len(self.texts)
            self.texts.append(text)
        return self._codes[text]

    def add(self, table: Table, pid: str, comm: str) -> None:
        """The rows of an event; its columns ts, pid and comm."""
        found = coded_columns(table, ["ts", pid], comm)
        own = np.array([self.code(name) for name in found.texts], dtype=np.int64)
        ts, pids = (_int64(column) for column in found.columns)
        column = np.asarray(found.codes, dtype=np.int64)
        kept = (column >= 0) & (pids != IDLE)
        self._parts.append((pids[kept], ts[kept], own[column[kept]]))

    def changes(self) -> tuple[Ints, Ints, Ints]:
        """Pid, time and code of each name, sorted by pid, then time."""
        none = (np.empty(0, dtype=np.int64),) * 3
        pid, ts, code = map(np.concatenate, zip(none, *self._parts))
        several = self._has_several(pid, code)
        once = self._first(pid[~several], ts[~several], code[~several])
        pid, ts, code = pid[several], ts[several], code[several]
        order = np.lexsort([ts, pid])
        pid, ts, code = pid[order], ts[order], code[order]
        new = np.diff(pid, prepend=-1) != 0
        new |= np.diff(code, prepend=-1) != 0
        both = [np.concatenate(c) for c in zip(once, (pid[new], ts[new], code[new]))]
        order = np.lexsort([both[1], both[0]])
        return both[0][order], both[1][order], both[2][order]

    @staticmethod
    def _has_several(pid: Ints, code: Ints) -> npt.NDArray[np.bool_]:
        """The rows of pids that have more than one name: few, and worth sorting."""
        if not len(pid):
            return np.zeros(0, dtype=bool)
        if pid.min() < 0 or pid.max() > _PID_MAX:
            pid = np.unique(pid, return_inverse=True)[1].astype(np.int64)
        last = np.empty(int(pid.max()) + 1, dtype=np.int64)
        last[pid] = code
        several = np.zeros(len(last), dtype=bool)
        several[pid[last[pid] != code]] = True
        return several[pid]

    @staticmethod
    def _first(pid: Ints, ts: Ints, code: Ints) -> tuple[Ints, Ints, Ints]:
        """The first row by time of each pid."""
        pids, at, rows = np.unique(pid, return_index=True, return_inverse=True)
        since = np.full(len(pids), np.iinfo(np.int64).max)
        np.minimum.at(since, rows, ts)
        return pids, since, code[at]


def names(trace: Trace) -> Names:
    """The names of the tasks that occur in a trace.

    trace: any trace. Names come from the events of the scheduler and from
        task_newtask and task_rename. A task that only runs, in common_pid, has the
        name that the kernel remembered when the trace was recorded
        (saved_cmdlines), if there is one.

    The result is a mapping from pid to the latest name; Names.at() and
    Names.during() return the names at other times.
    """
    trace = trace.snapshot()
    seen = _Sightings()
    for event, pid, comm in _NAMED:
        if event not in trace:
            continue
        columns = [field.name for field in trace.schema[event].fields]
        if pid in columns and comm in columns:
            table = trace.table(event, columns=["ts", pid, comm])
            seen.add(table, pid, comm)
    pids, since, codes = seen.changes()
    begin = trace.span[0] if trace.span else 0
    (running,) = _columns(trace, None, ["common_pid"])
    more = []
    for task in np.setdiff1d(running, pids).tolist():
        name = "idle" if task == IDLE else trace.schema.comm(task)
        if name is not None:
            more.append((task, begin, seen.code(name)))
    if IDLE not in running:
        more.append((IDLE, begin, seen.code("idle")))
    added = np.array(more, dtype=np.int64).reshape(-1, 3).T
    both = [np.concatenate(part) for part in zip((pids, since, codes), added)]
    order = np.lexsort([both[1], both[0]])
    texts = np.array([*seen.texts, None], dtype=object)
    return Names(both[0][order], both[1][order], texts[both[2][order]])
