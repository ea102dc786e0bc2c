# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""One CPU's ring, and its pages where they lie."""

import os
import threading
import time
import weakref
from types import TracebackType
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Type

from . import _tracefs
from ._errors import BusyError, StaleError, SystemCallError, check, check_object
from ._errors import closed, error_of, new_error
from ._live import MODES, STARTS, c_place, mode_name, number_of, snapshot_ring
from ._ringmap import PageView, ffi, lib
from ._source import Path, owned, ring_info

_EINTR = 4
_GIVEN_BACK = "the page was already given back to its ring"
_WAIT_MS = 100
_STATS = (
    "events bytes pages subbufs overwritten gaps lost resets rescans sleeps "
    "syscalls kernel_entries kernel_overrun kernel_read kernel_dropped"
).split()


class PageIndex(NamedTuple):
    """The events of a page: four memoryviews of shape (events,).

    They are copies and stay valid after the page was released.

    ts: format "Q" (uint64), time stamps in units of the trace clock.
    offset, size: format "I" (uint32), position and size of each record in the
        page, in bytes. A record begins with struct trace_entry
        (include/linux/trace_events.h); the kernel rounds its size up to 4.
    id: format "H" (uint16), common_type, which is the id of the event's format.
    """

    ts: memoryview
    offset: memoryview
    size: memoryview
    id: memoryview


class Page(PageView):
    """The committed bytes of one sub-buffer, or of a part of it.

    A page is bytes-like and read-only: memoryview(page), numpy.frombuffer(page,
    "u1"). It is borrowed from the ring until the iterator moves on:
    - As long as a view of the page exists, moving on raises BufferError and the
      page stays borrowed, so that the view's bytes remain valid.
    - page.data is released when the iterator moves on; using it after that
      raises ValueError.
    - After that, memoryview(page) raises BufferError and page.index() StaleError.

    size: size in bytes, the same as len(page).
    cpu: the CPU whose ring the page belongs to.
    ts: int, the time stamp to which the first event's delta is added: time_stamp
        of struct buffer_data_page (kernel/trace/ring_buffer.c), or the time stamp
        of the preceding event.
    lost: int, number of events lost directly before the page; None if the number
        is unknown (RB_MISSED_EVENTS and RB_MISSED_STORED in that file).
    seq: sequence number of the borrow, counted from 1 for each ring.
    subbuf: id of the sub-buffer in the mapping, or its number in an image.
    first: bool, whether the page begins at the beginning of its sub-buffer.
    """

    def __init__(self, raw: Any, owner: object):
        super().__init__(int(ffi.cast("uintptr_t", raw.data)), raw.size, owner)
        self._raw = raw
        self._data: Optional[memoryview] = None
        self.size: int = raw.size
        self.cpu: int = raw.cpu
        self.ts: int = raw.ts
        self.seq: int = raw.seq
        self.subbuf: int = raw.subbuf
        self.first = bool(raw.flags & lib.RINGMAP_PAGE_FIRST)
        known = raw.lost != lib.RINGMAP_LOST_UNKNOWN
        self.lost: Optional[int] = raw.lost if known else None

    def __len__(self) -> int:
        """The size in bytes."""
        return self.size

    @property
    def data(self) -> memoryview:
        """A read-only memoryview of the page, format "B", shape (size,).

        The view is released together with the page and raises ValueError after
        that. Raises StaleError if the page has already been released.
        """
        if self._raw is None:
            raise StaleError(_GIVEN_BACK, lib.RINGMAP_E_STALE)
        if self._data is None:
            self._data = memoryview(self)  # type: ignore[arg-type]
        return self._data

    def index(self) -> PageIndex:
        """Time stamps, positions, sizes and ids of all events, found in one call.

        Padding and discarded events are skipped, as the kernel's readers do.

        Raises StaleError if the page has already been released, CorruptError if
        its bytes violate the format.
        """
        if self._raw is None:
            raise StaleError(_GIVEN_BACK, lib.RINGMAP_E_STALE)
        raw = ffi.new("struct ringmap_page *", self._raw[0])
        room = self.size // 8 + 1
        ts, ids = ffi.new("uint64_t[]", room), ffi.new("uint16_t[]", room)
        offset, size = ffi.new("uint32_t[]", room), ffi.new("uint32_t[]", room)
        count = ffi.new("size_t *")
        status = lib.ringmap_page_index(raw, ts, offset, size, ids, room, count)
        if status < 0:
            raise error_of(status)
        n = count[0]
        return PageIndex(
            memoryview(ffi.buffer(ts, n * 8)[:]).cast("Q"),
            memoryview(ffi.buffer(offset, n * 4)[:]).cast("I"),
            memoryview(ffi.buffer(size, n * 4)[:]).cast("I"),
            memoryview(ffi.buffer(ids, n * 2)[:]).cast("H"),
        )

    def _give_back(self) -> None:
        """No view may be left: BufferError, and nothing has changed."""
        if self._data is not None:
            # Raises BufferError while views of this view exist.
            self._data.release()
            self._data = None
        self._detach()
        self._raw = None


class Pages(Iterator[Page]):
    """An iterator over the pages of a ring, made by Ring.pages().

    Asking for the next page releases the previous one. If a view of the previous
    page still exists, that raises BufferError and the page stays borrowed; drop
    the view and try again.
    """

    def __init__(self, ring: "Ring", timeout: Optional[float]):
        self._ring = ring
        self._timeout = timeout

    def __next__(self) -> Page:
        page = self._ring._next_page(self._timeout)
        if page is None:
            raise StopIteration
        return page


def _stats_of(ring: Any) -> Dict[str, Optional[int]]:
    stats = ffi.new("struct ringmap_ring_stats *")
    status = lib.ringmap_ring_stats(ring, stats, ffi.sizeof(stats[0]))
    check_object(status, lib.ringmap_ring_error, ring)
    unknown = lib.RINGMAP_LOST_UNKNOWN
    values = {name: getattr(stats, name) for name in _STATS}
    return {name: None if v == unknown else v for name, v in values.items()}


class Ring:
    """One CPU's ring of a tracing instance.

    instance: name of a folder in /sys/kernel/tracing/instances; "/" is the
        top-level buffer.
    cpu: the CPU; its per_cpu/cpuN/trace_pipe_raw is opened.
    mode: "follow", "consume", "read" or "auto". "follow" reads the mapped
        sub-buffers behind the writer without consuming events. "consume" obtains
        them from the kernel with the ioctl TRACE_MMAP_IOCTL_GET_READER
        (include/uapi/linux/trace_mmap.h). "read" copies them with read(2). "auto"
        chooses a mode; if a mode that you name is not possible, the error says
        why.
    start: where "follow" begins: "oldest" with the oldest event in the ring,
        "newest" with the next event to be committed.
    latency_us: longest sleep of a wait in microseconds; 0: 10 ms or an eighth of
        the time in which the ring fills, whichever is shorter.
    tracefs: where tracefs is mounted; None: /sys/kernel/tracing, or else where
        /proc/self/mounts shows it. The attribute of that name has the place; it is
        None for an image.

    In follow mode the writer may overwrite a page at any time, so a page is
    copied and verified before it is returned; overwritten pages are skipped and
    counted. In the other modes a page is a zero-copy view of the ring's memory,
    which nobody writes to until the page is released.

    Raises NotFoundError if there is no such instance or CPU or tracefs is not
    mounted, AccessError, UnsupportedError for kernels before 6.10, for a ring
    that is not in overwrite mode and for a clock too coarse to follow, BusyError
    if a kernel snapshot is armed, CorruptError if the meta page is inconsistent,
    and ValueError.

    While a ring is mapped (modes follow and consume), the kernel refuses to
    resize the instance's buffers and to take snapshots.

    Threads: one thread at a time may use a ring; another one gets BusyError. Any
    thread may call stop(). In a forked child everything but close() raises
    ForkedError.
    """

    def __init__(
        self,
        instance: str,
        cpu: int = 0,
        mode: str = "auto",
        start: str = "oldest",
        latency_us: int = 0,
        tracefs: Optional[Path] = None,
    ):
        self.tracefs: Optional[str] = _tracefs.find(tracefs)
        place = c_place(self.tracefs)
        opts = ffi.new("struct ringmap_ring_opts *")
        name = ffi.new("char[]", instance.encode())
        opts.sz, opts.instance, opts.cpu = ffi.sizeof(opts[0]), name, cpu
        opts.tracefs = place
        opts.mode = number_of(MODES, mode, "mode")
        opts.start = number_of(STARTS, start, "start")
        opts.latency_us = latency_us
        ret, err = ffi.new("struct ringmap_ring **"), new_error()
        check(lib.ringmap_ring_open(opts, ret, err), err)
        self._set(owned(ret, lib.ringmap_ring_unref), None)

    @classmethod
    def image(cls, data: bytes, cpu: int = 0, subbuf_size: int = 4096) -> "Ring":
        """Opens recorded sub-buffers of a 64-bit little-endian kernel as a ring.

        data: bytes read from trace_pipe_raw or returned by snapshot(); copied.
        cpu: the CPU that they were recorded on.
        subbuf_size: size of a sub-buffer in bytes, header included.

        Raises CorruptError if the data ends inside a sub-buffer.
        """
        opts = ffi.new("struct ringmap_image_opts *")
        opts.sz, opts.cpu = ffi.sizeof(opts[0]), cpu
        opts.subbuf_size = subbuf_size
        # A copy, aligned; bytes may lie anywhere.
        copy = ffi.new("uint64_t[]", len(data) // 8 + 1)
        ffi.memmove(copy, data, len(data))
        ret, err = ffi.new("struct ringmap_ring **"), new_error()
        check(lib.ringmap_ring_open_image(copy, len(data), opts, ret, err), err)
        ring = cls.__new__(cls)
        ring.tracefs = None
        ring._set(owned(ret, lib.ringmap_ring_unref), copy)
        return ring

    def _set(self, ring: Any, keep: object) -> None:
        self._ring = ring
        self._keep = keep
        self._page: Optional[Page] = None
        self._borrowed: Any = None
        self._lock = threading.Lock()
        info = ring_info(ring)
        self.cpu: int = info.cpu
        self._copies = info.mode == lib.RINGMAP_MODE_FOLLOW
        _rings.add(self)

    def _handle(self) -> Any:
        ring = self._ring
        if ring is None:
            raise closed("ring")
        return ring

    @property
    def mode(self) -> str:
        """The mode in use: "follow", "consume", "read" or "image"."""
        return mode_name(ring_info(self._handle()).mode)

    @property
    def reason(self) -> str:
        """Why the ring uses that mode, in one sentence."""
        text = ffi.string(lib.ringmap_ring_mode_reason(self._handle()))
        return str(text.decode("utf-8", "replace"))

    @property
    def subbuf_size(self) -> int:
        """Size of a sub-buffer in bytes, header included; 0 if not yet known."""
        return int(ring_info(self._handle()).subbuf_size)

    def stats(self) -> Dict[str, Optional[int]]:
        """Counters since the ring was opened; None for an unknown number.

        events, bytes, pages: returned intact; bytes include event headers.
        subbufs: sub-buffers that contained these pages.
        overwritten: pages that the writer overwrote while they were borrowed.
        gaps: places where events are missing.
        lost: events that were committed but never returned intact.
        resets, rescans: times that the ring was emptied; times that the order of
            sub-buffers was determined again.
        sleeps, syscalls: sleeps in wait(); calls of read(2) and ioctl(2) for data.
        kernel_entries, kernel_overrun, kernel_read, kernel_dropped: the kernel's
            counters since the ring's last reset: struct trace_buffer_meta
            (include/uapi/linux/trace_mmap.h) and per_cpu/cpuN/stats
            (tracing_stats_read() in kernel/trace/trace.c).
        """
        return _stats_of(self._handle())

    def fileno(self) -> int:
        """The descriptor of trace_pipe_raw, for an event loop; -1 for an image.

        poll(2) works in modes consume and read. In mode follow it does not,
        because the kernel wakes pollers by the amount of unconsumed data
        (buffer_percent).
        """
        return int(lib.ringmap_ring_fd(self._handle()))

    def snapshot(self) -> bytes:
        """Copies the ring's contents, for Ring.image(), without consuming them.

        Raises UnsupportedError unless the ring is mapped (modes follow and
        consume), OverwrittenError if the writer interfered with every one of many
        attempts.
        """
        data, size = snapshot_ring(self._handle())
        return bytes(ffi.buffer(data, size))

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Sleeps until the ring has data; returns False on timeout or stop().

        timeout: seconds; None: wait without a limit. Ctrl-C interrupts the wait
            within 0.1 s.
        """
        ring = self._handle()
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _WAIT_MS
            if end is not None:
                left = min(left, max(0, int((end - time.monotonic()) * 1000)))
            status = lib.ringmap_ring_wait(ring, left)
            try:
                check_object(status, lib.ringmap_ring_error, ring)
            except SystemCallError as error:
                if error.errno != _EINTR:
                    raise
                continue
            if status == lib.RINGMAP_OK:
                return True
            over = end is not None and time.monotonic() >= end
            if status == lib.RINGMAP_STOPPED or over:
                return False

    def stop(self) -> None:
        """Makes the current or the next wait() return; callable from any thread."""
        check(lib.ringmap_ring_stop(self._handle()))

    def pages(self, timeout: Optional[float] = 0.0) -> Pages:
        """Iterates over pages that were committed and not yet returned.

        timeout: seconds to wait for more data when there is none; None: wait until
            stop().

        A page is released when the next one is requested, and by close(); Page
        describes what happens to its views. Raises CorruptError for data that
        violates the format; continuing skips that data.
        """
        self._handle()
        return Pages(self, timeout)

    def _next_page(self, timeout: Optional[float]) -> Optional[Page]:
        if not self._lock.acquire(blocking=False):
            raise BusyError("another thread is using this ring", lib.RINGMAP_E_BUSY)
        try:
            self._return()
            page = self._borrow()
            while page is None and timeout != 0 and self.wait(timeout):
                page = self._borrow()
            return page
        finally:
            self._lock.release()

    def _borrow(self) -> Optional[Page]:
        ring = self._handle()
        while True:
            raw = ffi.new("struct ringmap_page *")
            status = lib.ringmap_ring_borrow_page(ring, raw)
            check_object(status, lib.ringmap_ring_error, ring)
            if status != lib.RINGMAP_OK:
                return None
            self._borrowed = raw
            if not self._copies:
                self._page = Page(raw, (ring, self._keep))
                return self._page
            page = self._checked_copy(raw)
            if page is not None:
                return page

    def _checked_copy(self, raw: Any) -> Optional[Page]:
        """A copy of a followed page; None: it was overwritten meanwhile."""
        copy = ffi.new("uint64_t[]", raw.size // 8 + 1)
        ffi.memmove(copy, raw.data, raw.size)
        stable = ffi.new("struct ringmap_page *", raw[0])
        stable.data, stable.ahead = copy, ffi.NULL
        if self._send_back() == lib.RINGMAP_E_OVERWRITTEN:
            return None
        self._page = Page(stable, copy)
        return self._page

    def _send_back(self) -> int:
        ring = self._handle()
        raw, self._borrowed = self._borrowed, None
        if raw is None:
            return int(lib.RINGMAP_OK)
        status = lib.ringmap_ring_return_page(ring, raw)
        if status not in (lib.RINGMAP_E_OVERWRITTEN, lib.RINGMAP_E_CORRUPT):
            check_object(status, lib.ringmap_ring_error, ring)
        return int(status)

    def _return(self) -> None:
        """The page that is out goes back; BufferError: it cannot yet."""
        if self._page is not None:
            self._page._give_back()
            self._page = None
        if self._send_back() == lib.RINGMAP_E_CORRUPT:
            check_object(lib.RINGMAP_E_CORRUPT, lib.ringmap_ring_error, self._handle())

    def close(self) -> None:
        """Closes the ring.

        Raises BufferError, and leaves the ring open, if views of a page exist.
        """
        if self._ring is None:
            return
        if self._page is not None:
            self._page._give_back()
            self._page = None
        self._borrowed = self._ring = None

    def __enter__(self) -> "Ring":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._ring is None else self.mode
        return f"<ringmap.Ring of CPU {self.cpu}: {state}>"


# Pages that are out when the process forks: the child does not get the mapping.
_rings: "weakref.WeakSet[Ring]" = weakref.WeakSet()
_copies: List[Tuple[Any, bytes]] = []


def _before_fork() -> None:
    for ring in list(_rings):
        raw = ring._borrowed
        if raw is not None:
            _copies.append((raw.data, bytes(ffi.buffer(raw.data, raw.size))))


def _in_parent() -> None:
    _copies.clear()


def _in_child() -> None:
    for address, copy in _copies:
        lib.ringmap_py_patch(address, copy, len(copy))
    _copies.clear()


os.register_at_fork(
    before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child
)
