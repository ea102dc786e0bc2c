# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Where tracefs is mounted, and what of it may change while a trace is open."""

import os
from typing import Optional, Tuple

from ._source import Path

USUAL = "/sys/kernel/tracing"
# Where debugfs shows tracefs, too.
_BELOW_DEBUGFS = "tracing"
_MOUNTS = "/proc/self/mounts"

State = Tuple[str, ...]


def _is_tracefs(path: str) -> bool:
    return os.path.isdir(os.path.join(path, "events"))


def _mounted() -> Optional[str]:
    """The first mount point of tracefs, or its folder in debugfs."""
    found = None
    for line in _text(_MOUNTS).splitlines():
        _, where, kind = line.split(" ")[:3]
        # Blanks and backslashes are octal, as in getmntent(3).
        path = where.encode().decode("unicode_escape").encode("latin-1")
        place = os.fsdecode(path)
        if kind == "tracefs" and _is_tracefs(place):
            return place
        below = os.path.join(place, _BELOW_DEBUGFS)
        if kind == "debugfs" and found is None and _is_tracefs(below):
            found = below
    return found


def find(tracefs: Optional[Path]) -> str:
    """The place of tracefs: as given, or else the usual one, or where it is mounted.

    The usual one also if there is none: errors then say how to mount it there.
    """
    if tracefs is not None:
        return os.fspath(tracefs)
    if _is_tracefs(USUAL):
        return USUAL
    return _mounted() or USUAL


def _text(*path: str) -> str:
    """The text of a small file; "" if it cannot be read."""
    try:
        with open(os.path.join(*path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def folder_of(tracefs: str, instance: str) -> str:
    """The folder of an instance; "/" is the top-level buffer."""
    if instance == "/":
        return tracefs
    return os.path.join(tracefs, "instances", instance)


def _ids(tracefs: str, dynamic_events: str) -> str:
    """The ids of dynamic events, whose lines are p:SYSTEM/EVENT and more."""
    ids = []
    for line in dynamic_events.splitlines():
        name = line.split(" ", 1)[0].partition(":")[2]
        ids.append(_text(tracefs, "events", name, "id").strip() if name else "")
    return " ".join(ids)


def state(tracefs: str, instance: str) -> State:
    """What decides how the bytes of an instance's rings are read.

    The trace clock, and the events that come and go: dynamic ones (probes,
    synthetic events) and those of modules. Two equal states have the same events
    under the same ids.
    """
    dynamic = _text(tracefs, "dynamic_events")
    return (
        _text(folder_of(tracefs, instance), "trace_clock"),
        dynamic,
        _ids(tracefs, dynamic),
        _text("/proc/modules"),
    )
