# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A forked child: what it may use, and that it never crashes."""

import multiprocessing
import os

import numpy as np
import pytest
import support

import ringmap


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
