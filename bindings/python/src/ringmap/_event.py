# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Single events, for the curious: tables are a thousand times faster."""

from typing import Any, Dict, Iterator, List, Mapping, Optional

from ._errors import Error, check, check_object
from ._event_values import stamp, unsigned_stamp
from ._formats import Schema
from ._ringmap import ffi, lib
from ._source import Opened, Source, ring_info, rings_of
from ._text import text_of


class Event(Mapping[str, Any]):
    """One event: a mapping from field names to values.

    Fields are attributes too: event["next_pid"] and event.next_pid are the same.
    str(event) is the line that trace-cmd report prints. Symbols and flags are
    numbers; str() translates them into names.

    ts: int, time stamp in units of the trace clock, usually nanoseconds, which are
        negative before the zero of a clock that was shifted. It is the sub-buffer's
        time_stamp plus all deltas up to and including the event's own
        (kernel/trace/ring_buffer.c, include/linux/ring_buffer.h).
    cpu: int, the CPU whose ring recorded the event.
    lost: int, number of events lost directly before this one; None if the number
        is unknown (RB_MISSED_EVENTS and RB_MISSED_STORED in
        kernel/trace/ring_buffer.c).
    data: bytes, the whole record, beginning with struct trace_entry
        (include/linux/trace_events.h).
    """

    def __init__(self, schema: Schema, order: str, raw: Any, signed: bool = False):
        self.ts: int = stamp(raw.ts, signed)
        self.cpu: int = raw.cpu
        known = raw.lost != lib.RINGMAP_LOST_UNKNOWN
        self.lost: Optional[int] = raw.lost if known else None
        self.data: bytes = bytes(ffi.buffer(raw.data, raw.size))
        self._schema = schema
        self._order = order
        self._fields: Optional[Dict[str, Any]] = None

    @property
    def id(self) -> int:
        """The id of the event's format: type in struct trace_entry."""
        return int.from_bytes(self.data[:2], self._order)  # type: ignore[arg-type]

    @property
    def name(self) -> Optional[str]:
        """The event's name, such as "sched_switch"; None if no format has its id."""
        found = self._schema.by_id(self.id)
        return found.name if found else None

    @property
    def pid(self) -> Optional[int]:
        """The thread id of the running task: pid in struct trace_entry.

        In an interrupt it is the task that was interrupted. None if the record
        is too short for it.
        """
        pid = self.fields.get("common_pid")
        return pid if isinstance(pid, int) else None

    @property
    def fields(self) -> Dict[str, Any]:
        """All fields by name, common fields included.

        A value is an int, bool, str, bytes or list, by the type that the event's
        format (events/SYSTEM/EVENT/format) declares; Trace.table(numbers=True)
        has the same. It is None if the field lies outside the record, and for a
        string that the kernel could not read. If no format has the event's id,
        these are the common fields.
        """
        if self._fields is None:
            found = self._schema.by_id(self.id)
            if found:
                self._fields = found.read(self.data)
            else:
                known = self._schema._any_format()
                self._fields = known._common(self.data) if known else {}
        return self._fields

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __dir__(self) -> List[str]:
        """Attributes and fields, for event.<TAB>."""
        return sorted({*super().__dir__(), *self.fields})

    def _ipython_key_completions_(self) -> List[str]:
        return list(self.fields)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            fields = self.fields
            if name in fields:
                return fields[name]
        raise AttributeError(f"{self.name} has no field {name!r}")

    def text(self, line: bool = True, raw: bool = False) -> str:
        """The event as trace-cmd report prints it.

        line: begin with the task, CPU, time and event name.
        raw: print the fields' values instead of applying the print fmt.

        Raises CorruptError if the record is shorter than its format.
        """
        flags = lib.RINGMAP_PRINT_LINE if line else 0
        flags |= lib.RINGMAP_PRINT_RAW if raw else 0
        event = ffi.new("struct ringmap_event *")
        data = ffi.from_buffer(self.data)
        event.ts = unsigned_stamp(self.ts)
        event.cpu, event.size = self.cpu, len(self.data)
        event.data = data
        size, room = ffi.new("size_t *"), 1024
        while True:
            text = ffi.new("char[]", room)
            status = lib.ringmap_event_print(
                self._schema._schema, event, flags, text, room, size
            )
            if status != lib.RINGMAP_E_NOENT:
                check(status)
            if size[0] < room:
                return text_of(text) or ""
            room = size[0] + 1

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<ringmap.Event {self.text()}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return (self.ts, self.cpu, self.data) == (other.ts, other.cpu, other.data)

    def __hash__(self) -> int:
        return hash((self.ts, self.cpu, self.data))


def byte_order(trace: Any) -> str:
    """Of the kernel that wrote a trace."""
    rings = rings_of(trace)
    if rings and ring_info(rings[0]).big_endian:
        return "big"
    return "little"


def _counts_ns(trace: Any) -> bool:
    """Whether time stamps are nanoseconds, which are signed; others are not."""
    info = ffi.new("struct ringmap_trace_info *")
    check(lib.ringmap_trace_info(trace, info, ffi.sizeof(info[0])))
    return bool(info.ts_unit == lib.RINGMAP_TS_NS)


def events_of(source: Source, opened: Opened, schema: Schema) -> Iterator[Event]:
    """The events of a trace in time order, until there is nothing now.

    Bytes that break the format are passed over, unless the source is strict: the
    next event of their CPU has None in lost.
    """
    signed = _counts_ns(opened.trace)
    order = byte_order(opened.trace)
    raw = ffi.new("struct ringmap_event *")
    while True:
        status = lib.ringmap_trace_next(opened.trace, raw)
        if status == lib.RINGMAP_E_CORRUPT and not source.strict:
            continue
        try:
            check_object(status, lib.ringmap_trace_error, opened.trace)
        except Error as error:
            raise source.named(error) from None
        if status != lib.RINGMAP_OK:
            return
        yield Event(schema, order, raw, signed)
