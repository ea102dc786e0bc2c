# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
from ringmap import analysis

# The figures of //:demo for this recording.
assert len(waits) == 2646
assert waits["latency"].max().total_seconds() * 1e6 // 1 == 9190
gzip, ping = tasks.loc[148], tasks.loc[150]
assert (gzip["comm"], ping["comm"]) == ("gzip", "ping")
assert (round(gzip["ran"].total_seconds(), 3), gzip["times"]) == (0.292, 200)
assert (round(ping["ran"].total_seconds(), 3), ping["times"]) == (0.138, 907)

found = analysis.wakeups(trace)
assert sorted(waits["latency"].cast(pl.Int64)) == sorted(found.latency)
assert (begin + woken, begin + runs_at) in set(zip(found.woken, found.ran))
assert len(FIGURES) == 5, FIGURES
assert all(width > 900 and ink > 0.05 for width, _, ink in FIGURES), FIGURES
