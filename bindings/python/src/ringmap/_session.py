# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Recording the running kernel, in a tracing instance of our own."""

import os
import time
import warnings
import weakref
from types import TracebackType
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Type
from typing import Union

from . import _tracefs
from ._errors import BusyError, InvalidError, check, check_object, closed, new_error
from ._follow import Follower
from ._live import Drain, c_place, lost_since, open_live, recording_of
from ._live import skip_old, snapshot_source
from ._names import Events, listed
from ._progress import Progress
from ._ringmap import ffi, lib
from ._source import Opened, Path
from ._text import name_of
from ._trace import Trace

Filter = Union[None, str, Mapping[str, str]]

_UNITS = {"": 1, "K": 1, "M": 1 << 10, "G": 1 << 20}
# Rings say themselves when it is time to look; Ctrl-C is looked for this often.
_WAIT_MS = 100


def kib_of(size: Union[int, str]) -> int:
    """KiB of "512K", "16M", "1G" or of a number of bytes."""
    if isinstance(size, int):
        return -(-size // 1024)
    text = size.strip().upper()
    if text.endswith("B"):
        text = text[:-1]
    if text.endswith("I"):
        text = text[:-1]
    unit = text[-1:] if text[-1:] in "KMG" else ""
    digits = text[: len(text) - len(unit)].strip()
    if not digits.isdigit() or not unit:
        raise ValueError(f"buffer_size {size!r} is not a number with K, M or G")
    return int(digits) * _UNITS[unit]


class Session:
    """A tracing instance, created by this class and removed by close().

        with ringmap.Session("sched_switch", buffer_size="1M") as session:
            trace = session.capture(seconds=0.2)
            with session.follow() as batches:
                print(next(batches).to_pandas())

    Use it in a with statement, which removes the instance after exceptions and
    Ctrl-C too. If the process is killed, a small helper process removes it.

    events: any number of "system:event", "system", or "event" where one system has
        an event of that name, as a list or with commas between them. "*", "?" and
        "[...]" are wildcards. They are the folders of /sys/kernel/tracing/events.
    filter: a filter for all events, or {event: filter}, in the kernel's filter
        language (Documentation/trace/events.rst). The kernel leaves events without
        the filter's fields unfiltered; a UserWarning and the attribute filters name
        them.
    pids: record only these tasks (thread ids), through set_event_pid.
    buffer_size: buffer size of each CPU, "16M", "512K" or bytes (buffer_size_kb).
    clock: one of the clocks in trace_clock: "mono", "local", "global", "boot", ...
        (trace_clocks[] in kernel/trace/trace.c).
    instance: name in /sys/kernel/tracing/instances; None: a new, unique name.
    tracefs: where tracefs is mounted; None: /sys/kernel/tracing, or else where
        /proc/self/mounts shows it.

    The state is "stopped" until start(), capture() or follow(). The arguments are
    available as attributes: events, pids, clock, instance, buffer_kb and tracefs.

    Raises NotFoundError if there is no such event or tracefs is not mounted,
    AccessError if you are not root (the text includes the remedy), BusyError if
    the instance exists, InvalidError with the kernel's message about a filter,
    and UnsupportedError.
    """

    def __init__(
        self,
        events: Union[str, Sequence[str]],
        filter: Filter = None,  # pylint: disable=redefined-builtin
        pids: Optional[Iterable[int]] = None,
        buffer_size: Union[int, str] = "16M",
        clock: str = "mono",
        instance: Optional[str] = None,
        tracefs: Optional[Path] = None,
    ):
        self.tracefs = _tracefs.find(tracefs)
        self.events: List[str] = listed(events)
        if not self.events:
            raise ValueError("events is empty: nothing would be recorded")
        self.pids = None if pids is None else list(pids)
        self.clock = clock
        self.buffer_kb = kib_of(buffer_size)
        self._filter = filter
        self._running = False
        self._followers: "weakref.WeakSet[Follower]" = weakref.WeakSet()
        self._session: Any = None
        self._open(instance)
        try:
            self._enable()
        except BaseException:
            self.close()
            raise

    def _open(self, instance: Optional[str]) -> None:
        opts = ffi.new("struct ringmap_session_opts *")
        clock = ffi.new("char[]", self.clock.encode())
        name = ffi.new("char[]", os.fsencode(instance)) if instance else ffi.NULL
        place = c_place(self.tracefs)
        opts.sz, opts.instance, opts.clock = ffi.sizeof(opts[0]), name, clock
        opts.tracefs = place
        opts.buffer_kb = self.buffer_kb
        ret, err = ffi.new("struct ringmap_session **"), new_error()
        check(lib.ringmap_session_open(opts, ret, err), err)
        # Without close() the instance goes with the last reference to this.
        self._session = ffi.gc(ret[0], _forget)
        self.instance: str = name_of(lib.ringmap_session_instance(ret[0]))

    def _enable(self) -> None:
        err = new_error()
        if self.pids is not None:
            count = len(self.pids)
            pids = ffi.new("int32_t[]", self.pids)
            status = lib.ringmap_session_set_pids(self._session, pids, count, err)
            check(status, err)
        filters = self._filter if isinstance(self._filter, Mapping) else None
        unknown = set(filters or {}) - set(self.events)
        if unknown:
            raise ValueError(f"filter names {sorted(unknown)}, not among the events")
        self._all: List[str] = []
        known = Events(self.tracefs)
        for event in self.events:
            names = known.named(event)
            self._all += names
            text = filters.get(event) if filters is not None else self._filter
            self._enable_one(event, names, str(text) if text else None)

    def _enable_one(self, event: str, names: List[str], text: Optional[str]) -> None:
        """Enables what a name stands for; some events may not take the filter."""
        system, _, name = event.partition(":")
        whole = name in ("", "*") and names[0].startswith(f"{system}:")
        refusal: Optional[InvalidError] = None
        refused: List[str] = []
        for target in [f"{system}:*"] if whole else names:
            try:
                self._write(target, text)
            except InvalidError as error:
                refusal = error
                refused.append(target)
        if refusal is not None and (whole or len(refused) == len(names)):
            raise refusal
        for target in refused:
            self._write(target, None)
        if text and whole:
            refused = [name for name in names if self._filter_of(name) is None]
            if len(refused) == len(names):
                raise InvalidError(
                    f"no event of {event} has the fields of the filter {text!r}",
                    lib.RINGMAP_E_INVAL,
                )
        if refused:
            warnings.warn(
                f"these events of {event} lack the fields of the filter {text!r} and "
                f"are recorded unfiltered: {', '.join(refused)}",
                stacklevel=4,
            )

    def _write(self, event: str, text: Optional[str]) -> None:
        encoded = text.encode() if text else ffi.NULL
        err = new_error()
        status = lib.ringmap_session_enable(self._session, event.encode(), encoded, err)
        check(status, err)

    def _filter_of(self, event: str) -> Optional[str]:
        folder = _tracefs.folder_of(self.tracefs, self.instance)
        path = os.path.join(folder, "events", *event.split(":"), "filter")
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read().strip()
        # An event that lacks a field of its system's filter shows why, and has none.
        return None if text in ("", "none") or "\nparse_error:" in text else text

    @property
    def filters(self) -> Dict[str, Optional[str]]:
        """The filter of each event, as the kernel has it; None: it has none."""
        self._handle()
        return {name: self._filter_of(name) for name in self._all}

    def _handle(self) -> Any:
        if self._session is None:
            raise closed("session")
        return self._session

    @property
    def state(self) -> str:
        """The state: "closed", "recording" or "stopped"."""
        if self._session is None:
            return "closed"
        return "recording" if self._running else "stopped"

    @property
    def filter_text(self) -> str:
        """The filters as text."""
        if isinstance(self._filter, Mapping):
            return "; ".join(f"{k}: {v}" for k, v in self._filter.items())
        return self._filter or ""

    def start(self) -> None:
        """Switches tracing on (tracing_on)."""
        err = new_error()
        check(lib.ringmap_session_start(self._handle(), err), err)
        self._running = True

    def stop(self) -> None:
        """Switches tracing off; recorded events stay in the rings."""
        err = new_error()
        check(lib.ringmap_session_stop(self._handle(), err), err)
        self._running = False

    def follow(
        self,
        tables: Union[None, str, Sequence[str], Mapping[str, Sequence[str]]] = None,
        interval: float = 0.1,
        mode: str = "auto",
        start: str = "oldest",
    ) -> Follower:
        """Yields batches of rows as events arrive; starts recording.

        tables: events, each with all columns, or {event: columns}; None: all
            events of the session. Names are as for Session. A batch has rows of one
            event.
        interval: longest time in seconds that a row waits for its batch to fill.
        mode: as for Ring; "auto" follows without consuming events.
        start: "oldest" begins with the events already in the rings, "newest" with
            the next event.

        Iteration ends when the follower or the session is closed. Use
        Follower.poll(timeout) to wait for a limited time. Raises NotFoundError for
        an unknown event or column.
        """
        self._handle()
        if tables is None:
            tables = list(dict.fromkeys(self._all))
        elif not isinstance(tables, Mapping):
            known = Events(self.tracefs)
            named = [known.tables(text) for text in listed(tables)]
            tables = list(dict.fromkeys(name for names in named for name in names))
        opened = open_live(self.instance, mode, start, self.tracefs)
        follower = Follower(opened, tables, interval)
        self._followers.add(follower)
        if not self._running:
            self.start()
        return follower

    def capture(self, seconds: float, progress: Optional[bool] = False) -> Trace:
        """Records for some seconds and returns the recording.

        The recording begins with the first event after the call, whatever the rings
        hold, so that two captures have no event in common. Events are copied from
        the rings into memory as they arrive, so a capture may be larger than the
        buffers. If the rings fill faster than this process copies, Trace.lost and
        the column lost_before count the lost events. Trace.lost also counts the
        events that a full ring refused because the instance does not overwrite
        (options/overwrite).
        Tracing is switched off at the end unless it was on before.

        seconds: duration of the recording.
        progress: show time, events, MB/s and lost events; with tqdm if installed.
            None: only on a terminal and in a notebook.

        Raises ValueError if seconds is negative or the session is closed.
        """
        if not seconds >= 0:
            raise ValueError(f"seconds={seconds!r}: a capture cannot last so long")
        self._handle()
        with open_live(self.instance, "auto", "newest", self.tracefs) as opened:
            return self._record(opened, seconds, progress)

    def _record(
        self, opened: Opened, seconds: float, progress: Optional[bool]
    ) -> Trace:
        lost_before = skip_old(opened)
        drain = Drain(opened)
        was_running = self._running
        begin = time.monotonic()
        if not was_running:
            self.start()
        with Progress(seconds, progress, lost_before) as bar:
            try:
                while True:
                    left = seconds - (time.monotonic() - begin)
                    if left <= 0:
                        break
                    self._wait(opened, left)
                    drain.run()
                    bar.show(seconds - left, drain)
            finally:
                if not was_running:
                    self.stop()
            drain.run()
            bar.show(seconds, drain)
        description = f"{seconds:g} s of {', '.join(self.events)}"
        source = recording_of(opened, drain.images(), description)
        # A gap does not tell how many it swallowed; the kernel's counts do.
        source.lost = lost_since(lost_before, drain)
        source.count = drain.events
        return Trace(source)

    def _wait(self, opened: Opened, left: float) -> None:
        timeout_ms = min(_WAIT_MS, max(1, int(left * 1000)))
        status = lib.ringmap_trace_wait(opened.trace, timeout_ms)
        if status == lib.RINGMAP_E_OS:
            detail = new_error()
            lib.ringmap_trace_error(opened.trace, detail)
            if detail.os_errno == 4:  # EINTR: Python looks at its signals
                return
        check_object(status, lib.ringmap_trace_error, opened.trace)

    def snapshot(self) -> Trace:
        """Copies the current contents of the rings; recording continues.

        This does not use the kernel's own snapshot feature. Raises
        UnsupportedError if the kernel cannot map rings (before 6.10).
        """
        self._handle()
        with open_live(self.instance, "follow", tracefs=self.tracefs) as opened:
            return Trace(snapshot_source(opened, f"snapshot of {self.instance}"))

    def close(self) -> None:
        """Removes the instance. Its followers end; traces stay valid."""
        session, self._session = self._session, None
        if session is None:
            return
        for follower in list(self._followers):
            follower.close()
        self._running = False
        ffi.gc(session, None)
        err = new_error()
        status = lib.ringmap_session_close(session, err)
        # In a child it is freed, and the parent's instance is not ours.
        if status != lib.RINGMAP_E_FORKED:
            check(status, err)

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        try:
            self.close()
        except BusyError:
            # What the exception's traceback holds keeps rings open; the
            # instance goes with them, and the exception tells more.
            if error is None:
                raise

    def __repr__(self) -> str:
        return f"<ringmap.Session {self.instance}: {self.state}>"

    def _repr_html_(self) -> str:
        from ._html import session_html

        return session_html(self)


def _forget(session: Any) -> None:
    lib.ringmap_session_close(session, ffi.NULL)


def capture(
    events: Union[str, Sequence[str]],
    seconds: float = 1.0,
    progress: Optional[bool] = None,
    filter: Filter = None,  # pylint: disable=redefined-builtin
    pids: Optional[Iterable[int]] = None,
    buffer_size: Union[int, str] = "16M",
    clock: str = "mono",
    tracefs: Optional[Path] = None,
) -> Trace:
    """Records events of the running kernel in one call.

        trace = ringmap.capture("sched_switch, irq", seconds=0.2)
        print(trace.events, trace.lost)

    seconds: duration of the recording.
    progress: show time, events, MB/s and lost events; with tqdm if installed. None:
        only on a terminal and in a notebook.
    events, filter, pids, buffer_size, clock, tracefs: as for Session, whose errors
        this function raises.
    """
    with Session(
        events, filter, pids, buffer_size, clock, tracefs=tracefs
    ) as session:
        return session.capture(seconds, progress)
