# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""One pass over a trace: batches of rows, as the C library fills them."""

from typing import Any, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ._arrow import Shape, new_array, take_shapes
from ._errors import CorruptError, Error, check, check_object, closed
from ._errors import error_of, new_error
from ._event_values import unsigned_stamp
from ._ringmap import ffi, lib
from ._source import Opened, Source, owned


class Query(NamedTuple):
    """Which rows and columns; what struct ringmap_table_opts says, in Python.

    time: first time stamp wanted and first no longer wanted; 0: no limit.
    numbers: symbols and flags as numbers.
    """

    event: Optional[str] = None
    columns: Optional[Tuple[str, ...]] = None
    pids: Optional[Tuple[int, ...]] = None
    cpus: Optional[Tuple[int, ...]] = None
    time: Tuple[int, int] = (0, 0)
    batch_rows: int = 0
    numbers: bool = False


def _fill(opts: Any, query: Query, ts_unit: int) -> List[Any]:
    """Fills table options; returns what must live as long as they do."""
    keep: List[Any] = []

    def array(kind: str, values: Sequence[Any]) -> Any:
        keep.append(ffi.new(kind, values))
        return keep[-1]

    opts.sz = ffi.sizeof("struct ringmap_table_opts")
    if query.event is not None:
        opts.event = array("char[]", query.event.encode())
    if query.columns is not None:
        names = [array("char[]", name.encode()) for name in query.columns]
        opts.columns = array("char *[]", names)
        opts.nr_columns = len(names)
    if query.pids is not None:
        opts.pids = array("int32_t[]", query.pids)
        opts.nr_pids = len(query.pids)
    if query.cpus is not None:
        opts.cpus = array("uint32_t[]", query.cpus)
        opts.nr_cpus = len(query.cpus)
    opts.ts_from, opts.ts_to = map(unsigned_stamp, query.time)
    opts.batch_rows = query.batch_rows
    opts.ts_unit = ts_unit
    opts.flags = lib.RINGMAP_TABLE_NUMBERS if query.numbers else 0
    return keep


def _options(queries: Sequence[Query], ts_unit: int) -> Tuple[Any, List[Any]]:
    opts = ffi.new("struct ringmap_table_opts[]", len(queries))
    return opts, [_fill(opts[i], q, ts_unit) for i, q in enumerate(queries)]


def shapes_of(source: Source, query: Query) -> Tuple[Shape, ...]:
    """The columns that a query has."""
    schema = ffi.new("struct ArrowSchema *")
    export_schema(source, query, schema)
    return take_shapes(schema)


def export_schema(source: Source, query: Query, schema: Any) -> None:
    """Fills a struct ArrowSchema, which is the caller's to release."""
    opts, keep = _options([query], source.ts_unit)
    ret, err = ffi.new("struct ringmap_table **"), new_error()
    check(lib.ringmap_table_open(source.schema, opts, ret, err), err)
    del keep
    table = owned(ret, lib.ringmap_table_unref)
    check(lib.ringmap_table_schema(table, schema))


class Reader:
    """A struct ringmap_reader over a source, or over an opened trace."""

    def __init__(
        self,
        source: Source,
        queries: Sequence[Query],
        threads: int = 1,
        ordered: bool = False,
        opened: Optional[Opened] = None,
    ):
        self.opened: Optional[Opened] = opened or source.open()
        opts, keep = _options(queries, source.ts_unit)
        how = ffi.new("struct ringmap_reader_opts *")
        how.sz = ffi.sizeof(how[0])
        how.threads = threads
        how.flags = lib.RINGMAP_READER_ORDERED if ordered else 0
        how.flags |= lib.RINGMAP_READER_STRICT if source.strict else 0
        ret, err = ffi.new("struct ringmap_reader **"), new_error()
        status = lib.ringmap_reader_open(
            self.opened.trace, source.schema, opts, len(queries), how, ret, err
        )
        del keep
        check(status, err)
        self._reader = owned(ret, lib.ringmap_reader_unref)
        self._source = source
        self._batch = ffi.new("struct ringmap_batch *")

    @property
    def reader(self) -> Any:
        """The struct ringmap_reader.

        Callers pass it on at once: a frame that had it in a variable would keep the
        rings open as long as a traceback keeps the frame.
        """
        if self._reader is None:
            raise closed("reader")
        return self._reader

    def stop(self) -> None:
        """Makes next() return, now or the next time."""
        reader = self._reader
        if reader is not None:
            check(lib.ringmap_reader_stop(reader))

    def close(self) -> None:
        """Gives the trace up, when nobody is in a call any more."""
        opened, self._reader, self.opened = self.opened, None, None
        if opened is not None:
            opened.close()

    def shapes(self, table: int = 0) -> Tuple[Shape, ...]:
        """The columns of one of the tables."""
        schema = ffi.new("struct ArrowSchema *")
        check(lib.ringmap_reader_schema(self.reader, table, schema))
        return take_shapes(schema)

    def next(self, array: Any, timeout_ms: int = -1) -> int:
        """Fills a struct ArrowArray; returns the table it is of, or -1."""
        status = lib.ringmap_reader_next(self.reader, timeout_ms, self._batch, array)
        try:
            check_object(status, lib.ringmap_reader_error, self.reader)
        except Error as error:
            raise self._source.named(error) from None
        return self._batch.table if status == lib.RINGMAP_OK else -1

    def arrays(self) -> Iterator[Any]:
        """The batches of a reader of one table, each the caller's to release.

        Bytes that break the format are passed over, unless the source is strict:
        the next row of their CPU has no value in lost_before.
        """
        while True:
            array = new_array()
            try:
                if self.next(array) < 0:
                    return
            except CorruptError:
                if self._source.strict:
                    raise
                continue
            yield array

    def failure(self) -> Optional[Error]:
        """Why a stream of the rows ended early; None: it did not."""
        detail = new_error()
        lib.ringmap_reader_error(self.reader, detail)
        skipped = not self._source.strict and detail.status == lib.RINGMAP_E_CORRUPT
        if detail.status >= 0 or skipped:
            return None
        return self._source.named(error_of(detail.status, detail))

    def stream(self) -> Any:
        """A struct ArrowArrayStream of the rows that are left."""
        stream = ffi.new("struct ArrowArrayStream *")
        status = lib.ringmap_reader_stream(self.reader, stream)
        check_object(status, lib.ringmap_reader_error, self.reader)
        return stream

    def stats(self) -> Any:
        """A struct ringmap_reader_stats."""
        stats = ffi.new("struct ringmap_reader_stats *")
        status = lib.ringmap_reader_stats(self.reader, stats, ffi.sizeof(stats[0]))
        check_object(status, lib.ringmap_reader_error, self.reader)
        return stats
