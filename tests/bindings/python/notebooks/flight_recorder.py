# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
from ringmap import analysis

found = analysis.wakeups(trace)
i = found.latency.argmax()
assert found.latency[i] == 9190166
assert hit == dict(
    pid=found.pid[i], comm="ksoftirqd/1", woken=found.woken[i], ran=found.ran[i]
)
# It fired in the batch in which that was seen, and watched little.
assert condition.rows == 82
assert len(every) == 81
assert last[-1].name == "sched_switch" and last[-1]["next_pid"] == hit["pid"]
assert len(FIGURES) == 1, FIGURES
assert all(width > 900 and ink > 0.1 for width, _, ink in FIGURES), FIGURES
