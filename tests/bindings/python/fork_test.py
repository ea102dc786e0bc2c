# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A forked child: what it may use, and that it never crashes."""

import faulthandler
import mmap
import multiprocessing
import os
import signal

import numpy as np
import pytest
import support

import ringmap
from ringmap import _ring
from ringmap._ringmap import ffi, lib


def count(path):
    """What a worker does."""
    with ringmap.open(path) as trace:
        return len(trace["sched_switch"])


def test_multiprocessing_reads_recordings():
    with multiprocessing.get_context("fork").Pool(2) as pool:
        counts = pool.map(count, [support.PLAIN, support.INSTANCES])
    assert counts == [count(support.PLAIN), count(support.INSTANCES)]


def test_a_child_reads_the_parent_s_recording_anew():
    with ringmap.open(support.PLAIN) as trace:
        table = trace["sched_switch"]
        text, status = support.in_child(lambda: len(table.to_pandas()))
        assert (text, status) == (str(len(table)), 0)
    fresh = ringmap.open(support.PLAIN)
    text, status = support.in_child(lambda: sum(fresh.events.values()))
    assert (text, status) == (str(sum(fresh.events.values())), 0)


@support.live
@pytest.mark.parametrize("mode", ["follow", "consume", "read"])
def test_a_ring_of_the_parent_is_refused(mode):
    with support.session() as session:
        session.start()
        support.make_events(100)
        with ringmap.Ring(session.instance, 0, mode) as ring:
            calls = [lambda: next(ring.pages()), ring.stats, ring.wait, ring.stop]
            if mode != "read":
                calls.append(ring.snapshot)
            for call in calls:
                text, status = support.in_child(call)
                assert text.startswith("ForkedError: ") and status == 0
            ring.stats()


@support.live
@pytest.mark.parametrize("mode", ["follow", "consume", "read"])
def test_views_in_a_child_show_the_page_s_bytes(mode):
    with support.session() as session:
        session.start()
        support.make_events(1000)
        session.stop()
        seen = 0
        for cpu in sorted(os.sched_getaffinity(0)):
            with ringmap.Ring(session.instance, cpu, mode) as ring:
                page = next(ring.pages(), None)
                if page is None:
                    continue
                seen += 1
                view, array = page.data, np.frombuffer(page, "u1")
                for look in (lambda: hash(bytes(view)), lambda: hash(array.tobytes())):
                    text, status = support.in_child(look)
                    assert (text, status) == (str(hash(bytes(page))), 0)
                del array, view, look
        assert seen


class Mapped:
    """The library over an image, its pages where a child gets no mapping."""

    def __init__(self):
        # Begins and ends inside of a page of memory, as a sub-buffer's data.
        self.memory = mmap.mmap(-1, 4 * mmap.PAGESIZE)
        self.memory.madvise(mmap.MADV_DONTFORK)
        self.at = ffi.from_buffer(self.memory) + mmap.PAGESIZE + 16

    def __getattr__(self, name):
        return getattr(lib, name)

    def ringmap_ring_borrow_page(self, ring, page):
        status = lib.ringmap_ring_borrow_page(ring, page)
        if status == lib.RINGMAP_OK:
            ffi.memmove(self.at, page.data, page.size)
            page.data = self.at
        return status


def test_views_of_what_a_child_does_not_get(monkeypatch):
    data = (support.WORKLOAD / "per_cpu/cpu0/trace_pipe_raw").read_bytes()
    mapped = Mapped()


    def look_there():
        faulthandler.disable()
        return mapped.memory[0]

    text, status = support.in_child(look_there)
    assert text == "" and os.WTERMSIG(status) == signal.SIGSEGV
    monkeypatch.setattr(_ring, "lib", mapped)
    ring = ringmap.Ring.image(data)
    page = next(ring.pages())
    view, array = page.data, np.frombuffer(page, "u1")
    for look in (lambda: hash(bytes(view)), lambda: hash(array.tobytes())):
        assert support.in_child(look) == (str(hash(data[16 : 16 + page.size])), 0)
    # The parent's memory is what it was.
    assert bytes(page) == data[16 : 16 + page.size]
    del array, view, look


@support.live
def test_a_child_leaves_the_session_alone():
    with support.session() as session:

        def leave():
            session.close()
            return "left"

        assert support.in_child(leave) == ("left", 0)
        text, status = support.in_child(session.start)
        assert text.startswith("ForkedError: ") and status == 0
        assert session.instance in support.instances()
        session.start()


@support.live
def test_a_follower_of_the_parent_is_refused():
    with support.session() as session:
        with session.follow() as follower:
            text, status = support.in_child(lambda: follower.poll(0.1))
            assert text.startswith("ForkedError: ") and status == 0
