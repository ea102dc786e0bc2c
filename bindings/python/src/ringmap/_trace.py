# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A trace: a file, a folder of captures, a copy of running rings."""

from types import TracebackType
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional
from typing import Sequence, Tuple, Type, Union

from ._arrow import texts_of
from ._event import Event, events_of
from ._event_values import stamp
from ._formats import Schema
from ._reader import Query, Reader
from ._ringmap import ffi, lib
from ._source import FileSource, Path, Source, ring_info, rings_of
from ._table import Table


class Survey(NamedTuple):
    """What one pass over a whole trace finds."""

    events: Dict[str, int]
    span: Optional[Tuple[int, int]]
    lost: Optional[int]
    corrupt: int


def _count(array: Any, counts: Dict[str, int], span: Any, signed: bool) -> None:
    """Adds a batch of ts and event up; the dictionary's order is kept."""
    rows = array.length
    ts, names = array.children[0], array.children[1]
    lib.ringmap_py_span(ts.buffers[1], rows, signed, span)
    texts = texts_of(names.dictionary)
    found = ffi.new("uint64_t[]", max(len(texts), 1))
    validity = names.buffers[0] if names.null_count else ffi.NULL
    lib.ringmap_py_count(names.buffers[1], validity, rows, found, len(texts))
    for text, count in zip(texts, ffi.unpack(found, len(texts))):
        if count:
            counts[text] = counts.get(text, 0) + count


def survey(source: Source) -> Survey:
    """Counts the events of a trace, in one pass."""
    reader = Reader(source, [Query(columns=("ts", "event"))])
    counts: Dict[str, int] = {}
    signed = source.ts_unit == int(lib.RINGMAP_TS_NS)
    span = ffi.new("uint64_t[2]")
    rows = 0
    for array in reader.arrays():
        if not rows:
            span[0] = span[1] = ffi.cast("uint64_t *", array.children[0].buffers[1])[0]
        rows += array.length
        _count(array, counts, span, signed)
    stats = reader.stats()
    lost = stats.lost if source.lost is None else source.lost
    return Survey(
        dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        (stamp(span[0], signed), stamp(span[1], signed)) if rows else None,
        None if lost == lib.RINGMAP_LOST_UNKNOWN else lost,
        stats.corrupt,
    )


def _numbers(key: str, value: Any) -> Tuple[int, ...]:
    numbers = (value,) if isinstance(value, int) else tuple(map(int, value))
    if not numbers:
        raise ValueError(f"where: {key} is empty, so no row can match")
    return numbers


def _query(
    event: Optional[str],
    columns: Optional[Sequence[str]],
    where: Optional[Mapping[str, Any]],
) -> Query:
    """What Trace.table() was asked for."""
    query = Query(event, None if columns is None else tuple(columns))
    for key, value in (where or {}).items():
        if key == "pids":
            query = query._replace(pids=_numbers(key, value))
        elif key == "cpus":
            query = query._replace(cpus=_numbers(key, value))
        elif key == "time":
            begin, end = value
            query = query._replace(time=(int(begin or 0), int(end or 0)))
        else:
            raise ValueError(f"where: {key!r} is none of pids, cpus, time")
    return query


class Trace:
    """The events of all CPUs; use it in a with statement, or close() it.

    trace["sched_switch"] is the Table of one event; iteration yields single
    events in time order. Every use of a live trace (ringmap.live) reads a new
    snapshot of its rings. Threads may share a trace; every pass is independent.
    """

    def __init__(self, source: Source):
        self._source = source
        self._schema = Schema(source.schema)
        self._survey: Optional[Survey] = None

    def _look(self) -> Survey:
        if self._survey is not None:
            return self._survey
        found = survey(self._source)
        if self._source.recording:
            self._survey = found
        return found

    @property
    def events(self) -> Dict[str, int]:
        """The number of events of each name that occurs, most frequent first.

        This makes one pass over the trace; for a recording, only once.
        """
        return dict(self._look().events)

    @property
    def span(self) -> Optional[Tuple[int, int]]:
        """First and last time stamp, in units of the clock; None without events."""
        return self._look().span

    @property
    def lost(self) -> Optional[int]:
        """The number of lost events; None if the number is unknown.

        It comes from the sub-buffers of a recording (RB_MISSED_EVENTS and
        RB_MISSED_STORED in kernel/trace/ring_buffer.c), and from the kernel's
        counters for Session.capture().
        """
        return self._look().lost

    @property
    def corrupt(self) -> int:
        """The number of places whose bytes violate the format of sub-buffers.

        They are passed over: what follows them is read, and it is unknown how many
        events are missing there. open() with strict=True raises instead.
        """
        return self._look().corrupt

    @property
    def cut(self) -> Optional[str]:
        """Where the recording was cut, as a sentence; None: it is whole.

        A file of which the end is missing is read up to its last whole event, or
        compressed chunk, and the number of lost events is unknown. open() with
        strict=True raises instead.
        """
        return self._source.cut

    @property
    def host_time(self) -> bool:
        """Whether these are events of a guest, with the time stamps of its host.

        trace-cmd measures how far the clock of a guest is from its host's while it
        traces both, and stores it in the guest's file (option TIME_SHIFT). Time
        stamps are converted by it.
        """
        return bool(self._source.flags & lib.RINGMAP_TRACE_HOST_TIME)

    @property
    def clock(self) -> Optional[str]:
        """The trace clock, such as "mono"; None if unknown.

        Documentation/trace/ftrace.rst describes the clocks under trace_clock.
        """
        return self._source.clock

    @property
    def counts_ns(self) -> bool:
        """Whether time stamps are nanoseconds; otherwise ts is plain uint64."""
        return self._source.ts_unit == int(lib.RINGMAP_TS_NS)

    @property
    def description(self) -> str:
        """The origin of the trace, as text."""
        return self._source.description

    @property
    def mode(self) -> str:
        """How the trace is read: "image" for a recording, else the rings' mode."""
        return self._source.mode

    @property
    def cpus(self) -> List[int]:
        """The CPUs that have data."""
        trace = self._source.open().trace
        return sorted({ring_info(ring).cpu for ring in rings_of(trace)})

    @property
    def instances(self) -> List[str]:
        """The names of the buffers in the file; "" is the top-level buffer."""
        return self._source.instances()

    @property
    def schema(self) -> Schema:
        """The formats of all the kernel's events, including those without records."""
        return self._schema

    def table(
        self,
        event: Optional[str] = None,
        columns: Optional[Sequence[str]] = None,
        where: Optional[Mapping[str, Any]] = None,
        threads: int = 1,
        ordered: bool = False,
        numbers: bool = False,
    ) -> Table:
        """The rows and columns of one event, as a Table.

        event: "sched_switch" or "sched:sched_switch"; None: all events, with the
            columns that they have in common.
        columns: names of columns, in this order; None: all. The package adds ts
            (time stamp, in units of the clock), cpu, event (the event's name) and
            lost_before (events lost between the previous row of this CPU and this
            one; no value if the number is unknown). The other columns are the
            fields of the format, beginning with those of struct trace_entry
            (include/linux/trace_events.h): common_pid is the task that was
            running, common_flags and common_preempt_count describe the context.
        where: a dict that selects rows by pids (the running task, common_pid),
            cpus and time (the first time stamp to include and the first to
            exclude; 0 or None: no limit). A row must match all of them. The C
            library filters, before rows are made.
        threads: number of threads that decode, each one ring at a time. With more
            than one, the order of CPUs is undefined.
        ordered: return rows in time order across all CPUs; requires one thread.
        numbers: return symbols and flags as the numbers that the records hold,
            without names.

        A number has the width and sign of its field. Other types are bool,
        pointers (uint64 or uint32), strings, symbols and flags (dictionaries of
        their names), bytes, lists for arrays, and lists of numbers for bitmasks.

        Raises NotFoundError for an unknown event or column, ValueError for an
        unknown key of where.
        """
        query = _query(event, columns, where)._replace(numbers=numbers)
        return Table(self._source, query, threads, ordered)

    def __getitem__(self, event: str) -> Table:
        """The Table of one event with all columns, or NotFoundError."""
        return self.table(event)

    def __contains__(self, event: object) -> bool:
        """Whether an event of that name, given without its system, occurs."""
        return event in self._look().events

    def __iter__(self) -> Iterator[Event]:
        """Yields single events in time order across all CPUs.

        Data that violates the format is passed over, and the next event of that
        CPU has None in lost. With strict=True in open() it raises CorruptError.
        """
        return events_of(self._source, self._source.open(), self._schema)

    def close(self) -> None:
        """Closes the recording. Its tables can no longer be read."""
        self._source.close()

    def __enter__(self) -> "Trace":
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ringmap.Trace {self._source.description}: {self.mode}>"

    def _repr_html_(self) -> str:
        from ._html import trace_html

        return trace_html(self)


def open_trace(
    what: Union[Path, bytes, bytearray, memoryview],
    instance: Optional[str] = None,
    strict: bool = False,
) -> Trace:
    """Opens a recording.

    what: the path of a trace.dat (version 6 or 7; plain, zlib or zstd; any byte
        order) or of a folder of raw captures (per_cpu/cpuN/trace_pipe_raw and
        events, as in tracefs), or the bytes of a trace.dat.
    instance: name of a buffer in the file; None: the top-level buffer.
    strict: raise CorruptError for a file that was cut, and for sub-buffers that
        violate the format. Otherwise what is left of the file is read, which
        Trace.cut says, and such sub-buffers are passed over; Trace.corrupt counts
        them.

    Raises NotFoundError if there is no such file or no such buffer in it,
    AccessError, CorruptError with the offset, and UnsupportedError for an unknown
    version of the format.
    """
    return Trace(FileSource(what, instance, strict))
