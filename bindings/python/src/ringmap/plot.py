# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Plots of a trace with Matplotlib: pip install 'ringmap[notebook]'.

Each function draws on ax, or on a new figure as wide as a notebook, and returns
the Axes for further drawing. Times are in seconds since the first event of the
trace.
"""

from __future__ import annotations

import typing

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.patches import Rectangle
from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator

from ringmap import analysis
from ringmap._time import window
from ringmap._trace import clock_for

if typing.TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from ringmap import Trace

Floats = npt.NDArray[np.float64]

WIDTH = 10.5  # inches: what fits a notebook on a laptop

# Ten colours that also differ for eyes that see red and green alike.
COLOURS = (
    "#4477aa",
    "#ee6677",
    "#228833",
    "#ccbb44",
    "#66ccee",
    "#aa3377",
    "#ee7733",
    "#332288",
    "#44aa99",
    "#882255",
)
REST = "#bbbbbb"
INK = "#444444"

_SECONDS = EngFormatter(unit="s", sep=" ")


def _seconds(ns: float) -> str:
    """Three digits and a unit."""
    text: str = EngFormatter(unit="s", sep=" ")(float(f"{ns / 1e9:.3g}"))
    return text


def _axes(ax: Axes | None, height: float) -> Axes:
    if ax is None:
        ax = plt.subplots(figsize=(WIDTH, height), layout="constrained")[1]
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _span(trace: Trace) -> tuple[int, int]:
    if trace.span is None:
        raise ValueError("the trace has no events to draw")
    return trace.span


def _within(trace: Trace, time: typing.Any) -> tuple[int, int]:
    """A range of time as its first and its last time stamp."""
    begin, end = _span(trace)
    first, last = (None, None) if time is None else window(
        time, clock_for(trace), strict=True
    )
    first, last = (begin if first is None else first, end if last is None else last)
    return first, max(last, first + 1)


def _time_axis(ax: Axes, trace: Trace, span: tuple[int, int]) -> None:
    begin = _span(trace)[0]
    ax.set_xlim((span[0] - begin) / 1e9, (span[1] - begin) / 1e9)
    ax.xaxis.set_major_formatter(_SECONDS)
    ax.set_xlabel("time since the first event")


def timeline(
    trace: Trace,
    *,
    time: tuple[typing.Any, typing.Any] | None = None,
    tasks: int = 10,
    bins: int = 1000,
    ax: Axes | None = None,
) -> Axes:
    """Plots which task ran on which CPU over time, with one lane per CPU.

    trace: a trace with sched_switch; see analysis.runs().
    time: (from, to) as in Trace.table(): floats are seconds since the first event;
        None: the whole trace.
    tasks: number of tasks with a colour of their own, at most ten: those with the
        most CPU time in that range. Other tasks are grey; an idle CPU is empty.
        The legend has each name under which a task had at least a tenth of its CPU
        time in that range, in order of time, and the pid where two tasks have the
        same names.
    bins: number of bins on the time axis. The tasks that run within a bin share
        its height, so that coloured area is proportional to CPU time.
    ax: the Axes to draw on; None: a new figure.

    Raises ValueError if the trace has no events or no sched_switch, if time ends
    before it begins, and if it lies outside the trace.
    """
    trace = trace.snapshot()
    span = _within(trace, time)
    runs = analysis.runs(trace)
    runs = runs._replace(
        begin=runs.begin.clip(*span),
        end=runs.end.clip(*span),
    )
    total = {pid: ran for pid, ran in runs.total().items() if pid and ran}
    shown = list(total)[: min(tasks, len(COLOURS))]
    cpus = sorted(set(runs.cpu.tolist()))
    ax = _axes(ax, 1.2 + max(2.2, 0.75 * len(cpus)))
    edges = np.linspace(span[0], span[1], bins + 1)
    colours = [*COLOURS[: len(shown)], REST]
    for lane, cpu in enumerate(cpus):
        shares = _shares(runs.of(cpu=cpu), shown, edges)
        _draw_lane(ax, shares, (edges - _span(trace)[0]) / 1e9, lane, colours)
    ax.set_yticks(range(len(cpus)), [f"CPU {cpu}" for cpu in cpus])
    ax.set_ylim(len(cpus) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    _time_axis(ax, trace, span)
    names = analysis.names(trace)
    own = {pid: _names_in(names, runs.of(pid=pid), pid, span) for pid in shown}
    _name_tasks(ax, total, own)
    ax.set_title("Tasks on each CPU", loc="left")
    return ax


def _shares(runs: analysis.Runs, shown: list[int], edges: Floats) -> list[Floats]:
    """The share of each bin that each shown task had, and then the others."""
    width = edges[1] - edges[0]
    rest = ~np.isin(runs.pid, [analysis.IDLE, *shown])
    kept = [runs.pid == pid for pid in shown] + [rest]
    return [
        np.diff(_ran_until(runs.begin[keep], runs.end[keep], edges)) / width
        for keep in kept
    ]


def _ran_until(begin: analysis.Ints, end: analysis.Ints, at: Floats) -> Floats:
    """CPU time before each point in time, out of runs that do not overlap."""
    times = np.column_stack([begin, end]).ravel()
    if not len(times):
        return np.zeros(len(at))
    ran = np.cumsum(end - begin)
    sums = np.column_stack([ran - (end - begin), ran]).ravel()
    return np.asarray(np.interp(at, times, sums), dtype=np.float64)


def _draw_lane(
    ax: Axes, shares: list[Floats], edges: Floats, lane: int, colours: list[str]
) -> None:
    """Stacked areas from the bottom of the lane to its top."""
    height = 0.84
    bottom = np.full(len(edges), lane + height / 2)
    ax.fill_between(
        edges[[0, -1]], lane - height / 2, lane + height / 2, color="#f4f4f4", lw=0
    )
    for share, colour in zip(shares, colours):
        top = bottom - height * np.append(share, share[-1])
        ax.fill_between(edges, bottom, top, step="post", color=colour, lw=0)
        bottom = top


def _names_in(
    names: analysis.Names, runs: analysis.Runs, pid: int, span: tuple[int, int]
) -> list[str]:
    """The names under which a task had a tenth of its CPU time, in order of time."""
    rows = names.pid == pid
    since = names.since[rows].clip(*span)
    edges = np.array([span[0], *since[1:], span[1]], dtype=np.float64)
    order = np.argsort(runs.begin, kind="stable")
    ran = np.diff(_ran_until(runs.begin[order], runs.end[order], edges))
    kept = names.name[rows][ran >= 0.1 * ran.sum()] if len(since) else []
    return list(dict.fromkeys(map(str, kept)))


def _labels(names: dict[int, list[str]]) -> dict[int, str]:
    """Tasks by their names; with the pid where it takes that to tell them apart."""
    joined = {pid: " \u2192 ".join(own) or str(pid) for pid, own in names.items()}
    texts = list(joined.values())
    return {
        pid: f"{text} {pid}" if texts.count(text) > 1 else text
        for pid, text in joined.items()
    }


def _name_tasks(
    ax: Axes, total: dict[int, int], names: dict[int, list[str]]
) -> None:
    """A legend: each task with its CPU time."""
    shown = list(names)
    labels = [f"{text}  {_seconds(total[pid])}" for pid, text in _labels(names).items()]
    others = [ran for pid, ran in total.items() if pid not in shown]
    colours = list(COLOURS[: len(shown)])
    if others:
        labels.append(f"{len(others)} more  {_seconds(sum(others))}")
        colours.append(REST)
    keys = [Rectangle((0, 0), 1, 1, color=colour, lw=0) for colour in colours]
    ax.legend(
        keys,
        labels,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.03),
        frameon=False,
        fontsize="small",
        handlelength=1,
    )


def latency(
    source: Trace | npt.ArrayLike,
    *,
    bins_per_decade: int = 12,
    what: str = "wake-ups",
    ax: Axes | None = None,
) -> Axes:
    """Plots a histogram of latencies with logarithmic axes.

    Lines mark the median, the 99th percentile and the maximum.

    source: a Trace, whose wake-up latencies are plotted (analysis.wakeups()), or
        an array of latencies in nanoseconds, of shape (n,).
    bins_per_decade: number of bins per power of ten.
    what: name of the counted things, for the title.
    ax: the Axes to draw on; None: a new figure.
    """
    # Not of the object: a live trace would be read for it.
    if hasattr(type(source), "events"):
        ns: Floats = analysis.wakeups(typing.cast("Trace", source)).latency.astype(
            float
        )
    else:
        ns = np.asarray(source, dtype=np.float64)
    ax = _axes(ax, 3.4)
    ax.set_title(f"Latency of {len(ns):,} {what}", loc="left")
    ax.set_xlabel("latency")
    ax.set_ylabel(what)
    if not len(ns):
        ax.text(
            0.5, 0.5, f"no {what} in this trace", ha="center", transform=ax.transAxes
        )
        return ax
    # A clock may stand still between two events: less than 1 ns shows as 1 ns.
    ns = np.maximum(ns, 1)
    low = np.floor(np.log10(ns.min()) * bins_per_decade)
    high = np.floor(np.log10(ns.max()) * bins_per_decade) + 1
    edges = 10 ** (np.arange(low, high + 1) / bins_per_decade)
    counts = ax.hist(ns / 1e9, bins=list(edges / 1e9), color=COLOURS[0], rwidth=0.92)[0]
    ax.set_xscale("log")
    ax.set_yscale("log")
    # Above the highest bar is room for the names of the lines.
    ax.set_ylim(0.6, 8 * np.max(counts))
    ax.xaxis.set_major_formatter(_SECONDS)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
    _mark(ax, ns)
    return ax


def _mark(ax: Axes, ns: Floats) -> None:
    """Draws lines at the median, p99 and maximum, labelled above the bars."""
    for name, value in (
        ("median", np.percentile(ns, 50)),
        ("p99", np.percentile(ns, 99)),
        ("maximum", ns.max()),
    ):
        ax.axvline(value / 1e9, color=INK, lw=1, ls=(0, (4, 3)))
        ax.annotate(
            f"{name}\n{_seconds(value)}",
            (value / 1e9, 0.99),
            xycoords=ax.get_xaxis_transform(),
            xytext=(-4, 0),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize="small",
            color=INK,
        )


def rate(
    trace: Trace,
    *,
    events: Iterable[str] | None = None,
    time: tuple[typing.Any, typing.Any] | None = None,
    most: int = 6,
    bins: int = 150,
    ax: Axes | None = None,
) -> Axes:
    """Plots events per second over time, by event name, as stacked areas.

    trace: any trace.
    events: names of events; None: the most frequent ones, plus the sum of the
        others.
    time: (from, to) as in Trace.table(): floats are seconds since the first event;
        None: the whole trace.
    most: number of most frequent events to show.
    bins: number of bins on the time axis.
    ax: the Axes to draw on; None: a new figure.

    Raises ValueError if the trace has no events, if time ends before it begins, and
    if it lies outside the trace.
    """
    trace = trace.snapshot()
    span = _within(trace, time)
    by_count = sorted(trace.events, key=lambda name: -trace.events[name])
    shown = by_count[:most] if events is None else list(events)
    edges = np.linspace(span[0], span[1], bins + 1)
    width = (edges[1] - edges[0]) / 1e9
    rates = [_count(trace, name, edges) / width for name in shown]
    labels, colours = (
        list(shown),
        [COLOURS[i % len(COLOURS)] for i in range(len(shown))],
    )
    if events is None and len(by_count) > most:
        rates.append(_count(trace, None, edges) / width - np.sum(rates, axis=0))
        labels.append(f"{len(by_count) - most} more")
        colours.append(REST)
    ax = _axes(ax, 3.4)
    at = (edges - _span(trace)[0]) / 1e9
    steps = [np.append(values, values[-1]) for values in rates]
    ax.stackplot(at, *steps, labels=labels, colors=colours, step="post", lw=0)
    _time_axis(ax, trace, span)
    ax.set_ylim(0)
    ax.yaxis.set_major_locator(MaxNLocator(6))
    ax.yaxis.set_major_formatter(EngFormatter(sep=""))
    ax.set_ylabel("events per second")
    ax.set_title("Events over time", loc="left")
    # As they lie: the last on top.
    handles, texts = ax.get_legend_handles_labels()
    ax.legend(
        handles[::-1],
        texts[::-1],
        loc="upper left",
        bbox_to_anchor=(1.0, 1.03),
        frameon=False,
        fontsize="small",
        handlelength=1,
    )
    return ax


def _count(trace: Trace, event: str | None, edges: Floats) -> Floats:
    """How many events of a name, or of all, are in each bin."""
    ts = analysis.ints(trace.table(event, columns=["ts"]), "ts")
    return np.histogram(ts, bins=edges)[0].astype(np.float64)
