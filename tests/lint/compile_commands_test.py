# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""compile_commands.json has the files that people edit; each command compiles.

usage: compile_commands_test.py SCRIPT
"""

import concurrent.futures
import json
import os
import subprocess
import sys

from own_bazel import SCRATCH, OwnBazel
import tree

FOLDERS = ("core/", "examples/", "tests/")
# Files in those folders that only other builds compile.
OTHERS = {"tests/fuzz/fuzz_start.c": "--config=fuzz"}
# Programs for guests.
KERNEL = {
    "kernel/bench/collect.c",
    "kernel/initramfs/guest_init.c",
    "kernel/tests/main.c",
}
# clangd reads the commands as clang does. gcc itself is what Bazel runs.
COMPILER = "clang-14"


def make_database(script):
    """What the script writes for this checkout."""
    out = SCRATCH / "compile_commands.json"
    with OwnBazel() as bazel:
        # The links in the checkout are those of its own Bazel.
        options = ["--symlink_prefix=/", bazel.python_stand_in]
        command = [sys.executable, "-B", script, f"--out={out}", *options]
        root = {"BUILD_WORKSPACE_DIRECTORY": str(tree.ROOT)}
        subprocess.run(command, env={**bazel.environment, **root}, check=True)
    return json.loads(out.read_text("utf-8"))


def wanted():
    """The files that must be in it."""
    for path in tree.files():
        name = str(path)
        if name in KERNEL or name.startswith(FOLDERS) and path.suffix == ".c":
            if name not in OTHERS:
                yield name


def path_problems(entry):
    """Headers of the checkout are found in it, and not in Bazel's copies."""
    for argument in entry["arguments"]:
        if "_virtual_includes" in argument and "core/abi" not in argument:
            yield f"{entry['file']}: {argument} is a folder of links"


def compile_problems(entry):
    """What the compiler says about a file."""
    done = subprocess.run(
        [COMPILER, *entry["arguments"][1:], "-fsyntax-only"],
        cwd=entry["directory"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return [f"{entry['file']}: {done.stdout}"] if done.returncode else []


def main(script):
    """Make the file, and use it."""
    database = make_database(os.path.abspath(script))
    files = [entry["file"] for entry in database]
    problems = [f"{name}: not there" for name in sorted(set(wanted()) - set(files))]
    if len(set(files)) != len(files):
        problems.append("a file is there twice")
    for entry in database:
        problems += path_problems(entry)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(compile_problems, database):
            problems += found
    tree.finish(problems, len(files))


if __name__ == "__main__":
    main(sys.argv[1])
