# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The examples do what their first lines say.

usage: examples_test.py INDEX FOLLOW SNAPSHOT TAIL COLUMNS SENDER OBSERVER
                        RECORDINGS

The live cases skip where tracing is missing.
"""

import contextlib
import ctypes
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
from tap import PATIENCE, TRACEFS, Skip, need_following, run

CPU = 0
MARK = "the thing that happened"

EVENT = re.compile(
    r" *(?P<seconds>\d+)\.(?P<ns>\d{9})  cpu (?P<cpu>\d+)  event +(?P<id>\d+)"
    r" +(?P<size>\d+) bytes(?:  (?P<lost>\d+|some) lost before it)?"
)


def parse(line):
    """A line of tail as a dictionary with its time stamp."""
    found = EVENT.fullmatch(line)
    assert found, line
    event = found.groupdict()
    event["ts"] = int(event["seconds"]) * 10**9 + int(event["ns"])
    return event


def expected_of(folder):
    """What an independent decoder says of a recording."""
    return json.loads(pathlib.Path(folder, "expected.json").read_text("utf-8"))


@contextlib.contextmanager
def instance(*events):
    """An instance that records these events of this process on its CPU."""
    need_following()
    if CPU not in os.sched_getaffinity(0):
        raise Skip(f"this process may not run on CPU {CPU}")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CPU})
    path = TRACEFS / "instances" / f"ringmap_test_{os.getpid()}"
    path.mkdir()
    try:
        (path / "tracing_on").write_text("0")
        (path / "trace_clock").write_text("mono")
        (path / "set_event_pid").write_text(str(os.getpid()))
        for event in events:
            (path / "events" / event / "enable").write_text("1")
        (path / "tracing_on").write_text("1")
        yield path
    finally:
        os.sched_setaffinity(0, before)
        remove(path)


def remove(path):
    """Removes an instance once its users have gone."""
    for _ in range(PATIENCE * 10):
        try:
            path.rmdir()
            return
        except OSError:
            time.sleep(0.1)
    path.rmdir()


def id_of(path, event):
    """The number of an event."""
    return int((path / "events" / event / "id").read_text("ascii"))


def enter_kernel(times):
    """So many system calls at least."""
    libc = ctypes.CDLL(None)
    for _ in range(times):
        libc.getppid()


def start(*args):
    """A program of ours, running."""
    return subprocess.Popen(
        args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def await_ring(path, process):
    """Returns when the process has opened the ring it was told to."""
    for _ in range(PATIENCE * 100):
        links = pathlib.Path(f"/proc/{process.pid}/fd").iterdir()
        with contextlib.suppress(FileNotFoundError):
            if any(os.readlink(link).startswith(str(path)) for link in links):
                return
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    raise AssertionError("the ring was never opened")


def index_names_every_example(index, *_):
    """And each file that it names is there."""
    folder = pathlib.Path(index).resolve().parent
    text = pathlib.Path(index).read_text("utf-8")
    named = {name for name in re.findall(r"\]\(([\w/.]+)\)", text) if name[0] != "."}
    present = {
        str(path.relative_to(folder))
        for kind in ("c", "py", "ipynb", "lua", "rb", "go", "java")
        for path in folder.glob(f"*/*.{kind}")
    }
    assert named == present and present, (named, present)


def tail_prints_a_recording(_index, _follow, _snapshot, tail, *rest):
    """Every event once, in the order of time."""
    folder = f"{rest[-1]}/workload"
    status, out, err = run(tail, folder)
    assert (status, err) == (0, ""), err
    events = [parse(line) for line in out.splitlines()]
    stamps = [event["ts"] for event in events]
    assert stamps == sorted(stamps)
    for cpu in expected_of(folder)["cpus"]:
        own = [event for event in events if int(event["cpu"]) == cpu["cpu"]]
        assert len(own) == cpu["count"]
        assert own[0]["ts"] == cpu["first_ts"] and own[-1]["ts"] == cpu["last_ts"]
        for name, event in cpu["events"].items():
            count = sum(int(one["id"]) == event["id"] for one in own)
            assert count == event["count"], name
    assert not any(event["lost"] for event in events)


def tail_tells_losses(_index, _follow, _snapshot, tail, *rest):
    """How many, where the kernel counted them."""
    folder = f"{rest[-1]}/overrun"
    events = [parse(line) for line in run(tail, folder)[1].splitlines()]
    for cpu in expected_of(folder)["cpus"]:
        gaps = [
            event["lost"]
            for event in events
            if event["lost"] and int(event["cpu"]) == cpu["cpu"]
        ]
        counted = sum(int(gap) for gap in gaps if gap != "some")
        assert counted == cpu["lost_counted"], gaps
        assert len(gaps) == cpu["lost_marks"], gaps


def tail_explains_what_is_wrong(_index, _follow, _snapshot, tail, *_):
    """On standard error, with a status."""
    assert run(tail)[0] == 1
    status, out, err = run(tail, "/nowhere")
    assert (status, out) == (1, "") and "/nowhere/events/header_page" in err
    status, out, err = run(tail, "--live", "no_such_instance")
    assert (status, out) == (1, "") and err


def tail_prints_this_machine(_index, _follow, _snapshot, tail, *_):
    """Live events, until it is interrupted."""
    with instance("raw_syscalls/sys_enter") as path:
        with start(tail, "--live", path.name) as process:
            await_ring(path, process)
            enter_kernel(1000)
            lines = [process.stdout.readline().rstrip("\n") for _ in range(1000)]
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
        wanted = id_of(path, "raw_syscalls/sys_enter")
        events = [parse(line) for line in lines]
        assert {int(event["id"]) for event in events} == {wanted}
        assert {int(event["cpu"]) for event in events} == {CPU}


def follow_counts_events(_index, follow, *_):
    """All of them, and ends when nothing happens any more."""
    with instance("raw_syscalls/sys_enter") as path:
        enter_kernel(1000)
        (path / "tracing_on").write_text("0")
        status, out, err = run(follow, path.name)
        assert (status, err) == (0, ""), err
        stats = (path / f"per_cpu/cpu{CPU}/stats").read_text("ascii")
        # Followers take nothing away.
        entries = int(re.search(r"^entries: (\d+)", stats)[1])
        counts = re.findall(r"^(\d+) events, intact$", out, re.MULTILINE)
        assert sum(map(int, counts)) == entries >= 1000
    assert run(follow, "no_such_instance")[0] == 1


def snapshot_saves_what_led_to_it(_index, _follow, snapshot, tail, *_):
    """A file that tail can read, with the event and those before it."""
    with contextlib.ExitStack() as stack:
        tmp = stack.enter_context(tempfile.TemporaryDirectory())
        path = stack.enter_context(instance("raw_syscalls/sys_enter"))
        mark = id_of(path, "ftrace/print")
        raw = pathlib.Path(tmp, f"per_cpu/cpu{CPU}/trace_pipe_raw")
        raw.parent.mkdir(parents=True)
        with start(snapshot, path.name, str(CPU), str(mark), str(raw)) as process:
            await_ring(path, process)
            enter_kernel(1000)
            time.sleep(0.2)
            assert process.poll() is None and not raw.exists()
            (path / "trace_marker").write_text(MARK)
            _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
        assert MARK.encode() in raw.read_bytes()
        (pathlib.Path(tmp) / "events").mkdir()
        shutil.copyfile(path / "events/header_page", f"{tmp}/events/header_page")
        status, out, err = run(tail, tmp)
        assert (status, err) == (0, ""), err
        ids = [int(parse(line)["id"]) for line in out.splitlines()]
        assert ids.index(mark) >= 1000 and ids.count(mark) == 1


SWITCHES = re.compile(r" *(\d+)  (.*)")


def switches(out):
    """{task: times} of the last batch that columns printed."""
    last = re.split(r"^\d+ rows; so far:\n", out, flags=re.MULTILINE)[-1]
    return {m[2]: int(m[1]) for m in map(SWITCHES.fullmatch, last.splitlines())}


def columns_sums_a_recording(_index, _follow, _snapshot, _tail, columns, *rest):
    """Every switch once, of tasks with names."""
    folder = f"{rest[-1]}/workload"
    status, out, err = run(columns, folder)
    assert (status, err) == (0, ""), err
    wanted = sum(
        cpu["events"]["sched:sched_switch"]["count"]
        for cpu in expected_of(folder)["cpus"]
    )
    tasks = switches(out)
    assert sum(tasks.values()) == wanted
    assert tasks["swapper/0"] and all(tasks)


def columns_explains_what_is_wrong(_index, _follow, _snapshot, _tail, columns, *_):
    """On standard error, with a status."""
    assert run(columns)[0] == 1
    status, out, err = run(columns, "/nowhere")
    assert (status, out) == (1, "") and "/nowhere" in err


def columns_reads_this_machine(_index, _follow, _snapshot, _tail, columns, *_):
    """A live ring, like a recording."""
    with instance("sched/sched_switch") as path:
        for _ in range(100):
            time.sleep(0.001)
        status, out, err = run(columns, "--live", path.name)
        assert (status, err) == (0, ""), err
        assert sum(switches(out).values()) >= 100


NOBODY = 65534


def observer_needs_no_rights(*programs):
    """A user who may not look into tracefs follows a ring that root gave."""
    need_following()
    sender, observer = programs[5:7]
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        own = shutil.copy(observer, tmp)
        socket = pathlib.Path(tmp, "socket")
        with start(sender, "sched:sched_switch", str(socket)) as giver:
            for _ in range(PATIENCE * 100):
                if socket.exists() or giver.poll() is not None:
                    break
                time.sleep(0.01)
            assert giver.poll() is None, giver.communicate()
            os.chown(socket, NOBODY, NOBODY)
            with subprocess.Popen(
                [own, str(socket)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                user=NOBODY,
                group=NOBODY,
                extra_groups=[],
            ) as taker:
                lines = []
                while len(lines) < 100:
                    time.sleep(0.001)
                    line = taker.stdout.readline()
                    assert line, taker.communicate()
                    lines.append(line)
                taker.kill()
            giver.communicate(timeout=PATIENCE)
            assert giver.returncode == 0
        pattern = re.compile(r".*\[000\].* sched_switch: .*==>.*\n|LOST EVENTS\n")
        others = [line for line in lines if not pattern.fullmatch(line)]
        assert not others, others
        assert lines.count("LOST EVENTS\n") < len(lines) / 2
        left = (TRACEFS / "instances").glob(f"ringmap_{giver.pid}_*")
        for _ in range(PATIENCE * 10):
            if not any(left):
                return
            time.sleep(0.1)
            left = (TRACEFS / "instances").glob(f"ringmap_{giver.pid}_*")
        raise AssertionError("the instance is still there")


CASES = [
    index_names_every_example,
    tail_prints_a_recording,
    tail_tells_losses,
    tail_explains_what_is_wrong,
    tail_prints_this_machine,
    follow_counts_events,
    snapshot_saves_what_led_to_it,
    columns_sums_a_recording,
    columns_explains_what_is_wrong,
    columns_reads_this_machine,
    observer_needs_no_rights,
]

if __name__ == "__main__":
    tap.main(CASES, __doc__, 8)
