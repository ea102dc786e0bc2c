# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What notebooks show of traces, tables and sessions."""

from html import escape
from typing import TYPE_CHECKING, Iterable, Optional, Sequence, Tuple

if TYPE_CHECKING:
    from ._session import Session
    from ._table import Table
    from ._trace import Trace

_ROWS = 12
_LEFT = 'style="text-align:left"'


def number(value: Optional[int]) -> str:
    """With separators; "unknown" for None."""
    return "unknown" if value is None else f"{value:,}"


def _cells(values: Iterable[object], tag: str = "td") -> str:
    return "".join(f"<{tag} {_LEFT}>{escape(str(v))}</{tag}>" for v in values)


def _grid(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    return f"<table><tr>{_cells(head, 'th')}</tr>{body}</table>"


def _facts(title: str, facts: Iterable[Tuple[str, str]]) -> str:
    text = " &middot; ".join(f"{escape(k)}: {escape(v)}" for k, v in facts if v)
    return f"<p><b>{escape(title)}</b><br>{text}</p>"


def _span(span: Optional[Tuple[int, int]], unit_is_ns: bool) -> str:
    if span is None:
        return ""
    length = span[1] - span[0]
    return f"{length / 1e9:,.6f} s" if unit_is_ns else f"{length:,} counts"


def trace_html(trace: "Trace") -> str:
    """A trace: its facts, and its most frequent events."""
    now = trace.snapshot()
    events = now.events
    facts = [
        ("events", number(sum(events.values()))),
        ("lost", number(now.lost)),
        ("span", _span(now.span, now.counts_ns)),
        ("CPUs", ", ".join(map(str, now.cpus))),
        ("clock", now.clock or "unknown"),
        ("mode", trace.mode),
    ]
    rows = [(name, number(count)) for name, count in events.items()]
    more = len(rows) - _ROWS
    if more > 1:
        rest = sum(list(events.values())[_ROWS:])
        rows = [*rows[:_ROWS], (f"{more} more", number(rest))]
    return _facts(f"Trace {trace.description}", facts) + _grid(["event", "count"], rows)


def _first_rows(table: "Table") -> str:
    """The first rows, where pandas is installed."""
    try:
        frame = table.head()
    except ImportError:
        return ""
    return str(frame.to_html(index=False, border=0)) if len(frame) else ""


def table_html(table: "Table") -> str:
    """A table: how many rows, what its columns are, and the first rows."""
    table = table._now()
    facts = [("rows", number(len(table))), ("columns", str(len(table.columns)))]
    rows = [(c.name, c.dtype, c.format) for c in table.schema]
    title = f"Table {table.event or 'of all events'}"
    grid = _grid(["column", "dtype", "Arrow format"], rows)
    return _facts(title, facts) + grid + _first_rows(table)


def session_html(session: "Session") -> str:
    """A session: its instance and what it records."""
    facts = [
        ("state", session.state),
        ("clock", session.clock),
        ("buffer", f"{session.buffer_kb:,} KiB for each CPU"),
        ("filter", session.filter_text),
        ("pids", ", ".join(map(str, session.pids or []))),
    ]
    rows = [(name,) for name in session.events]
    return _facts(f"Session {session.instance}", facts) + _grid(["events"], rows)
