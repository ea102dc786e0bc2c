# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What ringmap.analysis finds, and that ringmap.plot draws just that."""

import shutil
import types

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

import ringmap  # noqa: E402
from ringmap import _states, analysis, demo, plot  # noqa: E402

RECORDINGS = [
    "tests/data/recordings/workload",
    "tests/data/recordings/overrun",
    "tests/data/trace_dat/plain_v7_zstd.dat",
    "tests/data/trace_dat/plain_v6.dat",
]


@pytest.fixture(name="trace")
def fixture_trace():
    """A recording without losses."""
    yield ringmap.open(RECORDINGS[0])
    plt.close("all")


@pytest.mark.parametrize("path", RECORDINGS)
def test_columns_and_single_events_agree(path):
    trace = ringmap.open(path)
    by_event = demo.analyse(trace)
    total = analysis.runs(trace).total()
    assert total.pop(0) == by_event.idle_ns
    assert total == {t.pid: t.ran_ns for t in by_event.tasks.values() if t.ran_ns}
    latencies = analysis.wakeups(trace).latency
    assert sorted(latencies.tolist()) == sorted(by_event.latencies)
    assert len(latencies) > 0


def test_all_time_of_a_recording_without_losses_is_somebodys(trace):
    runs = analysis.runs(trace)
    begin, end = trace.span
    for cpu in trace.cpus:
        own = runs.of(cpu=cpu)
        assert own.begin[0] == begin and own.end[-1] == end
        assert (own.begin[1:] == own.end[:-1]).all()
        assert (own.pid[1:] != own.pid[:-1]).all()


MASK = "(((0x00000000 | 0x00000001UL | 0x0000007f) + 1) << 1) - 1"
PRINT_FMT = f'"%s", (REC->prev_state & ({MASK})) ? __print_flags(1) : "R"'


class FewEvents(dict):
    """Columns by event and name, which analysis takes for a trace."""

    schema = {"sched_switch": types.SimpleNamespace(print_fmt=PRINT_FMT)}

    def snapshot(self):
        """As Trace.snapshot() of a recording."""
        return self

    @property
    def events(self):
        """As Trace.events."""
        return {name: len(rows["ts"]) for name, rows in self.items()}

    def table(self, event, columns):
        """As Trace.table(), for to_numpy() alone."""
        values = {name: np.array(self[event or "every"][name]) for name in columns}
        return types.SimpleNamespace(
            to_numpy=lambda names: {name: values[name] for name in names}
        )


def slept_in(state):
    """A task that is woken at 100, leaves its CPU at 200 and is back at 500."""
    switches = dict(ts=[200, 500], prev_pid=[5, 6], next_pid=[6, 5])
    switches["prev_state"] = [state, 1]
    return FewEvents(
        sched_waking=dict(ts=[100], pid=[5]),
        sched_switch=switches,
        every=dict(ts=[100, 200, 500], lost_before=[0, 0, 0]),
    )


@pytest.mark.parametrize(
    "state, waits", [(0, []), (0x100, []), (1, [400]), (0x80, [400]), (0x402, [400])]
)
def test_a_preempted_task_did_not_wait_for_its_wakeup(state, waits):
    trace = slept_in(state)
    assert analysis.sleeping(trace) == 0xFF
    assert analysis.wakeups(trace).latency.tolist() == waits


def test_another_mask_is_taken():
    assert analysis.wakeups(slept_in(0x80), 0x7F).latency.tolist() == []
    trace = slept_in(0x80)
    trace.schema = {"sched_switch": types.SimpleNamespace(print_fmt='"R"')}
    with pytest.raises(ringmap.UnsupportedError, match="mask"):
        analysis.wakeups(trace)


@pytest.mark.parametrize(
    "operand, mask",
    [
        ("(1024-1) ? __print_flags(", 1023),
        ("2047 ? ", 2047),
        ("0x1ffUL ?", 511),
        ("((3 | 4) & 6)", 6),
        ("(1 << 99)", None),
        ("(0 - 1)", None),
        ("(__import__(1))", None),
        ("(1 + REC->other)", None),
        ("(1 / 1)", None),
        ("(", None),
        ("()", None),
        ("0", None),
        ("(" * 5000 + "1" + ")" * 5000, None),
        ("(" * 500 + "1" + ")" * 500, None),
    ],
)
def test_the_mask_is_a_constant_of_the_print_fmt(operand, mask):
    found = types.SimpleNamespace(print_fmt=f'"%d", REC->prev_state & {operand}')
    if mask is None:
        with pytest.raises(ringmap.UnsupportedError):
            _states.sleeping_mask(found)
    else:
        assert _states.sleeping_mask(found) == mask


def test_the_demo_counts_an_idle_sleep_as_sleep():
    """Of the recordings, none has such a wake-up."""
    figures = demo.Analysis(has_waking=True, first_ts=0, sleeping=0xFF)

    def add(ts, running, name, **fields):
        event = dict(prev_comm="", next_comm="", comm="", **fields)
        figures.add(Single(event, ts=ts, cpu=0, pid=running, lost=0, name=name))

    add(100, 5, "sched_waking", pid=5)
    add(200, 5, "sched_switch", prev_pid=5, prev_state=0x80, next_pid=6)
    add(500, 6, "sched_switch", prev_pid=6, prev_state=1, next_pid=5)
    assert figures.latencies == [400]


class Single(dict):
    """One event, as demo takes it."""

    def __init__(self, fields, **attributes):
        super().__init__(fields)
        self.__dict__.update(attributes)


def test_names_are_those_of_the_scheduler(trace):
    names = analysis.names(trace)
    assert (names[0], names[148], names[150]) == ("idle", "gzip", "ping")


@pytest.mark.parametrize("path", RECORDINGS)
def test_a_name_belongs_to_an_interval(path):
    trace = ringmap.open(path)
    names = analysis.names(trace)
    seen = {}
    for event in trace:
        for named, pid, comm in analysis._NAMED:
            if event.name != named or comm not in event or not event[pid]:
                continue
            task, name = event[pid], event[comm]
            seen[task] = name
            # Another CPU may have named it at the same time.
            assert name in names.during(task, event.ts, event.ts + 1)
            assert names.at(task, event.ts + 1) == names.during(
                task, event.ts + 1, event.ts + 1
            ).pop()
    seen[0] = "idle"
    assert {pid: names[pid] for pid in seen} == seen
    assert len(names) == len(list(names)) >= len(seen)
    assert len(names.pid) > len(names)
    with pytest.raises(KeyError):
        names[12345678]  # pylint: disable=pointless-statement
    assert names.at(12345678, 0) is None and not names.during(12345678, 0, 1)


def test_a_task_had_the_names_before_the_last(trace):
    names = analysis.names(ringmap.open(RECORDINGS[2]))
    begin, end = ringmap.open(RECORDINGS[2]).span
    assert names.during(151, begin, end) == ["workload", "load", "ping"]
    assert names.at(151, 0) == "workload" and names.at(151, end) == "ping"
    assert repr(names) == f"<ringmap.analysis.Names of {len(names)} tasks>"
    # Only common_pid and saved_cmdlines name these.
    assert names[1] == trace.schema.comm(1) if 1 in names else True


def test_names_come_from_the_saved_ones_where_no_event_has_them(tmp_path):
    """As a trace of system calls alone."""
    folder = tmp_path / "capture"
    shutil.copytree(RECORDINGS[0], folder, copy_function=shutil.copyfile)
    for event in ("sched", "task"):
        shutil.rmtree(folder / "events" / event, ignore_errors=True)
    trace = ringmap.open(folder)
    assert "sched_switch" not in trace and trace.events
    names = analysis.names(trace)
    pids = set(trace.table(None, "common_pid").numpy("common_pid").tolist()) - {0}
    remembered = {pid: trace.schema.comm(pid) for pid in pids}
    assert any(remembered.values())
    expected = {pid: name for pid, name in remembered.items() if name is not None}
    assert dict(names) == {0: "idle", **expected}


@pytest.mark.parametrize(
    "ask", [analysis.runs, analysis.wakeups, plot.timeline, plot.latency]
)
def test_what_the_trace_cannot_answer_is_an_error(ask):
    every = dict(ts=[5], cpu=[0], common_pid=[7], lost_before=[0])
    trace = FewEvents(every=every, sched_waking=dict(ts=[5], pid=[7]))
    trace.span = (5, 5)
    with pytest.raises(ValueError, match="no sched_switch.*record sched:sched_switch"):
        ask(trace)
    plt.close("all")


def test_wakeups_need_events_of_wakeups():
    trace = slept_in(1)
    del trace["sched_waking"]
    with pytest.raises(ValueError, match="no sched_waking or sched_wakeup"):
        analysis.wakeups(trace)
    assert analysis.wakeups(FewEvents()).latency.tolist() == []


def area(collection):
    """The area of filled polygons."""
    total = 0.0
    for path in collection.get_paths():
        x, y = path.vertices.T
        total += abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    return total


def test_timeline_areas_are_cpu_time(trace):
    ax = plot.timeline(trace, tasks=2)
    drawn = {}
    for collection in ax.collections:
        colour = matplotlib.colors.to_hex(collection.get_facecolor()[0])
        drawn[colour] = drawn.get(colour, 0) + area(collection) / 0.84
    total = analysis.runs(trace).total()
    assert drawn[plot.COLOURS[0]] == pytest.approx(total[148] / 1e9, rel=1e-6)
    assert drawn[plot.COLOURS[1]] == pytest.approx(total[150] / 1e9, rel=1e-6)
    rest = sum(total.values()) - total[0] - total[148] - total[150]
    assert drawn[plot.REST] == pytest.approx(rest / 1e9, rel=1e-6)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["gzip  292 ms", "ping  138 ms", "60 more  789 ms"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["CPU 0", "CPU 1"]


def test_timeline_of_a_part_counts_that_part(trace):
    ax = plot.timeline(trace, time=(0.30, 0.34))
    assert ax.get_xlim() == pytest.approx((0.30, 0.34))
    assert ax.get_legend().get_texts()[0].get_text() == "gzip  37.3 ms"
    with pytest.raises(ValueError, match="later"):
        plot.timeline(trace, time=(2, 1))


def test_a_legend_has_the_names_of_its_range():
    """Pid 151 is load at the beginning and ping later, and so in a table's order."""
    trace = ringmap.open(RECORDINGS[2])
    ax = plot.timeline(trace, tasks=2)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["ping  396 ms", "pong  384 ms", "42 more  840 ms"]
    plt.close("all")


def test_a_legend_tells_tasks_of_one_name_apart():
    names = {5: ["sh", "make"], 6: ["cc1"], 7: ["cc1"], 8: []}
    assert list(plot._labels(names).values()) == [
        "sh \u2192 make",
        "cc1 6",
        "cc1 7",
        "8",
    ]


def test_latency_counts_every_wakeup(trace):
    ax = plot.latency(trace)
    assert sum(bar.get_height() for bar in ax.patches) == 2646
    texts = " ".join(text.get_text() for text in ax.texts)
    assert "90.6 µs" in texts and "9.19 ms" in texts


def test_latency_of_numbers_and_of_none():
    ax = plot.latency([0, 10, 1e6, 1e9], what="answers")
    assert sum(bar.get_height() for bar in ax.patches) == 4
    assert "no answers" in plot.latency([], what="answers").texts[0].get_text()
    plt.close("all")


def test_rate_counts_every_event(trace):
    ax = plot.rate(trace)
    begin, end = trace.span
    areas = [area(collection) for collection in ax.collections]
    assert sum(areas) == pytest.approx(sum(trace.events.values()), rel=1e-6)
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[0] == "8 more" and len(labels) == 7
    assert ax.get_xlim() == pytest.approx((0, (end - begin) / 1e9))


def test_rate_of_chosen_events_on_given_axes(trace):
    _, given = plt.subplots()
    ax = plot.rate(trace, events=["sched_switch"], ax=given)
    assert ax is given
    assert sum(map(area, ax.collections)) == pytest.approx(4945, rel=1e-6)
