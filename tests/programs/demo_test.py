# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What the demo prints is what happened, and a person can read it.

usage: demo_test.py DEMO RECORDING

The live cases skip where tracing is missing.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import tap
from tap import PATIENCE, TRACEFS, need_following, need_tracing, run

NOBODY = 65534
WIDTH = 80


def number(text):
    """1,234 as a number."""
    return int(text.replace(",", ""))


def summary(text, label):
    """The line of the summary with that label."""
    return re.search(rf"^  {label} +(.*)$", text, re.MULTILINE)[1]


def counts(text):
    """The table of events: name -> count."""
    rows = re.findall(r"^  (\w+:\w+) +([\d,]+) +[\d,]+$", text, re.MULTILINE)
    return {name: number(count) for name, count in rows}


def check_looks(text):
    """Nothing is too wide or ragged."""
    for line in text.splitlines():
        assert len(line) <= WIDTH, line
        assert line == line.rstrip(), repr(line)


def instances(pid):
    """The tracing instances that a process has made."""
    return set((TRACEFS / "instances").glob(f"ringmap_{pid}_*"))


def recording_is_told_exactly(demo, recording):
    """The figures are those of an independent decoder."""
    status, out, err = run(demo, "--recording", recording, "--replay")
    assert (status, err) == (0, ""), err
    expected = json.loads(pathlib.Path(recording, "expected.json").read_text("utf-8"))
    by_name = {}
    for cpu in expected["cpus"]:
        for name, event in cpu["events"].items():
            by_name[name] = by_name.get(name, 0) + event["count"]
    assert counts(out) == by_name
    assert number(summary(out, "events").split()[0]) == sum(by_name.values())
    subbufs = sum(cpu["subbufs"] for cpu in expected["cpus"])
    assert number(summary(out, "sub-buffers").split()[0]) == subbufs
    assert summary(out, "lost") == "0"
    assert summary(out, "mode").startswith("image:")
    check_looks(out)


def time_of_the_recording_is_shared_out(demo, recording):
    """All CPU time belongs to some task, or to none."""
    out = run(demo, "--recording", recording, "--replay")[1]
    shares = re.findall(r"^  .* ([\d.]+) s +[\d.]+ %", out, re.MULTILINE)
    expected = json.loads(pathlib.Path(recording, "expected.json").read_text("utf-8"))
    cpus = expected["cpus"]
    first = min(cpu["first_ts"] for cpu in cpus)
    last = max(cpu["last_ts"] for cpu in cpus)
    total = len(cpus) * (last - first) / 1e9
    assert abs(sum(map(float, shares)) - total) < 0.02, (shares, total)
    # The workload's own tasks, by the names they gave themselves.
    assert re.search(r"^  ping +\d+ ", out, re.MULTILINE)
    assert re.search(r"^  pong +\d+ ", out, re.MULTILINE)


def latencies_of_the_recording_add_up(demo, recording):
    """The bars' figures are those of the line below."""
    out = run(demo, "--recording", recording, "--replay")[1]
    bars = re.findall(r"us  \|#* +([\d,]+)$", out, re.MULTILINE)
    total = re.search(r"^  ([\d,]+) wake-ups: p50 <", out, re.MULTILINE)[1]
    assert sum(map(number, bars)) == number(total) > 1000


def missing_tracefs_is_explained(demo, recording):
    """It says how to get there, and shows the recording."""
    status, out, _ = run(demo, "--tracefs", "/nowhere", "--recording", recording)
    assert status == 0
    assert "mount -t tracefs nodev /nowhere" in out.splitlines()[0]
    assert "A RECORDING" in out
    status, out, _ = run(demo, "--tracefs", "/nowhere")
    assert status == 1 and "mount -t tracefs" in out


def broken_recording_is_an_error(demo, recording):
    """It names the file."""
    with tempfile.TemporaryDirectory() as empty:
        status, out, err = run(demo, "--replay", "--recording", empty)
    assert status == 1 and out == ""
    assert f"{empty}/events/header_page" in err, (recording, err)


def wrong_arguments_are_refused(demo, recording):
    """They get the usage."""
    wrong = [
        ["--replay"],
        ["--seconds"],
        ["--seconds", "0"],
        ["--seconds", "nan"],
        ["--seconds", "3x"],
        ["--nonsense", recording],
    ]
    for args in wrong:
        status, out, err = run(demo, *args)
        assert status == 2 and out == "" and err.startswith("usage: "), args
    assert run(demo, "--help")[1].startswith("usage: ")


def user_without_rights_sees_the_recording(demo, recording):
    """As nobody: what is missing, and then the figures."""
    need_tracing()
    # Bazel's own folders may be closed to others.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        shutil.copy(demo, f"{folder}/demo")
        shutil.copytree(recording, f"{folder}/recording")
        status, out, _ = run(
            f"{folder}/demo", "--recording", f"{folder}/recording", user=NOBODY
        )
    assert status == 0
    assert "run this as root" in out.splitlines()[0], out
    assert "A RECORDING" in out


def this_machine_is_recorded(demo, _):
    """Figures of this machine, and no instance left."""
    need_following()
    status, out, err = run(demo, "--seconds", "1.5")
    assert status == 0, (out, err)
    assert re.match(r"THIS MACHINE, LIVE: [\d.]+ s of \d+ CPUs\n", out), out
    assert summary(out, "mode").startswith("follow:")
    assert summary(out, "system calls").startswith("0 to read the data;")
    events = counts(out)
    assert events["sched:sched_switch"] > 0
    assert sum(events.values()) == number(summary(out, "events").split()[0])
    assert re.search(r"recording: [\d.]+ s, ", err), err
    check_looks(out)


def run_without_tracefs(*command):
    """What a command prints where tracefs is not mounted: nobody else sees that."""
    unmount = f"while umount -l {TRACEFS} 2>/dev/null; do :; done"
    script = f'{unmount}; ls {TRACEFS}; echo "---"; exec "$@"'
    status, out, err = run("unshare", "-m", "sh", "-c", script, "sh", *command)
    before, _, out = out.partition("---\n")
    assert before == "", before
    return status, out, err


def root_gets_tracefs_mounted(demo, _):
    """The demo mounts what is missing, says so, and records."""
    need_following()
    status, out, err = run_without_tracefs(demo, "--seconds", "0.5")
    assert status == 0, (out, err)
    assert err.splitlines()[0] == f"demo: mounted tracefs at {TRACEFS}", err
    assert out.startswith("THIS MACHINE, LIVE: "), out
    # A place that the caller named is left alone.
    with tempfile.TemporaryDirectory() as empty:
        status, out, err = run_without_tracefs(demo, "--tracefs", empty)
    assert status == 1 and f"mount -t tracefs nodev {empty}" in out, (out, err)
    assert err == ""


def others_are_told_how_to_mount_tracefs(demo, recording):
    """As nobody the demo mounts nothing and shows the recording."""
    need_tracing()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        shutil.copy(demo, f"{folder}/demo")
        shutil.copytree(recording, f"{folder}/recording")
        status, out, err = run_without_tracefs(
            *f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups".split(),
            *f"{folder}/demo --recording {folder}/recording".split(),
        )
    assert (status, err) == (0, ""), err
    assert f"mount -t tracefs nodev {TRACEFS}" in out.splitlines()[0], out
    assert "A RECORDING" in out


def interruption_ends_it_early(demo, _):
    """Ctrl-C shows what there is, and leaves no instance."""
    need_following()
    with subprocess.Popen(
        [demo, "--seconds", "1000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert "recording:" in process.stderr.readline()
        assert instances(process.pid)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert "interrupted" in out.splitlines()[0]
    for _ in range(PATIENCE):
        if not instances(process.pid):
            break
        time.sleep(1)
    assert not instances(process.pid)


CASES = [
    recording_is_told_exactly,
    time_of_the_recording_is_shared_out,
    latencies_of_the_recording_add_up,
    missing_tracefs_is_explained,
    broken_recording_is_an_error,
    wrong_arguments_are_refused,
    user_without_rights_sees_the_recording,
    this_machine_is_recorded,
    root_gets_tracefs_mounted,
    others_are_told_how_to_mount_tracefs,
    interruption_ends_it_early,
]


if __name__ == "__main__":
    tap.main(CASES, __doc__, 2)
