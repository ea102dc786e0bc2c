# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What a machine did in the last seconds, or in a recording.

Counts of events, CPU time of tasks, and how long they waited for a CPU after
they were woken. Needs nothing but ringmap.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
import typing

import ringmap
from ringmap import _states

if typing.TYPE_CHECKING:
    from collections.abc import Sequence

# Of the histogram. The first: less than 1 us; each further: less than twice
# as much.
BUCKETS = 24

# Comes with the package: a second of a small machine.
RECORDING = pathlib.Path(__file__).with_name("demo.dat")

MOST_EVENTS = 24
MOST_TASKS = 10

WAKEUPS = ("sched_waking", "sched_wakeup", "sched_wakeup_new")

NEEDED = ("sched:sched_switch", "sched:sched_wakeup", "sched:sched_wakeup_new")
# Not every kernel has these.
OPTIONAL = (
    "sched:sched_waking",
    "irq:*",
    "raw_syscalls:sys_enter",
    "raw_syscalls:sys_exit",
)
EVENTS_FOLDER = pathlib.Path("/sys/kernel/tracing/events")


class Task:
    """What is known of one task."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.name = ""
        self.woken_at: int | None = None
        self.ran_ns = 0
        self.switches = 0


class Analysis:
    """Figures out of events in time order."""

    def __init__(
        self, *, has_waking: bool, first_ts: int, sleeping: int = 0xFF
    ) -> None:
        self.has_waking = has_waking
        # The bits of prev_state that are set while a task sleeps.
        self.sleeping = sleeping
        self.first_ts = self.last_ts = first_ts
        self.tasks: dict[int, Task] = {}
        self.idle_ns = 0
        self.unseen = 0
        self.latencies: list[int] = []
        # Who is on a CPU, and since when.
        self.running: dict[int, tuple[int, int]] = {}

    def task(self, pid: int) -> Task:
        """The task of that number, new if need be."""
        found = self.tasks.get(pid)
        if found is None:
            found = self.tasks[pid] = Task(pid)
        return found

    def charge(self, cpu: int, until: int) -> None:
        """The CPU's task was there until then."""
        pid, since = self.running[cpu]
        if pid == 0:
            self.idle_ns += max(until - since, 0)
        else:
            self.task(pid).ran_ns += max(until - since, 0)

    def look_who_runs(self, event: ringmap.Event) -> None:
        """Where no switch told it: some do not trace those out of idle."""
        seen = self.running.get(event.cpu)
        pid = event.pid
        # Lost: also an unknown number.
        lost = event.lost != 0
        if pid is None or (seen and not lost and seen[0] == pid):
            return
        since = event.ts
        if seen and not lost:
            self.charge(event.cpu, event.ts)
            self.unseen += 1
            # How long it waited was not seen either.
            self.task(pid).woken_at = None
        elif not seen and not lost:
            since = self.first_ts
        self.running[event.cpu] = pid, since

    def add(self, event: ringmap.Event) -> None:
        """The next event."""
        self.last_ts = max(self.last_ts, event.ts)
        if event.lost != 0:
            # A wake-up may be among the missing events, or the run after one.
            for task in self.tasks.values():
                task.woken_at = None
        self.look_who_runs(event)
        if event.name == "sched_switch":
            self.add_switch(event)
        elif event.name in WAKEUPS:
            self.add_wakeup(event)

    def add_switch(self, event: ringmap.Event) -> None:
        """One task went, another came."""
        self.charge(event.cpu, event.ts)
        went = self.task(number(event, "prev_pid"))
        went.name = text(event, "prev_comm")
        # Woken before it slept: it never waited for a CPU.
        if not number(event, "prev_state") & self.sleeping:
            went.woken_at = None
        came = self.task(number(event, "next_pid"))
        came.name = text(event, "next_comm")
        came.switches += 1
        if came.woken_at is not None and event.ts >= came.woken_at:
            self.latencies.append(event.ts - came.woken_at)
        came.woken_at = None
        self.running[event.cpu] = came.pid, event.ts

    def add_wakeup(self, event: ringmap.Event) -> None:
        """A task may run again."""
        # It comes after a sched_waking, which is nearer to the cause.
        if event.name == "sched_wakeup" and self.has_waking:
            return
        task = self.task(number(event, "pid"))
        task.name = task.name or text(event, "comm")
        task.woken_at = event.ts

    def finish(self) -> None:
        """After the last event: those who run now ran until it."""
        for cpu in self.running:
            self.charge(cpu, self.last_ts)


def analyse(trace: ringmap.Trace) -> Analysis:
    """The figures of a trace."""
    begin, _ = trace.span or (0, 0)
    mask = 0
    if "sched_switch" in trace:
        mask = _states.sleeping_mask(trace.schema["sched_switch"])
    result = Analysis(
        has_waking="sched_waking" in trace, first_ts=begin, sleeping=mask
    )
    for event in trace:
        result.add(event)
    result.finish()
    return result


def number(event: ringmap.Event, field: str) -> int:
    """A field that is a number."""
    return typing.cast(int, event[field])


def text(event: ringmap.Event, field: str) -> str:
    """A field that is a name."""
    return typing.cast(str, event[field])


def bucket_of(ns: int) -> int:
    """Where a latency is counted."""
    return min((ns // 1000).bit_length(), BUCKETS - 1)


# ---- the report --------------------------------------------------------------


def report(trace: ringmap.Trace, title: str) -> str:
    """The figures of a trace, for a person to read."""
    result = analyse(trace)
    begin, end = trace.span or (0, 0)
    seconds = (end - begin) / 1e9
    events = sum(trace.events.values())
    lost = "unknown" if trace.lost is None else f"{trace.lost:,}"
    a_second = int(events / seconds) if seconds else 0
    lines = [
        f"{title}: {seconds:.1f} s of {len(trace.cpus)} CPUs",
        "",
        f"  events        {events:,} ({a_second:,} per second)",
        f"  lost          {lost}",
    ]
    if result.unseen:
        lines.append(
            f"  note          {result.unseen:,} context switches left no event; their"
        )
        lines.append("                tasks count as running from their next event")
    lines += event_lines(trace, seconds)
    lines += task_lines(result, seconds)
    lines += latency_lines(result.latencies)
    return "\n".join(line.rstrip() for line in lines)


def event_lines(trace: ringmap.Trace, seconds: float) -> list[str]:
    """Counts by name."""
    lines = ["", f"  {'EVENTS BY NAME':38} {'count':>14} {'per second':>14}"]
    formats = {name: trace.schema[name] for name in trace.events}
    counts = sorted(
        trace.events.items(), key=lambda item: (-item[1], formats[item[0]].id)
    )
    for short, count in counts[:MOST_EVENTS]:
        name = f"{formats[short].system}:{short}"
        a_second = int(count / seconds) if seconds else 0
        lines.append(f"  {name:38.38} {count:14,} {a_second:14,}")
    if len(counts) > MOST_EVENTS:
        lines.append(f"  {len(counts) - MOST_EVENTS} more events")
    return lines


def task_lines(result: Analysis, seconds: float) -> list[str]:
    """Tasks by CPU time."""

    def line(name: str, pid: str, ran_ns: int) -> str:
        share = 100 * ran_ns / 1e9 / seconds if seconds else 0
        return f"  {name:20} {pid:>9} {ran_ns / 1e9:10.3f} s {share:10.1f} %"

    ran = [task for task in result.tasks.values() if task.ran_ns]
    ran.sort(key=lambda task: (-task.ran_ns, task.pid))
    lines = [
        "",
        f"  {'TASKS BY CPU TIME':20} {'pid':>9} {'CPU time':>12} {'of one CPU':>12}"
        f" {'switches':>14}",
    ]
    for task in ran[:MOST_TASKS]:
        start = line(task.name or "(no name)", str(task.pid), task.ran_ns)
        lines.append(f"{start} {task.switches:14,}")
    rest = ran[MOST_TASKS:]
    if rest:
        lines.append(line(f"{len(rest)} more tasks", "", sum(t.ran_ns for t in rest)))
    return [*lines, line("idle, all CPUs", "", result.idle_ns)]


def latency_lines(latencies: Sequence[int]) -> list[str]:
    """A histogram of the times from being woken to running."""
    lines = ["", "  WAKE-UP LATENCY, from wake-up to running"]
    if not latencies:
        return [*lines, "  no wake-ups"]
    counts = [0] * BUCKETS
    for ns in latencies:
        counts[bucket_of(ns)] += 1
    used = [bucket for bucket, count in enumerate(counts) if count]
    for bucket in range(used[0], used[-1] + 1):
        count = counts[bucket]
        # What is there shows.
        bar = "#" * (1 + 36 * count // max(counts) if count else 0)
        lines.append(f"  {bucket_name(bucket):>24}  |{bar:37} {count:13,}")
    longest = max(latencies)
    half, most = within(counts, 0.5, longest), within(counts, 0.99, longest)
    lines.append(
        f"  {len(latencies):,} wake-ups: p50 < {half:,} us, p99 < {most:,} us, "
        f"max {max(latencies) // 1000:,} us"
    )
    return lines


def bucket_name(bucket: int) -> str:
    """Its range."""
    if bucket == 0:
        return "less than 1 us"
    if bucket == BUCKETS - 1:
        return f"{1 << (bucket - 1):,} us or more"
    return f"{1 << (bucket - 1):,} - {1 << bucket:,} us"


def within(counts: Sequence[int], share: float, longest: int) -> int:
    """The end of the bucket, in us, up to which this share of all is."""
    below = 0
    for bucket, count in enumerate(counts):
        below += count
        if below >= share * sum(counts):
            break
    # The last bucket has no end but the longest latency.
    return longest // 1000 + 1 if bucket == BUCKETS - 1 else 1 << bucket


# ---- the program ---------------------------------------------------------------


def optional_events() -> list[str]:
    """Of the optional ones those that this kernel has."""
    return [
        event
        for event in OPTIONAL
        if (EVENTS_FOLDER / event.replace(":", "/").rstrip("/*")).exists()
    ]


def live(seconds: float) -> str:
    """This machine; if that does not work why not, and a recording."""
    try:
        trace = ringmap.capture([*NEEDED, *optional_events()], seconds=seconds)
    except (ringmap.Error, OSError) as error:
        return (
            f"Cannot trace this machine: {error}\n"
            "This is a recording instead:\n\n"
            + report(ringmap.open(RECORDING), "A RECORDING")
        )
    return report(trace, "THIS MACHINE, LIVE")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ringmap.demo", description=__doc__)
    parser.add_argument(
        "file",
        nargs="?",
        help="trace.dat or folder of raw captures; none: this machine",
    )
    parser.add_argument(
        "--seconds", type=float, default=3, help="how long to record (3)"
    )
    options = parser.parse_args(arguments)
    try:
        if options.file is None:
            print(live(options.seconds))
        else:
            print(report(ringmap.open(options.file), "A RECORDING"))
    except (ringmap.Error, OSError) as error:
        print(f"ringmap.demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
