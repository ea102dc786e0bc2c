# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Times as arguments: seconds, time stamps and dates are told apart."""

import datetime
import warnings

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import pytest  # noqa: E402
import support  # noqa: E402

import ringmap  # noqa: E402
from ringmap import _time, plot  # noqa: E402

MS = 10**6


@pytest.fixture(name="trace")
def fixture_trace():
    """A recording of 1.5 s."""
    with ringmap.open(support.WORKLOAD) as trace:
        yield trace
    plt.close("all")


def rows(trace, *time):
    """The time stamps of the rows in a range."""
    return trace.table("sched_switch", where={"time": time}).numpy("ts").astype("i8")


def test_every_type_of_a_time_finds_the_same_rows(trace):
    begin = trace.span[0]
    stamps = rows(trace, 0, None)
    wanted = stamps[(stamps >= begin + 100 * MS) & (stamps < begin + 200 * MS)]
    assert len(wanted) == 312
    first, last = (np.datetime64(begin + n * MS, "ns") for n in (100, 200))
    ranges = [
        (0.1, 0.2),
        (np.float32(0.1), np.float64(0.2)),
        (begin + 100 * MS, begin + 200 * MS),
        (np.int64(begin + 100 * MS), np.uint64(begin + 200 * MS)),
        (datetime.timedelta(milliseconds=100), pd.Timedelta("200ms")),
        (np.timedelta64(100, "ms"), np.timedelta64(200_000, "us")),
        (first, last),
        (pd.Timestamp(first), pd.Timestamp(last, tz="UTC")),
    ]
    for time in ranges:
        assert (rows(trace, *time) == wanted).all(), time
    assert (rows(trace, 0.0, 0.1) == stamps[stamps < begin + 100 * MS]).all()
    assert (rows(trace, -5.0, 0.1) == stamps[stamps < begin + 100 * MS]).all()


def test_what_a_table_gave_is_taken_back(trace):
    table = trace["sched_switch"]
    frame, batch = table.to_pandas(), table.to_polars()
    stamps = np.sort(table.numpy("ts"))
    limits = stamps[10], stamps[60]
    inside = rows(trace, *limits)
    assert len(inside) == 50 and inside.min() == limits[0].astype("i8")
    series = frame["ts"].sort_values().reset_index(drop=True)
    assert (rows(trace, series[10], series[60]) == inside).all()
    # Python's own datetime, which polars makes, ends at microseconds.
    found = batch["ts"].sort()
    low = stamps[10].astype("M8[us]"), stamps[60].astype("M8[us]")
    assert (rows(trace, found[10], found[60]) == rows(trace, *low)).all()


@pytest.mark.parametrize(
    "time, words",
    [
        ((8.2, 8.3), "lasts 1.46598458 s"),
        ((None, -1.0), "lasts"),
        ((0.2, 0.1), "later"),
        ((float("nan"), None), "no time"),
        ((1e300, None), "no time"),
        ((pd.NaT, None), "no time"),
        ((np.datetime64("NaT"), None), "no time"),
        ((1 << 64, None), "64 bits"),
    ],
)
def test_a_time_that_has_no_place_is_an_error(trace, time, words):
    with pytest.raises(ValueError, match=words):
        trace.table("sched_switch", where={"time": time})
    with pytest.raises(ValueError, match=words):
        plot.timeline(trace, time=time)


@pytest.mark.parametrize("time", [5, None, (1, 2, 3), ("a", 2), (True, 2), ([], 2)])
def test_what_is_no_time_is_named(trace, time):
    with pytest.raises(TypeError, match="^time: "):
        trace.table("sched_switch", where={"time": time})


@pytest.mark.parametrize("time", [(8, 9), (1, 2), (0, 1), (np.int32(1), None)])
def test_ints_that_look_like_seconds_are_not_passed_over(trace, time):
    first = next(float(value) for value in time if value)
    if time[1]:
        with pytest.warns(UserWarning, match=f"floats, such as {first}"):
            assert len(rows(trace, *time)) == 0
        with pytest.raises(ValueError, match=f"floats, such as {first}"):
            plot.timeline(trace, time=time)
    else:
        # All of the trace is later than one nanosecond.
        assert len(rows(trace, *time)) == len(trace["sched_switch"])


def test_time_stamps_beside_the_trace_have_no_rows(trace):
    begin, end = trace.span
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(rows(trace, end + 1, end + 10**9)) == 0
        assert len(rows(trace, 0, begin)) == 0
        assert len(rows(trace, begin - 5, begin)) == 0
    with pytest.raises(ValueError, match=f"from {begin} to {end}$"):
        plot.rate(trace, time=(end + 1, end + 10**9))


def test_a_plot_takes_them_too(trace):
    begin = trace.span[0]
    ax = plot.timeline(trace, time=(begin + 300 * MS, begin + 340 * MS))
    assert ax.get_xlim() == pytest.approx((0.30, 0.34))
    ax = plot.rate(trace, time=(datetime.timedelta(0), 0.5))
    assert ax.get_xlim() == pytest.approx((0, 0.5))


def counted(span=(1000, 2000), fixed=True):
    """A trace of a clock that counts, as window() sees it."""
    return _time.Clock(lambda: span, False, "x86-tsc", fixed)


def test_a_clock_that_counts_has_no_seconds():
    assert _time.window((1100, 1200), counted()) == (1100, 1200)
    assert _time.window((1, 2), counted()) == (1, 2)
    for value in (0.5, np.datetime64(5, "ns"), datetime.timedelta(seconds=1)):
        with pytest.raises(ValueError, match="x86-tsc.*ints"):
            _time.window((value, None), counted())


def test_a_live_trace_has_no_first_event():
    clock = _time.Clock(lambda: pytest.fail("read"), True, "mono", False)
    assert _time.window((5, 6), clock) == (5, 6)
    assert _time.window((np.datetime64(5, "ns"), None), clock) == (5, None)
    with pytest.raises(ValueError, match=r"snapshot\(\)"):
        _time.window((0.5, None), clock)


def test_a_trace_without_events_has_no_rows():
    clock = _time.Clock(lambda: None, True, "mono", True)
    assert _time.window((0.5, 1.0), clock) == (500 * MS, 1000 * MS)
