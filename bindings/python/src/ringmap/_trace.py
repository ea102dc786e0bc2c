# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A trace: a file, a folder of captures, a copy of running rings."""

import collections
import itertools
import operator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence
from typing import Tuple, Type, TypedDict, Union

from ._errors import Error, NotFoundError, check_object, more
from ._event import Event, events_of
from ._formats import Schema
from ._names import meant
from ._reader import Query
from ._ringmap import lib
from ._source import FileSource, Path, Source, ring_info, rings_of
from ._survey import Survey, survey
from ._table import Columns, Table, names_of
from ._text import counted
from ._time import Clock, Time, window


# Bytes of a file that repr() reads through: a tenth of a second.
_READ_AT_ONCE = 256 << 20


# Methods of a Table that are looked for here.
_OF_TABLES = ("numpy", "to_arrow", "to_numpy", "to_pandas", "to_polars")


class Where(TypedDict, total=False):
    """What rows are selected by, for Trace.table(where=): a dict with these keys.

    pids: threads that were running, common_pid: one or several.
    cpus: one or several.
    time: the first time to include and the first to exclude; 0 or None: no limit.
    """

    pids: Union[int, Sequence[int]]
    cpus: Union[int, Sequence[int]]
    time: Tuple[Time, Time]


def _numbers(key: str, value: Any) -> Tuple[int, ...]:
    try:
        whole = operator.index
        numbers = tuple(map(whole, value if hasattr(value, "__iter__") else [value]))
    except TypeError:
        raise TypeError(
            f"where: {key} must be an int or a list of ints, not {value!r}"
        ) from None
    if not numbers:
        raise ValueError(f"where: {key} is empty, so no row can match")
    return numbers


def _query(
    event: Optional[str],
    columns: Columns,
    where: Optional[Where],
    clock: Clock,
) -> Query:
    """What Trace.table() was asked for."""
    if event is not None and not isinstance(event, str):
        raise TypeError(
            f"{event!r} is no event: a table has one, by its name such as "
            "'sched_switch'; table(None) has all events"
        )
    query = Query(event, None if columns is None else names_of(columns))
    wanted: Dict[str, Any] = dict(where or {})
    for key, value in wanted.items():
        if key == "pids":
            query = query._replace(pids=_numbers(key, value))
        elif key == "cpus":
            query = query._replace(cpus=_numbers(key, value))
        elif key == "time":
            begin, end = window(value, clock)
            query = query._replace(time=(begin or 0, end or 0))
        else:
            raise ValueError(
                f"where: {key!r} is none of pids, cpus, time"
                + meant(str(key), ("pids", "cpus", "time"))
            )
    return query


def clock_for(trace: "Trace") -> Clock:
    """What is needed to understand times of a trace."""
    source = trace._source
    counts_ns = source.ts_unit == int(lib.RINGMAP_TS_NS)
    return Clock(lambda: trace.span, counts_ns, source.clock, source.recording)


def schema_for(source: Source, known: Schema) -> Schema:
    """The formats of a source; those that are known, if they are the same."""
    return known if known._schema == source.schema else Schema(source.schema)


class Trace:
    """The events of all CPUs; use it in a with statement, or close() it.

        with ringmap.open("trace.dat") as trace:
            print(trace.events, trace.span, trace.lost)
            switches = trace["sched_switch"].to_pandas()
            for event in trace.tail():
                print(event)

    trace["sched_switch"] is the Table of one event; iteration yields single
    events in time order. Every use of a live trace (ringmap.live) reads a new
    snapshot of its rings; snapshot() returns one to ask several questions. Threads
    may share a trace; every pass is independent. A trace of a file can be pickled.
    """

    def __init__(self, source: Source):
        self._source = source
        self._schema = Schema(source.schema)

    def _look(self) -> Survey:
        return survey(self._source)

    @property
    def events(self) -> Dict[str, int]:
        """The number of events of each name that occurs, most frequent first.

        This makes one pass over the trace; for a recording, only once. Events
        whose id has no format are counted in `unknown`.
        """
        return dict(self._look().events)

    @property
    def unknown(self) -> int:
        """The number of events whose id has no format in the trace's schema.

        They have a time stamp, a CPU and a pid, but neither a name nor fields:
        in table() of all events, their event is null.
        """
        return self._look().unknown

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
        self._source.look()
        return self._source.clock

    @property
    def counts_ns(self) -> bool:
        """Whether time stamps are nanoseconds; otherwise ts is plain uint64."""
        self._source.look()
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
        """The names of the buffers in the file; "" is the top-level buffer.

        They are decoded by os.fsdecode(), as names of folders are.
        """
        return self._source.instances()

    @property
    def schema(self) -> Schema:
        """The formats of all the kernel's events, including those without records.

        For a live trace, those of this moment; they do not change afterwards.
        """
        self._source.look(names=True)
        return schema_for(self._source, self._schema)

    def table(
        self,
        event: Optional[str] = None,
        columns: Columns = None,
        where: Optional[Where] = None,
        threads: int = 1,
        ordered: bool = False,
        numbers: bool = False,
    ) -> Table:
        """The rows and columns of one event, as a Table.

        event: "sched_switch" or "sched:sched_switch"; None: all events, with the
            columns that they have in common.
        columns: names of columns, in this order, or one name; None: all. The
            package adds ts (time stamp, in units of the clock), cpu, event (the
            event's name) and lost_before (events lost between the previous row of
            this CPU and this one; no value if the number is unknown). The other
            columns are the fields of the format, beginning with those of struct
            trace_entry (include/linux/trace_events.h): common_pid is the task that
            was running, common_flags and common_preempt_count describe the context.
        where: a dict that selects rows by pids (the running task, common_pid),
            cpus and time (the first time to include and the first to exclude; 0 or
            None: no limit), such as {"cpus": [0, 1], "time": (0.5, 1.5)}; its type
            is Where. A row must match all of them. The C library filters,
            before rows are made.
            The type of a time tells its meaning: a float counts seconds from the
            trace's first event, as timedelta and timedelta64 do; an int is a time
            stamp in units of the clock, as in the column ts; datetime64,
            pandas.Timestamp and datetime (UTC) are values of that column in NumPy,
            pandas and polars. Seconds outside the trace raise ValueError; ints that
            look like seconds give a UserWarning.
        threads: number of threads that decode, each one ring at a time. With more
            than one, the order of CPUs is undefined.
        ordered: return rows in time order across all CPUs; requires one thread.
            False: the rows of one CPU after those of another, each in time order.
        numbers: return symbols and flags as the numbers that the records hold,
            without names.

        A number has the width and sign of its field. Other types are bool,
        pointers (uint64 or uint32), strings, symbols and flags (dictionaries of
        their names), bytes, lists for arrays, and lists of numbers for bitmasks.

        Raises NotFoundError for an unknown event or column, ValueError for an
        unknown key of where and for a time that has no place in the trace.
        """
        self._source.look()
        query = _query(event, columns, where, clock_for(self))
        query = query._replace(numbers=numbers)
        try:
            return Table(self._source, query, threads, ordered)
        except NotFoundError as error:
            raise more(error, suffix=self._meant(query)) from None

    def _meant(self, query: Query) -> str:
        """What may have been meant by an event or a column that there is not."""
        schema, event = self.schema, query.event
        if event is None:
            return ""
        try:
            fields = [field.name for field in schema[event].fields]
        except NotFoundError:
            names = list(schema)
            short = [name.partition(":")[2] for name in names]
            return meant(event, names if ":" in event else short)
        known = [*fields, "ts", "cpu", "event", "lost_before"]
        missing = [name for name in query.columns or () if name not in known]
        found = "".join(meant(name, known) for name in missing)
        return found or f"; its fields are {', '.join(fields)}"

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
        source = self._source.freeze()
        return events_of(source, source.open(), schema_for(source, self._schema))

    def __len__(self) -> int:
        """The number of events, once they were counted: unknown ones included.

        A capture counts them as they come. `events` does, in one pass over the
        trace, and repr() for a small one. Until then TypeError is raised, as for a
        live trace, so that len() never takes longer than it seems to.
        """
        found = self._source.survey
        if found is not None:
            return found.total
        if self._source.count is not None:
            return self._source.count
        if not self._source.recording:
            raise TypeError(
                "a live trace has another number of events each time: take "
                "trace.snapshot() and count its events"
            )
        raise TypeError(
            "the events of this trace were not counted yet: trace.events counts "
            "those of each name, in one pass, and len(trace) is known then; "
            "len(trace[event]) counts those of one event"
        )

    def __bool__(self) -> bool:
        """Always True, even for a trace without events."""
        return True

    # Type checkers know which attributes there are.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _OF_TABLES:
                raise AttributeError(
                    f"a trace has a table of each event: trace[event].{name}(), or "
                    f"trace.table(None).{name}() for what all events have in common"
                )
            raise AttributeError(f"ringmap.Trace has no attribute {name!r}")

    def head(self, events: int = 5) -> List[Event]:
        """The first events in time order across all CPUs, at most.

        events: number of events. Reading ends with them.
        """
        return list(itertools.islice(self, max(events, 0)))

    def tail(self, events: int = 5) -> List[Event]:
        """The last events in time order across all CPUs, at most.

        events: number of events. Those before them are passed over, but no objects
            are made of them, so this is many times faster than list(trace)[-5:].
        """
        source = self._source.freeze()
        count = max(events, 0)
        skipped = max(survey(source).total - count, 0)
        found = self._last(source, count, skipped)
        # Fewer came than were counted: only the whole trace is certain then.
        if len(found) < count and skipped:
            found = self._last(source, count, 0)
        return found

    def _last(self, source: Source, count: int, skipped: int) -> List[Event]:
        opened = source.open()
        status = lib.ringmap_py_skip(opened.trace, skipped, source.strict)
        try:
            check_object(status, lib.ringmap_trace_error, opened.trace)
        except Error as error:
            raise source.named(error) from None
        rest = events_of(source, opened, schema_for(source, self._schema))
        return list(collections.deque(rest, count))

    def snapshot(self) -> "Trace":
        """The trace as it is now: for a live trace, a copy of its rings.

        All uses of a snapshot see the same events. A recording never changes and is
        returned itself.
        """
        source = self._source.freeze()
        return self if source is self._source else Trace(source)

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

    def _ipython_key_completions_(self) -> List[str]:
        """The events that occur, for trace["sch<TAB>; of a live trace, all events."""
        if self._source.recording:
            return list(self._look().events)
        return list(self.schema)

    def __reduce__(self) -> Any:
        """A trace of a file is pickled as its path; others raise TypeError."""
        return Trace, (self._source,)

    def __repr__(self) -> str:
        """What the trace holds; a large file is not read for it."""
        return f"<ringmap.Trace {self._source.description}: {self._facts()}>"

    def _facts(self) -> str:
        source = self._source
        if source.closed:
            return "closed"
        if not source.recording:
            return f"live, mode {source.mode}"
        if source.survey is None and source.size > _READ_AT_ONCE:
            return f"{source.size / 1e6:,.0f} MB, not read yet"
        try:
            found = self._look()
            events, span, lost = found.events, found.span, found.lost
            events_of_all = counted(sum(events.values()), "event")
            facts = [f"{events_of_all} of {counted(len(events), 'kind')}"]
        except (Error, OSError) as error:
            return f"{type(error).__name__}: {error}"
        if span is not None:
            length = span[1] - span[0]
            facts.append(
                f"{length / 1e9:,.6f} s" if self.counts_ns else f"{length:,} counts"
            )
        if found.unknown:
            facts.append(f"{found.unknown:,} without format")
        facts.append("lost unknown" if lost is None else f"{lost:,} lost")
        if found.corrupt:
            facts.append(counted(found.corrupt, "corrupt place"))
        return ", ".join([*facts, counted(len(self.cpus), "CPU")])

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


open_trace.__name__ = open_trace.__qualname__ = "open"
