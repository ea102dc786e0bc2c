# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The reference page is that of the docstrings, and they leave nothing out."""

import builtins
import inspect
import re
import subprocess
import sys

import pytest
import support

import ringmap
from ringmap import analysis, plot

PYTHON = support.ROOT / "bindings/python"
PAGE = (PYTHON / "REFERENCE.md").read_text("utf-8")
# Classes that users make objects of.
MADE = (ringmap.Ring, ringmap.Session)
# Text columns, and what else is not an array, have no shape.
ARRAYS = [
    ringmap.Batch.numpy,
    ringmap.Batch.to_numpy,
    ringmap.Batch.to_pandas,
    ringmap.Page.data,
    ringmap.PageIndex,
    ringmap.Table.head,
    ringmap.Table.numpy,
    ringmap.Table.to_numpy,
    ringmap.Table.to_pandas,
    analysis.Names,
    analysis.Runs,
    analysis.Wakeups,
    analysis.ints,
]


def things():
    """(name, thing) of all that is public; names as in the page's headings."""
    for name in ringmap.__all__:
        if not name.startswith("__"):
            yield name, getattr(ringmap, name)
    for module in (analysis, plot):
        short = module.__name__.split(".")[1]
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "") == module.__name__
            if own and not name.startswith("_"):
                yield f"{short}.{name}" if inspect.isfunction(thing) else name, thing


def members(cls):
    """(name, member) that a class defines itself and users may call."""
    for name, member in vars(cls).items():
        if isinstance(member, classmethod):
            member = member.__func__
        if name.startswith("_") or not (
            inspect.isfunction(member) or isinstance(member, property)
        ):
            continue
        yield name, member


def test_the_page_is_made_of_the_docstrings():
    script = PYTHON / "reference.py"
    command = [sys.executable, str(script)]
    made = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert made == PAGE, f"again: python3 {script} > bindings/python/REFERENCE.md"


def test_everything_public_is_on_the_page():
    names = [name for name, _ in things()]
    assert len(names) > 35 and len(set(names)) == len(names)
    for name, thing in things():
        assert f"\n### `{name}`\n" in PAGE
        if inspect.isclass(thing):
            for member, _ in members(thing):
                assert f"\n#### `{name}.{member}`\n" in PAGE


def described(name, thing):
    """Names of what a docstring describes, one after the other."""
    text = inspect.getdoc(thing)
    assert text, f"{name} has no docstring"
    found = re.findall(r"^(\w+(?:, \w+)*): ", text, re.MULTILINE)
    return {word for names in found for word in names.split(", ")}


def calls_of(name, thing):
    """What users call, by its name: functions, methods, classes like these."""
    if inspect.isfunction(thing):
        yield name, thing
        return
    if thing in MADE:
        yield name, thing
    yield from members(thing)


def test_every_parameter_is_described():
    checked = 0
    for name, thing in things():
        for called, call in calls_of(name, thing):
            said = described(called, call)
            if not isinstance(call, property):
                wanted = set(inspect.signature(call).parameters) - {"self", "cls"}
                assert wanted <= said, (name, called, wanted - said)
                checked += len(wanted)
    assert checked > 60


def test_every_field_is_described():
    tuples = [thing for _, thing in things() if hasattr(thing, "_fields")]
    assert len(tuples) == 6
    for thing in tuples:
        assert set(thing._fields) <= described(thing.__name__, thing)


@pytest.mark.parametrize("thing", ARRAYS, ids=str)
def test_arrays_tell_their_shape(thing):
    assert "shape (" in inspect.getdoc(thing) or "Shape (" in inspect.getdoc(thing)


def test_errors_that_are_named_exist():
    named = set(re.findall(r"\b[A-Z]\w+Error\b", PAGE))
    assert len(named) > 15
    for name in named:
        assert hasattr(ringmap, name) or hasattr(builtins, name), name
