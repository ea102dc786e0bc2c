# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What ringmap.analysis finds, and that ringmap.plot draws just that."""

import types

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402

import ringmap  # noqa: E402
from ringmap import analysis, demo, plot  # noqa: E402

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


class FewEvents(dict):
    """Columns by event and name, which analysis takes for a trace."""

    def table(self, event, columns):
        """As Trace.table(), for numpy() alone."""
        values = {name: np.array(self[event or "every"][name]) for name in columns}
        return types.SimpleNamespace(numpy=values.__getitem__)


@pytest.mark.parametrize("state, waits", [(0, []), (256, []), (1, [400])])
def test_a_preempted_task_did_not_wait_for_its_wakeup(state, waits):
    switches = dict(ts=[200, 500], prev_pid=[5, 6], next_pid=[6, 5])
    switches["prev_state"] = [state, 1]
    every = dict(ts=[100, 200, 500], lost_before=[0, 0, 0])
    trace = FewEvents(
        sched_waking=dict(ts=[100], pid=[5]), sched_switch=switches, every=every
    )
    assert analysis.wakeups(trace).latency.tolist() == waits


def test_names_are_those_of_the_scheduler(trace):
    names = analysis.names(trace)
    assert (names[0], names[148], names[150]) == ("idle", "gzip", "ping")


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
