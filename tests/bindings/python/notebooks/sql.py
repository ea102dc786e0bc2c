# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
from ringmap import analysis

found = analysis.wakeups(trace)
longest = duckdb.sql("SELECT pid, epoch_ns(woken), epoch_ns(ran) FROM worst").fetchall()
i = found.latency.argmax()
assert longest == [(found.pid[i], found.woken[i], found.ran[i])]
assert duckdb.sql("SELECT max(us) FROM waits").fetchall() == [(14758.402,)]
# Those of new tasks are not in the query.
assert len(waits) == 464 and len(found.pid) == 492

assert cpu_time.fetchall()[0][:3] == (151, "ping", 129)
assert abs(cpu_time.fetchall()[0][3] - analysis.runs(trace).total()[151] / 1e6) < 1
assert len(calls) == 1345 and len(by_call) == 37
assert len(FIGURES) == 2, FIGURES
assert all(width > 900 and ink > 0.1 for width, _, ink in FIGURES), FIGURES
