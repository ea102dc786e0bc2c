# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Pages: nobody sees bytes that are no longer theirs.

Each rule is tried over a recorded image, and over a live ring that consumes,
where a page is the kernel's own memory, and one that follows.
"""

import gc
import pickle
import threading
import weakref

import numpy as np
import pytest
import support

import ringmap
from ringmap import _ring as module
from ringmap._ringmap import ffi, lib

IMAGE = support.WORKLOAD / "per_cpu/cpu0/trace_pipe_raw"


def live_ring(mode):
    """A live ring with many pages, and what keeps it."""
    with support.session() as session:
        session.start()
        support.make_events(2000)
        session.stop()
        rings = [ringmap.Ring(session.instance, cpu, mode) for cpu in cpus()]
        ring = max(rings, key=lambda ring: ring.stats()["kernel_entries"] or 0)
        for other in rings:
            if other is not ring:
                other.close()
        yield ring
        gc.collect()
        ring.close()


def cpus():
    """CPUs that this thread may run on."""
    import os  # pylint: disable=import-outside-toplevel

    return sorted(os.sched_getaffinity(0))


@pytest.fixture(
    name="ring",
    params=["image"]
    + [
        pytest.param(mode, marks=support.live) for mode in ("consume", "follow", "read")
    ],
)
def _ring(request):
    if request.param == "image":
        with ringmap.Ring.image(IMAGE.read_bytes()) as ring:
            yield ring
    else:
        yield from live_ring(request.param)


def test_the_bytes_are_those_of_the_recording():
    data = IMAGE.read_bytes()
    with ringmap.Ring.image(data) as ring:
        for number, page in enumerate(ring.pages()):
            begin = number * 4096 + 16
            assert bytes(page) == data[begin : begin + page.size]
            assert len(page) == page.size and page.cpu == 0
        assert (number + 1) * 4096 == len(data)


def test_an_index_finds_every_event(ring):
    events = 0
    for page in ring.pages():
        index = page.index()
        assert [view.format for view in index] == ["Q", "I", "I", "H"]
        view = page.data
        for offset, size, number in zip(index.offset, index.size, index.id):
            assert offset + size <= page.size
            assert int.from_bytes(view[offset : offset + 2], "little") == number
        stamps = np.asarray(index.ts)
        assert (np.diff(stamps.astype("int64")) >= 0).all()
        events += len(index.ts)
    assert events == ring.stats()["events"] > 500


def test_an_index_stays_when_its_page_went_back(ring):
    pages = ring.pages()
    index = next(pages).index()
    copy = [list(view) for view in index]
    # Were its memory free, these would take it.
    others = [page.index() for page in pages]
    assert others and [list(view) for view in others[0]] != copy
    assert [list(view) for view in index] == copy


def test_views_cannot_be_written(ring):
    page = next(ring.pages())
    with memoryview(page) as view:
        assert view.readonly and view.nbytes == page.size and view.format == "B"
        with pytest.raises(TypeError):
            view[0] = 0
    array = np.frombuffer(page, "u1")
    assert not array.flags.writeable
    with pytest.raises(ValueError):
        array.flags.writeable = True
    del array


def test_a_page_in_use_does_not_go_back(ring):
    pages = ring.pages()
    page = next(pages)
    array = np.frombuffer(page, "u1")
    copy = array.copy()
    with pytest.raises(BufferError, match="in use"):
        next(pages)
    # Not even a new iteration gets past it, and the ring stays open.
    with pytest.raises(BufferError):
        next(ring.pages())
    with pytest.raises(BufferError):
        ring.close()
    assert (array == copy).all() and page.index().ts
    del array
    assert next(pages).seq != page.seq or ring.mode == "image"


def test_the_view_of_a_page_ends_with_it(ring):
    pages = ring.pages()
    page = next(pages)
    view = page.data
    assert view[0] == bytes(page)[0]
    next(pages)
    with pytest.raises(ValueError, match="released"):
        view[0]  # pylint: disable=pointless-statement
    with pytest.raises(ValueError):
        bytes(view)


@pytest.mark.parametrize(
    "make",
    [
        lambda view: view[4:8],
        lambda view: np.frombuffer(view, "u1"),
        # Asks the view itself, where others ask what it is of.
        pickle.PickleBuffer,
    ],
    ids=["slice", "array", "buffer"],
)
def test_what_is_made_of_a_view_keeps_the_page(ring, make):
    pages = ring.pages()
    page = next(pages)
    part = make(page.data)
    copy = bytes(part)
    for _ in range(2):
        with pytest.raises(BufferError):
            next(pages)
        assert bytes(part) == copy
    del part
    assert next(pages) is not page


def test_a_page_that_went_back_gives_no_views(ring):
    pages = ring.pages()
    page = next(pages)
    next(pages)
    with pytest.raises(BufferError, match="given back"):
        memoryview(page)
    with pytest.raises((BufferError, ValueError)):
        np.frombuffer(page, "u1")
    with pytest.raises(ringmap.StaleError):
        page.index()
    with pytest.raises(ringmap.StaleError):
        page.data  # pylint: disable=pointless-statement


def test_the_last_page_goes_back_at_the_end(ring):
    for page in ring.pages():
        pass
    with pytest.raises(BufferError):
        memoryview(page)


def test_closing_takes_the_page_away(ring):
    page = next(ring.pages())
    ring.close()
    ring.close()
    with pytest.raises(BufferError):
        memoryview(page)
    with pytest.raises(ValueError, match="closed"):
        next(ring.pages())


def test_a_view_keeps_the_memory_of_a_ring_nobody_has():
    ring = ringmap.Ring.image(IMAGE.read_bytes())
    gone = weakref.ref(ring)
    array = np.frombuffer(next(ring.pages()), "u1")
    copy = array.copy()
    del ring
    gc.collect()
    assert gone() is None
    filler = [bytearray(1 << 16) for _ in range(64)]
    assert (array == copy).all()
    del filler


@support.live
def test_a_view_keeps_the_mapping_of_a_ring_nobody_has():
    with support.session() as session:
        session.start()
        support.make_events(2000)
        session.stop()
        views = []
        for cpu in cpus():
            ring = ringmap.Ring(session.instance, cpu, "consume")
            page = next(ring.pages(), None)
            if page is not None:
                views.append((np.frombuffer(page, "u1"), bytes(page)))
            del ring, page
        gc.collect()
        session.start()
        support.make_events(2000)
        session.stop()
        assert views
        for view, copy in views:
            assert view.tobytes() == copy
        del views, view
        gc.collect()


@support.live
def test_a_consumed_page_stays_as_it_is_while_the_kernel_goes_on():
    with support.session() as session:
        session.start()
        support.make_events(300)
        for cpu in cpus():
            with ringmap.Ring(session.instance, cpu, "consume") as ring:
                for page in ring.pages():
                    with memoryview(page) as view:
                        before = bytes(view)
                        support.make_events(40000)  # laps of the ring
                        assert bytes(view) == before
                    break


@support.live
def test_a_followed_page_is_a_true_copy():
    with support.session() as session:
        session.start()
        support.make_events(2000)
        for cpu in cpus():
            with ringmap.Ring(session.instance, cpu, "follow") as ring:
                for page in ring.pages():
                    before = bytes(page)
                    support.make_events(20000)  # laps of the ring
                    assert bytes(page) == before
                    break


class OverwritingKernel:
    """The library over an image, and a writer that comes by as in a live ring.

    Sub-buffers whose numbers are in overwritten change while they are out, and
    the library says so when they come back; all others change afterwards.
    """

    def __init__(self, overwritten):
        self.overwritten = overwritten

    def __getattr__(self, name):
        return getattr(lib, name)

    def ringmap_ring_borrow_page(self, ring, page):
        status = lib.ringmap_ring_borrow_page(ring, page)
        if status == lib.RINGMAP_OK and page.subbuf in self.overwritten:
            self.write_over(page)
        return status

    def ringmap_ring_return_page(self, ring, page):
        self.write_over(page)
        status = lib.ringmap_ring_return_page(ring, page)
        overwritten = page.subbuf in self.overwritten
        return lib.RINGMAP_E_OVERWRITTEN if overwritten else status

    @staticmethod
    def write_over(page):
        """Other bytes in the ring's own memory."""
        ffi.memmove(ffi.cast("char *", page.data), b"\xff" * page.size, page.size)


@pytest.mark.parametrize("overwritten", [{0}, {1, 2}, {3}, set()])
def test_a_followed_page_that_is_overwritten_is_never_seen(monkeypatch, overwritten):
    data = IMAGE.read_bytes()
    with ringmap.Ring.image(data) as ring:
        # As in follow mode.
        ring._copies = True
        monkeypatch.setattr(module, "lib", OverwritingKernel(overwritten))
        seen = []
        for page in ring.pages():
            seen.append(page.subbuf)
            begin = page.subbuf * 4096 + 16
            assert bytes(page) == data[begin : begin + page.size]
            assert len(page.index().ts) > 0
    assert seen == [n for n in range(len(data) // 4096) if n not in overwritten]


@support.live
def test_a_followed_page_that_the_kernel_overwrites_is_never_seen(monkeypatch):
    class Meanwhile(OverwritingKernel):
        """The real one: laps of the ring while the first page is out."""

        def ringmap_ring_borrow_page(self, ring, page):
            status = lib.ringmap_ring_borrow_page(ring, page)
            if status == lib.RINGMAP_OK and not seen:
                seen.append(page.ts)
                support.make_events(20000)
            return status

        def ringmap_ring_return_page(self, ring, page):
            return lib.ringmap_ring_return_page(ring, page)

    cpu = cpus()[0]
    seen = []
    with support.session() as session, support.pinned(cpu):
        session.start()
        support.make_events(500)
        with ringmap.Ring(session.instance, cpu, "follow") as ring:
            monkeypatch.setattr(module, "lib", Meanwhile(set()))
            page = next(ring.pages())
            stats = ring.stats()
            assert stats["overwritten"] == 1 and page.ts > seen[0]
            assert stats["pages"] == 1 and stats["gaps"] == 1


def test_one_thread_at_a_time(ring):
    inside = threading.Event()
    go_on = threading.Event()
    lend = ring._borrow

    def slow():
        inside.set()
        go_on.wait(10)
        return lend()

    ring._borrow = slow
    thread = threading.Thread(target=lambda: next(ring.pages()))
    thread.start()
    inside.wait(10)
    with pytest.raises(ringmap.BusyError, match="thread"):
        next(ring.pages())
    go_on.set()
    thread.join()


@support.live
def test_stop_wakes_a_wait():
    with support.session() as session:
        with ringmap.Ring(session.instance, cpus()[0]) as ring:
            found = []
            thread = threading.Thread(target=lambda: found.append(ring.wait()))
            thread.start()
            ring.stop()
            thread.join(20)
            assert found == [False]


@support.live
def test_a_snapshot_is_an_image():
    with support.session() as session:
        session.start()
        support.make_events(2000)
        session.stop()
        total = 0
        for cpu in cpus():
            with ringmap.Ring(session.instance, cpu, "follow") as ring:
                data = ring.snapshot()
                subbuf_size = ring.subbuf_size
                kept = ring.stats()["kernel_entries"]
            with ringmap.Ring.image(data, cpu, subbuf_size) as image:
                assert image.mode == "image" and image.reason
                found = sum(len(page.index().ts) for page in image.pages())
            assert found == kept
            total += found
        assert total >= 2000
