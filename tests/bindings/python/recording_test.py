# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Recordings give the values that trace-cmd tells of them."""

import gc
import os
import shutil

import numpy as np
import pytest
import support

import ringmap


@pytest.fixture(params=support.PLAIN_FILES, ids=lambda path: path.name)
def plain(request):
    """The plain capture, from each of its files."""
    with ringmap.open(request.param) as trace:
        yield trace


def test_every_column_is_what_trace_cmd_reports(plain):
    frame = plain.table("sched_switch", ordered=True).to_pandas()
    names = ["prev_comm", "prev_pid", "prev_prio"]
    names += ["next_comm", "next_pid", "next_prio"]
    found = list(
        zip(
            frame["ts"].astype("int64"),
            frame["cpu"],
            *(frame[name].astype(str) for name in names),
        )
    )
    assert found == list(support.switches())


def test_events_are_counted(plain):
    counts = {}
    for line in support.report_lines():
        counts[line["name"]] = counts.get(line["name"], 0) + 1
    assert plain.events == counts
    assert list(plain.events.values()) == sorted(counts.values(), reverse=True)
    assert len(plain.table()) == sum(counts.values())


def test_single_events_read_as_trace_cmd_prints_them(plain):
    lines = list(support.report_lines())
    events = list(plain)
    assert len(events) == len(lines)
    for event, line in zip(events, lines):
        assert event.ts == int(line["s"]) * 10**9 + int(line["ns"])
        assert (event.name, event.cpu) == (line["name"], int(line["cpu"]))
        assert event.pid == int(line["pid"])
        if event.name in ("sched_switch", "sys_enter", "hrtimer_start"):
            assert event.text(line=False).strip() == line["text"].strip()
            assert f"{line['comm'].strip()}-{line['pid']}" in str(event)


def test_fields_are_attributes_and_items(plain):
    event = next(event for event in plain if event.name == "sched_switch")
    table = plain.table("sched_switch", ordered=True)
    for name in ("prev_pid", "next_pid", "prev_comm", "next_comm"):
        assert getattr(event, name) == event[name] == table.numpy(name)[0]
    assert set(event) == set(event.fields) and len(event) == len(event.fields)
    with pytest.raises(AttributeError):
        event.no_such_field  # pylint: disable=pointless-statement


def test_facts_of_the_trace(plain):
    assert plain.clock == "mono"
    assert plain.cpus == [0, 1]
    assert plain.lost == 0
    stamps = plain.table().numpy("ts").astype("int64")
    assert plain.span == (stamps.min(), stamps.max())
    assert plain.instances == [""]
    assert plain.mode == "image"


def test_kinds_of_columns():
    with ringmap.open(support.PLAIN) as trace:
        opened = trace.table("opened", ordered=True)
        kinds = {column.name: column.dtype for column in opened.schema}
        assert kinds["ts"] == "datetime64[ns]" and kinds["cpu"] == "uint32"
        events = [event for event in trace if event.name == "opened"]
        frame = opened.to_pandas()
        for name in kinds:
            if name in events[0].fields:
                for have, want in zip(frame[name], events):
                    have = have.tolist() if hasattr(have, "tolist") else have
                    # pandas has NaN for a text that is not there.
                    have = None if have != have else have
                    assert have == want[name], name


def test_bitmasks_are_lists_of_bits():
    with ringmap.open(support.INSTANCES, "ringmap_irq") as irq:
        names = [name for name in irq.events if "cpumask" in name]
    with ringmap.open(support.INSTANCES) as trace:
        names = names or [name for name in trace.events if "cpumask" in name]
        assert names
        for name in names:
            masks = trace.table(name, ordered=True).to_pandas()["cpumask"]
            events = [event for event in trace if event.name == name]
            assert [mask.tolist() for mask in masks] == [e.cpumask for e in events]


def test_instances_of_a_file():
    with ringmap.open(support.INSTANCES) as trace:
        assert trace.instances == ["", "ringmap_timer", "ringmap_irq"]
        top = trace.events
    with ringmap.open(support.INSTANCES, instance="ringmap_irq") as trace:
        assert trace.events != top and "sched_switch" in trace.events


def test_names_that_are_no_utf8():
    data = support.INSTANCES.read_bytes()
    data = data.replace(b"ringmap_irq\0", b"ringmap_\xffrq\0").replace(
        b"[mono]", b"[mo\xfeo]"
    )
    with ringmap.open(data) as trace:
        name = trace.instances[2]
        assert os.fsencode(name) == b"ringmap_\xffrq"
        assert trace.clock == "mo\\xfeo"
    with ringmap.open(data, instance=name) as trace:
        assert "sched_switch" in trace.events


def test_a_folder_of_captures():
    with ringmap.open(support.WORKLOAD) as trace:
        assert sum(trace.events.values()) == sum(1 for _ in trace)
        assert len(trace["sched_switch"]) == trace.events["sched_switch"]


def test_events_without_format_are_counted(tmp_path):
    with ringmap.open(support.WORKLOAD) as trace:
        events, switches = trace.events, trace.events["sched_switch"]
        assert trace.unknown == 0 and "without format" not in repr(trace)
    copy = tmp_path / "copy"
    shutil.copytree(support.WORKLOAD, copy)
    shutil.rmtree(copy / "events/sched/sched_switch")
    with ringmap.open(copy) as trace:
        del events["sched_switch"]
        assert trace.events == events
        assert trace.unknown == switches > 0
        assert len(trace.table()) == sum(events.values()) + switches
        assert f"{switches:,} without format" in repr(trace)


def test_bytes_are_read_as_the_file_is():
    with ringmap.open(support.PLAIN) as trace:
        expected = trace["sched_switch"].to_arrow()
    with ringmap.open(support.PLAIN.read_bytes()) as trace:
        assert trace["sched_switch"].to_arrow().equals(expected)
    with ringmap.open(memoryview(support.PLAIN.read_bytes())) as trace:
        assert len(trace["sched_switch"]) == expected.num_rows


def test_later_passes_read_the_file_that_was_opened(tmp_path):
    path = tmp_path / "trace.dat"
    shutil.copy(support.PLAIN, path)
    with ringmap.open(path) as trace:
        table = trace["sched_switch"]
        before = table.to_arrow()
        path.unlink()
        shutil.copy(support.INSTANCES, path)
        assert table.to_arrow().equals(before)


def test_columns_are_chosen_in_order():
    with ringmap.open(support.PLAIN) as trace:
        table = trace.table("sched_switch", columns=["next_pid", "ts"])
        assert table.columns == ("next_pid", "ts")
        assert list(table.to_pandas().columns) == ["next_pid", "ts"]
        assert table.to_arrow().column_names == ["next_pid", "ts"]


def test_rows_are_chosen():
    with ringmap.open(support.PLAIN) as trace:
        every = trace.table("sched_switch", ordered=True).to_pandas()
        stamps = every["ts"].astype("int64")
        begin, end = int(stamps[100]), int(stamps[300])
        pids = [int(every["common_pid"][100]), 0]
        choices = {
            "pids": (pids, every["common_pid"].isin(pids)),
            "cpus": ([1], every["cpu"] == 1),
            "time": ((begin, end), (stamps >= begin) & (stamps < end)),
        }
        for key, (value, expected) in choices.items():
            table = trace.table("sched_switch", where={key: value}, ordered=True)
            assert 0 < expected.sum() < len(every)
            assert len(table) == expected.sum(), key
            frame = table.to_pandas()
            assert (frame["next_pid"].values == every["next_pid"][expected]).all()
        both = {"cpus": 1, "time": (begin, None)}
        expected = (every["cpu"] == 1) & (stamps >= begin)
        assert len(trace.table("sched_switch", where=both)) == expected.sum()
        with pytest.raises(ValueError, match="none of"):
            trace.table("sched_switch", where={"comm": "sh"})
        with pytest.raises(ValueError, match="empty"):
            trace.table("sched_switch", where={"pids": []})


def test_ordered_rows_are_in_time_order():
    with ringmap.open(support.PLAIN) as trace:
        stamps = trace.table(ordered=True).numpy("ts")
        assert (np.diff(stamps.astype("int64")) >= 0).all()
        unordered = trace.table().numpy("ts")
        assert not (np.diff(unordered.astype("int64")) >= 0).all()
        assert (np.sort(unordered) == stamps).all()


def test_threads_read_the_same_rows():
    with ringmap.open(support.PLAIN) as trace:
        one = trace.table("sched_switch").to_pandas()
        two = trace.table("sched_switch", threads=2).to_pandas()
        key = ["ts", "cpu"]
        one = one.sort_values(key).reset_index(drop=True)
        two = two.sort_values(key).reset_index(drop=True)
        assert one.astype(str).equals(two.astype(str))


def test_losses_have_no_value_where_they_are_unknown():
    with ringmap.open(support.DATA / "recordings/overrun") as trace:
        lost = trace.table().numpy("lost_before")
        unknown = np.ma.getmaskarray(lost)
        assert trace.lost is None and unknown.any() and not unknown.all()
        frame = trace.table().to_pandas()
        assert str(frame["lost_before"].dtype) == "UInt64"
        assert (frame["lost_before"].isna() == unknown).all()
        assert frame["lost_before"].sum() == lost.sum() > 0
        single = [event.lost for event in trace]
        assert single.count(None) == unknown.sum()
        assert sum(filter(None, single)) == lost.sum()


def test_the_schema_tells_fields():
    with ringmap.open(support.PLAIN) as trace:
        found = trace.schema["sched:sched_switch"]
        assert (found.system, found.name) == ("sched", "sched_switch")
        fields = {field.name: field for field in found.fields}
        assert fields["next_pid"].signed and fields["next_pid"].size == 4
        assert fields["next_comm"].kind == "string"
        assert "sched:sched_switch" in list(trace.schema)
        assert len(trace.schema) == len(list(trace.schema))
        with pytest.raises(ringmap.NotFoundError):
            trace.schema["sched:nothing"]  # pylint: disable=expression-not-assigned
        symbols = {
            field.name: field.names for field in trace.schema["softirq_raise"].fields
        }
        assert isinstance(symbols["vec"], tuple)


def test_a_closed_trace_is_no_longer_read():
    trace = ringmap.open(support.PLAIN)
    table = trace["sched_switch"]
    trace.close()
    trace.close()
    for use in (len, lambda t: t.to_pandas(), lambda t: t.numpy("ts")):
        with pytest.raises(ValueError, match="closed"):
            use(table)
    gc.collect()


def test_numbers_instead_of_names():
    with ringmap.open(support.PLAIN) as trace:
        plain = trace.table("sched_switch", columns=["prev_state"], numbers=True)
        named = trace.table("softirq_raise", columns=["vec"])
        vectors = trace.table("softirq_raise", columns=["vec"], numbers=True)
        assert plain.schema[0].format == "l" and vectors.schema[0].format == "I"
        names = dict(trace.schema["softirq_raise"].fields[-1].names)
        numbers = vectors.numpy("vec").tolist()
        assert [names[number] for number in numbers] == named.numpy("vec").tolist()
