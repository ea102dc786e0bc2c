# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What the tests of the Python package share: recordings, and live tracing."""

import contextlib
import gzip
import os
import pathlib
import re
import subprocess
import sys

import pytest

import ringmap

# Not resolved: under Bazel this file is a link in a copy of the tree.
ROOT = pathlib.Path(os.path.abspath(__file__)).parents[3]
DATA = ROOT / "tests/data"
PLAIN = DATA / "trace_dat/plain_v7_none.dat"
INSTANCES = DATA / "trace_dat/instances_v6.dat"
WORKLOAD = DATA / "recordings/workload"
PLAIN_FILES = sorted((DATA / "trace_dat").glob("plain_v*.dat"))

TRACING = pathlib.Path("/sys/kernel/tracing")


def why_not_live():
    """Why the running kernel cannot be traced here; None: it can."""
    if not os.access(TRACING / "instances", os.W_OK):
        return "no tracing instances can be made here (root, tracefs mounted?)"
    return None


live = pytest.mark.skipif(why_not_live() is not None, reason=str(why_not_live()))


def report_lines(name="plain.report-N-t.txt.gz"):
    """trace-cmd's text of the plain capture: a dict for each event."""
    shape = re.compile(
        r"\s*(?P<comm>.+)-(?P<pid>\d+)\s+\[(?P<cpu>\d+)\]\s+"
        r"(?P<s>\d+)\.(?P<ns>\d{9}): (?P<name>\w+): *(?P<text>.*)"
    )
    with gzip.open(DATA / "trace_dat" / name, "rt", errors="surrogateescape") as file:
        for line in file:
            match = shape.fullmatch(line.rstrip("\n"))
            # An event that has more lines, such as a stack, begins one.
            if match:
                yield match.groupdict()


def switches(name="plain.report-N-t.txt.gz"):
    """The numbers of each sched_switch in trace-cmd's text."""
    shape = re.compile(
        r"(?P<prev_comm>.+):(?P<prev_pid>\d+) \[(?P<prev_prio>\d+)\] \S+ ==> "
        r"(?P<next_comm>.+):(?P<next_pid>\d+) \[(?P<next_prio>\d+)\]"
        r"|prev_comm=(?P<a>.+) prev_pid=(?P<b>\d+) prev_prio=(?P<c>\d+) "
        r"prev_state=\S+ ==> next_comm=(?P<d>.+) next_pid=(?P<e>\d+) "
        r"next_prio=(?P<f>\d+)"
    )
    for line in report_lines(name):
        if line["name"] == "sched_switch":
            match = shape.fullmatch(line["text"])
            assert match, line
            groups = [group for group in match.groups() if group is not None]
            ts = int(line["s"]) * 10**9 + int(line["ns"])
            yield (ts, int(line["cpu"]), *groups)


def session(**options):
    """A session that records nobody but the load of these tests."""
    options.setdefault("events", ["raw_syscalls:sys_enter"])
    options.setdefault("pids", [os.getpid()])
    options.setdefault("buffer_size", "1M")
    return ringmap.Session(**options)


def make_events(count):
    """At least so many system calls of this thread."""
    for _ in range(count):
        os.getppid()


@contextlib.contextmanager
def pinned(cpu):
    """This thread on one CPU, so that its events are in one ring."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def instances(pid=None):
    """Tracing instances that a process made, this one; others come and go."""
    mine = f"ringmap_{pid or os.getpid()}_"
    found = os.listdir(TRACING / "instances")
    return {name for name in found if name.startswith(mine)}


def python(code, *arguments, **options):
    """Runs Python code in a process of its own."""
    options.setdefault("check", True)
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        **options,
    )


def in_child(work):
    """What work() returns, as text, in a forked child; how the child ended."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(write, str(work()).encode())
        except BaseException as error:  # pylint: disable=broad-except
            os.write(write, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    return text, os.waitpid(pid, 0)[1]
