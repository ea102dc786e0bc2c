# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Formats of events, and single records read by them."""

import itertools
import operator
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple
from typing import Optional, Tuple

from ._errors import Error, NotFoundError, check, more, new_error
from ._event_values import Record
from ._names import meant
from ._ringmap import ffi, lib
from ._text import text_of

KINDS = {
    lib.RINGMAP_KIND_BYTES: "bytes",
    lib.RINGMAP_KIND_INT: "int",
    lib.RINGMAP_KIND_BOOL: "bool",
    lib.RINGMAP_KIND_POINTER: "pointer",
    lib.RINGMAP_KIND_STRING: "string",
    lib.RINGMAP_KIND_BITMASK: "bitmask",
    lib.RINGMAP_KIND_SYMBOL: "symbol",
    lib.RINGMAP_KIND_FLAGS: "flags",
}


class Field(NamedTuple):
    """One field of an event's format.

    f_show() in kernel/trace/trace_events.c writes the format file; the macros in
    include/trace/trace_events.h define how values are stored.

    name: the field's name; common_type and the other common fields come first.
    type: the C type in the format file.
    offset, size: position and size in the record, in bytes; for a dynamic field,
        those of the u32 that locates the data.
    kind: kind of one element: "int", "bool", "pointer", "string", "bitmask",
        "symbol", "flags" or "bytes".
    signed, array: whether elements are signed; whether the field is an array.
    common: whether it is a common field, which every event begins with.
    dynamic: "", "data_loc" or "rel_loc". A dynamic field is a u32 with the value
        length << 16 | offset, where the offset counts from the beginning of the
        record ("data_loc") or from the end of the u32 ("rel_loc").
    elem_size: size of one element in bytes.
    count: elements of an array in all, 1 for no array. In a dynamic field: 0, or
        the number of values in an array of dynamic ones, such as a probe's
        string[3]; offset and size are then those of as many u32s.
    names: (value, text) pairs of a "symbol", (bit mask, text) pairs of "flags".
    """

    name: str
    type: str
    offset: int
    size: int
    kind: str
    signed: bool
    array: bool
    common: bool
    dynamic: str
    elem_size: int
    count: int  # type: ignore[assignment]
    names: Tuple[Tuple[int, str], ...]


def _field_of(info: Any) -> Field:
    flags = info.flags
    dynamic = "data_loc" if flags & lib.RINGMAP_FIELD_DATA_LOC else ""
    if flags & lib.RINGMAP_FIELD_REL_LOC:
        dynamic = "rel_loc"
    names = (info.values[i] for i in range(info.nr_values))
    return Field(
        ffi.string(info.name).decode(),
        ffi.string(info.type).decode(),
        info.offset,
        info.size,
        KINDS[info.kind],
        bool(flags & lib.RINGMAP_FIELD_SIGNED),
        bool(flags & lib.RINGMAP_FIELD_ARRAY),
        bool(flags & lib.RINGMAP_FIELD_COMMON),
        dynamic,
        info.elem_size,
        info.count,
        tuple((v.value, ffi.string(v.name).decode()) for v in names),
    )


class Symbol(NamedTuple):
    """A symbol of the kernel and an address in it; str() is name+0x10.

    name: the symbol's name.
    module: the module that it belongs to; None: the kernel itself.
    start: the address of the symbol.
    offset: the distance from there to the address that was looked up.
    """

    name: str
    module: Optional[str]
    start: int
    offset: int

    def __str__(self) -> str:
        module = f" [{self.module}]" if self.module else ""
        return f"{self.name}+{self.offset:#x}{module}"


def _address(address: int) -> int:
    """An address as a number without sign."""
    number = operator.index(address)
    if not -(1 << 63) <= number < 1 << 64:
        raise ValueError(f"{number:#x} is no address of 64 bits")
    return number % (1 << 64)


class EventFormat:
    """The format of one event, as declared in events/SYSTEM/NAME/format.

    system, name: "sched", "sched_switch".
    id: int, the common_type of the event's records.
    size: size of a record in bytes, without dynamic data.
    fields: a tuple of Field; common fields come first.
    unknown: number of fields whose declaration makes no sense. They are bytes, or
        missing in fields if not even their place is known.
    print_fmt: the print fmt, by which the kernel prints the event; None if the
        event has none.
    """

    def __init__(self, schema: Any, pointer: Any):
        info = ffi.new("struct ringmap_format_info *")
        check(lib.ringmap_format_info(pointer, info, ffi.sizeof(info[0])))
        self._schema = schema
        self._pointer = pointer
        self.system: str = ffi.string(info.system).decode()
        self.name: str = ffi.string(info.name).decode()
        self.id: int = info.id
        self.size: int = info.size
        self.unknown: int = info.nr_unknown
        self.print_fmt: Optional[str] = text_of(info.print_fmt)
        field = ffi.new("struct ringmap_field_info *")
        size = ffi.sizeof(field[0])
        fields: List[Field] = []
        for i in range(info.nr_fields):
            check(lib.ringmap_format_field(pointer, i, field, size))
            fields.append(_field_of(field))
        self.fields: Tuple[Field, ...] = tuple(fields)

    def read(self, data: bytes) -> Dict[str, Any]:
        """Decodes a record into a dict; fields outside the record are None.

        data: the record's bytes, such as Event.data. Each value is the one that
            Trace.table(numbers=True) has in its column.
        """
        record = Record(self._pointer, data)
        values: Dict[str, Any] = {}
        for i, field in enumerate(self.fields):
            if field.dynamic and field.count:
                value: Any = record.values(i, field.count)
            else:
                value = record.value(i)
            # If two fields have the same name, a table has the first one.
            values.setdefault(field.name, value)
        return values

    def _common(self, data: bytes) -> Dict[str, Any]:
        """The common fields of a record of any event, as a dict."""
        common = itertools.takewhile(lambda field: field.common, self.fields)
        record = Record(self._pointer, data)
        return {field.name: record.value(i) for i, field in enumerate(common)}

    def __repr__(self) -> str:
        names = ", ".join(field.name for field in self.fields)
        return f"<ringmap.EventFormat {self.system}:{self.name} ({names})>"


class Schema(Mapping[str, EventFormat]):
    """The formats of all events of a kernel, by "system:event" or "event".

    A mapping to EventFormat. A format is parsed when it is first accessed.
    schema[name] raises NotFoundError for an unknown event.
    """

    def __init__(self, schema: Any):
        self._schema = schema
        self._by_id: Dict[int, Optional[EventFormat]] = {}
        self._any: Optional[EventFormat] = None

    def _find(self, call: Callable[..., int], what: Any) -> EventFormat:
        ret, err = ffi.new("struct ringmap_format **"), new_error()
        check(call(self._schema, what, ret, err), err)
        return EventFormat(self._schema, ret[0])

    def __getitem__(self, name: str) -> EventFormat:
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is no name of an event")
        try:
            return self._find(lib.ringmap_schema_format, name.encode())
        except NotFoundError as error:
            names = list(self)
            short = [full.partition(":")[2] for full in names]
            known = names if ":" in name else short
            raise more(error, suffix=meant(name, known)) from None

    def _ipython_key_completions_(self) -> List[str]:
        return list(self)

    def __contains__(self, name: object) -> bool:
        """Whether there is an event of that name."""
        if not isinstance(name, str):
            return False
        try:
            self._find(lib.ringmap_schema_format, name.encode())
        except Error:
            return False
        return True

    def by_id(self, number: int) -> Optional[EventFormat]:
        """The format with this id, or None.

        number: the event's common_type, as in Event.id and PageIndex.id.
        """
        if number not in self._by_id:
            try:
                found = self._find(lib.ringmap_schema_format_by_id, number)
            except NotFoundError:
                self._by_id[number] = None
            else:
                self._by_id[number] = found
        return self._by_id[number]

    def _any_format(self) -> Optional[EventFormat]:
        """Any format, for the common fields that all have; None: there is none."""
        if self._any is None and len(self):
            pointer = lib.ringmap_schema_format_at(self._schema, 0)
            self._any = EventFormat(self._schema, pointer)
        return self._any

    def comm(self, pid: int) -> Optional[str]:
        """The name of a task, as the kernel remembered it (saved_cmdlines).

        pid: the thread id. The kernel remembers one name for each of some thousand
            tasks, without a time; analysis.names() returns the names that events
            show.

        None if the kernel does not remember the task.
        """
        if not -(1 << 31) <= pid < 1 << 31:
            return None
        return text_of(lib.ringmap_schema_comm(self._schema, pid))

    def printk(self, address: int) -> Optional[str]:
        """The string that trace_printk() recorded as an address (printk_formats).

        It has C's escapes, such as a backslash and an n at the end.

        address: the field fmt or str of the events bprint and bputs.

        None if no string has that address.
        """
        return text_of(lib.ringmap_schema_printk(self._schema, _address(address)))

    def symbol(self, address: int) -> Optional[Symbol]:
        """The kernel symbol that an address belongs to (kallsyms), as a Symbol.

        address: a code address, such as an entry of the field caller of
            kernel_stack.

        None if no symbol begins at or before the address; also without privileges,
        when the kernel hides the addresses of its symbols.
        """
        found = ffi.new("struct ringmap_symbol *")
        number = _address(address)
        status = lib.ringmap_schema_symbol(self._schema, number, found)
        if status == lib.RINGMAP_E_NOENT:
            return None
        check(status)
        name = text_of(found.name) or ""
        return Symbol(name, text_of(found.module), found.start, number - found.start)

    def __iter__(self) -> Iterator[str]:
        info = ffi.new("struct ringmap_format_info *")
        for i in range(len(self)):
            pointer = lib.ringmap_schema_format_at(self._schema, i)
            check(lib.ringmap_format_info(pointer, info, ffi.sizeof(info[0])))
            system, name = ffi.string(info.system), ffi.string(info.name)
            yield f"{system.decode()}:{name.decode()}"

    def __len__(self) -> int:
        count, err = ffi.new("size_t *"), new_error()
        check(lib.ringmap_schema_load(self._schema, count, err), err)
        return int(count[0])

    def __repr__(self) -> str:
        return f"<ringmap.Schema: {len(self)} events>"
