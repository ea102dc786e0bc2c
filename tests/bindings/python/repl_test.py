# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""At the prompt: what is shown, completed, suggested, refused and pickled."""

import pickle
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import support

import ringmap
from ringmap import _names, _table, _trace, _tracefs
from ringmap._formats import Symbol
from ringmap._session import kib_of
from ringmap._text import counted


@pytest.fixture(name="trace")
def fixture_trace():
    """A recording of two CPUs."""
    with ringmap.open(support.WORKLOAD) as trace:
        yield trace


def test_repr_tells_what_is_in_it(trace, monkeypatch):
    facts = "25,618 events of 14 kinds, 1.465985 s, 0 lost, 2 CPUs"
    assert repr(trace) == f"<ringmap.Trace {support.WORKLOAD}: {facts}>"
    table = trace["sched_switch"]
    assert repr(table).startswith(
        "<ringmap.Table sched_switch: 4,945 rows of 13 columns: ts, cpu, common_pid,"
    )
    trace.close()
    assert repr(trace) == f"<ringmap.Trace {support.WORKLOAD}: closed>"
    assert repr(table) == "<ringmap.Table sched_switch: closed>"
    monkeypatch.setattr(_trace, "_READ_AT_ONCE", 1)
    again = ringmap.open(support.WORKLOAD)
    assert repr(again).endswith(" MB, not read yet>")
    assert again.events and repr(again).endswith(f"{facts}>")


def test_repr_of_what_cannot_be_read(monkeypatch):
    def refuse(_):
        raise ringmap.CorruptError("byte 5: nonsense")

    monkeypatch.setattr(_trace, "survey", refuse)
    shown = repr(ringmap.open(support.PLAIN))
    assert shown.endswith("CorruptError: byte 5: nonsense>")


def test_names_are_completed(trace):
    assert trace._ipython_key_completions_() == list(trace.events)
    assert set(trace.schema._ipython_key_completions_()) == set(trace.schema)
    assert trace["sched_switch"]._ipython_key_completions_()[:2] == ["ts", "cpu"]
    event = next(iter(trace))
    assert set(event) <= set(dir(event)) and "text" in dir(event)
    assert event._ipython_key_completions_() == list(event)


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda t: t["sched_swich"], "no event sched_swich; did you mean sched_switch"),
        (lambda t: t["sched:sched_swich"], "mean sched:sched_switch"),
        (lambda t: t.schema["sched_swich"], "did you mean sched_switch"),
        (lambda t: t.table("sched_switch", "next_com"), "did you mean next_comm"),
        (lambda t: t.table("sched_switch", ["xyz"]), "its fields are common_type, "),
        (lambda t: t["nothing like it"], "no event nothing like it$"),
    ],
)
def test_what_is_not_there_is_suggested(trace, ask, words):
    with pytest.raises(ringmap.NotFoundError, match=words) as caught:
        ask(trace)
    assert caught.value.status == ringmap._ringmap.lib.RINGMAP_E_NOENT


@pytest.mark.parametrize(
    "ask, words",
    [
        (lambda t: t[0], "0 is no event"),
        (lambda t: t.table(["a", "b"]), r"\['a', 'b'\] is no event"),
        (lambda t: t.schema[5], "5 is no name of an event"),
        (lambda t: t.table("sched_switch", [1]), "columns: 1 is no name"),
        (lambda t: t["sched_switch"].to_numpy([1]), "columns: 1 is no name"),
        (lambda t: t.table(None, where={"pids": ["bash"]}), "pids must be an int or"),
        (lambda t: t.table(None, where={"cpus": 0.5}), "cpus must be an int or a list"),
        (lambda t: ringmap.open("x", "y", True, "z"), r"^open\(\) takes"),
        (lambda t: _names.listed([5]), "events: 5 is no name of an event"),
    ],
)
def test_what_is_of_a_wrong_type_is_named(trace, ask, words):
    with pytest.raises(TypeError, match=words):
        ask(trace)


def test_a_wrong_key_is_suggested(trace):
    with pytest.raises(ValueError, match="did you mean pids"):
        trace.table(None, where={"pid": 5})


def test_one_column_needs_no_list(trace):
    table = trace.table("sched_switch", columns="ts")
    assert table.columns == ("ts",)
    whole = trace["sched_switch"]
    assert list(whole.to_numpy("cpu")) == ["cpu"]
    assert list(whole.to_pandas("cpu")) == ["cpu"]
    assert list(whole.to_pandas(columns=["ts", "cpu"])) == ["ts", "cpu"]
    assert whole.to_polars(["prev_pid"]).columns == ["prev_pid"]
    assert whole.to_arrow(["prev_pid", "ts"]).column_names == ["prev_pid", "ts"]
    assert (whole.to_pandas("cpu")["cpu"] == whole.to_pandas()["cpu"]).all()


@pytest.mark.parametrize("ordered", [False, True])
def test_head_is_the_beginning(trace, ordered):
    table = trace.table("sched_switch", ordered=ordered)
    whole = table.to_pandas()
    for rows in (0, 1, 5, 700, 10000):
        head = table.head(rows)
        assert len(head) == min(rows, len(whole))
        pd.testing.assert_frame_equal(
            head, whole.iloc[:rows], check_categorical=False, check_index_type=False
        )
    assert len(table.head()) == 5
    assert table.to_pandas()["ts"].is_monotonic_increasing == ordered


def counted_reads(monkeypatch):
    """The time windows of the readers that are made from now on."""
    made = []

    class Counting(_table.Reader):
        def __init__(self, source, queries, *more, **named):
            made.append(queries[0].time)
            super().__init__(source, queries, *more, **named)

    monkeypatch.setattr(_table, "Reader", Counting)
    return made


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize(
    "file", [support.WORKLOAD, support.PLAIN, support.DATA / "recordings/overrun"]
)
def test_tail_is_the_end(file, ordered):
    with ringmap.open(file) as trace:
        for event, where in (
            ("sched_switch", None),
            ("sys_enter", {"pids": 0}),
            ("sys_enter", {"cpus": [1, 0]}),
            (None, {"time": (0.1, 0.3)}),
        ):
            table = trace.table(event, where=where, ordered=ordered)
            whole = table.to_pandas()
            for rows in (0, 1, 5, 700, 100000):
                tail = table.tail(rows)
                pd.testing.assert_frame_equal(
                    tail,
                    whole.iloc[max(len(whole) - rows, 0) :].reset_index(drop=True),
                    check_categorical=False,
                    check_index_type=False,
                    # lost_before is nullable where some row has no value.
                    check_dtype=trace.lost == 0,
                )
        assert len(trace["sched_switch"].tail()) == 5


def test_tail_in_time_order_without_times(trace):
    table = trace.table("sched_switch", ["next_pid", "cpu"], ordered=True)
    assert table.tail(9).equals(table.to_pandas()[-9:].reset_index(drop=True))


@pytest.mark.parametrize("ordered", [False, True])
def test_tail_reads_no_more_than_the_end(trace, ordered, monkeypatch):
    table = trace.table("sched_switch", ordered=ordered)
    first, last = trace.span
    made = counted_reads(monkeypatch)
    table.tail(10)
    begins = [begin for begin, _ in made]
    assert begins and min(begins) > first + (last - first) * 9 // 10


def test_tail_reads_all_where_events_were_lost(monkeypatch):
    with ringmap.open(support.DATA / "recordings/overrun") as trace:
        assert trace.lost != 0
        made = counted_reads(monkeypatch)
        trace.table("sched_switch", ordered=True).tail(1)
        assert made == [(0, 0)]


def test_tail_of_a_trace_without_events(tmp_path):
    shutil.copytree(support.WORKLOAD / "events", tmp_path / "events")
    (tmp_path / "per_cpu/cpu0").mkdir(parents=True)
    (tmp_path / "per_cpu/cpu0/trace_pipe_raw").write_bytes(b"")
    with ringmap.open(tmp_path) as trace:
        assert trace and trace.tail() == trace.head() == []
        assert len(trace) == 0
        table = trace["sched_switch"]
        assert table.tail().shape == (0, len(table.columns))


@pytest.mark.parametrize("file", [support.WORKLOAD, support.PLAIN])
def test_a_trace_has_ends_too(file):
    with ringmap.open(file) as trace:
        whole = list(trace)
        for events in (0, 1, 5, 700, 100000):
            assert trace.head(events) == whole[:events]
            assert trace.tail(events) == whole[max(len(whole) - events, 0) :]
        assert [event.lost for event in trace.tail(9)] == [e.lost for e in whole[-9:]]
        assert len(trace.tail()) == len(trace.head()) == 5


def test_tail_makes_no_events_but_the_last(trace, monkeypatch):
    made = []
    make = _trace.events_of

    def count(*arguments):
        for event in make(*arguments):
            made.append(event)
            yield event

    monkeypatch.setattr(_trace, "events_of", count)
    assert trace.tail(7) == made and len(made) == 7


def test_the_end_of_a_trace_behind_corrupt_bytes(tmp_path):
    path = tmp_path / "bent.dat"
    data = bytearray(support.PLAIN.read_bytes())
    at = len(data) // 2
    data[at : at + 65536] = b"\xff" * 65536
    path.write_bytes(data)
    with ringmap.open(path) as trace:
        whole = list(trace)
        assert trace.corrupt and trace.tail(300) == whole[-300:]
    with ringmap.open(path, strict=True) as trace:
        with pytest.raises(ringmap.CorruptError):
            trace.tail(1)


def test_len_of_a_trace_is_what_was_counted(trace):
    assert trace
    with pytest.raises(TypeError, match="trace.events counts those"):
        len(trace)
    assert len(list(trace)) == sum(trace.events.values()) + trace.unknown
    assert len(trace) == 25618 == len(trace.snapshot())
    assert len(list(trace)) == 25618


def test_what_belongs_to_tables_is_found_by_those_who_ask_a_trace(trace):
    for name in ("to_pandas", "to_polars", "to_arrow", "numpy", "to_numpy"):
        with pytest.raises(AttributeError, match=rf"trace\[event\].{name}\(\)"):
            getattr(trace, name)
        assert not hasattr(trace, name)
    with pytest.raises(AttributeError, match="Trace has no attribute 'nothing'"):
        trace.nothing
    for key in ("ts", ["ts"], slice(3)):
        with pytest.raises(TypeError, match=r"numpy\(column\).*head\(rows\)"):
            trace["sched_switch"][key]


def test_arrays_become_columns_for_csv(trace):
    table = trace["sys_enter"]
    wide = table.to_polars(widen=True)
    plain = table.to_polars()
    args = [f"args_{i}" for i in range(6)]
    assert wide.columns == [*plain.columns[:-1], *args]
    assert wide.select(args).rows() == [tuple(row) for row in plain["args"].to_list()]
    assert len(wide.write_csv().splitlines()) == len(plain) + 1
    with ringmap.open(support.PLAIN) as other:
        stacks = other["kernel_stack"]
        texts = stacks.to_polars("caller", widen=True)["caller"].to_list()
        assert texts == [",".join(map(str, row)) for row in stacks.numpy("caller")]


def test_where_has_a_type():
    assert ringmap.Where.__module__ == "ringmap"
    assert set(ringmap.Where.__annotations__) == {"pids", "cpus", "time"}
    where: ringmap.Where = {"cpus": 0}
    assert where == ringmap.Where(cpus=0)


def test_buffer_sizes():
    sizes = ("16M", "512K", "1G", "2 MiB", 4096, 1)
    assert [kib_of(size) for size in sizes] == [16384, 512, 1 << 20, 2048, 4, 1]
    for size in ("16", "M", "16T", "-1M"):
        with pytest.raises(ValueError):
            kib_of(size)


def test_one_is_no_plural(trace):
    assert ": 4,945 rows of 1 column: ts>" in repr(trace.table("sched_switch", "ts"))
    texts = [counted(number, "row") for number in (0, 1, 2000)]
    assert texts == ["0 rows", "1 row", "2,000 rows"]


def test_errors_name_the_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a trace\n" * 50)
    with pytest.raises(ringmap.CorruptError, match="notes.txt: "):
        ringmap.open(path)
    with pytest.raises(ringmap.NotFoundError, match="none.dat") as caught:
        ringmap.open(tmp_path / "none.dat")
    assert str(caught.value).count("none.dat") == 1


def test_a_table_of_a_closed_trace_says_what_to_do(trace):
    table = trace["sched_switch"]
    trace.close()
    with pytest.raises(ValueError, match="trace is closed: .*with statement"):
        table.to_pandas()


def test_things_are_where_users_find_them():
    for name in ringmap.__all__:
        thing = getattr(ringmap, name)
        assert getattr(thing, "__module__", "ringmap") == "ringmap", name
    assert ringmap.open.__name__ == "open"
    code = (
        "import sys, ringmap\n"
        "assert 'plot' in dir(ringmap) and 'matplotlib' not in sys.modules\n"
        "print(ringmap.analysis.runs.__module__, ringmap.plot.timeline.__module__)\n"
        "try: ringmap.nothing\n"
        "except AttributeError as error: print(error)\n"
    )
    shown = support.python(code).stdout.splitlines()
    assert shown[0] == "ringmap.analysis ringmap.plot"
    assert shown[1] == "module 'ringmap' has no attribute 'nothing'"


def test_a_trace_of_a_file_is_pickled(trace, monkeypatch, tmp_path):
    rows = len(trace["sched_switch"])
    monkeypatch.chdir(support.WORKLOAD.parent)
    with ringmap.open(support.WORKLOAD.name) as relative:
        data = pickle.dumps((relative, relative.table("sched_switch", ["ts"])))
    monkeypatch.chdir(tmp_path)
    code = (
        "import pickle, sys\n"
        "trace, table = pickle.loads(sys.stdin.buffer.read())\n"
        "print(len(trace['sched_switch']), len(table), *table.columns)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=data, stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.decode().split() == [str(rows), str(rows), "ts"]


def test_an_instance_of_a_file_is_pickled():
    with ringmap.open(support.INSTANCES) as trace:
        name = trace.instances[-1]
    with ringmap.open(support.INSTANCES, name, strict=True) as trace:
        again = pickle.loads(pickle.dumps(trace))
        assert again.events == trace.events
        assert again._source.strict and trace._source.strict


def test_what_cannot_be_pickled_says_what_to_do():
    trace = ringmap.open(support.PLAIN.read_bytes())
    for thing in (trace, trace["sched_switch"]):
        with pytest.raises(TypeError, match="write the bytes to a file"):
            pickle.dumps(thing)


def test_errors_are_pickled():
    error = ringmap.NotFoundError("no such thing", -3, 2)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ringmap.NotFoundError
    assert (str(again), again.status, again.errno) == ("no such thing", -3, 2)


def test_the_kernel_s_words_for_numbers(tmp_path):
    (tmp_path / "events").mkdir()
    header = (support.WORKLOAD / "events/header_page").read_bytes()
    (tmp_path / "events/header_page").write_bytes(header)
    (tmp_path / "saved_cmdlines").write_text("5 bash\n-7 odd\n")
    (tmp_path / "printk_formats").write_text('0xffff000000000010 : "hello %d\\n"\n')
    (tmp_path / "kallsyms").write_text(
        "ffffffff81000000 T _stext\nffffffff81000100 t run\t[mod]\n"
    )
    (tmp_path / "events/sys/ev").mkdir(parents=True)
    (tmp_path / "events/sys/ev/format").write_text("name: ev\nID: 5\nformat:\n")
    (tmp_path / "per_cpu/cpu0").mkdir(parents=True)
    (tmp_path / "per_cpu/cpu0/trace_pipe_raw").write_bytes(b"")
    schema = ringmap.open(tmp_path).schema
    assert schema.comm(5) == "bash" and schema.comm(6) is None
    assert schema.comm(1 << 40) is None
    assert schema.printk(0xFFFF000000000010) == "hello %d\\n"
    assert schema.printk(0xFFFF000000000010 - (1 << 64)) == "hello %d\\n"
    assert schema.printk(1) is None
    assert schema.symbol(0xFFFFFFFF81000010) == Symbol(
        "_stext", None, 0xFFFFFFFF81000000, 0x10
    )
    assert str(schema.symbol(0xFFFFFFFF81000110)) == "run+0x10 [mod]"
    assert schema.symbol(5) is None
    with pytest.raises(ValueError, match="64 bits"):
        schema.symbol(1 << 64)


def events_in(folder, *names):
    """A tracefs with these events."""
    for name in names:
        place = folder / "events" / name.replace(":", "/")
        place.mkdir(parents=True)
        if not name.startswith("ftrace:"):
            (place / "enable").touch()
    return _names.Events(str(folder))


def test_events_are_named_in_many_ways(tmp_path):
    known = events_in(
        tmp_path, "sched:sched_switch", "sched:waking", "xfs:switch", "ftrace:switch"
    )
    sched = ["sched:sched_switch", "sched:waking"]
    for text in ("sched", "sched:", "sched:*"):
        assert known.named(text) == sched
    assert known.named("waking") == ["sched:waking"]
    assert known.named("sched_*") == ["sched:sched_switch"]
    assert known.named("*:*switch*") == ["sched:sched_switch", "xfs:switch"]
    assert known.named("sched:[sw]*ing") == ["sched:waking"]
    # Nobody can enable that of ftrace.
    assert known.named("switch") == ["xfs:switch"]
    assert known.tables("waking") == ["waking"]
    assert known.tables("sched:waking") == ["sched:waking"]
    assert known.tables("wak*") == ["sched:waking"]
    assert _names.listed("a:b, c ,,d") == ["a:b", "c", "d"]
    assert _names.listed(["a,b", "c"]) == ["a", "b", "c"]
    for text in ("nothing", "sched:nothing", "no*", "../x:y", "sched:../x"):
        with pytest.raises(ringmap.NotFoundError, match="no event"):
            known.named(text)
    for text, meant in (("wakin", "waking"), ("sched:wakin", "sched:waking")):
        with pytest.raises(ringmap.NotFoundError, match=f"did you mean {meant}"):
            known.named(text)


def test_an_event_of_two_systems_needs_one(tmp_path):
    known = events_in(tmp_path, "a:run", "b:run")
    with pytest.raises(ringmap.InvalidError, match="say one of a:run, b:run"):
        known.named("run")
    assert known.named("b:run") == ["b:run"]


def test_tracefs_is_found_where_it_is_mounted(tmp_path, monkeypatch):
    for name in ("a b", "debug/tracing"):
        (tmp_path / name / "events").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(_tracefs, "_MOUNTS", str(mounts))
    monkeypatch.setattr(_tracefs, "USUAL", str(tmp_path / "usual"))
    assert _tracefs.find(None) == str(tmp_path / "usual")
    mounts.write_text(f"nodev {tmp_path}/debug debugfs rw 0 0\n")
    assert _tracefs.find(None) == str(tmp_path / "debug/tracing")
    with open(mounts, "a", encoding="utf-8") as file:
        file.write(f"nodev {tmp_path}/gone tracefs rw 0 0\n")
        file.write(f"nodev {tmp_path}/a\\040b tracefs rw 0 0\n")
    assert _tracefs.find(None) == str(tmp_path / "a b")
    assert _tracefs.find(tmp_path) == str(tmp_path)
    (tmp_path / "usual/events").mkdir(parents=True)
    assert _tracefs.find(None) == str(tmp_path / "usual")
