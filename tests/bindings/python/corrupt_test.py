# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Sub-buffers that violate the format: what is behind them is read."""

import os
import pathlib
import shutil

import numpy as np
import pyarrow
import pytest
import support

import ringmap

DATA_V6 = support.DATA / "trace_dat/plain_v6.dat"
SUBBUF = 4096
BROKEN = 3  # the number of the broken sub-buffer


@pytest.fixture(name="bent")
def _bent(tmp_path):
    """A folder of captures; one sub-buffer of CPU 0 claims too many bytes."""
    folder = tmp_path / "bent"
    shutil.copytree(support.WORKLOAD, folder)
    raw = folder / "per_cpu/cpu0/trace_pipe_raw"
    raw.chmod(0o600)
    data = bytearray(raw.read_bytes())
    at = BROKEN * SUBBUF + 8
    data[at : at + 4] = (SUBBUF).to_bytes(4, "little")
    raw.write_bytes(data)
    return folder


def _count(folder, subbufs):
    """How many events the first sub-buffers of CPU 0 have."""
    raw = folder / "per_cpu/cpu0/trace_pipe_raw"
    whole = raw.read_bytes()
    raw.write_bytes(
        (support.WORKLOAD / "per_cpu/cpu0/trace_pipe_raw").read_bytes()[
            : subbufs * SUBBUF
        ]
    )
    with ringmap.open(folder) as trace:
        count = sum(event.cpu == 0 for event in trace)
    raw.write_bytes(whole)
    return count


def _sound(bent):
    """What is left of the events: all but those of the broken sub-buffer."""
    with ringmap.open(support.WORKLOAD) as trace:
        events = list(trace)
    first, end = _count(bent, BROKEN), _count(bent, BROKEN + 1)
    assert 0 < first < end
    ours = [event for event in events if event.cpu == 0]
    gone = set(map(id, ours[first:end]))
    return [event for event in events if id(event) not in gone], ours[end]


def test_events_go_on_behind_a_broken_place(bent):
    expected, after = _sound(bent)
    with ringmap.open(bent) as trace:
        events = list(trace)
        assert events == expected
        assert [event.lost for event in events].count(None) == 1
        assert events[events.index(after)].lost is None
        assert trace.corrupt == 1
        assert trace.lost is None
        assert sum(trace.events.values()) == len(expected)
        assert trace.span == (expected[0].ts, expected[-1].ts)


@pytest.mark.parametrize("how", [{}, {"threads": 2}, {"ordered": True}], ids=str)
def test_tables_go_on_behind_a_broken_place(bent, how):
    expected, after = _sound(bent)
    with ringmap.open(bent) as trace:
        table = trace.table(columns=["ts", "cpu", "lost_before"], **how)
        assert len(table) == len(expected)
        frame = table.to_pandas()
        assert len(frame) == len(expected)
        unknown = frame[frame["lost_before"].isna()]
        assert list(zip(unknown["ts"].astype("int64"), unknown["cpu"])) == [
            (after.ts, 0)
        ]
        arrow = table.to_arrow()
        assert arrow.num_rows == len(expected)
        assert arrow["lost_before"].null_count == 1
        assert table.to_polars()["lost_before"].null_count() == 1
        assert pyarrow.table(table).num_rows == len(expected)
        stamps = table.numpy("ts").astype("int64")
        assert (np.sort(stamps) == [event.ts for event in expected]).all()


USES = {
    "iteration": list,
    "events": lambda trace: trace.events,
    "span": lambda trace: trace.span,
    "lost": lambda trace: trace.lost,
    "corrupt": lambda trace: trace.corrupt,
    "len": lambda trace: len(trace.table()),
    "numpy": lambda trace: trace.table().numpy("ts"),
    "to_pandas": lambda trace: trace.table().to_pandas(),
    "to_arrow": lambda trace: trace.table().to_arrow(),
    "to_polars": lambda trace: trace.table().to_polars(),
}


@pytest.mark.parametrize("use", USES)
def test_strict_raises_and_names_the_place(bent, use):
    with ringmap.open(bent, strict=True) as trace:
        for _ in range(2):
            with pytest.raises(ringmap.CorruptError) as caught:
                USES[use](trace)
            text = str(caught.value)
            assert str(bent / "per_cpu/cpu0/trace_pipe_raw") in text
            assert f"CPU 0, sub-buffer {BROKEN}" in text


def test_strict_is_content_with_a_sound_recording():
    with ringmap.open(support.WORKLOAD, strict=True) as trace:
        assert trace.corrupt == 0
        assert len(list(trace)) == sum(trace.events.values())
        assert trace.table().to_arrow().num_rows == len(trace.table())


def test_a_broken_place_at_the_end_makes_the_loss_unknown(bent):
    with ringmap.open(support.WORKLOAD) as trace:
        before = trace.lost
    raw = bent / "per_cpu/cpu0/trace_pipe_raw"
    data = raw.read_bytes()[: (BROKEN + 1) * SUBBUF]
    raw.write_bytes(data)
    with ringmap.open(bent) as trace:
        assert trace.corrupt == 1
        assert before == 0 and trace.lost is None


def test_errors_of_later_passes_name_the_file(tmp_path):
    data = bytearray(support.PLAIN.read_bytes())
    with ringmap.open(support.PLAIN) as trace:
        first = next(iter(trace)).ts
    # The stamp of the first sub-buffer precedes its commit word.
    at = next(
        at
        for at in range(SUBBUF, len(data), SUBBUF)
        if 0 <= first - int.from_bytes(data[at : at + 8], "little") < 10**9
    )
    data[at + 8 : at + 12] = b"\xff\xff\x0f\0"
    path = tmp_path / "bent.dat"
    path.write_bytes(data)
    with ringmap.open(path, strict=True) as trace:
        for _ in range(2):
            # Later passes open a descriptor, whose name says nothing.
            with pytest.raises(ringmap.CorruptError, match=f"^{path}: CPU "):
                list(trace)
            with pytest.raises(ringmap.CorruptError, match=f"^{path}: CPU "):
                trace.table().to_arrow()
        nameless = trace._source.named(ringmap.CorruptError("byte 5: no", -6))
        assert str(nameless) == f"{path}: byte 5: no" and nameless.status == -6
    with ringmap.open(bytes(data), strict=True) as trace:
        with pytest.raises(ringmap.CorruptError, match=f"^{len(data)} bytes: "):
            list(trace)


def test_a_file_that_was_cut_is_read_as_far_as_it_goes(tmp_path):
    whole = DATA_V6.read_bytes()
    with ringmap.open(DATA_V6) as trace:
        assert trace.cut is None
        expected = {cpu: [e for e in trace if e.cpu == cpu] for cpu in trace.cpus}
    path = tmp_path / "cut.dat"
    for less in (SUBBUF, 3 * SUBBUF + 1):
        path.write_bytes(whole[:-less])
        with ringmap.open(path) as trace:
            assert str(path) in trace.cut and str(len(whole) - less) in trace.cut
            for cpu, events in expected.items():
                found = [event for event in trace if event.cpu == cpu]
                assert found == events[: len(found)]
                assert (len(found) < len(events)) == (cpu == max(expected))
            assert trace.lost is None
            assert len(trace.table()) == sum(trace.events.values())
        with pytest.raises(ringmap.CorruptError, match="cut") as caught:
            ringmap.open(path, strict=True)
        assert str(path) in str(caught.value)
    ringmap.open(DATA_V6, strict=True).close()


def test_a_folder_with_a_file_that_was_cut(tmp_path):
    folder = tmp_path / "cut"
    shutil.copytree(support.WORKLOAD, folder)
    raw = folder / "per_cpu/cpu1/trace_pipe_raw"
    raw.chmod(0o600)
    raw.write_bytes(raw.read_bytes()[: 5 * SUBBUF + 77])
    with ringmap.open(folder) as trace:
        assert str(raw) in trace.cut
        whole = [event for event in trace if event.cpu == 1]
        assert whole and trace.lost is None
    with pytest.raises(ringmap.CorruptError, match="cut"):
        ringmap.open(folder, strict=True)


SHARED = pathlib.Path(os.environ.get("RINGMAP_SHARED_DATA") or "/nowhere") / "faults"


# Events, corrupt places, events behind an unknown loss.
@pytest.mark.skipif(not SHARED.exists(), reason="RINGMAP_SHARED_DATA has no faults")
@pytest.mark.parametrize(
    "name, count, places, unknown",
    [("16/in.dat", 6, 1, 1), ("pages_error", 6, 2, 2), ("g_zero_padded", 81, 1, 0)],
)
def test_recordings_that_ended_early(name, count, places, unknown):
    with ringmap.open(SHARED / name) as trace:
        events = list(trace)
        assert len(events) == count
        assert [event.lost for event in events].count(None) == unknown
        assert trace.corrupt == places
        assert trace.lost is None
        assert len(trace.table()) == count
        assert trace.table().to_arrow()["lost_before"].null_count == unknown
    with ringmap.open(SHARED / name, strict=True) as trace:
        with pytest.raises(ringmap.CorruptError):
            list(trace)
