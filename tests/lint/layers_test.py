# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Includes and calls in core/src go down, in the order of core/layers.txt."""

import pathlib
import re
import sys

import tree

SRC = pathlib.Path("core/src")
LAYERS = pathlib.Path("core/layers.txt")
BUILD = pathlib.Path("core/BUILD")

# Files of ring/ may call each other: the modes of a ring share its state.
OWN_CIRCLES = "ring"

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
COMMENT_OR_TEXT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
FUNCTION = re.compile(
    r"^(?!static|[\s#}]).*?\b((?:rm|ringmap)_\w+)\([^;{}]*\)\n\{", re.M | re.S
)
NAME = re.compile(r"\b(?:rm|ringmap)_\w+")


def read_layers(text):
    """Return (rank by folder, folders marked +, circles as sets of paths)."""
    rank, marked, circles = {}, set(), []
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        if line.startswith("circle "):
            files, _, reason = line[len("circle ") :].partition(":")
            if not reason.strip():
                raise ValueError(f"a circle needs a reason: {line}")
            circles.append({pathlib.PurePath(name) for name in files.split()})
        elif line:
            level = 1 + max(rank.values(), default=0)
            rank.update((name.rstrip("+"), level) for name in line.split())
            marked.update(name[:-1] for name in line.split() if name.endswith("+"))
    return rank, marked, circles


def include_problems(sources, rank, marked):
    """Find includes that do not go down."""
    for path, text in sources.items():
        if len(path.parts) != 2:
            yield f"{SRC / path}: code belongs in the folder of its object"
            continue
        folder = path.parts[0]
        if folder not in rank:
            yield f"{SRC / path}: {LAYERS} does not list the folder {folder}"
            continue
        for name in INCLUDE.findall(text):
            target = pathlib.PurePath(name)
            if target not in sources:
                yield f'{SRC / path}: "{name}" is not relative to {SRC}'
                continue
            other = target.parts[0]
            if other == folder:
                continue
            if rank.get(other, 0) >= rank[folder]:
                yield f"{SRC / path}: {folder} is not above {other} ({name})"
            elif other in marked and folder not in marked:
                yield f"{SRC / path}: {folder} needs the C library only, unlike {other}"


def calls(sources):
    """Return for each file the files that define the names in it."""
    code = {
        path: COMMENT_OR_TEXT.sub("", text)
        for path, text in sources.items()
        if path.suffix == ".c"
    }
    defined = {}
    for path, text in code.items():
        for name in FUNCTION.findall(text):
            defined[name] = path
    return {
        path: {defined[name] for name in NAME.findall(text) if name in defined} - {path}
        for path, text in code.items()
    }


def reached(edges, begin):
    """Return the files that @begin calls, directly or indirectly."""
    found, todo = set(), [begin]
    while todo:
        for path in edges[todo.pop()] - found:
            found.add(path)
            todo.append(path)
    return found


def circles_of(edges):
    """Return sets of files that call each other, directly or indirectly."""
    reach = {path: reached(edges, path) for path in edges}
    found = []
    for path in sorted(edges):
        if path not in reach[path]:
            continue
        circle = {path} | {other for other in reach[path] if path in reach[other]}
        if circle not in found:
            found.append(circle)
    return found


def circle_problems(found, known):
    """Find circles without a reason, and reasons without a circle."""
    for circle in found:
        folders = {path.parts[0] for path in circle}
        if folders != {OWN_CIRCLES} and circle not in known:
            names = " ".join(sorted(map(str, circle)))
            yield f"{LAYERS} has no reason why these files call each other: {names}"
    for circle in known:
        if circle not in found:
            names = " ".join(sorted(map(str, circle)))
            yield f"{LAYERS}: these files do not call each other: {names}"


def build_problems(text, rank, marked):
    """Check that //core:ringmap_core lists the folders without a mark."""
    listed = re.search(r"CORE_SOURCES = \[(.*?)\]", text, re.S)
    found = re.findall(r'"src/(\w+)/\*\.c"', listed[1]) if listed else []
    wanted = sorted(set(rank) - marked)
    if sorted(found) != wanted:
        yield f"{BUILD}: CORE_SOURCES has {sorted(found)}, {LAYERS} {wanted}"


def check(sources, layers, build):
    """Return all problems."""
    rank, marked, known = read_layers(layers)
    problems = list(include_problems(sources, rank, marked))
    problems += circle_problems(circles_of(calls(sources)), known)
    problems += build_problems(build, rank, marked)
    for folder in sorted(set(rank) - {path.parts[0] for path in sources}):
        problems.append(f"{LAYERS}: the folder {folder} does not exist")
    return problems


def examples():
    """Check that the rules find the faults that they are made for."""
    layers = "base\nring schema\ntable+ trace\nreader\n"
    listed = ["base", "ring", "schema", "trace", "reader"]
    build = "CORE_SOURCES = [%s]" % ", ".join(f'"src/{name}/*.c"' for name in listed)
    good = {
        "base/a.h": "",
        "ring/r.h": '#include "base/a.h"\n',
        "schema/s.h": "",
        "table/t.h": '#include "ring/r.h"\n',
        "trace/t.h": "",
        "reader/r.h": "",
    }
    one = "void rm_one(void)\n{\n\trm_two();\n}\n"
    two = "void rm_two(void)\n{\n\trm_one();\n}\n"
    faults = {
        "base is not above ring": {"base/a.h": '#include "ring/r.h"\n'},
        "ring is not above schema": {"ring/r.h": '#include "schema/s.h"\n'},
        "needs the C library only": {"reader/r.h": '#include "table/t.h"\n'},
        "is not relative to": {"ring/r.h": '#include "a.h"\n'},
        "belongs in the folder": {"a.c": ""},
        "does not list the folder": {"new/a.c": ""},
        "has no reason why": {"base/one.c": one, "base/two.c": two},
    }
    for fault, changed in {"": {}, **faults}.items():
        files = {**good, **changed}
        sources = {pathlib.PurePath(name): text for name, text in files.items()}
        problems = check(sources, layers, build)
        if fault and not any(fault in problem for problem in problems):
            yield f"the check does not find: {fault}"
        if not fault and problems:
            yield f"the check reports a problem in good files: {problems}"


def main():
    """Check every file of core/src."""
    sources = {
        pathlib.PurePath(path.relative_to(SRC)): tree.read(path)
        for path in tree.files()
        if SRC in path.parents and path.suffix in {".c", ".h"}
    }
    problems = list(examples())
    try:
        problems += check(sources, tree.read(LAYERS), tree.read(BUILD))
    except ValueError as error:
        sys.exit(f"{LAYERS}: {error}")
    tree.finish(problems, len(sources))


main()
