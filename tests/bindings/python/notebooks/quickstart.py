# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
assert sum(trace.events.values()) == 25618
assert trace.lost == 0
assert len(df) == len(next_pid) == 4945
assert str(df["ts"].dtype) == "datetime64[ns]"
assert str(df["next_comm"].dtype) == "category"
assert next_pid.dtype == "int32"
assert table.to_pandas()["cpu"].eq(1).all()
assert len(FIGURES) == 3, FIGURES
assert all(width > 900 and ink > 0.1 for width, _, ink in FIGURES), FIGURES
