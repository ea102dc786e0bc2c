# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
import ringmap
from ringmap import plot

with ringmap.open("tests/data/recordings/workload") as trace:
    print(trace.events, trace.lost)
    switches = trace.table("sched_switch", columns=["ts", "cpu", "next_comm"])
    frame = switches.to_pandas()
    print(frame["next_comm"].value_counts().head(3))
    picture = plot.timeline(trace, tasks=8).figure
picture.savefig("timeline.png", dpi=150)
