# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The files and functions that maps of the code name exist.

A name in backquotes is a file (`ring/follow.c`), a function in it
(`ring/follow.c:follow_borrow()`), a folder (`ring/`), or something else, which
is not checked.
"""

import re

import tree

# For each document, the folders that its names may be relative to.
MAPS = {
    "core/README.md": ("core/src", "core", "."),
    "tests/README.md": ("tests", "."),
    "tests/bench/README.md": ("tests/bench", "."),
    "SECURITY.md": ("core/src", "."),
}
QUOTED = re.compile(r"`([^`\n]+)`")
PLACE = re.compile(r"([\w.-]+(?:/[\w.-]+)*)\.(c|h|py|txt|map|bzl)(?::(\w+)\(\))?")
FOLDER = re.compile(r"[\w.-]+(?:/[\w.-]+)*/")
# If it finds fewer functions, this script does not understand the documents.
LEAST_FUNCTIONS = 50


def find(place, folders):
    """Return the path in the first folder that has it, or None."""
    for folder in folders:
        if (tree.ROOT / folder / place).exists():
            return tree.ROOT / folder / place
    return None


def problem_of(name, folders):
    """Return the problem of a quoted name, or None."""
    if FOLDER.fullmatch(name):
        return None if find(name, folders) else "there is no such folder"
    place = PLACE.fullmatch(name)
    if not place:
        return None
    path = find(f"{place[1]}.{place[2]}", folders)
    if not path:
        return "there is no such file"
    if place[3] and not re.search(rf"\b{place[3]}\(", path.read_text("utf-8")):
        return "the file has no such function"
    return None


def main():
    """Check every name in backquotes."""
    problems = []
    looked_at = 0
    functions = 0
    for readme, folders in MAPS.items():
        for name in QUOTED.findall((tree.ROOT / readme).read_text("utf-8")):
            looked_at += 1
            functions += bool(re.search(r"\.[ch]:\w+\(\)$", name))
            problem = problem_of(name, folders)
            if problem:
                problems.append(f"{readme}: {name}: {problem}")
    if functions < LEAST_FUNCTIONS:
        problems.append(f"only {functions} functions are named")
    tree.finish(problems, looked_at)


main()
