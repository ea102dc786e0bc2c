# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Typed columns of one event."""

import itertools
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Optional
from typing import Sequence, Tuple

from . import _collect
from ._arrow import Column, Shape, columns_of, move_schema
from ._reader import Query, Reader, export_schema, shapes_of
from ._ringmap import ffi, lib, stream_capsule
from ._source import Opened, Source

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

# The least that an event takes in a sub-buffer: header and common fields.
_EVENT_HEADER = 4
_RECORD_MIN = 8
# What struct ringmap_table_opts allows.
_BATCH_ROWS_MAX = 1 << 28


def record_size(source: Source, event: Optional[str]) -> int:
    """Bytes that a record of the event takes, at least."""
    if event is None:
        return _EVENT_HEADER + _RECORD_MIN
    ret = ffi.new("struct ringmap_format **")
    info = ffi.new("struct ringmap_format_info *")
    if lib.ringmap_schema_format(source.schema, event.encode(), ret, ffi.NULL):
        return _EVENT_HEADER + _RECORD_MIN
    lib.ringmap_format_info(ret[0], info, ffi.sizeof(info[0]))
    return int(max(info.size, _RECORD_MIN)) + _EVENT_HEADER


class _Rows:
    """The rows of a reader, for one user of Arrow's C stream interface."""

    def __init__(self, reader: Reader):
        self._reader = reader

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A PyCapsule "arrow_array_stream"."""
        stream = self._reader.stream()
        address = int(ffi.cast("uintptr_t", stream))
        return stream_capsule(address, self._reader.opened)


class Table:
    """Rows and columns of one event, read on demand.

    Each of len(), numpy(), to_numpy(), to_pandas(), to_polars(), to_arrow()
    and __arrow_c_stream__() makes one pass over the recording; for a live trace,
    over a new snapshot. Rows are ordered within each CPU; with ordered=True in
    Trace.table() they are in time order across all CPUs.

    Libraries that support Arrow's C stream interface accept a Table directly:
    polars.DataFrame(table), pyarrow.table(table), SQL in DuckDB.

    Data that violates the format is passed over: Trace.corrupt counts such places,
    and lost_before has no value in the next row of that CPU. If the trace was
    opened with strict=True they raise CorruptError, which says where. ValueError
    is raised if the trace is closed, and InvalidError for ordered=True with
    several threads. Any pass may raise them.
    """

    def __init__(
        self, source: Source, query: Query, threads: int = 1, ordered: bool = False
    ):
        self._source = source
        self._query = query
        self._threads = threads
        self._ordered = ordered
        self._shapes: Tuple[Shape, ...] = shapes_of(source, query)
        self._rows: Optional[int] = None

    @property
    def event(self) -> Optional[str]:
        """The event's name as it was requested; None: all events."""
        return self._query.event

    @property
    def columns(self) -> Tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(shape.name for shape in self._shapes)

    @property
    def schema(self) -> Tuple[Column, ...]:
        """The name, Arrow format and NumPy dtype of each column, in order."""
        return columns_of(self._shapes)

    def _reader(
        self, query: Optional[Query] = None, opened: Optional[Opened] = None
    ) -> Reader:
        queries = [query or self._query]
        return Reader(self._source, queries, self._threads, self._ordered, opened)

    def _rows_at_most(self, opened: Opened) -> int:
        """Rows if all of the recording were this event, uncompressed."""
        size = opened.size or self._source.size
        return size // record_size(self._source, self._query.event) + 1

    def _collected(self, query: Query) -> Any:
        opened = self._source.open()
        rows = self._rows_at_most(opened)
        reader = self._reader(query, opened)
        return _collect.collect(reader.shapes(), reader.arrays(), rows)

    def __len__(self) -> int:
        """The number of rows; for a recording, counted only once."""
        if self._rows is not None:
            return self._rows
        reader = self._reader(self._query._replace(columns=("cpu",)))
        rows = sum(int(array.length) for array in reader.arrays())
        if self._source.recording:
            self._rows = rows
        return rows

    def __bool__(self) -> bool:
        """Always True, even for a table without rows."""
        return True

    def __arrow_c_schema__(self) -> object:
        """A PyCapsule "arrow_schema": a struct with the columns as fields."""
        schema = ffi.new("struct ArrowSchema *")
        export_schema(self._source, self._query, schema)
        return move_schema(schema)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A PyCapsule "arrow_array_stream" of the rows, in batches.

        requested_schema: ignored, which Arrow permits.

        The stream keeps the recording open even if the trace is closed. If the
        trace is strict, data that violates the format ends it with EBADMSG, which
        other libraries raise as an error of their own; to_arrow() and to_polars()
        raise CorruptError.
        """
        return _Rows(self._reader()).__arrow_c_stream__()

    def _made_by(self, maker: Callable[[Any], Any]) -> Any:
        """What another library makes of the rows, in one pass."""
        reader = self._reader()
        try:
            return maker(_Rows(reader))
        except Exception as error:
            # The library says that the stream failed, and we know why.
            failure = reader.failure()
            if failure is None:
                raise
            raise failure from error

    def numpy(self, column: str) -> Any:
        """One column as an array of shape (rows,).

        column: the column's name. The dtype is the one in schema, except that
            "category" becomes an array of objects: str, or None for a missing
            value. For other columns with missing values the array is a
            numpy.ma.MaskedArray.

        Numbers and times are zero-copy if one batch of the library holds all rows,
        which is the case unless the recording is compressed or several threads
        decode it. Such an array is read-only and keeps the batch alive.

        Raises NotFoundError for an unknown column.
        """
        return self.to_numpy([column])[column]

    def to_numpy(self, columns: Optional[Sequence[str]] = None) -> Dict[str, Any]:
        """Several columns in one pass: a dict of arrays of shape (rows,), by name.

        columns: names of columns, each returned as by numpy(). None: all columns
            of numbers, times or booleans; text, bytes and lists must be named.

        Raises NotFoundError for an unknown column.
        """
        if columns is None:
            columns = [shape.name for shape in self._shapes if shape.is_plain]
        if not columns:
            return {}
        opened = self._source.open()
        rows = self._rows_at_most(opened)
        query = self._query._replace(
            columns=tuple(columns),
            batch_rows=self._query.batch_rows or min(rows, _BATCH_ROWS_MAX),
        )
        reader = self._reader(query, opened)
        shapes = reader.shapes()
        arrays = reader.arrays()
        begun = list(itertools.islice(arrays, 2))
        found: Iterable[Any]
        if len(begun) == 1:
            found = _collect.only_batch(shapes, begun[0])
        else:
            both = itertools.chain(begun, arrays)
            found = map(_collect.to_numpy, _collect.collect(shapes, both, rows))
        return {shape.name: array for shape, array in zip(shapes, found)}

    def to_pandas(self) -> "pandas.DataFrame":
        """A pandas DataFrame with the table's columns.

        Shape (rows, columns). Numbers keep their type. Times become datetime64[ns]
        (nanoseconds since the zero of the trace clock), dictionaries Categorical,
        and strings, bytes and lists objects. Columns with missing values get
        pandas' nullable types. Requires pandas and NumPy, but not pyarrow.
        """
        columns = self._collected(self._query)
        frame: "pandas.DataFrame" = _collect.to_frame(self.columns, columns)
        return frame

    def to_polars(self) -> "polars.DataFrame":
        """A polars DataFrame, made through Arrow's C stream. Requires polars.

        Shape (rows, columns). Times become Datetime("ns"), dictionaries
        Categorical.
        """
        import polars

        frame: "polars.DataFrame" = self._made_by(polars.DataFrame)
        return frame

    def to_arrow(self) -> "pyarrow.Table":
        """A pyarrow Table, made through Arrow's C stream. Requires pyarrow >= 15.

        Its batches are zero-copy views of the library's memory.
        """
        import pyarrow

        table: "pyarrow.Table" = self._made_by(pyarrow.table)
        return table

    def __repr__(self) -> str:
        names = ", ".join(self.columns)
        return f"<ringmap.Table {self.event or 'of all events'}: {names}>"

    def _repr_html_(self) -> str:
        from ._html import table_html

        return table_html(self)

