# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Batches of rows into NumPy arrays, one for each column.

Columns of fixed width are copied once, out of a batch that is still in the
processor's cache, into an array that was made large enough before: the batch's
memory then serves the next one.
"""

from typing import TYPE_CHECKING, Any, Iterable, List, Optional, Sequence, Tuple

from ._arrow import Shape, buffer_of, release_array, texts_of
from ._ringmap import ffi

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]

# An array is made this large at once, at the most; then it doubles.
_ROWS_AT_ONCE = 1 << 26


def _bits(buffer: Any, rows: int) -> "NDArray[np.bool_]":
    """A bitmap as booleans, copied."""
    import numpy as np

    packed = np.frombuffer(buffer, "u1")
    bits: "NDArray[np.bool_]" = np.unpackbits(
        packed, count=rows, bitorder="little"
    ).view(np.bool_)
    return bits


def _nulls(array: Any) -> "Optional[NDArray[np.bool_]]":
    """Which rows have no value; None: every row has one."""
    if array.null_count == 0 or array.buffers[0] == ffi.NULL:
        return None
    rows = array.length
    return ~_bits(buffer_of(array, 0, (rows + 7) // 8), rows)


def fixed_view(shape: Shape, array: Any) -> "Array":
    """The values of a fixed-width array where they lie.

    The view does not keep the array's memory.
    """
    import numpy as np

    width = shape.width
    assert width is not None
    dtype = np.dtype(width)
    size = array.length * dtype.itemsize
    view: "Array" = np.frombuffer(buffer_of(array, 1, size), dtype)
    return view


def only_view(shape: Shape, batch: Any, number: int) -> "Optional[Array]":
    """Column number of a batch where it lies, read-only, keeping the batch.

    None: the type or nulls do not allow it.
    """
    array = batch.children[number]
    if shape.width is None or shape.dictionary is not None or array.null_count:
        return None
    import numpy as np

    def keep(_: object, batch: Any = batch) -> None:
        """Holds the batch as long as the pointer lives."""

    data = ffi.gc(array.buffers[1], keep)
    dtype = np.dtype(shape.width)
    size = array.length * dtype.itemsize
    # ffi.buffer is writable, and what is another's must not be.
    view = np.frombuffer(memoryview(ffi.buffer(data, size)).toreadonly(), dtype)
    return view.view("M8[ns]") if shape.is_time else view


def only_array(shape: Shape, batch: Any, number: int) -> Any:
    """Column number of a batch: a view where that is possible, else copied."""
    view = only_view(shape, batch, number)
    if view is not None:
        return view
    column = column_for(shape, int(batch.length))
    column.append(batch.children[number])
    column.finish()
    return to_numpy(column)


def only_batch(shapes: Sequence[Shape], batch: Any) -> List[Any]:
    """All columns of a batch, as only_array()."""
    return [only_array(shape, batch, i) for i, shape in enumerate(shapes)]


class FixedColumn:
    """Numbers and times; dictionary columns as codes, -1 for no value."""

    def __init__(self, shape: Shape, rows: int):
        import numpy as np

        width = shape.width
        assert width is not None
        self.shape = shape
        self.rows = 0
        self.data: "Array" = np.empty(min(rows, _ROWS_AT_ONCE), width)
        self.mask: "Optional[NDArray[np.bool_]]" = None

    def _reserve(self, rows: int) -> None:
        import numpy as np

        if rows <= len(self.data):
            return
        more = np.empty(max(rows, 2 * len(self.data)), self.data.dtype)
        more[: self.rows] = self.data[: self.rows]
        self.data = more
        if self.mask is not None:
            mask = np.zeros(len(more), np.bool_)
            mask[: self.rows] = self.mask[: self.rows]
            self.mask = mask

    def append(self, array: Any) -> None:
        """Copy a batch's values."""
        begin, end = self.rows, self.rows + array.length
        self._reserve(end)
        self.data[begin:end] = fixed_view(self.shape, array)
        nulls = _nulls(array)
        if nulls is not None:
            self._mark(begin, end, nulls)
        self.rows = end

    def _mark(self, begin: int, end: int, nulls: "NDArray[np.bool_]") -> None:
        import numpy as np

        if self.mask is None:
            self.mask = np.zeros(len(self.data), np.bool_)
        self.mask[begin:end] = nulls
        self.data[begin:end][nulls] = self.null

    @property
    def null(self) -> int:
        """What stands where there is no value: NaT for times."""
        return -(1 << 63) if self.shape.is_time else 0

    def finish(self) -> None:
        """Give the memory behind the last row back."""
        self.data.resize(self.rows, refcheck=False)
        if self.mask is not None:
            self.mask = self.mask[: self.rows]
        if self.shape.is_time:
            self.data = self.data.view("M8[ns]")


class DictionaryColumn(FixedColumn):
    """Codes into texts that grow from batch to batch."""

    null = -1

    def __init__(self, shape: Shape, rows: int):
        super().__init__(shape, rows)
        self.texts: List[str] = []
        self._offsets = b""
        self._bytes = b""

    def append(self, array: Any) -> None:
        begin = self.rows
        super().append(array)
        codes = self._learn(array.dictionary)
        if codes is not None:
            part = self.data[begin : self.rows]
            known = part >= 0
            part[known] = codes[part[known]]

    def _learn(self, array: Any) -> "Optional[Array]":
        """Take new texts in; returns our codes for the batch's, if they differ.

        They differ only when the library began a dictionary anew.
        """
        import numpy as np

        rows = array.length
        offsets = bytes(buffer_of(array, 1, 4 * (rows + 1)))
        if offsets == self._offsets:
            end = int.from_bytes(offsets[-4:], "little") if offsets else 0
            if buffer_of(array, 2, end)[:] == self._bytes:
                return None
        texts = texts_of(array)
        if texts[: len(self.texts)] == self.texts:
            self.texts = texts
            self._offsets = offsets
            self._bytes = "".join(texts).encode()
            return None
        index = {text: code for code, text in enumerate(self.texts)}
        for text in texts:
            if text not in index:
                index[text] = len(self.texts)
                self.texts.append(text)
        self._offsets = b""
        return np.array([index[text] for text in texts], self.data.dtype)


class BoolColumn:
    """One bit a row in Arrow, one byte here."""

    def __init__(self, shape: Shape):
        self.shape = shape
        self._parts: "List[Array]" = []
        self._masks: "List[Array]" = []
        self.mask: "Optional[Array]" = None
        self.data: "Array"

    def append(self, array: Any) -> None:
        """Copy a batch's values."""
        import numpy as np

        rows = array.length
        self._parts.append(_bits(buffer_of(array, 1, (rows + 7) // 8), rows))
        nulls = _nulls(array)
        self._masks.append(np.zeros(rows, np.bool_) if nulls is None else nulls)

    def finish(self) -> None:
        """Join the batches."""
        import numpy as np

        self.data = np.concatenate([np.empty(0, np.bool_), *self._parts])
        mask = np.concatenate([np.empty(0, np.bool_), *self._masks])
        self.mask = mask if mask.any() else None


def _objects(shape: Shape, array: Any) -> Sequence[Any]:
    """Values without a fixed width, as Python and NumPy objects."""
    rows = array.length
    if shape.format == "u":
        return texts_of(array)
    if shape.format == "z":
        at = ffi.unpack(ffi.cast("int32_t *", array.buffers[1]), rows + 1)
        data = bytes(buffer_of(array, 2, at[rows]))
        return [data[at[i] : at[i + 1]] for i in range(rows)]
    size = int(shape.format.split(":")[1]) if ":" in shape.format else 0
    if shape.format.startswith("w:"):
        data = bytes(buffer_of(array, 1, size * rows))
        return [data[i * size : (i + 1) * size] for i in range(rows)]
    items = _with_nulls(values_of(shape.children[0], array.children[0]), array)
    if shape.format == "+l":
        at = ffi.unpack(ffi.cast("int32_t *", array.buffers[1]), rows + 1)
        return [items[at[i] : at[i + 1]] for i in range(rows)]
    return [items[i * size : (i + 1) * size] for i in range(rows)]


def _with_nulls(items: Any, array: Any) -> Any:
    """The items of a list array; None for no value, as in an array of strings."""
    nulls = _nulls(array.children[0])
    if nulls is None:
        return items
    return [None if null else item for item, null in zip(items, nulls)]


def values_of(shape: Shape, array: Any) -> Any:
    """A batch's values, copied: an array where they have a fixed width."""
    if shape.width is not None:
        return fixed_view(shape, array).copy()
    if shape.format == "b":
        return _bits(buffer_of(array, 1, (array.length + 7) // 8), array.length)
    return _objects(shape, array)


class ObjectColumn:
    """Texts, bytes and lists; None for no value."""

    mask = None

    def __init__(self, shape: Shape):
        self.shape = shape
        self._values: List[Any] = []
        self.data: "Array"

    def append(self, array: Any) -> None:
        """Copy a batch's values."""
        values = list(values_of(self.shape, array))
        nulls = _nulls(array)
        if nulls is not None:
            for i in nulls.nonzero()[0]:
                values[i] = None
        self._values += values

    def finish(self) -> None:
        """One array of objects."""
        import numpy as np

        self.data = np.empty(len(self._values), object)
        # One by one: NumPy would make lists of one length a matrix.
        for i, value in enumerate(self._values):
            self.data[i] = value
        self._values = []


def column_for(shape: Shape, rows: int) -> Any:
    """What collects a column."""
    if shape.dictionary is not None:
        return DictionaryColumn(shape, rows)
    if shape.width is not None:
        return FixedColumn(shape, rows)
    return BoolColumn(shape) if shape.format == "b" else ObjectColumn(shape)


def collect(shapes: Tuple[Shape, ...], arrays: Iterable[Any], rows: int) -> List[Any]:
    """All batches of a pass; rows: how many there may be, about."""
    columns = [column_for(shape, rows) for shape in shapes]
    for array in arrays:
        for i, column in enumerate(columns):
            column.append(array.children[i])
        release_array(array)
    for column in columns:
        column.finish()
    return columns


def to_numpy(column: Any) -> Any:
    """A collected column as an array; masked where rows have no value."""
    import numpy as np

    if isinstance(column, DictionaryColumn):
        texts = np.array([*column.texts, None], object)
        return texts[column.data]
    if column.mask is not None:
        return np.ma.MaskedArray(column.data, column.mask)
    return column.data


def to_series(column: Any) -> Any:
    """A collected column as pandas keeps it, not copied."""
    import pandas as pd

    if isinstance(column, DictionaryColumn):
        kind = pd.CategoricalDtype(pd.Index(column.texts, dtype=object))
        return pd.Categorical.from_codes(column.data, dtype=kind, validate=False)
    if column.mask is None or column.shape.is_time:
        return column.data
    if column.shape.format == "b":
        return pd.arrays.BooleanArray(column.data, column.mask)
    return pd.arrays.IntegerArray(column.data, column.mask)


def to_frame(names: Sequence[str], columns: Sequence[Any]) -> Any:
    """A pandas DataFrame of collected columns, not copied."""
    import pandas as pd

    data = {name: to_series(column) for name, column in zip(names, columns)}
    return pd.DataFrame(data, copy=False)
