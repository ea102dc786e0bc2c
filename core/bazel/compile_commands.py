# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Write compile_commands.json, by which clangd knows how each C file is compiled.

usage: compile_commands.py [--out FILE] [BAZEL OPTION...]

The file is written to the top of the checkout unless --out names another. It
has one command for each C file that Bazel compiles; the options are passed on
to Bazel, so that --config=asan shows what the sanitizers see. Paths of headers
lead into the checkout, where they can be edited, and not into Bazel's links.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

# Bindings whose headers only the packages of their language bring are not here.
PATTERNS = [
    "//bindings/python/...",
    "//bindings/swig/...",
    "//core/...",
    "//examples/...",
    "//kernel/...",
    "//tests/...",
]
TARGETS = f'kind("cc_(binary|library|test) rule", {" + ".join(PATTERNS)})'

# Output files and what only gcc understands mean nothing to an editor.
DROPPED = re.compile(r"-MD|-frandom-seed=.*|-fno-canonical-system-headers")
DROPPED_WITH_VALUE = {"-MF", "-o"}
# clang knows other warnings and attributes than gcc, and all warnings are errors.
ADDED = ["-Wno-unknown-warning-option", "-Wno-unknown-attributes"]

BAZELS = re.compile(r"(?P<flag>-I|-iquote|-isystem)?(?P<path>(external|bazel-out)/.*)")
VIRTUAL = re.compile(r".*/_virtual_includes/[^/]+")


class Bazel:
    """Bazel in a checkout."""

    def __init__(self, root, options):
        self.root = root
        self.options = options

    def run(self, command, *arguments):
        """The standard output of a command; its failure ends the program."""
        # Neither a query nor a path depends on how C is compiled.
        options = self.options if command in ("aquery", "build") else []
        line = [str(self.root / "bazelw"), command, *options, *arguments]
        done = subprocess.run(
            line, cwd=self.root, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"compile_commands: bazel {command} failed")
        return done.stdout

    def info(self, key):
        """A path that Bazel uses."""
        return pathlib.Path(self.run("info", key).strip())


def source_of(arguments):
    """The file that a command compiles."""
    return arguments[arguments.index("-c") + 1]


def rank(label, source):
    """Orders the targets that compile a file: first those of its own package."""
    package = label.lstrip("/").split(":")[0]
    return (not source.startswith(package + "/"), label)


def compilations(graph):
    """(source, arguments) of each C file in the checkout, from aquery's JSON."""
    labels = {target["id"]: target["label"] for target in graph["targets"]}
    found = {}
    for action in graph["actions"]:
        arguments = action["arguments"]
        source = source_of(arguments)
        if source.endswith(".c") and not BAZELS.fullmatch(source):
            order = rank(labels[action["targetId"]], source)
            if source not in found or order < found[source][0]:
                found[source] = (order, arguments)
    return [(source, found[source][1]) for source in sorted(found)]


class Paths:
    """Turns Bazel's names of folders into such as stay valid."""

    def __init__(self, root, execution_root, output_base):
        self.root = root
        self.places = {"bazel-out": execution_root, "external": output_base}
        self.virtual = {}

    def real(self, path):
        """The folder of the checkout behind a folder of links, or @path."""
        if path not in self.virtual:
            self.virtual[path] = path
            behind = set()
            for folder, _, names in os.walk(path):
                inside = os.path.relpath(folder, path)
                for name in names:
                    file = os.path.realpath(os.path.join(folder, name))
                    end = os.path.normpath(os.path.join("/", inside, name))
                    behind.add(file[: -len(end)] if file.endswith(end) else None)
            if len(behind) == 1:
                folder = behind.pop()
                if folder and pathlib.Path(folder).is_relative_to(self.root):
                    self.virtual[path] = os.path.relpath(folder, self.root)
        return self.virtual[path]

    def argument(self, argument):
        """The same argument, with a path that is valid from the checkout."""
        found = BAZELS.fullmatch(argument)
        if not found:
            return argument
        path = str(self.places[found[3]] / found["path"])
        if VIRTUAL.fullmatch(path):
            path = self.real(path)
        return (found["flag"] or "") + path


def command(arguments, paths):
    """The arguments that an editor needs."""
    kept = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in DROPPED_WITH_VALUE:
            skip = True
        elif not DROPPED.fullmatch(argument):
            kept.append(paths.argument(argument))
    return [kept[0], *ADDED, *kept[1:]]


def main():
    """Ask Bazel, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--out", type=pathlib.Path)
    given, options = parser.parse_known_args()
    root = pathlib.Path(os.environ["BUILD_WORKSPACE_DIRECTORY"]).resolve()
    bazel = Bazel(root, options)

    targets = bazel.run("query", TARGETS).split()
    query = f'mnemonic("CppCompile", set({" ".join(targets)}))'
    graph = json.loads(bazel.run("aquery", "--output=jsonproto", query))
    found = compilations(graph)

    # Headers that are generated, and the links that show where others are.
    labels = {target["id"]: target["label"] for target in graph["targets"]}
    sources = {source for source, _ in found}
    wanted = {
        labels[action["targetId"]]
        for action in graph["actions"]
        if source_of(action["arguments"]) in sources
    }
    bazel.run(
        "build", "--output_groups=compilation_prerequisites_INTERNAL_", *sorted(wanted)
    )

    paths = Paths(root, bazel.info("execution_root"), bazel.info("output_base"))
    database = [
        {
            "directory": str(root),
            "file": source,
            "arguments": command(arguments, paths),
        }
        for source, arguments in found
    ]
    out = given.out or root / "compile_commands.json"
    out.write_text(json.dumps(database, indent=1) + "\n", "utf-8")
    print(f"{out}: {len(database)} files")


if __name__ == "__main__":
    main()
