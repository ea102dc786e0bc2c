# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Sessions: instances of our own, recorded, followed, and removed."""

import asyncio
import contextlib
import gc
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import types
import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow  # noqa: E402
import pytest  # noqa: E402
import support  # noqa: E402

import ringmap  # noqa: E402
from ringmap import _live, _tracefs, analysis, plot  # noqa: E402
from ringmap._live import LiveSource  # noqa: E402

pytestmark = support.live

GETPPID = 110 if os.uname().machine == "x86_64" else 173


def test_the_instance_is_removed():
    before = support.instances()
    with support.session() as session:
        assert session.instance in support.instances()
        assert session.state == "stopped"
    assert session.state == "closed"
    assert support.instances() == before
    session.close()


def test_it_is_removed_on_exceptions():
    before = support.instances()
    with pytest.raises(ZeroDivisionError):
        with support.session() as session:
            session.start()
            session.follow()
            1 / 0  # pylint: disable=pointless-statement
    assert support.instances() == before


def test_it_is_removed_when_nobody_has_it():
    before = support.instances()
    session = support.session()
    assert support.instances() != before
    del session
    assert support.instances() == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_it_is_removed_when_the_process_is_interrupted(how):
    code = (
        "import sys, ringmap\n"
        "with ringmap.Session(['raw_syscalls:sys_enter'], pids=[1]) as session:\n"
        "    print(session.instance, flush=True)\n"
        "    session.capture(60)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    name = child.stdout.readline().strip()
    assert support.instances(child.pid) == {name}
    time.sleep(0.2)
    child.send_signal(how)
    error = child.communicate(timeout=60)[1]
    assert child.returncode != 0
    assert (how == signal.SIGINT) == ("KeyboardInterrupt" in error)
    for _ in range(200):
        if not support.instances(child.pid):
            return
        time.sleep(0.05)
    pytest.fail(f"{name} is still there")


def test_a_failed_session_leaves_nothing():
    before = support.instances()
    with pytest.raises(ringmap.NotFoundError, match="nothing"):
        support.session(events=["sched:nothing"])
    with pytest.raises(ringmap.InvalidError):
        support.session(filter="no such == 1")
    with pytest.raises(ValueError, match="empty"):
        support.session(events=[])
    with pytest.raises(ringmap.UnsupportedError):
        support.session(clock="no_such_clock")
    assert support.instances() == before


def test_a_snapshot_has_the_load_s_events():
    made = 2000
    with support.session(filter=f"id == {GETPPID}") as session:
        session.start()
        support.make_events(made)
        trace = session.snapshot()
    assert trace.events == {"sys_enter": made}
    table = trace["sys_enter"]
    assert set(table.numpy("id")) == {GETPPID}
    assert set(table.numpy("common_pid")) == {os.getpid()}
    assert trace.lost == 0 and trace.clock == "mono"
    # The instance is gone, what was copied is not.
    assert len(table.to_pandas()) == len(list(trace)) == made


def load_in_child(count):
    """A child that makes events after it reads a byte; its pid and pipe."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(read, 1)
        support.make_events(count)
        os._exit(0)
    os.close(read)
    return pid, write


def test_a_capture_larger_than_its_buffers_loses_nothing_silently():
    made = 60000
    pid, write = load_in_child(made)
    options = {"filter": f"id == {GETPPID}", "pids": [pid], "buffer_size": "512K"}
    with support.session(**options) as session:
        threading.Timer(0.2, lambda: os.write(write, b"x")).start()
        trace = session.capture(1.5)
        assert session.state == "stopped"
    os.waitpid(pid, 0)
    os.close(write)
    found = trace.events.get("sys_enter", 0)
    assert found > 5000
    assert trace.lost is not None and found + trace.lost == made


def test_a_snapshot_leaves_the_ring_as_it_is():
    with support.session() as session:
        session.start()
        support.make_events(500)
        first = session.snapshot()
        support.make_events(500)
        second = session.snapshot()
    assert second.events["sys_enter"] >= first.events["sys_enter"] + 500
    begin = first.span
    assert second.span[0] == begin[0] and second.span[1] > begin[1]


def test_a_stream_outlives_the_snapshot_it_reads():
    with support.session() as session:
        session.start()
        support.make_events(3000)
        session.stop()
        trace = session.snapshot()
        expected = trace["sys_enter"].to_arrow()
        reader = pyarrow.RecordBatchReader.from_stream(trace["sys_enter"])
        trace.close()
        del trace
        gc.collect()
        # Memory of the same size, which would be the snapshot's if it were free.
        fill = [bytearray(b"x" * (1 << 20)) for _ in range(8)]
        assert reader.read_all().equals(expected)
        del fill


def test_follow_gives_what_comes():
    with support.session(filter=f"id == {GETPPID}") as session:
        rows = 0
        with session.follow(interval=0.05) as follower:
            assert session.state == "recording"
            for round_number in range(3):
                support.make_events(500)
                end = time.monotonic() + 20
                while rows < 500 * (round_number + 1) and time.monotonic() < end:
                    batch = follower.poll(1)
                    if batch is not None:
                        assert batch.event == "raw_syscalls:sys_enter"
                        assert set(batch.numpy("id")) == {GETPPID}
                        rows += len(batch)
                assert rows == 500 * (round_number + 1)
            assert follower.poll(0.0) is None
            assert follower.stats["rows"] == rows and follower.stats["lost"] == 0


def test_follow_gives_each_event_its_columns():
    events = ["raw_syscalls:sys_enter", "raw_syscalls:sys_exit"]
    with support.session(events=events) as session:
        tables = {events[0]: ["ts", "id"], events[1]: ["ts", "ret"]}
        with session.follow(tables, interval=0.05) as follower:
            support.make_events(300)
            found = {}
            while len(found) < 2:
                batch = next(follower)
                found[batch.event] = batch
    # They outlive the rings.
    for event, columns in tables.items():
        batch = found[event]
        assert list(batch.columns) == columns
        frame = batch.to_pandas()
        assert len(frame) == len(batch) == batch.to_arrow().num_rows
        assert batch.to_arrow().column_names == columns
        assert (batch.to_polars()[columns[1]].to_numpy() == frame[columns[1]]).all()
        assert (batch.numpy(columns[1]) == frame[columns[1]]).all()
        assert list(batch.to_numpy()) == columns
        assert (batch.to_numpy()[columns[1]] == frame[columns[1]]).all()
        with pytest.raises(KeyError):
            batch.numpy("nothing")
        with pytest.raises(KeyError):
            batch.to_numpy(["ts", "nothing"])


@pytest.mark.parametrize("way", ["numpy", "to_arrow"])
def test_what_is_made_of_a_batch_keeps_its_memory(way):
    with support.session(filter=f"id == {GETPPID}") as session:
        with session.follow(interval=0.05) as follower:
            support.make_events(300)
            batch = next(follower)
            stamps = batch.numpy("ts").copy()
            if way == "numpy":
                views = [batch.numpy("ts"), batch.numpy("ts")]
            else:
                views = [batch.to_arrow()["ts"], batch.to_arrow()["ts"]]
            del batch
            # The library would use the memory again for these.
            for _ in range(5):
                support.make_events(3000)
                assert follower.poll(5) is not None
    for view in views:
        assert (np.asarray(view) == stamps).all()


def test_stop_ends_the_iteration():
    with support.session(pids=[1]) as session:
        follower = session.follow(interval=5)
        thread = threading.Thread(target=lambda: list(follower))
        thread.start()
        follower.stop()
        thread.join(20)
        assert not thread.is_alive()


def test_closing_a_session_ends_its_followers():
    before = support.instances()
    session = support.session(pids=[1])
    follower = session.follow(interval=1)
    session.close()
    assert support.instances() == before
    assert list(follower) == []


def test_a_live_trace_sees_what_is_there_now():
    with support.session() as session:
        session.start()
        support.make_events(100)
        trace = ringmap.live(session.instance)
        assert trace.mode == "follow"
        first = len(trace["sys_enter"])
        support.make_events(100)
        assert len(trace["sys_enter"]) >= first + 100
        assert trace.events["sys_enter"] >= first + 100
        assert next(iter(trace)).name == "sys_enter"
        trace.close()
        with pytest.raises(ValueError, match="closed"):
            trace.events  # pylint: disable=pointless-statement


def test_a_consuming_live_trace_takes_events():
    with support.session(filter=f"id == {GETPPID}") as session:
        session.start()
        support.make_events(100)
        session.stop()
        trace = ringmap.live(session.instance, "read")
        assert trace.mode == "read"
        assert trace.events == {"sys_enter": 100}
        assert trace.events == {}


def test_one_line():
    trace = ringmap.capture(
        "raw_syscalls:sys_enter", 0.2, progress=False, pids=[os.getpid()]
    )
    assert trace.events.get("sys_enter", 0) > 0


@pytest.mark.parametrize("bar", [True, False])
def test_progress_tells_events_and_losses(capfd, monkeypatch, bar):
    if not bar:
        monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    ringmap.capture("raw_syscalls:sys_enter", 0.2, True, pids=[os.getpid()])
    text = capfd.readouterr().err
    assert "0 lost" in text and "MB/s" in text and "events" in text


def test_progress_is_for_those_who_see_it(capfd, monkeypatch):
    def shown():
        ringmap.capture("raw_syscalls:sys_enter", 0.05, pids=[os.getpid()])
        return bool(capfd.readouterr().err)

    assert not shown()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert shown()
    monkeypatch.undo()
    shell = types.SimpleNamespace(kernel=object())
    notebook = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    assert shown()
    del shell.kernel
    assert not shown()


def files_of(session):
    """The folder of a session's instance."""
    return support.TRACING / "instances" / session.instance


@pytest.mark.parametrize("overwrite", ["1", "0"])
def test_captures_have_no_event_in_common(overwrite):
    with support.session(filter=f"id == {GETPPID}") as session:
        (files_of(session) / "options/overwrite").write_text(overwrite)
        session.start()
        support.make_events(100)
        found = []
        for count in (200, 300):
            found.append(capture_with_load(session, count))
            support.make_events(50)
    assert [trace.events for trace in found] == [{"sys_enter": 200}, {"sys_enter": 300}]
    assert found[0].span[1] < found[1].span[0]
    assert [trace.lost for trace in found] == [0, 0]


def capture_with_load(session, count):
    """A capture during which this thread makes events."""
    wait = session._wait
    made = []

    def wait_and_make(opened, left):
        if not made:
            made.append(support.make_events(count))
        wait(opened, left)

    session._wait = wait_and_make
    try:
        return session.capture(0.3)
    finally:
        session._wait = wait


def test_a_capture_knows_how_many_events_it_has():
    with support.session(filter=f"id == {GETPPID}") as session:
        trace = capture_with_load(session, 200)
        with pytest.raises(TypeError, match="live trace has another number"):
            len(ringmap.live(session.instance))
    assert trace._source.survey is None and len(trace) == 200
    assert trace.events == {"sys_enter": 200} and len(trace) == 200


def test_events_that_a_full_ring_refuses_are_lost():
    made = 20000
    options = {"filter": f"id == {GETPPID}", "buffer_size": "64K"}
    with support.session(**options) as session:
        (files_of(session) / "options/overwrite").write_text("0")
        with support.pinned(0):
            trace = capture_with_load(session, made)
            again = capture_with_load(session, 10)
    found = trace.events["sys_enter"]
    assert found < made and found + trace.lost == made
    assert again.events == {"sys_enter": 10} and again.lost == 0


def interrupted(work):
    """The KeyboardInterrupt of some work, with all that its traceback holds."""
    try:
        work()
    except KeyboardInterrupt as error:
        return error
    return pytest.fail("not interrupted")


def test_an_interrupted_capture_leaves_nothing(monkeypatch):
    """A notebook keeps the traceback, and so every frame's variables."""
    before = support.instances()

    def work():
        with support.session() as session:
            session.capture(60)

    def ctrl_c(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ringmap.Session, "_wait", ctrl_c)
    error = interrupted(work)
    assert support.instances() == before
    assert error.__traceback__ is not None


def test_an_interrupted_follower_leaves_nothing():
    before = support.instances()

    def work():
        with support.session(pids=[1]) as session:
            follower = session.follow()
            threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
            for _ in follower:
                pass

    error = interrupted(work)
    assert support.instances() == before
    assert error.__traceback__ is not None


def test_a_session_closes_after_its_followers():
    before = support.instances()
    session = support.session()
    follower = session.follow(interval=0.05)
    support.make_events(500)
    batch = follower.poll(5)
    # The traceback of this one has the rings that could not be followed.
    with pytest.raises(ringmap.NotFoundError) as caught:
        session.follow({"raw_syscalls:sys_enter": ["nothing"]})
    follower.close()
    session.close()
    assert support.instances() == before
    assert len(batch) > 0 and caught.value.__traceback__ is not None


def test_a_closed_session_says_so():
    session = support.session()
    session.close()
    for work in (session.start, session.stop, session.snapshot, session.follow):
        with pytest.raises(ValueError, match="the session is closed"):
            work()
    with pytest.raises(ValueError, match="the session is closed"):
        session.capture(0.1)


def test_a_capture_cannot_last_less_than_nothing():
    with support.session() as session:
        with pytest.raises(ValueError, match="seconds=-1"):
            session.capture(-1)
    with pytest.raises(ValueError, match="seconds=-1"):
        ringmap.capture("raw_syscalls:sys_enter", seconds=-1)


def test_a_live_trace_has_the_clock_of_now():
    with support.session() as session:
        session.start()
        trace = ringmap.live(session.instance)
        table = trace["sys_enter"]
        assert (trace.clock, trace.counts_ns) == ("mono", True)
        clock = files_of(session) / "trace_clock"
        clock.write_text("global")
        support.make_events(100)
        assert trace.clock == "global" and len(table) >= 100
        clock.write_text("counter")
        support.make_events(100)
        assert (trace.clock, trace.counts_ns) == ("counter", False)
        with pytest.raises(ringmap.StaleError, match="were ts datetime64.*are ts uint"):
            table.to_numpy()
        assert trace["sys_enter"].schema[0].dtype == "uint64"
        assert len(trace["sys_enter"].numpy("ts")) >= 100


def test_a_live_trace_is_opened_once_for_a_table(monkeypatch):
    opened, states = [], ["one"]
    really = _live.open_live

    def count(*arguments, **named):
        opened.append(arguments)
        return really(*arguments, **named)

    monkeypatch.setattr(_tracefs, "state", lambda *_: (states[0],))
    with support.session() as session:
        session.start()
        support.make_events(100)
        trace = ringmap.live(session.instance)
        monkeypatch.setattr(_live, "open_live", count)
        # The rings are mapped to be copied, not to know the columns.
        table = trace["sys_enter"]
        assert (trace.clock, trace.counts_ns) == ("mono", True) and not opened
        assert len(table) >= 100 and len(opened) == 1
        states[0] = "another"
        assert trace["sys_enter"].columns == table.columns and len(opened) == 2
        assert trace["sys_enter"].columns == table.columns and len(opened) == 2
        # The names of tasks may change in the same state.
        assert trace.schema and len(opened) == 3
        trace.close()
        with pytest.raises(ValueError, match="closed"):
            trace["sys_enter"]


@contextlib.contextmanager
def probe(field):
    """A probe of a program that nobody enables, with a field of that name."""
    path = support.TRACING / "uprobe_events"
    if not path.exists():
        pytest.skip("this kernel has no probes of programs")

    def write(text):
        # The file cannot be sought in, and must not be truncated.
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)

    name = f"ringmap_test/probe_{os.getpid()}"
    write(f"p:{name} {os.path.realpath('/bin/sh')}:0x100 {field}=%ip\n")
    try:
        yield name.replace("/", ":")
    finally:
        write(f"-:{name}\n")


def test_a_live_trace_has_the_events_of_now():
    with support.session() as session:
        session.start()
        support.make_events(100)
        trace = ringmap.live(session.instance)
        with probe("first") as name:
            table = trace[name]
            assert table.columns[-1] == "first" and len(table) == 0
            snapshot = trace.snapshot()
            number = snapshot.schema[name].id
            # Nobody has asked this one for a format yet.
            untouched = trace.snapshot()
        with pytest.raises(ringmap.NotFoundError, match=name):
            len(table)
        with probe("second"):
            with pytest.raises(ringmap.StaleError, match=f"{name} have changed"):
                table.to_pandas()
            assert trace[name].columns[-1] == "second"
            assert "second" in [field.name for field in trace.schema[name].fields]
        # What was copied is read by the formats of its own moment.
        for copied in (snapshot, untouched):
            assert copied[name].columns[-1] == "first"
        assert snapshot.schema.by_id(number).fields[-1].name == "first"
        assert snapshot.events["sys_enter"] >= 100


def test_a_live_trace_is_read_again_if_it_changes_meanwhile(monkeypatch):
    with support.session() as session:
        session.start()
        support.make_events(100)
        trace = ringmap.live(session.instance)
        clocks = ["mono", "global"] * 20
        take = _live.snapshot_source

        def change(*arguments):
            if clocks:
                (files_of(session) / "trace_clock").write_text(clocks.pop())
                support.make_events(10)
            return take(*arguments)

        monkeypatch.setattr(_live, "snapshot_source", change)
        with pytest.raises(ringmap.StaleError, match="changed while"):
            trace.snapshot()
        clocks[:] = ["global"]
        snapshot = trace.snapshot()
        assert snapshot.clock == trace.clock == "global" and not clocks


def test_a_live_trace_has_the_names_of_now():
    comm = pathlib.Path("/proc/self/comm")
    before = comm.read_text("utf-8")
    with support.session() as session:
        session.start()
        trace = ringmap.live(session.instance)
        try:
            for name in ("ringmap_one", "ringmap_two"):
                comm.write_text(name, "utf-8")
                for _ in range(200):
                    support.make_events(10)
                    # The kernel remembers the name when the task is switched.
                    time.sleep(0.01)
                    if trace.schema.comm(os.getpid()) == name:
                        break
                assert trace.schema.comm(os.getpid()) == name
                assert analysis.names(trace)[os.getpid()] == name
        finally:
            comm.write_text(before, "utf-8")


def test_a_follower_notices_another_clock():
    with support.session() as session:
        with session.follow(interval=0.02) as follower:
            support.make_events(100)
            assert len(follower.poll(5)) > 0
            (files_of(session) / "trace_clock").write_text("global")
            with pytest.raises(ringmap.StaleError, match="from mono to global"):
                for _ in range(100):
                    support.make_events(100)
                    follower.poll(0.1)
        session.stop()


def test_a_follower_at_rest_tells_its_loss():
    made = 60000
    options = {"filter": f"id == {GETPPID}", "buffer_size": "64K"}
    with support.session(**options) as session:
        with session.follow(interval=0.02) as follower:
            support.make_events(made)
            session.stop()
            rows = 0
            while (batch := follower.poll(0.1)) is not None:
                rows += len(batch)
            stats = follower.stats
    assert 0 < rows < made and stats["rows"] == rows
    assert stats["lost"] == made - rows


def test_a_follower_is_awaited():
    async def main(session):
        rows = 0
        ticks = []

        async def tick():
            while True:
                ticks.append(1)
                await asyncio.sleep(0.001)

        task = asyncio.create_task(tick())
        with session.follow(interval=0.02) as follower:
            support.make_events(300)
            async for batch in follower:
                rows += len(batch)
                if rows >= 300:
                    follower.stop()
            assert repr(follower).endswith("sys_enter: stopped>")
        task.cancel()
        return rows, len(ticks)

    with support.session(filter=f"id == {GETPPID}") as session:
        rows, ticks = asyncio.run(main(session))
    assert rows == 300 and ticks > 1


def test_follow_takes_the_names_that_a_session_takes():
    with support.session(events="raw_syscalls", pids=[1]) as session:
        with session.follow("raw_syscalls") as follower:
            names = follower._tables.names
            assert repr(follower).endswith("raw_syscalls:sys_exit: running>")
        assert repr(follower) == "<ringmap.Follower: closed>"
        with session.follow("*:sys_exit,raw_syscalls:sys_ent*") as follower:
            assert follower._tables.names == [
                "raw_syscalls:sys_exit",
                "raw_syscalls:sys_enter",
            ]
    assert names == ["raw_syscalls:sys_enter", "raw_syscalls:sys_exit"]


def test_a_session_tells_which_events_took_the_filter():
    with pytest.warns(UserWarning, match="unfiltered: .*sched:sched_waking") as caught:
        session = support.session(events="sched", filter="next_pid == 1")
    assert caught[0].filename == support.__file__
    with session:
        taken = {name for name, text in session.filters.items() if text}
        assert taken == {"sched:sched_switch"} and len(session.filters) > 5
    with pytest.warns(UserWarning, match=r"of sched:\*w\* lack .*sched:sched_switch"):
        session = support.session(events="sched:*w*", filter="pid == 1")
    with session:
        assert session.filters["sched:sched_waking"] == "pid == 1"
        assert session.filters["sched:sched_switch"] is None
    with pytest.raises(ringmap.InvalidError, match="no event of sched:.* has the fie"):
        support.session(events="sched:*", filter="nothing == 1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with support.session(events="sys_enter", filter="id == 1") as session:
            assert session.filters == {"raw_syscalls:sys_enter": "id == 1"}


@pytest.fixture(name="elsewhere")
def fixture_elsewhere(tmp_path):
    """Another mount point of tracefs."""
    place = tmp_path / "trace fs"
    place.mkdir()
    command = ["mount", "-t", "tracefs", "nodev", str(place)]
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.decode()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_tracefs_may_be_elsewhere(elsewhere, monkeypatch):
    event = "raw_syscalls:sys_enter"
    with support.session(tracefs=elsewhere) as session:
        assert session.tracefs == str(elsewhere)
        session.start()
        support.make_events(100)
        trace = ringmap.live(session.instance, tracefs=elsewhere)
        assert trace.description == f"instance {session.instance} in {elsewhere}"
        assert trace.events["sys_enter"] >= 100
        with ringmap.Ring(session.instance, tracefs=elsewhere) as ring:
            assert ring.tracefs == str(elsewhere) and ring.mode == "follow"
        with session.follow() as follower:
            support.make_events(100)
            assert len(follower.poll(5)) > 0
        assert session.snapshot().events["sys_enter"] >= 200
        usual = ringmap.live(session.instance)
        for line in open("/proc/kallsyms", encoding="utf-8"):
            address = int(line.split()[0], 16)
            if address:
                assert trace.schema.symbol(address) == usual.schema.symbol(address)
                assert trace.schema.symbol(address) is not None
                break
        nowhere = elsewhere.parent / "nowhere"
        nowhere.mkdir()
        for work in (
            lambda: ringmap.live(session.instance, tracefs=nowhere),
            lambda: ringmap.Ring(session.instance, tracefs=nowhere),
            lambda: support.session(tracefs=nowhere),
        ):
            with pytest.raises(ringmap.Error, match="nowhere"):
                work()
    found = ringmap.capture(event, 0.05, pids=[1], tracefs=elsewhere)
    assert found.lost == 0
    monkeypatch.setattr(_tracefs, "USUAL", str(elsewhere / "not here"))
    mounts = elsewhere.parent / "mounts"
    escaped = str(elsewhere).replace(" ", "\\040")
    mounts.write_text(f"nodev {escaped} tracefs rw 0 0\n", "utf-8")
    monkeypatch.setattr(_tracefs, "_MOUNTS", str(mounts))
    with support.session() as session:
        assert session.tracefs == str(elsewhere)
        session.start()
        support.make_events(100)
        assert session.snapshot().events["sys_enter"] >= 100


ANALYSES = [
    ringmap.Trace._repr_html_,
    analysis.names,
    analysis.runs,
    analysis.wakeups,
    plot.latency,
    plot.rate,
    plot.timeline,
]


@pytest.mark.parametrize("ask", ANALYSES)
def test_an_analysis_of_a_live_trace_reads_one_snapshot(ask, monkeypatch):
    events = ["sched:sched_switch", "sched:sched_waking"]
    with ringmap.Session(events, buffer_size="64K") as session:
        session.start()
        for _ in range(200):
            time.sleep(0.001)
        trace = ringmap.live(session.instance)
        freeze, taken = LiveSource.freeze, []

        def counted(source):
            taken.append(freeze(source))
            return taken[-1]

        monkeypatch.setattr(LiveSource, "freeze", counted)
        # Events come while it looks: the next snapshot is another one.
        ask(trace)
        assert len(taken) == 1
        snapshot = trace.snapshot()
        assert snapshot is snapshot.snapshot() and len(taken) == 2
        assert snapshot.events == snapshot.events and snapshot.lost is not None
        assert len(taken) == 2
    plt.close("all")


def test_systems_stand_for_their_events():
    with support.session(events=["irq", "raw_syscalls:*"], pids=[1]) as session:
        with session.follow() as follower:
            names = follower._tables.names
    assert "raw_syscalls:sys_exit" in names and "irq:softirq_entry" in names


def test_filters_by_event():
    events = ["raw_syscalls:sys_enter", "raw_syscalls:sys_exit"]
    chosen = {events[0]: f"id == {GETPPID}"}
    with support.session(events=events, filter=chosen) as session:
        session.start()
        support.make_events(50)
        time.sleep(0.01)
        session.stop()
        trace = session.snapshot()
    assert trace.events["sys_enter"] == 50 < trace.events["sys_exit"]
    with pytest.raises(ValueError, match="not among"):
        support.session(filter={"sched:sched_switch": "1"})
