# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""One table, the same in every library that takes it, and after its trace."""

import gc
import shutil

import duckdb
import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest
import support

import ringmap
from ringmap._arrow import new_array
from ringmap._batch import Batch
from ringmap._reader import Reader, export_schema
from ringmap._ringmap import ffi
from ringmap._source import Image, ImageSource


@pytest.fixture(name="trace")
def _trace():
    with ringmap.open(support.PLAIN) as trace:
        yield trace


def python_values(column):
    """A pandas column as Python values, None for what is missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    values = [v.tolist() if hasattr(v, "tolist") else v for v in column.tolist()]
    if column.dtype.kind == "M":
        values = column.astype("int64").tolist()
    # pandas may have NaN for what is missing in a column of objects.
    missing = [v is pd.NA or v is pd.NaT or v != v for v in values]
    return [None if gone else v for gone, v in zip(missing, values)]


def arrow_values(column):
    """A pyarrow column as Python values."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    return column.to_pylist()


def test_pandas_polars_and_arrow_agree_on_every_event(trace):
    assert len(trace.events) > 30
    for event in trace.events:
        table = trace[event]
        arrow, frame, pole = table.to_arrow(), table.to_pandas(), table.to_polars()
        assert len(frame) == arrow.num_rows == len(pole) == len(table)
        assert tuple(frame) == tuple(arrow.column_names) == table.columns
        for name in table.columns:
            want = arrow_values(arrow[name])
            assert python_values(frame[name]) == want, (event, name)
            other = pole[name]
            if other.dtype == polars.Datetime:
                other = other.cast(polars.Int64)
            assert other.to_list() == want, (event, name)


def test_numpy_is_a_view_where_the_type_allows(trace):
    table = trace["sched_switch"]
    frame = table.to_pandas()
    pids = table.numpy("next_pid")
    assert pids.dtype == np.int32 and (pids == frame["next_pid"]).all()
    assert not pids.flags.owndata and not pids.flags.writeable
    with pytest.raises(ValueError):
        pids.flags.writeable = True
    stamps = table.numpy("ts")
    assert stamps.dtype == np.dtype("M8[ns]") and not stamps.flags.writeable
    comms = table.numpy("next_comm")
    assert comms.dtype == object and list(comms) == list(frame["next_comm"])


def test_numpy_is_a_view_of_many_rows_too(tmp_path):
    shutil.copytree(support.WORKLOAD, tmp_path, dirs_exist_ok=True)
    for raw in tmp_path.glob("per_cpu/cpu*/trace_pipe_raw"):
        raw.write_bytes(raw.read_bytes() * 60)
    with ringmap.open(tmp_path) as trace:
        table = trace["sched_switch"]
        pids = table.numpy("next_pid")
        assert len(pids) == len(table) > 100_000
        assert not pids.flags.owndata
        assert (pids == table.to_pandas()["next_pid"]).all()


def test_numpy_takes_all_plain_columns_in_one_pass(trace, monkeypatch):
    passes = []
    begin = ringmap._table.Reader
    monkeypatch.setattr(
        ringmap._table, "Reader", lambda *args: passes.append(args) or begin(*args)
    )
    for event in trace.events:
        table = trace[event]
        passes.clear()
        arrays = table.to_numpy()
        assert len(passes) == 1
        plain = [c.name for c in table.schema if c.dtype not in ("category", "object")]
        assert list(arrays) == plain
        for name, array in arrays.items():
            other = table.numpy(name)
            assert array.shape == (len(table),) and array.dtype == other.dtype
            assert (array == other).all(), (event, name)
            # Numbers of one batch stay where they are.
            assert array.dtype == bool or not array.flags.owndata
            assert array.dtype == bool or not array.flags.writeable


def test_numpy_takes_the_columns_that_are_named(trace):
    table = trace["sched_switch"]
    arrays = table.to_numpy(["next_comm", "ts"])
    assert list(arrays) == ["next_comm", "ts"]
    assert list(arrays["next_comm"]) == list(table.to_pandas()["next_comm"])
    assert table.to_numpy([]) == {}
    few = trace.table("sched_switch", columns=["next_comm", "next_pid"])
    assert list(few.to_numpy()) == ["next_pid"]
    with pytest.raises(ringmap.NotFoundError, match="no_column"):
        table.to_numpy(["ts", "no_column"])


@pytest.mark.parametrize("threads", [1, 2])
def test_numpy_joins_batches(trace, threads):
    whole = trace["sched_switch"]
    parts = trace.table("sched_switch", threads=threads)
    parts._query = parts._query._replace(batch_rows=100)
    names = ["ts", "cpu", "next_comm", "next_pid", "lost_before"]
    found, expected = parts.to_numpy(names), whole.to_numpy(names)
    assert found["next_pid"].flags.owndata
    order = np.lexsort([found["ts"], found["cpu"]])
    wanted = np.lexsort([expected["ts"], expected["cpu"]])
    for name in names:
        assert len(found[name]) == len(whole)
        assert (found[name][order] == expected[name][wanted]).all()


def test_numpy_of_no_rows(trace):
    arrays = trace.table("sched_switch", where={"time": (1, 2)}).to_numpy()
    assert arrays["ts"].dtype == np.dtype("M8[ns]")
    assert {len(array) for array in arrays.values()} == {0}


def test_pandas_types(trace):
    frame = trace["sched_switch"].to_pandas()
    for column in trace["sched_switch"].schema:
        assert str(frame[column.name].dtype) == column.dtype


def test_duckdb_takes_a_table_as_it_is(trace):
    switches = trace["sched_switch"]  # duckdb finds it by its name
    found = duckdb.sql("select count(*), max(next_pid) from switches").fetchall()
    frame = switches.to_pandas()
    assert found == [(len(frame), frame["next_pid"].max())]


def test_schema_capsule(trace):
    table = trace["sched_switch"]
    schema = pa.schema(table)
    assert schema.names == list(table.columns)
    assert schema.equals(table.to_arrow().schema)


def test_a_stream_outlives_table_and_trace():
    with ringmap.open(support.PLAIN) as trace:
        expected = trace["sched_switch"].to_arrow()
        reader = pa.RecordBatchReader.from_stream(trace["sched_switch"])
    del trace
    gc.collect()
    assert reader.read_all().equals(expected)


def test_a_view_outlives_everything():
    with ringmap.open(support.PLAIN) as trace:
        pids = trace["sched_switch"].numpy("next_pid")
        copy = pids.copy()
        table = trace["sched_switch"]
    for _ in range(3):
        # Were the batch free, these passes would write into its memory.
        with ringmap.open(support.INSTANCES) as other:
            other.table().to_pandas()
        gc.collect()
        assert (pids == copy).all()
    del table


def batches_of(trace, event, rows):
    """Batches as a follower gives them, of a recording."""
    table = trace[event]
    query = table._query._replace(batch_rows=rows)
    reader = Reader(table._source, [query])
    while True:
        array = new_array()
        if reader.next(array) < 0:
            return
        yield Batch(event, reader.shapes(), FormatsOf(table), array)


class FormatsOf:
    """What a batch asks for its schema."""

    def __init__(self, table):
        self.table = table

    def export_schema(self, _, schema):
        """Fill a struct ArrowSchema."""
        export_schema(self.table._source, self.table._query, schema)


@pytest.mark.parametrize("way", ["numpy", "to_numpy", "to_arrow", "to_polars"])
def test_what_is_made_of_a_batch_keeps_its_memory(trace, way):
    stamps = trace["sched_switch"].numpy("ts")
    batches = batches_of(trace, "sched_switch", 100)
    made, expected, row = [], [], 0
    # Each batch is dropped; the library fills its memory with the next one's
    # rows when nobody needs it any more.
    for batch in batches:
        made.append(batch.numpy("ts") if way == "numpy" else getattr(batch, way)())
        expected.append(stamps[row : row + len(batch)].copy())
        row += len(batch)
    del batch
    gc.collect()
    assert len(made) > 4 and row == len(stamps)
    for things, want in zip(made, expected):
        column = things if way == "numpy" else things["ts"]
        found = np.asarray(column).astype("int64")
        assert (found == want.astype("int64")).all()


def test_a_batch_may_be_given_to_many(trace):
    batch = next(batches_of(trace, "sched_switch", 100))
    frame = batch.to_pandas()
    taken = [batch.to_arrow(), batch.to_polars(), batch.to_arrow()]
    del batch
    gc.collect()
    for one in taken:
        assert one["next_pid"].to_numpy().tolist() == frame["next_pid"].tolist()


def recorded_image(cpu):
    """Recorded sub-buffers as a snapshot of a ring has them; nobody else does."""
    path = support.WORKLOAD / f"per_cpu/cpu{cpu}/trace_pipe_raw"
    memory = ffi.new("char[]", path.read_bytes())
    opts = ffi.new("struct ringmap_image_opts *")
    opts.sz, opts.cpu, opts.subbuf_size = ffi.sizeof(opts[0]), cpu, 4096
    return Image(memory, ffi.sizeof(memory) - 1, opts, memory)


def recorded_snapshot():
    """What a snapshot of running rings is, here of recorded ones."""
    with ringmap.open(support.WORKLOAD) as trace:
        images = [recorded_image(cpu) for cpu in trace.cpus]
        schema, unit = trace._source.schema, trace._source.ts_unit
        return ringmap.Trace(ImageSource(images, schema, "mono", unit, "images"))


@pytest.mark.parametrize("kept", ["stream", "view"])
def test_what_is_made_of_a_snapshot_keeps_its_memory(kept):
    snapshot = recorded_snapshot()
    table = snapshot.table("sched_switch", columns=["ts", "next_pid"])
    expected = table.to_arrow()
    assert expected.num_rows == 4945
    reader = pa.RecordBatchReader.from_stream(table)
    view = table.numpy("next_pid")
    snapshot.close()
    del table
    gc.collect()
    # Memory of the same size, which would be the snapshot's if it were free.
    sizes = [len(p.read_bytes()) for p in support.WORKLOAD.glob("*/*/trace_pipe_raw")]
    fill = [ffi.new("char[]", b"\xff" * size) for size in 4 * sizes]
    if kept == "stream":
        assert reader.read_all().equals(expected)
    else:
        assert view.tolist() == expected["next_pid"].to_pylist()
    del fill


def test_capsules_that_nobody_takes_are_given_back(trace):
    table = trace["sched_switch"]
    for _ in range(200):
        table.__arrow_c_stream__()
        table.__arrow_c_schema__()
    assert table.to_arrow().num_rows == len(table)


def test_each_stream_begins_anew(trace):
    table = trace["sched_switch"]
    first = pa.RecordBatchReader.from_stream(table)
    second = pa.RecordBatchReader.from_stream(table)
    assert first.read_all().equals(second.read_all())


def test_a_corrupt_place_is_an_error_everywhere(tmp_path):
    broken = tmp_path / "capture"
    shutil.copytree(support.WORKLOAD, broken)
    raw = broken / "per_cpu/cpu0/trace_pipe_raw"
    data = bytearray(raw.read_bytes())
    # An event that claims more bytes than its sub-buffer has.
    data[4096 + 16 : 4096 + 20] = (0).to_bytes(4, "little")
    data[4096 + 20 : 4096 + 24] = (1 << 20).to_bytes(4, "little")
    raw.write_bytes(data)
    with ringmap.open(broken, strict=True) as trace:
        with pytest.raises(ringmap.CorruptError, match="sub-buffer 1: "):
            trace.table().to_pandas()
        with pytest.raises(ringmap.CorruptError, match="sub-buffer 1: "):
            trace.table().to_arrow()
        with pytest.raises(ringmap.CorruptError):
            list(trace)
