# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Text, event and column of a field agree, in every recording there is."""

import os
import pathlib
import re

import pytest
import support

import ringmap

SHARED = pathlib.Path(os.environ.get("RINGMAP_SHARED_DATA") or "/nonexistent")
FAULTS = SHARED / "faults"
INSTANCES = sorted((support.DATA / "trace_dat").glob("instances_v*.dat"))
TRACES = [
    *support.PLAIN_FILES,
    *INSTANCES,
    support.WORKLOAD,
    support.DATA / "recordings/overrun",
    *sorted(FAULTS.glob("*/in.dat")),
    *sorted(path.parent for path in FAULTS.glob("*/per_cpu")),
    *sorted((SHARED / "trace-dat").glob("*/*.dat")),
]
CORRUPT = {"16", "g_zero_padded", "pages_error"}
EVENTS_MAX = 20000

faults = pytest.mark.skipif(
    not FAULTS.is_dir(), reason="RINGMAP_SHARED_DATA has no folder faults"
)


def columns_of(trace, name, form):
    """The rows of an event in time order: (ts, cpu, {field: value})."""
    own = ("ts", "cpu", "event", "lost_before")
    fields = {field.name: field for field in form.fields}
    columns = {f"field_{name}" if name in own else name: name for name in fields}
    table = trace.table(
        name, columns=["ts", "cpu", *columns], ordered=True, numbers=True
    )
    arrow = table.to_arrow().combine_chunks()
    ts = arrow["ts"].cast("int64" if trace.counts_ns else "uint64").to_pylist()
    values = [arrow[column].to_pylist() for column in columns]
    names = list(columns.values())
    for at, cpu, *row in zip(ts, arrow["cpu"].to_pylist(), *values):
        yield at, cpu, dict(zip(names, row))


def shown(text, names):
    """What event.text(raw=True) shows, by field: "a=1 b=two words"."""
    at = 0
    found = {}
    places = []
    for name in names:
        place = text.find(f"{name}=", at)
        if place < 0 or (place and text[place - 1] != " "):
            return None
        places.append((name, place, place + len(name) + 1))
        at = places[-1][2]
    for (name, _, begin), after in zip(places, [*places[1:], (None, len(text) + 1, 0)]):
        found[name] = text[begin : after[1] - 1]
    return found


def numbers_in(text):
    """The numbers that a text can stand for: decimal, or hexadecimal."""
    found = [int(text)] if re.fullmatch(r" *-?\d+", text) else []
    if re.fullmatch(r"(0x)?[0-9a-f]+", text):
        found.append(int(text, 16))
    return found


def text_agrees(text, field, value):
    """Whether the raw text of a field can be that of the value."""
    if field.array or field.dynamic:
        if isinstance(value, str):
            plain = text.strip("\"'")
            return "\\x" in value or plain == value or text == value.rstrip("\n")
        return True
    if not isinstance(value, int):
        return True
    numbers = numbers_in(text)
    modulus = 1 << 8 * field.size
    return not numbers or any((n - value) % modulus == 0 for n in numbers)


def compare(trace):
    """Compares every event; returns how many fields were compared, and texts."""
    rows = {}
    values = texts = 0
    for count, event in enumerate(trace):
        if count == EVENTS_MAX:
            break
        form = trace.schema.by_id(event.id)
        if form is None:
            assert set(event.fields) >= {"common_type", "common_pid"}
            continue
        name = f"{form.system}:{form.name}"
        if name not in rows:
            rows[name] = columns_of(trace, name, form)
        ts, cpu, row = next(rows[name])
        assert (ts, cpu) == (event.ts, event.cpu), name
        assert row == event.fields, name
        values += len(row)
        own = [field for field in form.fields if not field.common]
        try:
            text = event.text(line=False, raw=True)
        except ringmap.CorruptError:
            # Only a record that lacks a field has no text.
            assert None in event.fields.values(), name
            continue
        found = shown(text, [field.name for field in own]) or {}
        for field in own:
            if field.name in found and event.fields[field.name] is not None:
                value = event.fields[field.name]
                assert text_agrees(found[field.name], field, value), (
                    name,
                    field.name,
                    text,
                )
                texts += 1
    return values, texts


@pytest.mark.parametrize("path", TRACES, ids=lambda path: "/".join(path.parts[-2:]))
def test_text_event_and_column_agree(path):
    with ringmap.open(path) as first:
        instances = first.instances
    for instance in instances:
        with ringmap.open(path, instance=instance or None, strict=True) as trace:
            try:
                values, _ = compare(trace)
            except (ringmap.CorruptError, OSError):
                # These have sub-buffers that break the format.
                assert CORRUPT & set(path.parts)
                continue
            assert values


def test_texts_are_compared():
    with ringmap.open(support.PLAIN) as trace:
        _, texts = compare(trace)
    assert texts > 1000


# ---- values that were once wrong ------------------------------------------------


@faults
def test_arrays_of_strings():
    with ringmap.open(FAULTS / "01/in.dat") as trace:
        assert trace.events == {"sarr": 1}
        (event,) = trace
        assert event.a == ["first", "second one", ""] and event.n == -17
        assert event.pid == 42
        frame = trace["sarr"].to_pandas()
        assert frame["a"].tolist() == [["first", "second one", ""]]
        polars = trace["sarr"].to_polars()
        assert polars["a"].to_list() == [["first", "second one", ""]]


@faults
def test_arrays_end_with_the_record():
    with ringmap.open(FAULTS / "02/in.dat") as trace:
        text, raw, function = trace
        assert text.buf == "B|42|step one\n"
        assert raw.buf == b"ab\0\x01\x02\xff\xfe\0" and raw.id == 19
        assert function.fields["args"] == [11, 22]
    with ringmap.open(FAULTS / "03/in.dat") as trace:
        assert [len(event.caller) for event in trace] == [4, 10]


@faults
def test_times_before_zero():
    with ringmap.open(FAULTS / "07/in.dat") as trace:
        stamps = [event.ts for event in trace]
        assert stamps == [-75, -25, 25, 75, 125, 175]
        assert trace.span == (-75, 175)
        table = trace.table("ev", where={"time": (-50, 100)}, ordered=True)
        assert table.numpy("ts").astype("int64").tolist() == [-25, 25, 75]
        assert "-0.000000075:" in str(next(iter(trace)))


@faults
def test_a_faulted_string_is_none():
    with ringmap.open(FAULTS / "19/in.dat") as trace:
        assert [event.s for event in trace] == [None, ""]
        assert trace["p1"].numpy("s").tolist() == [None, ""]


def write_folder(path, formats, records):
    """A capture of one CPU in a folder: formats by name, and records."""
    page = b"".join(
        (len(record) // 4 | 1 << 5).to_bytes(4, "little") + record for record in records
    )
    header = (1000).to_bytes(8, "little") + len(page).to_bytes(8, "little")
    files = {
        "events/header_page": "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
        "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
        "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n"
    }
    common = "".join(
        f"\tfield:{decl};\toffset:{offset};\tsize:{size};\tsigned:0;\n"
        for decl, offset, size in (
            ("unsigned short common_type", 0, 2),
            ("unsigned char common_flags", 2, 1),
            ("unsigned char common_preempt_count", 3, 1),
            ("int common_pid", 4, 4),
        )
    )
    for number, (name, fields) in enumerate(formats.items()):
        files[f"events/sys/{name}/format"] = (
            f"name: {name}\nID: {100 + number}\nformat:\n{common}\n{fields}\n"
            'print fmt: "x"\n'
        )
    for name, text in files.items():
        file = os.path.join(os.fsencode(path), name.encode("utf-8", "surrogateescape"))
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "wb") as out:
            out.write(text.encode("utf-8", "surrogateescape"))
    ring = path / "per_cpu/cpu0/trace_pipe_raw"
    ring.parent.mkdir(parents=True)
    ring.write_bytes((header + page).ljust(4096, b"\0"))


def record(number, rest=b""):
    """A record of event 100 + number by task 42."""
    return (100 + number).to_bytes(4, "little") + (42).to_bytes(4, "little") + rest


def test_hostile_names_are_escaped_text(tmp_path):
    formats = {"b\udcffd": "\tfield:u32 a[\udcff];\toffset:8;\tsize:4;\tsigned:0;\n"}
    write_folder(tmp_path, formats, [record(0, b"\1\0\0\0")])
    with ringmap.open(tmp_path) as trace:
        assert trace.events == {"b\\xffd": 1}
        assert list(trace.schema) == ["sys:b\\xffd"]
        assert trace.schema["b\\xffd"].fields[4].type == "u32[\\xff]"
        assert trace.table(None, columns=["event"]).to_arrow()["event"].to_pylist() == [
            "b\\xffd"
        ]
        (event,) = trace
        assert event.name == "b\\xffd" and "b\\xffd: " in str(event)


def test_a_field_that_makes_no_sense_costs_no_other(tmp_path):
    fields = (
        "\tfield:__data_loc char[] a;\toffset:8;\tsize:3;\tsigned:0;\n"
        "\tfield:int b;\toffset:none;\tsize:4;\tsigned:1;\n"
        "\tfield:int c;\toffset:12;\tsize:4;\tsigned:1;\n"
    )
    write_folder(tmp_path, {"odd": fields}, [record(0, b"abc\0\7\0\0\0")])
    with ringmap.open(tmp_path) as trace:
        assert trace.schema["odd"].unknown == 2
        assert trace.events == {"odd": 1}
        (event,) = trace
        assert (event.ts, event.pid, event.a, event.c) == (1001, 42, b"abc", 7)
        assert trace["odd"].to_arrow()["c"].to_pylist() == [7]


def test_an_unknown_event_keeps_time_cpu_and_pid(tmp_path):
    fields = "\tfield:int c;\toffset:8;\tsize:4;\tsigned:1;\n"
    records = [record(5, b"\7\0\0\0"), record(0, b"\7\0\0\0")]
    write_folder(tmp_path, {"known": fields}, records)
    with ringmap.open(tmp_path) as trace:
        event = next(iter(trace))
        assert (event.ts, event.cpu, event.pid) == (1001, 0, 42)
        assert event.name is None and event.id == 105
        assert event.fields["common_pid"] == 42
        assert "-42 " in str(event) and "[000]" in str(event)
        assert str(event).endswith("there is no event with id 105")
        table = trace.table().to_arrow()
        assert table["event"].to_pylist() == [None, "known"]
        assert table["common_pid"].to_pylist() == [42, 42]
        assert table["cpu"].to_pylist() == [0, 0]
