# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The Linux kernel's trace ring buffers as typed tables.

    import ringmap
    trace = ringmap.open("trace.dat")
    trace["sched_switch"].to_pandas()

open() reads recordings. Session and capture() record the running kernel, and
live() reads an instance that another program set up. Ring gives zero-copy
access to the pages of one CPU's ring buffer.
"""

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
from ._formats import EventFormat, Field, Schema
from ._library import core_version
from ._live import live
from ._ring import Page, PageIndex, Pages, Ring
from ._session import Session, capture
from ._table import Table
from ._trace import Trace
from ._trace import open_trace as open  # pylint: disable=redefined-builtin
from ._version import __version__

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
    "SystemCallError",
    "Table",
    "Trace",
    "UnsupportedError",
    "__version__",
    "capture",
    "core_version",
    "live",
    "open",
]
