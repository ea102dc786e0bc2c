# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Sessions: instances of our own, recorded, followed, and removed."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pyarrow
import pytest
import support

import ringmap

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
    ringmap.capture("raw_syscalls:sys_enter", 0.2, pids=[os.getpid()])
    text = capfd.readouterr().err
    assert "0 lost" in text and "MB/s" in text and "events" in text


def test_systems_stand_for_their_events():
    with support.session(events=["irq", "raw_syscalls:*"], pids=[1]) as session:
        with session.follow() as follower:
            names = follower._tables.names
    assert "raw_syscalls:sys_exit" in names and "irq:softirq_entry" in names


def test_buffer_sizes():
    from ringmap._session import kib_of  # pylint: disable=import-outside-toplevel

    assert [kib_of(size) for size in ("16M", "512K", "1G", "2 MiB", 4096, 1)] == [
        16384,
        512,
        1 << 20,
        2048,
        4,
        1,
    ]
    for size in ("16", "M", "16T", "-1M"):
        with pytest.raises(ValueError):
            kib_of(size)


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
