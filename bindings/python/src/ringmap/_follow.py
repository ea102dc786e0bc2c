# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Batches of rows from running rings, as they come."""

import threading
import time
from types import TracebackType
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Type, Union

from ._arrow import Shape, new_array
from ._batch import Batch
from ._errors import BusyError, CorruptError, SystemCallError, closed
from ._live import lost_by
from ._reader import Query, Reader, export_schema
from ._ringmap import lib
from ._source import Opened, Source, clock_of, rings_of, schema_of

_EINTR = 4
# Ctrl-C is looked for this often.
_WAIT_MS = 100
# An event loop that is cancelled waits this long for the thread, in seconds.
_ASYNC_WAIT = 0.1

Tables = Union[str, Sequence[str], Mapping[str, Sequence[str]]]


class _Opened(Source):
    """Rings that are open already, as a source of one pass."""

    recording = False

    def __init__(self, opened: Opened):
        self.clock, self.ts_unit = clock_of(opened.trace)
        self.schema = schema_of(opened.trace)
        self.size = 0


class _Tables:
    """The reader of several tables, and what batches need of it later."""

    def __init__(self, opened: Opened, tables: Tables):
        if isinstance(tables, str):
            tables = [tables]
        columns: Mapping[str, Optional[Sequence[str]]]
        if isinstance(tables, Mapping):
            columns = tables
        else:
            columns = {event: None for event in tables}
        if not columns:
            raise ValueError("no tables to follow")
        self._queries = [
            Query(event, None if names is None else tuple(names))
            for event, names in columns.items()
        ]
        self._source = _Opened(opened)
        self.names: List[str] = list(columns)
        self.reader = Reader(self._source, self._queries, opened=opened)
        self.shapes: List[Tuple[Shape, ...]] = [
            self.reader.shapes(i) for i in range(len(columns))
        ]

    def export_schema(self, event: str, schema: Any) -> None:
        """Fills a struct ArrowSchema."""
        query = self._queries[self.names.index(event)]
        export_schema(self._source, query, schema)


class Follower:
    """An iterator over batches from running rings, made by Session.follow().

    It is an asynchronous iterator too, for async for. Batches of one event are in
    the order of each CPU; batches of different events come in any order.

    Iteration continues until stop() or close(). Events that the kernel overwrites
    before they are read are counted as lost. Data that violates the format is
    skipped and counted. StaleError means that the instance got another trace clock,
    or an event another format, so that the rows cannot be read as they were before.

    Threads: one thread may iterate at a time; another one gets BusyError. Any
    thread may call stop() and close(). In a forked child everything but close()
    raises ForkedError.
    """

    def __init__(self, opened: Opened, tables: Tables, interval: float):
        try:
            self._tables: Optional[_Tables] = _Tables(opened, tables)
        except BaseException:
            # The error's traceback would keep the rings open.
            opened.close()
            raise
        self._interval_ms = max(1, int(interval * 1000))
        self._lock = threading.Lock()
        self._stopped = False

    def __iter__(self) -> "Follower":
        return self

    def __next__(self) -> Batch:
        while True:
            batch = self.poll(None)
            if batch is not None:
                return batch
            if self._stopped:
                raise StopIteration

    def poll(self, timeout: Optional[float] = 0.0) -> Optional[Batch]:
        """Returns the next batch, or None after a timeout or stop().

        timeout: seconds to wait for a batch; None: wait without a limit.

        Raises BusyError if another thread is waiting, ValueError if the follower
        is closed.
        """
        tables = self._tables
        if tables is None:
            if self._stopped:
                return None
            raise closed("follower")
        if not self._lock.acquire(blocking=False):
            raise BusyError("another thread is waiting for this follower's batches")
        try:
            return self._poll(tables, timeout)
        finally:
            self._lock.release()

    def _poll(self, tables: _Tables, timeout: Optional[float]) -> Optional[Batch]:
        end = None if timeout is None else time.monotonic() + timeout
        while not self._stopped:
            left = self._interval_ms
            if end is not None:
                left = min(left, max(0, int((end - time.monotonic()) * 1000)))
            array = new_array()
            try:
                number = tables.reader.next(array, min(left, _WAIT_MS))
            except CorruptError:
                continue
            except SystemCallError as error:
                if error.errno == _EINTR:
                    continue
                raise
            if number >= 0:
                name = tables.names[number]
                return Batch(name, tables.shapes[number], tables, array)
            if end is not None and time.monotonic() >= end:
                return None
        return None

    @property
    def stats(self) -> Dict[str, Optional[int]]:
        """Counters since the start; see struct ringmap_reader_stats.

        events, bytes: contents of all intact pages, whether requested or not.
        rows: rows returned, or ready to be returned.
        undone: rows discarded because their page was overwritten.
        broken, escaped: fields outside their record; strings that are not UTF-8.
        corrupt: places that violate the format.
        lost: events lost. A gap does not say how many it swallowed; the rings know
            when they stand still. None: the number is unknown now.
        """
        if self._tables is None:
            raise closed("follower")
        stats = self._tables.reader.stats()
        names = ("events", "bytes", "rows", "undone", "broken", "escaped", "corrupt")
        found: Dict[str, Optional[int]] = {name: getattr(stats, name) for name in names}
        known = stats.lost != lib.RINGMAP_LOST_UNKNOWN
        found["lost"] = stats.lost if known else self._lost_at_rest()
        return found

    def _lost_at_rest(self) -> Optional[int]:
        """What the rings say they lost, unless a thread is at work with them."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            tables = self._tables
            opened = tables.reader.opened if tables is not None else None
            return None if opened is None else lost_by(rings_of(opened.trace))
        finally:
            self._lock.release()

    def __aiter__(self) -> "Follower":
        """The follower itself: async for batch in session.follow()."""
        return self

    async def __anext__(self) -> Batch:
        import asyncio

        while True:
            # A thread waits; the event loop does not.
            call = asyncio.get_running_loop().run_in_executor(
                None, self.poll, _ASYNC_WAIT
            )
            batch = await call
            if batch is not None:
                return batch
            if self._stopped:
                raise StopAsyncIteration

    def __repr__(self) -> str:
        tables = self._tables
        if tables is None:
            return "<ringmap.Follower: closed>"
        state = "stopped" if self._stopped else "running"
        return f"<ringmap.Follower of {', '.join(tables.names)}: {state}>"

    def stop(self) -> None:
        """Ends the iteration, even while another thread is waiting in it."""
        self._stopped = True
        tables = self._tables
        if tables is not None:
            tables.reader.stop()

    def close(self) -> None:
        """Releases the rings; batches stay valid."""
        self.stop()
        tables, self._tables = self._tables, None
        if tables is None:
            return
        # A thread that waits for a batch returns soon; its rings go then.
        if self._lock.acquire(timeout=1):
            self._lock.release()
        tables.reader.close()

    def __enter__(self) -> "Follower":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        self.close()
