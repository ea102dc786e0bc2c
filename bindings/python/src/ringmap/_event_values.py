# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Values of single records, as the C library reads them from a record."""

import struct
from typing import Any, List, Optional

from ._errors import check
from ._ringmap import ffi, lib

_SIGN = 1 << 63


class Record:
    """A record and the format by which its fields are read.

    pointer: a struct ringmap_format; its schema must live as long.
    """

    def __init__(self, pointer: Any, data: bytes):
        self._format = pointer
        self._event = ffi.new("struct ringmap_event *")
        self._data = ffi.from_buffer(data)
        self._event.data = self._data
        self._event.size = len(data)
        self._cell = ffi.new("struct ringmap_cell *")
        # Numbers are widened to 8 bytes. A mask or an escaped text may need more.
        self._room = 8 * len(data) + 8
        self._buffer = ffi.new("char[]", self._room)

    def _read(self, field: int, number: int) -> Any:
        while True:
            status = lib.ringmap_format_read(
                self._format,
                field,
                number,
                self._event,
                self._cell,
                ffi.sizeof(self._cell[0]),
                self._buffer,
                self._room,
            )
            check(status)
            if self._cell.size <= self._room:
                return self._cell
            self._room = int(self._cell.size)
            self._buffer = ffi.new("char[]", self._room)

    def value(self, field: int, number: int = 0) -> Any:
        """The value of a field; None if the record does not hold it.

        number: which value of an array of dynamic ones.
        """
        cell = self._read(field, number)
        if cell.flags & lib.RINGMAP_CELL_NULL:
            return None
        if cell.flags & lib.RINGMAP_CELL_LIST:
            return self._list(cell)
        if cell.kind == lib.RINGMAP_KIND_STRING:
            return bytes(ffi.buffer(self._buffer, cell.size)).decode("utf-8")
        if cell.kind == lib.RINGMAP_KIND_BYTES:
            return bytes(ffi.buffer(self._buffer, cell.size))
        if cell.kind == lib.RINGMAP_KIND_BOOL:
            return bool(cell.number)
        if cell.flags & lib.RINGMAP_CELL_SIGNED and cell.number >= _SIGN:
            return int(cell.number) - 2 * _SIGN
        return int(cell.number)

    def values(self, field: int, count: int) -> List[Any]:
        """All values of an array of dynamic ones."""
        return [self.value(field, number) for number in range(count)]

    def _list(self, cell: Any) -> List[Any]:
        kind = "q" if cell.flags & lib.RINGMAP_CELL_SIGNED else "Q"
        data = ffi.buffer(self._buffer, cell.size)
        items: List[Any] = list(struct.unpack(f"={cell.count}{kind}", data))
        inner = cell.inner
        if not inner:
            return items
        return [items[at : at + inner] for at in range(0, len(items), inner)]


def stamp(ts: int, signed: bool) -> int:
    """A time stamp of the C library: signed, if it counts nanoseconds."""
    return ts - 2 * _SIGN if signed and ts >= _SIGN else ts


def unsigned_stamp(ts: Optional[int]) -> int:
    """A time stamp as the C library takes it; None: no limit."""
    return int(ts or 0) % (2 * _SIGN)
