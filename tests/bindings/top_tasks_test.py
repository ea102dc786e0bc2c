# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""examples/*/top_tasks prints the same table in every language.

usage: top_tasks_test.py recorded|live COMMAND...

What the table must say of a recording is worked out from trace-cmd's text. The
live case traces a process of its own, and skips where tracing is missing.
"""

import gzip
import os
import pathlib
import re
import subprocess
import sys
import time

DATA = pathlib.Path("tests/data")
INSTANCES = pathlib.Path("/sys/kernel/tracing/instances")
PATIENCE = 120
SWITCH = re.compile(
    r".*\[(?P<cpu>\d+)\] +(?P<s>\d+)\.(?P<ns>\d{9}): sched_switch: +"
    r"prev_comm=(?P<comm>.+) prev_pid=(?P<prev>\d+) .* next_pid=(?P<next>\d+) .*\n"
)


def expected():
    """The table of the plain recording, by trace-cmd's text: no events are lost."""
    tasks, last = {}, {}
    with gzip.open(DATA / "trace_dat/plain.report-N-t.txt.gz", "rt") as file:
        for switch in filter(None, map(SWITCH.fullmatch, file)):
            cpu, prev = switch["cpu"], int(switch["prev"])
            ts = int(switch["s"]) * 10**9 + int(switch["ns"])
            pid, since = last.get(cpu, (0, 0))
            if pid and pid == prev:
                _, ns = tasks.get(pid, ("", 0))
                tasks[pid] = switch["comm"], ns + ts - since
            last[cpu] = int(switch["next"]), ts
    lines = [f"{'TASK':16} {'PID':>8} {'CPU TIME':>14}"]
    order = sorted(tasks.items(), key=lambda item: (-item[1][1], item[0]))
    for pid, (comm, ns) in order[:10]:
        seconds, us = divmod(ns // 1000, 10**6)
        lines.append(f"{comm:16} {pid:8} {seconds:5}.{us:06} s")
    return "".join(line + "\n" for line in lines)


def table(command, *words):
    """What a program prints."""
    done = subprocess.run(
        [*command.split(), *words],
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return done.stdout


def recorded(commands):
    """Every language prints what trace-cmd's text adds up to."""
    wanted = expected()
    assert len(wanted.splitlines()) == 11, wanted
    losses = None
    for command in commands:
        found = table(command, str(DATA / "trace_dat/plain_v7_zstd.dat"))
        assert found == wanted, f"{command}\n{found}\nnot\n{wanted}"
        # Where events are lost nobody knows more than the others.
        found = table(command, str(DATA / "recordings/overrun"))
        losses = losses or found
        assert found == losses, f"{command}\n{found}\nnot\n{losses}"


def busy():
    """A process that comes and goes."""
    code = "import time\nwhile True:\n    sum(range(20000))\n    time.sleep(0.001)\n"
    return subprocess.Popen([sys.executable, "-c", code])


def remove(path):
    """Removes an instance once its users have gone."""
    for _ in range(PATIENCE * 10):
        try:
            path.rmdir()
            return
        except OSError:
            time.sleep(0.1)
    path.rmdir()


def live(commands):
    """Every language sees the process that is traced."""
    path = INSTANCES / f"ringmap_top_{os.getpid()}"
    path.mkdir()
    process = busy()
    try:
        (path / "trace_clock").write_text("mono")
        (path / "set_event_pid").write_text(str(process.pid))
        (path / "events/sched/sched_switch/enable").write_text("1")
        for command in commands:
            found = table(command, "--live", path.name)
            row = rf"(?m)^\S.* {process.pid} +\d+\.\d+ s$"
            assert re.search(row, found), f"{command}\n{found}"
    finally:
        process.kill()
        process.wait()
        remove(path)


def main(kind, commands):
    """Prints TAP; the exit status."""
    print("1..1")
    name = f"top_tasks_{kind}"
    if kind == "live" and not os.access(INSTANCES, os.W_OK):
        why = "no tracing instances can be made here (root, tracefs mounted?)"
        print(f"ok 1 - {name} # SKIP {why}")
        return 0
    {"recorded": recorded, "live": live}[kind](commands)
    print(f"ok 1 - {name}: {len(commands)} languages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
