# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Is told a folder of captures, a number of rounds and a way by languages.py.

A line is the way, its events and its seconds. Pages are indexed, never walked.
"""

import pathlib
import sys
import time

import numpy as np

import ringmap


def index(image):
    """Time stamps of all pages, as arrays."""
    with ringmap.Ring.image(image) as ring:
        begin = time.perf_counter()
        events = 0
        for page in ring.pages():
            stamps = np.frombuffer(page.index().ts, np.uint64)
            events += len(stamps)
            stamps.sum()
        return events, time.perf_counter() - begin


def columns(folder):
    """A table of Arrow's."""
    with ringmap.open(folder) as trace:
        begin = time.perf_counter()
        table = trace.table(None, columns=["ts", "cpu", "common_pid"]).to_arrow()
        for chunk in table["ts"].chunks:
            chunk.view("int64").to_numpy().sum()
        return len(table), time.perf_counter() - begin


def main(folder, rounds, way):
    """Print a line for each round."""
    if way == "index":
        image = (pathlib.Path(folder) / "per_cpu/cpu0/trace_pipe_raw").read_bytes()
        for _ in range(rounds):
            print(way, *index(image), flush=True)
    elif way == "columns":
        for _ in range(rounds):
            print(way, *columns(folder), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
