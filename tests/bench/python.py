# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""From a trace.dat and from a live ring to data frames: how fast.

    ./bazelw run //tests/bench:python -- [--json FILE] [--rounds N]

Names: python/SOURCE/COLUMNS/WAY/events_per_s, where SOURCE is file (an
uncompressed trace.dat of sched_switch) or live (a ring that stands still),
COLUMNS 4cols (ts and three numbers), 4named (ts, cpu, next_comm, next_pid) or
all, and WAY is pandas, polars, arrow, numpy (a dict of arrays; no names), c
(batches that nobody looks at), and of others, to pandas, tracecmd (its report,
piped into a parser) and tracecmd_python (its Python module); what is not
installed is left out, and named. The suffix _2 means two threads.
python/import/ms is the time of "import ringmap"; python/file/COLUMNS/WAY/rss
the peak memory, in MB, of a process that does only that, with trace-cmd's.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import python_file
import python_rivals

import ringmap
from ringmap._arrow import new_array, release_array
from ringmap._reader import Query, Reader

HERE = pathlib.Path(__file__).parent
SMALL = HERE.parent / "data/trace_dat/plain_v6.dat"
COLUMNS = {
    "4cols": ["ts", "common_pid", "prev_pid", "next_pid"],
    "4named": ["ts", "cpu", "next_comm", "next_pid"],
    "all": None,
}


def by_c(trace, event, columns, threads):
    """The library's batches, which nobody looks at."""
    query = Query(event, None if columns is None else tuple(columns))
    reader = Reader(trace._source, [query], threads)
    array, rows = new_array(), 0
    while reader.next(array) >= 0:
        rows += array.length
        release_array(array)
    return rows


def by(method):
    """A way through a method of Table."""

    def run(trace, event, columns, threads):
        table = trace.table(event, columns=columns, threads=threads)
        return len(getattr(table, method)())

    return run


def by_numpy(trace, event, columns, threads):
    """A dict of arrays: all that are numbers."""
    arrays = trace.table(event, columns=columns, threads=threads).to_numpy()
    return len(arrays["ts"])


WAYS = {
    "c": by_c,
    "pandas": by("to_pandas"),
    "polars": by("to_polars"),
    "arrow": by("to_arrow"),
    "numpy": by_numpy,
}


class Report:
    """Figures, in the schema that every benchmark writes."""

    def __init__(self):
        self.results = []

    def add(self, name, unit, values):
        """One figure: the median of its runs, and their spread."""
        self.results.append(
            {
                "name": name,
                "unit": unit,
                "median": statistics.median(values),
                "min": min(values),
                "max": max(values),
                "runs": len(values),
            }
        )
        print(f"{name:45} {statistics.median(values):16,.1f} {unit}", flush=True)

    def write(self, path):
        """The JSON file."""
        cpu = "unknown"
        for line in pathlib.Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
                break
        pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        machine = {
            "cpu": cpu,
            "kernel": os.uname().release,
            "cpus": os.cpu_count(),
            "memory_mb": pages >> 20,
            "library": "%d.%d.%d" % ringmap.core_version(),
        }
        document = {"machine": machine, "results": self.results}
        pathlib.Path(path).write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def rates(work, rounds):
    """Events/s of each round but the first, which warms up."""
    found = []
    for number in range(rounds + 1):
        begin = time.perf_counter()
        rows = work()
        seconds = time.perf_counter() - begin
        if number:
            found.append(rows / seconds)
    return found


def peak_mb(path, columns, way):
    """Peak memory of a process of its own that reads the file in one way."""
    command = [sys.executable, __file__, "--peak", f"{columns}:{way}", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def peak_now_mb(pid="self"):
    """Peak memory of a process so far; 0: it is gone."""
    # Of that program alone: ru_maxrss would have the parent's too.
    status = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    peaks = [line.split()[1] for line in status.splitlines() if "VmHWM" in line]
    return int(peaks[0]) / 1024 if peaks else 0


def run_peak(what, path):
    """That process; with the other one, if its way needs two."""
    columns, way = what.split(":")
    others = [0]
    if way in python_rivals.RIVALS:
        run = python_rivals.RIVALS[way][0]
        run(path, lambda pid: others.append(peak_now_mb(pid)))
    else:
        with ringmap.open(path) as trace:
            WAYS[way](trace, "sched_switch", COLUMNS[columns], 1)
    print(peak_now_mb() + max(others))


def measure_file(report, path, rounds):
    """From a trace.dat. Ways take turns, so that they share the weather."""
    with ringmap.open(path) as trace:
        for columns, names in COLUMNS.items():
            for threads, suffix in ((1, ""), (2, "_2")):
                found = {way: [] for way in WAYS}
                for number in range(rounds + 1):
                    for way, run in WAYS.items():
                        value = rates_once(
                            lambda: run(trace, "sched_switch", names, threads)
                        )
                        if number:
                            found[way].append(value)
                for way, values in found.items():
                    name = f"python/file/{columns}/{way}{suffix}/events_per_s"
                    report.add(name, "events/s", values)
    for columns in COLUMNS:
        for way in WAYS:
            name = f"python/file/{columns}/{way}/rss"
            report.add(name, "MB", [peak_mb(path, columns, way)])


def measure_rivals(report, path, rounds):
    """The ways of others; slow, so a small file and few rounds are enough."""
    for way, (run, why_not) in python_rivals.RIVALS.items():
        reason = why_not()
        if reason:
            print(f"python/file/4cols/{way}: left out: {reason}", flush=True)
            continue
        values = rates(lambda: len(run(path)), min(rounds, 3))
        report.add(f"python/file/4cols/{way}/events_per_s", "events/s", values)
        report.add(f"python/file/4cols/{way}/rss", "MB", [peak_mb(path, "4cols", way)])


def rates_once(work):
    """Events/s of one run."""
    begin = time.perf_counter()
    rows = work()
    return rows / (time.perf_counter() - begin)


def measure_live(report, rounds, buffer_size):
    """From a ring of system calls that stands still; False: not possible."""
    try:
        session = ringmap.Session(
            ["raw_syscalls:sys_enter"], pids=[os.getpid()], buffer_size=buffer_size
        )
    except ringmap.Error as error:
        print(f"python/live: left out: {error}")
        return
    chosen = {"4cols": ["ts", "cpu", "common_pid", "id"], "all": None}
    with session:
        session.start()
        for _ in range(session.buffer_kb * 20):
            os.getppid()
        session.stop()
        trace = ringmap.live(session.instance, "follow")
        for columns, names in chosen.items():
            for way in ("c", "pandas", "polars", "arrow"):
                run = WAYS[way]
                values = rates(lambda: run(trace, "sys_enter", names, 1), rounds)
                report.add(
                    f"python/live/{columns}/{way}/events_per_s", "events/s", values
                )


def measure_import(report, rounds):
    """Time of "import ringmap" in a fresh process."""
    code = (
        "import time; begin = time.perf_counter(); import ringmap;"
        "print((time.perf_counter() - begin) * 1e3)"
    )
    values = []
    for _ in range(rounds + 1):
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE
        )
        values.append(float(done.stdout))
    report.add("python/import/ms", "ms", values[1:])


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--smoke", action="store_true", help="small, to see it run")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    parser.add_argument("file", nargs="?", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.peak:
        run_peak(args.peak, args.file)
        return
    rounds = 1 if args.smoke else args.rounds
    report = Report()
    with tempfile.TemporaryDirectory(prefix="ringmap_bench_") as folder:
        path = pathlib.Path(folder) / "switches.dat"
        python_file.make(SMALL, path, 30_000 if args.smoke else 3_000_000)
        measure_file(report, path, rounds)
        python_file.make(SMALL, path, 10_000 if args.smoke else 300_000)
        measure_rivals(report, path, rounds)
    measure_live(report, rounds, "1M" if args.smoke else "64M")
    measure_import(report, rounds)
    if args.json:
        report.write(args.json)


if __name__ == "__main__":
    main()
