# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Rows of one event that came together from a running ring."""

from typing import TYPE_CHECKING, Any, Dict, Tuple

from . import _collect
from ._arrow import Column, Shape, columns_of, move_schema, share_array
from ._ringmap import ffi
from ._table import Columns, names_of

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Batch:
    """Rows of one event in memory; like a Table that was already read.

    A Follower returns batches. Any library that supports Arrow's C data
    interface accepts a Batch directly, any number of times. Such users and
    NumPy views keep the batch's memory alive; it is recycled when none is left.

    event: the event's name as it was requested.
    """

    def __init__(self, event: str, shapes: Tuple[Shape, ...], origin: Any, array: Any):
        self.event = event
        self._shapes = shapes
        self._origin = origin
        self._array = array

    def __len__(self) -> int:
        """The number of rows."""
        return int(self._array.length)

    def __bool__(self) -> bool:
        """Always True, even for a batch without rows."""
        return True

    @property
    def columns(self) -> Tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(shape.name for shape in self._shapes)

    @property
    def schema(self) -> Tuple[Column, ...]:
        """The name, Arrow format and NumPy dtype of each column."""
        return columns_of(self._shapes)

    def __arrow_c_schema__(self) -> object:
        """A PyCapsule "arrow_schema"."""
        schema = ffi.new("struct ArrowSchema *")
        self._origin.export_schema(self.event, schema)
        return move_schema(schema)

    def __arrow_c_array__(self, requested_schema: object = None) -> Tuple[object, ...]:
        """PyCapsules "arrow_schema" and "arrow_array" that share these rows.

        requested_schema: ignored, which Arrow permits.
        """
        return self.__arrow_c_schema__(), share_array(self._array)

    def numpy(self, column: str) -> Any:
        """One column as an array of shape (rows,).

        column: the column's name. Numbers and times without missing values
            are a read-only, zero-copy view that keeps the batch's memory alive.
            Other columns are copied. Table.numpy() describes the dtypes.

        Raises KeyError for an unknown column.
        """
        names = self.columns
        if column not in names:
            raise KeyError(f"{self.event} has no column {column!r}")
        number = names.index(column)
        return _collect.only_array(self._shapes[number], self._array, number)

    def to_numpy(self, columns: Columns = None) -> Dict[str, Any]:
        """Several columns as a dict of arrays of shape (rows,), by name.

        columns: names of columns, each returned as by numpy(). None: all
            columns of numbers, times or booleans.

        Raises KeyError for an unknown column.
        """
        if columns is None:
            columns = [shape.name for shape in self._shapes if shape.is_plain]
        return {name: self.numpy(name) for name in names_of(columns)}

    def to_pandas(self) -> "pandas.DataFrame":
        """A pandas DataFrame of shape (rows, columns); the rows are copied.

        Table.to_pandas() describes the dtypes. Requires pandas and NumPy.
        """
        columns = []
        for number, shape in enumerate(self._shapes):
            column = _collect.column_for(shape, len(self))
            column.append(self._array.children[number])
            column.finish()
            columns.append(column)
        frame: "pandas.DataFrame" = _collect.to_frame(self.columns, columns)
        return frame

    def to_arrow(self) -> "pyarrow.RecordBatch":
        """A zero-copy pyarrow RecordBatch. Requires pyarrow >= 15."""
        import pyarrow

        return pyarrow.record_batch(self)

    def to_polars(self) -> "polars.DataFrame":
        """A polars DataFrame. Requires polars."""
        import polars

        return polars.DataFrame(self)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<ringmap.Batch {self.event}: {len(self)} rows>"
