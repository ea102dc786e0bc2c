# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The benchmark of the Python package runs, and tells each figure by its name."""

import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import python_file  # noqa: E402  pylint: disable=wrong-import-position
import schema  # noqa: E402  pylint: disable=wrong-import-position

import ringmap  # noqa: E402  pylint: disable=wrong-import-position

WAYS = ("pandas", "polars", "arrow", "c")
SMALL = HERE.parent / "data/trace_dat/plain_v6.dat"


def test_it_runs_and_tells_every_figure(tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, str(HERE / "python.py"), "--smoke", "--json", str(out)]
    subprocess.run(command, check=True)
    document = schema.load(out)
    assert not schema.problems(document)
    units = schema.units(document)
    for columns in ("4cols", "4named", "all"):
        for way in WAYS:
            for threads in ("", "_2"):
                name = f"python/file/{columns}/{way}{threads}/events_per_s"
                assert units.pop(name) == "events/s"
            assert units.pop(f"python/file/{columns}/{way}/rss") == "MB"
    assert units.pop("python/import/ms") == "ms"
    # Without tracing, or trace-cmd, these are left out, and it says so.
    for name, unit in units.items():
        assert name.startswith(("python/live/", "python/file/4cols/tracecmd/"))
        assert unit == "events/s"


def test_the_file_that_is_made_holds_the_events(tmp_path):
    path = tmp_path / "made.dat"
    made = python_file.make(SMALL, path, 20_000)
    with ringmap.open(path) as trace, ringmap.open(SMALL) as small:
        assert trace.events == {"sched_switch": made}
        times = made // small.events["sched_switch"]
        once = small["sched_switch"].numpy("next_pid")
        assert sum(trace["sched_switch"].numpy("next_pid")) == times * sum(once)
        assert trace.lost == 0
