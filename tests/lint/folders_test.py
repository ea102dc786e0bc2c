# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The top level contains the expected folders and files, and no others."""

import re

import tree

FOLDERS = {".ci", "bindings", "core", "examples", "kernel", "tests"}
ROOT_FILES = {
    "BUILD",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "WORKSPACE",
    "bazelw",
}
OTHER_FILES = re.compile(r"\..*|LICENSE\..*")


def main():
    """Compare the top level with the lists above."""
    problems = []
    files = tree.files()
    folders = {path.parts[0] for path in files if len(path.parts) > 1}
    names = {path.name for path in files if len(path.parts) == 1}
    for name in sorted(folders ^ FOLDERS):
        problems.append(f"{name}/: unknown or missing at the top level")
    for name in sorted(ROOT_FILES - names):
        problems.append(f"{name}: missing at the top level")
    for name in sorted(names - ROOT_FILES):
        if not OTHER_FILES.fullmatch(name):
            problems.append(f"{name}: unknown at the top level")
    tree.finish(problems, len(files))


main()
