# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The one schema that every benchmark of the project writes.

usage: schema.py FILE

Prints what is wrong with a benchmark's JSON file; exits with 1 then.
"""

import json
import re
import sys

MACHINE = {"cpu": str, "kernel": str, "cpus": int, "memory_mb": int, "library": str}
RESULT = {
    "name": str,
    "unit": str,
    "median": (int, float),
    "min": (int, float),
    "max": (int, float),
    "runs": int,
}
NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)+")


def _shape(where, value, want):
    """What keeps a value from being an object with just these fields."""
    if not isinstance(value, dict):
        yield f"{where}: not an object"
        return
    for field in sorted(want.keys() - value.keys()):
        yield f"{where}: no {field}"
    for field in sorted(value.keys() - want.keys()):
        yield f"{where}: {field} is not in the schema"
    for field in sorted(want.keys() & value.keys()):
        # In Python true is a number; in JSON it is not.
        good = isinstance(value[field], want[field])
        if not good or isinstance(value[field], bool):
            yield f"{where}: {field} is {value[field]!r}"


def _result(where, result):
    shape = list(_shape(where, result, RESULT))
    if shape:
        yield from shape
        return
    if not NAME.fullmatch(result["name"]):
        yield f"{where}: {result['name']!r} is not a name"
    if not result["unit"]:
        yield f"{where}: no unit"
    if not result["min"] <= result["median"] <= result["max"]:
        yield f"{where}: the median is not between min and max"
    if result["runs"] < 1:
        yield f"{where}: {result['runs']} runs"
    elif result["runs"] == 1 and result["min"] != result["max"]:
        yield f"{where}: one run with two values"


def problems(document):
    """What is wrong with the content of a benchmark's file."""
    found = list(_shape("the file", document, {"machine": dict, "results": list}))
    if found:
        return found
    found += _shape("machine", document["machine"], MACHINE)
    names = set()
    for number, result in enumerate(document["results"]):
        wrong = list(_result(f"results[{number}]", result))
        found += wrong
        if wrong:
            continue
        if result["name"] in names:
            found.append(f"results[{number}]: {result['name']} comes twice")
        names.add(result["name"])
    if not document["results"]:
        found.append("results: none")
    return found


def units(document):
    """{name: unit} of all results of a document without problems."""
    return {result["name"]: result["unit"] for result in document["results"]}


def load(path):
    """The content of a file; NaN and the like are no JSON."""

    def refuse(constant):
        raise ValueError(f"{constant} is no JSON number")

    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_constant=refuse)


def main(path):
    """Print the problems; the exit status."""
    found = problems(load(path))
    for problem in found:
        print(f"{path}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
