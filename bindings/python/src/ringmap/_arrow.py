# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Columns as the Arrow C data interface describes them, without pyarrow."""

from typing import Any, List, NamedTuple, Optional, Tuple

from ._ringmap import array_capsule, ffi, schema_capsule

# Arrow's format of a fixed-width value: its NumPy dtype, without byte order.
_WIDTHS = {
    "c": "i1",
    "C": "u1",
    "s": "i2",
    "S": "u2",
    "i": "i4",
    "I": "u4",
    "l": "i8",
    "L": "u8",
    "f": "f4",
    "g": "f8",
}


class Column(NamedTuple):
    """One column of a table.

    name: the field's name in the event's format file, or ts, cpu, event or
        lost_before, which Trace.table() describes.
    format: format string of the Arrow C data interface: "i", "tsn:", "u", ...
    dtype: dtype in pandas and NumPy: "int32", "datetime64[ns]", "bool",
        "category" for dictionaries (objects in NumPy), "object" for strings,
        bytes and lists.
    """

    name: str
    format: str
    dtype: str


class Shape(NamedTuple):
    """How a column's buffers are to be read."""

    name: str
    format: str
    dictionary: Optional[str]
    children: Tuple["Shape", ...]

    @property
    def width(self) -> Optional[str]:
        """The dtype of a value with fixed width, else None."""
        if self.format.startswith("ts"):
            return "i8"
        return _WIDTHS.get(self.format)

    @property
    def is_time(self) -> bool:
        """Whether values are nanoseconds since an epoch."""
        return self.format.startswith("ts")

    @property
    def is_plain(self) -> bool:
        """Whether values are numbers, times or booleans."""
        plain = self.width is not None or self.format == "b"
        return plain and self.dictionary is None

    def dtype(self) -> str:
        """What to_pandas() makes of it."""
        if self.dictionary is not None:
            return "category"
        if self.is_time:
            return "datetime64[ns]"
        if self.format == "b":
            return "bool"
        width = self.width
        if width is None:
            return "object"
        kind = {"i": "int", "u": "uint", "f": "float"}[width[0]]
        return f"{kind}{int(width[1]) * 8}"


def shape_of(schema: Any) -> Shape:
    """Reads a struct ArrowSchema."""
    dictionary = None
    if schema.dictionary != ffi.NULL:
        dictionary = ffi.string(schema.dictionary.format).decode()
    name = ffi.string(schema.name).decode() if schema.name != ffi.NULL else ""
    return Shape(
        name,
        ffi.string(schema.format).decode(),
        dictionary,
        tuple(shape_of(schema.children[i]) for i in range(schema.n_children)),
    )


def take_shapes(schema: Any) -> Tuple[Shape, ...]:
    """The columns of a struct ArrowSchema, which is released."""
    try:
        return shape_of(schema).children
    finally:
        schema.release(schema)


def columns_of(shapes: Tuple[Shape, ...]) -> Tuple[Column, ...]:
    """What a table says of its columns."""
    return tuple(Column(s.name, s.format, s.dtype()) for s in shapes)


def move_schema(schema: Any) -> object:
    """A capsule that owns what the struct owned."""
    return schema_capsule(int(ffi.cast("uintptr_t", schema)))


def share_array(array: Any) -> object:
    """A capsule over a struct ArrowArray, which it keeps."""
    return array_capsule(int(ffi.cast("uintptr_t", array)), array)


def release_array(array: Any) -> None:
    """Gives the memory of a struct ArrowArray back."""
    if array.release != ffi.NULL:
        array.release(array)


def new_array() -> Any:
    """A struct ArrowArray that is released when nobody holds it."""
    return ffi.gc(ffi.new("struct ArrowArray *"), release_array)


def buffer_of(array: Any, i: int, size: int) -> Any:
    """Buffer number i as bytes that can be read; empty where there is none."""
    pointer = array.buffers[i]
    if pointer == ffi.NULL or size == 0:
        return b""
    return ffi.buffer(pointer, size)


def texts_of(array: Any) -> List[str]:
    """The values of a utf8 array."""
    rows = array.length
    offsets = ffi.cast("int32_t *", array.buffers[1]) + array.offset
    if not rows:
        return []
    data = bytes(buffer_of(array, 2, offsets[rows]))
    at = ffi.unpack(offsets, rows + 1)
    return [data[at[i] : at[i + 1]].decode("utf-8") for i in range(rows)]
