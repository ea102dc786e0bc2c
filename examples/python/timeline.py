# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
import ringmap
from ringmap import plot

with ringmap.open("tests/data/recordings/workload") as trace:
    print(trace.events, trace.lost)
    print(trace["sched_switch"].to_pandas()["next_comm"].value_counts().head(3))
    plot.timeline(trace, tasks=8).figure.savefig("timeline.png", dpi=150)
