# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""All files that contain the version agree.

usage: version_test.py HEADER PROGRAM MAP LIBRARY CHANGELOG PYTHON_FOLDER

PROGRAM prints what ringmap_version() returns. PYTHON_FOLDER is that of the
Python package, where setup.cfg, pyproject.toml and wheel.bzl are.
"""

import pathlib
import re
import subprocess
import sys


def output(*command):
    """Return the output of a program."""
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return result.stdout.decode()


def only(pattern, text, what):
    """Return the first match of a pattern; end the test if there is none."""
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        sys.exit(f"{what}: nothing matches {pattern}")
    return match[1]


def python_versions(folder, full):
    """Yield (file, version found, version expected) for the Python package."""
    folder = pathlib.Path(folder)

    def said(name, pattern):
        return only(pattern, (folder / name).read_text("utf-8"), name)

    yield (
        "_version.py",
        said("src/ringmap/_version.py", r'^__version__ = "(.+)"$'),
        full,
    )
    # This is the version in the name of Bazel's wheel; _version.py is inside it.
    yield "wheel.bzl", said("wheel.bzl", r'"version": .*default = "(.+)"'), full
    # pip takes the version from _version.py too; pyproject.toml must not set it.
    source = "attr: ringmap._version.__version__"
    yield "setup.cfg", said("setup.cfg", r"^version = (.+)$"), source
    project = (folder / "pyproject.toml").read_text("utf-8")
    others = re.findall(r"^(?:version|\[project\]).*", project, re.MULTILINE)
    yield "pyproject.toml", "; ".join(others) or "nothing", "nothing"


def main(header, program, map_path, library, changelog, python):
    """Compare all versions with that of the header."""
    text = pathlib.Path(header).read_text("utf-8")
    parts = [
        only(rf"RINGMAP_VERSION_{part} = (\d+)", text, header)
        for part in ("MAJOR", "MINOR", "PATCH")
    ]
    full = ".".join(parts)
    map_text = pathlib.Path(map_path).read_text("utf-8")
    nodes = re.findall(r"^RINGMAP_(\d\S*) \{", map_text, re.MULTILINE)
    dynamic = output("readelf", "-d", library)
    found = {
        "ringmap_version()": (output(program).strip(), full),
        "newest map node": (nodes[-1] if nodes else "none", ".".join(parts[:2])),
        "soname": (
            only(r"\[(libringmap\.so\.\d+)\]", dynamic, library),
            f"libringmap.so.{parts[0]}",
        ),
        "newest changelog heading": (
            only(
                r"^## \[?(\d[\w.]*)",
                pathlib.Path(changelog).read_text("utf-8"),
                changelog,
            ),
            full,
        ),
    }
    for what, has, wanted in python_versions(python, full):
        found[what] = has, wanted
    wrong = 0
    for what, (has, wanted) in found.items():
        print(f"{what}: {has}")
        if has != wanted:
            print(f"    expected {wanted}, from the header")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
