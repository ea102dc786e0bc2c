# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The Linux kernel's trace ring buffers as typed tables.

    import ringmap
    trace = ringmap.open("trace.dat")
    trace["sched_switch"].to_pandas()

Rows come CPU by CPU, in the order of each. For rows in time order over all CPUs:

    trace.table("sched_switch", ordered=True).to_pandas()

open() reads recordings. Session and capture() record the running kernel, and
live() reads an instance that another program set up. Ring gives zero-copy
access to the pages of one CPU's ring buffer. ringmap.analysis and ringmap.plot,
which need NumPy and Matplotlib, are imported when they are first used.
"""

import importlib
import typing

from ._arrow import Column
from ._batch import Batch
from ._errors import (
    AccessError,
    BusyError,
    CorruptError,
    Error,
    ForkedError,
    InvalidError,
    NotFoundError,
    OutOfMemoryError,
    OverwrittenError,
    StaleError,
    SystemCallError,
    UnsupportedError,
)
from ._event import Event
from ._follow import Follower
from ._formats import EventFormat, Field, Schema, Symbol
from ._library import core_version
from ._live import live
from ._ring import Page, PageIndex, Pages, Ring
from ._session import Session, capture
from ._table import Table
from ._trace import Trace, Where
from ._trace import open_trace as open  # pylint: disable=redefined-builtin
from ._version import __version__

if typing.TYPE_CHECKING:
    from . import analysis, plot

__all__ = [
    "AccessError",
    "Batch",
    "BusyError",
    "Column",
    "CorruptError",
    "Error",
    "Event",
    "EventFormat",
    "Field",
    "Follower",
    "ForkedError",
    "InvalidError",
    "NotFoundError",
    "OutOfMemoryError",
    "OverwrittenError",
    "Page",
    "PageIndex",
    "Pages",
    "Ring",
    "Schema",
    "Session",
    "StaleError",
    "Symbol",
    "SystemCallError",
    "Table",
    "Trace",
    "UnsupportedError",
    "Where",
    "__version__",
    "capture",
    "core_version",
    "live",
    "open",
]

# Modules of the package that need more than the package does.
_LAZY = ("analysis", "demo", "plot")


def __getattr__(name: str) -> typing.Any:
    if name in _LAZY:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> typing.List[str]:
    return sorted({*globals(), *_LAZY})


# Tracebacks, help() and pickles name the place where users find a thing.
for _name in __all__:
    if getattr(globals()[_name], "__module__", "").startswith(f"{__name__}."):
        globals()[_name].__module__ = __name__
del _name
