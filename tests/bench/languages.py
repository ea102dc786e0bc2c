# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The same work in every language, in one run.

    ./bazelw run //tests/bench:languages -- [--json FILE] [--rounds N]

Names: languages/LANGUAGE/WAY/events_per_s. WAY is walk (event by event: in Go
and Java's own code where the binding offers that), index (a page's time stamps
in one call, added up) or columns (time stamp, CPU and pid of all events, the
time stamps added up; by Arrow's library in Go, Java and Python). The recording
is that of tests/data, many times over. Languages take turns, round by round and
way by way, each in a process of its own: what a way leaves to be cleaned up in
the background is not taken from the next one's time.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

WAYS = ("walk", "index", "columns")
RECORDING = pathlib.Path("tests/data/recordings/workload")
# How long the recording becomes.
TIMES = 200
SMOKE_TIMES = 2
# The first rounds of a process warm it up: compilers at run time, fresh memory.
WARM = 10
ROUNDS = 3


def machine():
    """What is measured on, in the schema that every benchmark writes."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    header = pathlib.Path("core/include/ringmap/ringmap.h").read_text("utf-8")
    version = re.findall(r"RINGMAP_VERSION_\w+ = (\d+)", header)
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": cpu[1] if cpu else "unknown",
        "kernel": os.uname().release,
        "cpus": os.cpu_count(),
        "memory_mb": pages >> 20,
        "library": ".".join(version),
    }


def make_recording(folder, times):
    """The recording of tests/data, so many times over."""
    shutil.copytree(RECORDING, folder, copy_function=shutil.copy)
    for path in folder.glob("per_cpu/*/trace_pipe_raw"):
        data = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(data * times)


def measure(command, folder, way, found):
    """Adds a process's rates, without those of its first rounds."""
    done = subprocess.run(
        [*command.split(), str(folder), str(WARM + ROUNDS), way],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{command}: {done.stderr}")
    rates = []
    for line in done.stdout.splitlines():
        told, events, seconds = line.split()
        assert told == way, line
        rates.append(int(events) / float(seconds))
    if rates:
        found.setdefault(way, []).extend(rates[WARM:])


def options_of(words):
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smoke", action="store_true", help="figures mean nothing")
    parser.add_argument("commands", nargs="+", metavar="LANGUAGE=COMMAND")
    return parser.parse_args(words)


def results_of(found):
    """Figures in the schema that every benchmark writes; prints them too."""
    for language, ways in found.items():
        for way in filter(ways.__contains__, WAYS):
            rates = ways[way]
            name = f"languages/{language}/{way}/events_per_s"
            middle = statistics.median(rates)
            ratio = middle / statistics.median(found["c"][way])
            print(f"{name:45} {middle:16,.0f}  {ratio:6.3f} x C", flush=True)
            yield {
                "name": name,
                "unit": "events/s",
                "median": middle,
                "min": min(rates),
                "max": max(rates),
                "runs": len(rates),
            }


def main(words):
    """Measures; the exit status."""
    options = options_of(words)
    commands = dict(word.split("=", 1) for word in options.commands)
    found = {language: {} for language in commands}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "recording"
        make_recording(folder, SMOKE_TIMES if options.smoke else TIMES)
        for _ in range(1 if options.smoke else options.rounds):
            for way in WAYS:
                for language, command in commands.items():
                    measure(command, folder, way, found[language])
    results = list(results_of(found))
    if options.json:
        caller = os.environ.get("BUILD_WORKING_DIRECTORY", ".")
        path = pathlib.Path(caller, options.json)
        document = {"machine": machine(), "results": results}
        path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
