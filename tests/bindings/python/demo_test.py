# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""python -m ringmap.demo says what //:demo says.

They are two programs, for each needs nothing of the other: the C demo runs
where there is no Python, this one without NumPy. That they are one analysis is
what these tests hold them to, and plot_test.py ringmap.analysis.
"""

import os
import re
import subprocess
import sys

import pytest

import ringmap
from ringmap import demo
from support import instances, live

RECORDING = "tests/data/recordings/workload"
FIRST_COMPARED = "  EVENTS BY NAME"
# And what each of its parts is called.
PARTS = (FIRST_COMPARED, "  TASKS BY CPU TIME", " wake-ups: p50 < ")


def run_c(recording):
    """What //:demo prints."""
    command = ["core/tool/demo", "--replay", "--recording", recording]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.mark.parametrize("recording", [RECORDING, "tests/data/recordings/overrun"])
def test_same_figures_as_the_c_demo(capsys, recording):
    assert demo.main([recording]) == 0
    ours = capsys.readouterr().out
    theirs = run_c(recording)
    assert all(part in theirs for part in PARTS)
    begins = [text.index(FIRST_COMPARED) for text in (ours, theirs)]
    lines = [line.rstrip() for line in theirs[begins[1] :].splitlines()]
    assert ours[begins[0] :].splitlines() == lines
    for line in theirs.splitlines():
        if line.split()[:1] in (["events"], ["lost"]):
            assert line in ours.splitlines()


def test_the_figures_are_those_of_the_tables(capsys):
    assert demo.main([RECORDING]) == 0
    shown = capsys.readouterr().out
    with ringmap.open(RECORDING) as trace:
        for name, count in trace.events.items():
            assert re.search(rf":{name} +{count:,} ", shown), name
        assert f"  events        {sum(trace.events.values()):,} (" in shown
        switches = trace["sched_switch"].to_numpy(["prev_pid", "next_pid"])
    # The histogram counts every wake-up once, under its bar.
    counts = re.findall(r"us  \|#* +([\d,]+)$", shown, re.MULTILINE)
    total = int(re.search(r"([\d,]+) wake-ups: ", shown)[1].replace(",", ""))
    assert sum(int(count.replace(",", "")) for count in counts) == total == 2646
    pids = set(map(int, re.findall(r"^ {2,}\S+ +(\d+) .*%", shown, re.MULTILINE)))
    assert 5 < len(pids) <= demo.MOST_TASKS
    assert pids <= set(switches["next_pid"].tolist())


def test_recording_instead_of_a_machine_that_cannot_be_traced(capsys, monkeypatch):
    def refuse(*_, **__):
        raise ringmap.AccessError("not today")

    monkeypatch.setattr(ringmap, "capture", refuse)
    assert demo.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Cannot trace this machine: not today\n")
    assert "A RECORDING: 1.1 s of 2 CPUs" in out
    assert "492 wake-ups: p50 < 128 us" in out


def test_missing_file_is_an_error(capsys, tmp_path):
    assert demo.main([str(tmp_path / "none.dat")]) == 1
    assert "none.dat" in capsys.readouterr().err


def test_needs_nothing_but_ringmap():
    program = (
        "import sys\n"
        "for name in ('numpy', 'pandas', 'polars', 'pyarrow', 'matplotlib', 'tqdm'):\n"
        "    sys.modules[name] = None\n"
        "from ringmap import demo\n"
        f"sys.exit(demo.main([{RECORDING!r}]))\n"
    )
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)


@live
def test_this_machine(capsys):
    assert demo.main(["--seconds", "0.3"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("THIS MACHINE, LIVE: 0.")
    # This process at least was running, and woke up to look.
    count = re.search(r"sched:sched_switch +([\d,]+)", out)
    assert int(count[1].replace(",", "")) > 0
    assert "\n  TASKS BY CPU TIME" in out and " wake-ups: p50 < " in out
    assert not [name for name in instances() if str(os.getpid()) in name]


def event(ts, cpu, running, name="sys_enter", lost=0, **fields):
    """An event as Analysis looks at it."""

    class Event(dict):
        """Fields, and what every event has."""

    made = Event(fields)
    made.ts, made.cpu, made.pid, made.name, made.lost = ts, cpu, running, name, lost
    return made


def switch(ts, prev, came, state=1, **more):
    """A switch on CPU 0."""
    fields = dict(prev_pid=prev, next_pid=came, prev_state=state)
    fields.update(prev_comm=f"task-{prev}", next_comm=f"task-{came}")
    return event(ts, 0, prev, "sched_switch", **fields, **more)


def waking(ts, pid, **more):
    """A wake-up, on CPU 1."""
    return event(ts, 1, 0, "sched_waking", pid=pid, comm=f"task-{pid}", **more)


def analysed(*events):
    """The analysis of some events."""
    result = demo.Analysis(has_waking=True, first_ts=events[0].ts)
    for each in events:
        result.add(each)
    result.finish()
    return result


def test_switch_without_an_event_begins_at_the_next_event():
    result = analysed(switch(100, 5, 0), event(300, 0, 7), event(400, 0, 7))
    assert result.unseen == 1
    assert result.idle_ns == 200
    assert result.tasks[7].ran_ns == 100


@pytest.mark.parametrize("lost", [3, None])
def test_nothing_is_known_across_a_loss(lost):
    result = analysed(
        waking(100, 7),
        switch(200, 5, 0),
        switch(900, 0, 7, lost=lost),
        event(950, 0, 7),
    )
    assert result.latencies == []
    assert result.tasks[7].ran_ns == 50
    assert result.idle_ns == 850  # of CPU 1


def test_woken_while_running_is_no_wait():
    result = analysed(
        waking(100, 5), switch(200, 5, 6, state=0), switch(500, 6, 5), event(600, 0, 5)
    )
    assert result.latencies == []
