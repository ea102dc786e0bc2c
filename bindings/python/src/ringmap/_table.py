# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Typed columns of one event."""

import itertools
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List
from typing import NamedTuple, NoReturn
from typing import Optional, Sequence, Tuple, Union

from . import _collect
from ._errors import Error, StaleError
from ._arrow import Column, Shape, columns_of, move_schema
from ._reader import Query, Reader, export_schema, shapes_of
from ._ringmap import ffi, lib, stream_capsule
from ._source import Opened, Source, ring_info, rings_of
from ._survey import Survey, survey
from ._text import counted

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Columns = Union[None, str, Sequence[str]]

# Bytes of a recording that repr() counts rows in: a tenth of a second.
_COUNT_AT_ONCE = 256 << 20

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


def names_of(columns: Union[str, Iterable[str]]) -> Tuple[str, ...]:
    """Names of columns: one, or several."""
    names = (columns,) if isinstance(columns, str) else tuple(columns)
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"columns: {name!r} is no name of a column")
    return names


def _shown(shapes: Tuple[Shape, ...]) -> str:
    """Columns with their types."""
    return ", ".join(f"{shape.name} {shape.dtype()}" for shape in shapes)


class Coded(NamedTuple):
    """Columns of a table; one of them as numbers of its texts, -1 for none."""

    columns: Tuple[Any, ...]
    codes: Any
    texts: List[str]


def coded_columns(table: "Table", columns: Sequence[str], text: str) -> Coded:
    """Columns of numbers, and one of texts without an object for each row.

    All are read in one pass.
    """
    query = table._query._replace(columns=(*columns, text))
    *numbers, last = table._collected(query)
    codes: Any
    if isinstance(last, _collect.DictionaryColumn):
        codes, texts = last.data, last.texts
    else:
        index: Dict[str, int] = {}
        values = last.data.tolist()
        codes = [-1 if v is None else index.setdefault(v, len(index)) for v in values]
        texts = list(index)
    return Coded(tuple(map(_collect.to_numpy, numbers)), codes, texts)


def _widened(frame: "polars.DataFrame") -> "polars.DataFrame":
    """A frame without columns of lists."""
    import polars

    found: List[Any] = []
    for name, kind in frame.schema.items():
        column = polars.col(name)
        if isinstance(kind, polars.Array) and isinstance(kind.shape[0], int):
            inner = range(kind.shape[0])
            found += [column.arr.get(i).alias(f"{name}_{i}") for i in inner]
        elif isinstance(kind, polars.List):
            texts = column.list.eval(polars.element().cast(polars.String))
            found.append(texts.list.join(",").alias(name))
        else:
            found.append(column)
    wide = frame.select(found)
    nested = any(kind.is_nested() for kind in wide.schema.values())
    return _widened(wide) if nested else wide


def _windows(query: Query, found: Survey, rows: int) -> Iterator[Query]:
    """The query for the end of a trace, for more and more of it, at last for all."""
    if found.span is None:
        return
    first, last = found.span
    begin, end = query.time
    behind = min(last + 1, end or last + 1)
    length = last + 1 - first
    # Twice what is expected, if it has its share of all events.
    share = found.events.get((query.event or "").rpartition(":")[2], found.total)
    window = 2 * length * (rows + 1) // max(share, 1) + 1
    # A row's lost_before is what was lost since the row before it, even if that
    # lies outside of the window.
    lossless = found.lost == 0 and not found.corrupt
    while lossless and behind - window > max(first, begin or first):
        # The time 0 would be no limit.
        yield query._replace(time=(behind - window or -1, end))
        window *= 8
    yield query


def _last_rows(source: Source, query: Query, rows: int, ordered: bool) -> List[Any]:
    """Batches with the last rows and perhaps more, CPU by CPU or in any order."""
    if ordered:
        return _last_of(source, query, rows, True)
    with source.open() as opened:
        cpus = [ring_info(ring).cpu for ring in rings_of(opened.trace)]
    parts: List[Any] = []
    for cpu in reversed(list(dict.fromkeys(cpus))):
        if query.cpus is None or cpu in query.cpus:
            of_cpu = query._replace(cpus=(cpu,))
            parts = _last_of(source, of_cpu, rows, False) + parts
            if sum(int(array.length) for array in parts) >= rows:
                break
    return parts


def _last_of(source: Source, query: Query, rows: int, ordered: bool) -> List[Any]:
    parts: List[Any] = []
    for part in _windows(query, survey(source), rows):
        parts, length = [], 0
        # Time order takes a walk over all events; a window is sorted afterwards.
        walk = ordered and part is query
        for array in Reader(source, [part], 1, walk).arrays():
            parts.append(array)
            length += int(array.length)
            while walk is ordered and parts and length - int(parts[0].length) >= rows:
                length -= int(parts.pop(0).length)
        if length >= rows:
            break
    return parts


class Table:
    """Rows and columns of one event, read on demand.

        table = trace.table("sched_switch", ["ts", "cpu", "next_pid"], ordered=True)
        print(len(table), table.head())
        seconds = (table.numpy("ts") - table.numpy("ts")[0]).astype(float) / 1e9

    Rows come CPU by CPU, in time order within each CPU only. shift(), diff(), asof
    joins and resampling need Trace.table(..., ordered=True), which merges all CPUs.

    Each of len(), numpy(), to_numpy(), to_pandas(), to_polars(), to_arrow()
    and __arrow_c_stream__() makes one pass over the recording; for a live trace,
    over a new snapshot.

    Libraries that support Arrow's C stream interface accept a Table directly:
    polars.DataFrame(table), pyarrow.table(table), SQL in DuckDB.

    Data that violates the format is passed over: Trace.corrupt counts such places,
    and lost_before has no value in the next row of that CPU. If the trace was
    opened with strict=True they raise CorruptError, which says where. ValueError
    is raised if the trace is closed, StaleError if the event of a live trace has
    got other fields since the table was made, and InvalidError for ordered=True with
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

    def _freeze(self) -> Source:
        """What the next pass reads: the recording, or a snapshot."""
        source = self._source.freeze(self._query.event)
        if source is not self._source:
            shapes = shapes_of(source, self._query)
            if shapes != self._shapes:
                raise StaleError(
                    f"the columns of {self.event or 'the trace'} have changed: they "
                    f"were {_shown(self._shapes)} and are {_shown(shapes)} now; ask "
                    "the trace for the table again",
                    lib.RINGMAP_E_STALE,
                )
        return source

    def _now(self) -> "Table":
        """The table as it is now: for a live trace, that of a snapshot."""
        source = self._freeze()
        if source is self._source:
            return self
        return Table(source, self._query, self._threads, self._ordered)

    def _reader(self, source: Source, query: Query, opened: Optional[Opened]) -> Reader:
        return Reader(source, [query], self._threads, self._ordered, opened)

    def _rows_at_most(self, source: Source, opened: Opened) -> int:
        """Rows if all of the recording were this event, uncompressed."""
        size = opened.size or source.size
        return size // record_size(source, self._query.event) + 1

    def _collected(self, query: Query) -> Any:
        source = self._freeze()
        opened = source.open()
        rows = self._rows_at_most(source, opened)
        reader = self._reader(source, query, opened)
        return _collect.collect(reader.shapes(), reader.arrays(), rows)

    def __len__(self) -> int:
        """The number of rows; for a recording, counted only once."""
        if self._rows is not None:
            return self._rows
        reader = self._reader(
            self._freeze(), self._query._replace(columns=("cpu",)), None
        )
        rows = sum(int(array.length) for array in reader.arrays())
        if self._source.recording:
            self._rows = rows
        return rows

    def __bool__(self) -> bool:
        """Always True, even for a table without rows."""
        return True

    def __getitem__(self, key: object) -> NoReturn:
        raise TypeError(
            f"a table is read on demand and has no [{key!r}]: numpy(column) reads a "
            "column, head(rows) and tail(rows) an end, to_pandas(columns) all rows"
        )

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
        return _Rows(self._whole()).__arrow_c_stream__()

    def _whole(self) -> Reader:
        """A reader of all rows."""
        return self._reader(self._freeze(), self._query, None)

    def _made_by(self, maker: Callable[[Any], Any]) -> Any:
        """What another library makes of the rows, in one pass."""
        reader = self._whole()
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

    def to_numpy(self, columns: Columns = None) -> Dict[str, Any]:
        """Several columns in one pass: a dict of arrays of shape (rows,), by name.

        columns: names of columns, each returned as by numpy(). None: all columns
            of numbers, times or booleans; text, bytes and lists must be named.

        Raises NotFoundError for an unknown column.
        """
        if columns is None:
            columns = [shape.name for shape in self._shapes if shape.is_plain]
        columns = names_of(columns)
        if not columns:
            return {}
        source = self._freeze()
        opened = source.open()
        rows = self._rows_at_most(source, opened)
        query = self._query._replace(
            columns=columns,
            batch_rows=self._query.batch_rows or min(rows, _BATCH_ROWS_MAX),
        )
        reader = self._reader(source, query, opened)
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

    def _only(self, columns: Columns) -> "Table":
        """The table with these columns only; None: itself."""
        if columns is None:
            return self
        query = self._query._replace(columns=names_of(columns))
        return Table(self._source, query, self._threads, self._ordered)

    def head(self, rows: int = 5) -> "pandas.DataFrame":
        """The first rows as a pandas DataFrame of shape (rows, columns), at most.

        rows: number of rows. Reading ends with them. As in any table, these are the
            first ones of the first CPU, unless it is made with ordered=True.
        """
        source = self._freeze()
        query = self._query._replace(batch_rows=max(rows, 1))
        reader = self._reader(source, query, None)
        parts, found = [], 0
        for array in reader.arrays():
            parts.append(array)
            found += int(array.length)
            if found >= rows:
                break
        columns = _collect.collect(reader.shapes(), parts, found)
        frame: "pandas.DataFrame" = _collect.to_frame(self.columns, columns)
        return frame.iloc[: max(rows, 0)]

    def tail(self, rows: int = 5) -> "pandas.DataFrame":
        """The last rows as a pandas DataFrame of shape (rows, columns), at most.

        rows: number of rows. As in any table, these are the last ones of the last
            CPU, unless it is made with ordered=True.

        Time stamps find them: of what lies before, only the headers of sub-buffers
        are looked at. This needs Trace.span, for which a recording is read once. If
        events were lost, all rows are read, but only the last ones are kept.
        """
        source = self._freeze()
        query, shapes = self._query, self._shapes
        if self._ordered and "ts" not in self.columns:
            query = query._replace(columns=(*self.columns, "ts"))
            shapes = shapes_of(source, query)
        parts = _last_rows(source, query, max(rows, 0), self._ordered)
        found = sum(int(array.length) for array in parts)
        columns = _collect.collect(shapes, parts, found)
        names = [shape.name for shape in shapes]
        frame: "pandas.DataFrame" = _collect.to_frame(names, columns)
        if self._ordered:
            frame = frame.sort_values("ts", kind="stable")
        begin, width = max(found - max(rows, 0), 0), len(self.columns)
        return frame.iloc[begin:, :width].reset_index(drop=True)

    def to_pandas(self, columns: Columns = None) -> "pandas.DataFrame":
        """A pandas DataFrame with the table's columns.

        columns: names of columns; None: all.

        Shape (rows, columns). Numbers keep their type. Times become datetime64[ns]
        (nanoseconds since the zero of the trace clock), dictionaries Categorical,
        and strings, bytes and lists objects. Columns with missing values get
        pandas' nullable types. Requires pandas and NumPy, but not pyarrow.
        """
        table = self._only(columns)
        found = table._collected(table._query)
        frame: "pandas.DataFrame" = _collect.to_frame(table.columns, found)
        return frame

    def to_polars(
        self, columns: Columns = None, widen: bool = False
    ) -> "polars.DataFrame":
        """A polars DataFrame, made through Arrow's C stream. Requires polars.

        columns: names of columns; None: all.
        widen: give each element of an array a column of its own, such as args_0 and
            args_1 for args, which CSV files need. Lists whose length varies become
            text, such as "1,2,3".

        Shape (rows, columns). Times become Datetime("ns"), dictionaries
        Categorical.
        """
        import polars

        frame: "polars.DataFrame" = self._only(columns)._made_by(polars.DataFrame)
        return _widened(frame) if widen else frame

    def to_arrow(self, columns: Columns = None) -> "pyarrow.Table":
        """A pyarrow Table, made through Arrow's C stream. Requires pyarrow >= 15.

        columns: names of columns; None: all.

        Its batches are zero-copy views of the library's memory.
        """
        import pyarrow

        table: "pyarrow.Table" = self._only(columns)._made_by(pyarrow.table)
        return table

    def _ipython_key_completions_(self) -> List[str]:
        return list(self.columns)

    def __reduce__(self) -> Any:
        """Pickled as its trace is: a file by its path."""
        return Table, (self._source, self._query, self._threads, self._ordered)

    def __repr__(self) -> str:
        """The columns, and the number of rows once they were counted."""
        title = self.event or "of all events"
        if self._source.closed:
            return f"<ringmap.Table {title}: closed>"
        if self._rows is None and 0 < self._source.size <= _COUNT_AT_ONCE:
            try:
                len(self)
            except (Error, OSError):
                pass
        rows = "" if self._rows is None else counted(self._rows, "row") + " of "
        names = ", ".join(self.columns)
        columns = counted(len(self.columns), "column")
        return f"<ringmap.Table {title}: {rows}{columns}: {names}>"

    def _repr_html_(self) -> str:
        from ._html import table_html

        return table_html(self)

