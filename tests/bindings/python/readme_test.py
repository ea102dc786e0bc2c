# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The README's Python is a program that runs, and draws the README's picture."""

import re

import numpy as np
import PIL.Image
import pytest
import support

import ringmap
from ringmap import plot

README = (support.ROOT / "README.md").read_text("utf-8")
EXAMPLE = support.ROOT / "examples/python/timeline.py"
FIGURE = "examples/figures/timeline.png"
MOST_LINES = 10
TASKS = 8

# Of 255, in the mean over all pixels: other versions of Matplotlib put things
# a pixel further, and draw letters a little differently.
MOST_DIFFERENCE = 12
# A colour's area is CPU time, wherever it is put.
AREA_TOLERANCE = 0.02


def snippet():
    """The Python in the README."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    return code


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory):
    """Where the README's lines ran, and what they printed."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "tests").symlink_to(support.ROOT / "tests")
    done = support.python(snippet(), cwd=folder)
    (folder / "printed").write_text(done.stdout, "utf-8")
    return folder


def pixels(path):
    """A picture as numbers."""
    return np.asarray(PIL.Image.open(path).convert("RGB"), dtype=float)


def areas(picture):
    """How many pixels each task's colour has, and that of all the others."""
    colours = [*plot.COLOURS[:TASKS], plot.REST]
    rgb = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]
    return [(np.abs(picture - one).max(axis=2) < 8).sum() for one in rgb]


def test_it_is_the_example_and_short():
    code = snippet()
    assert EXAMPLE.read_text("utf-8").split("\n", 1)[1] == code
    assert len(code.splitlines()) <= MOST_LINES


def test_it_prints_what_is_in_the_recording(folder):
    printed = (folder / "printed").read_text("utf-8")
    with ringmap.open(support.WORKLOAD) as trace:
        assert printed.startswith(f"{trace.events} {trace.lost}\n")
        names = trace["sched_switch"].numpy("next_comm").tolist()
    found = dict(re.findall(r"^(\S+) +(\d+)$", printed, re.MULTILINE))
    assert len(found) == 3
    assert found == {name: str(names.count(name)) for name in found}


def test_it_draws_the_picture_that_is_shown(folder):
    assert f"]({FIGURE})" in README and EXAMPLE.name in README
    shown, drawn = pixels(support.ROOT / FIGURE), pixels(folder / "timeline.png")
    assert np.abs(np.subtract(shown.shape, drawn.shape)).max() <= 8
    rows, columns = np.minimum(shown.shape, drawn.shape)[:2]
    difference = np.abs(shown[:rows, :columns] - drawn[:rows, :columns])
    assert difference.mean() < MOST_DIFFERENCE
    assert areas(drawn) == pytest.approx(areas(shown), rel=AREA_TOLERANCE)
    assert min(areas(shown)) > 100
