# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What one pass over a whole trace finds."""

from typing import Any, Dict, NamedTuple, Optional, Tuple

from ._arrow import texts_of
from ._event_values import stamp
from ._reader import Query, Reader
from ._ringmap import ffi, lib
from ._source import Source


class Survey(NamedTuple):
    """Counts of a trace."""

    events: Dict[str, int]
    unknown: int
    span: Optional[Tuple[int, int]]
    lost: Optional[int]
    corrupt: int

    @property
    def total(self) -> int:
        """The number of all events."""
        return sum(self.events.values()) + self.unknown


def _count(array: Any, counts: Dict[str, int], span: Any, signed: bool) -> None:
    """Adds a batch of ts and event up; the dictionary's order is kept."""
    rows = array.length
    ts, names = array.children[0], array.children[1]
    lib.ringmap_py_span(ts.buffers[1], rows, signed, span)
    texts = texts_of(names.dictionary)
    found = ffi.new("uint64_t[]", max(len(texts), 1))
    validity = names.buffers[0] if names.null_count else ffi.NULL
    lib.ringmap_py_count(names.buffers[1], validity, rows, found, len(texts))
    for text, count in zip(texts, ffi.unpack(found, len(texts))):
        if count:
            counts[text] = counts.get(text, 0) + count


def survey(source: Source) -> Survey:
    """Counts the events of a trace, in one pass; of a recording, once."""
    if source.survey is not None:
        return source.survey
    found = _survey(source.freeze())
    if source.recording:
        source.survey = found
    return found


def _survey(source: Source) -> Survey:
    reader = Reader(source, [Query(columns=("ts", "event"))])
    counts: Dict[str, int] = {}
    signed = source.ts_unit == int(lib.RINGMAP_TS_NS)
    span = ffi.new("uint64_t[2]")
    rows = 0
    for array in reader.arrays():
        if not rows:
            span[0] = span[1] = ffi.cast("uint64_t *", array.children[0].buffers[1])[0]
        rows += array.length
        _count(array, counts, span, signed)
    stats = reader.stats()
    lost = stats.lost if source.lost is None else source.lost
    return Survey(
        dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        rows - sum(counts.values()),
        (stamp(span[0], signed), stamp(span[1], signed)) if rows else None,
        None if lost == lib.RINGMAP_LOST_UNKNOWN else lost,
        stats.corrupt,
    )
