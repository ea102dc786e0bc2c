# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Lists the files of the checkout, for tests that check all of them.

These tests read the checkout itself instead of declared inputs, so that a new
file is checked without being listed. Bazel therefore never reuses a result.
"""

import os
import pathlib
import subprocess
import sys

# In Bazel's runfiles this file is a link to the one in the checkout.
ROOT = pathlib.Path(os.path.realpath(__file__)).parents[2]

SKIPPED_FOLDERS = {".git", "__pycache__"}


def _from_git():
    # git refuses a checkout of another user unless safe.directory allows it.
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    command += ["ls-files", "-z", "-co", "--exclude-standard"]
    listed = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return listed.stdout.decode().split("\0")


def _from_folder():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED_FOLDERS and not name.startswith("bazel-")
        ]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def files():
    """Return the paths of the project's files, relative to ROOT."""
    names = _from_git() if (ROOT / ".git").exists() else _from_folder()
    found = sorted(pathlib.Path(name) for name in names if name)
    return [
        path
        for path in found
        if (ROOT / path).is_file() and not path.parts[0].startswith("bazel-")
    ]


def read(path):
    """Return the text of a file, or None if it is not text."""
    data = (ROOT / path).read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def shell_scripts():
    """Yield the paths of all shell scripts."""
    for path in files():
        first = (read(path) or "").split("\n", 1)[0]
        if path.suffix == ".sh" or first in ("#!/bin/sh", "#!/bin/bash"):
            yield path


def finish(problems, looked_at):
    """Print the problems and end the test."""
    for problem in problems:
        print(problem)
    print(f"{looked_at} files checked, {len(problems)} problems")
    # A test that checked nothing has proved nothing: it fails.
    sys.exit(1 if problems or not looked_at else 0)
