# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The benchmark of the Python package runs, and tells each figure by its name."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import python_file  # noqa: E402  pylint: disable=wrong-import-position
import python_rivals  # noqa: E402  pylint: disable=wrong-import-position
import schema  # noqa: E402  pylint: disable=wrong-import-position

import ringmap  # noqa: E402  pylint: disable=wrong-import-position

WAYS = ("pandas", "polars", "arrow", "numpy", "c")
SMALL = HERE.parent / "data/trace_dat/plain_v6.dat"


def test_it_runs_and_tells_every_figure(tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, str(HERE / "python.py"), "--smoke", "--json", str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
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
    for way, (_, why_not) in python_rivals.RIVALS.items():
        reason = why_not()
        if reason:
            # What is left out is named, with the reason.
            assert f"4cols/{way}: left out: {reason}" in done.stdout
        else:
            assert units.pop(f"python/file/4cols/{way}/events_per_s") == "events/s"
            assert units.pop(f"python/file/4cols/{way}/rss") == "MB"
    # Without tracing these are left out, and it says so.
    assert units or "python/live: left out: " in done.stdout
    for name, unit in units.items():
        assert name.startswith("python/live/") and unit == "events/s"


@pytest.mark.parametrize("way", python_rivals.RIVALS)
def test_the_others_find_the_same_rows(way, tmp_path):
    run, why_not = python_rivals.RIVALS[way]
    if why_not():
        pytest.skip(why_not())
    path = tmp_path / "made.dat"
    python_file.make(SMALL, path, 2_000)
    with ringmap.open(path) as trace:
        table = trace.table("sched_switch", python_rivals.COLUMNS, ordered=True)
        expected = table.to_pandas().astype("int64")
    found = run(path)
    assert list(found) == list(expected) and len(found) == len(expected)
    order = ["ts", "prev_pid", "next_pid"]
    found, expected = found.sort_values(order), expected.sort_values(order)
    assert (found.values == expected.values).all()


def test_the_file_that_is_made_holds_the_events(tmp_path):
    path = tmp_path / "made.dat"
    made = python_file.make(SMALL, path, 20_000)
    with ringmap.open(path) as trace, ringmap.open(SMALL) as small:
        assert trace.events == {"sched_switch": made}
        times = made // small.events["sched_switch"]
        once = small["sched_switch"].numpy("next_pid")
        assert sum(trace["sched_switch"].numpy("next_pid")) == times * sum(once)
        assert trace.lost == 0
