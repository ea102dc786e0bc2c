# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""An uncompressed trace.dat of any size, made of a small one.

The small file's sched_switch records are packed into sub-buffers as the kernel
packs them, again and again, with stamps that go on.
"""

import pathlib
import struct

import ringmap

SUBBUF = 4096
HEADER = 16
CPUS = 2
# "flyrecord" begins the list of each CPU's offset and size.
DATA_MARK = b"flyrecord\0"


def _records(small):
    """(time stamp, payload) of each sched_switch."""
    with ringmap.open(small) as trace:
        return [
            (event.ts, event.data) for event in trace if event.name == "sched_switch"
        ]


def _subbufs(records):
    """Sub-buffers with all the records once; how long they take; how many."""
    packed = []
    used, body, begin, before = HEADER, b"", records[0][0], records[0][0]
    for ts, data in records:
        if used + 4 + len(data) > SUBBUF:
            packed.append((begin, body))
            used, body, begin = HEADER, b"", before
        delta = min(ts - before, 2**27 - 1)
        # type_len counts words; longer payloads than 28 words do not occur.
        assert len(data) % 4 == 0 and len(data) <= 28 * 4
        body += struct.pack("<I", len(data) // 4 | delta << 5) + data
        used += 4 + len(data)
        before = before + delta
    return packed + [(begin, body)], before + 1 - records[0][0]


def make(small, path, events):
    """Write a trace.dat with about so many events; returns how many."""
    head = pathlib.Path(small).read_bytes()
    at = head.index(DATA_MARK) + len(DATA_MARK)
    records = _records(small)
    packed, period = _subbufs(records)
    times = max(1, round(events / CPUS / len(records)))
    size = times * len(packed) * SUBBUF
    first = -(-(at + 16 * CPUS) // SUBBUF) * SUBBUF
    with open(path, "wb") as file:
        file.write(head[:at])
        for cpu in range(CPUS):
            file.write(struct.pack("<QQ", first + cpu * size, size))
        for cpu in range(CPUS):
            file.seek(first + cpu * size)
            for time in range(times):
                for begin, body in packed:
                    stamp = begin + time * period
                    page = struct.pack("<QQ", stamp, len(body)) + body
                    file.write(page.ljust(SUBBUF, b"\0"))
    return times * len(records) * CPUS
