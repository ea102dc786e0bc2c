# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""shellcheck finds no fault in the shell scripts, and all of them set -u."""

import re
import subprocess

import tree


def main():
    """Check every shell script."""
    scripts = list(tree.shell_scripts())
    problems = []
    result = subprocess.run(
        ["shellcheck"] + [str(path) for path in scripts],
        cwd=tree.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode:
        problems.append(result.stdout)
    for path in scripts:
        text = tree.read(path)
        # The init of a guest must not end at the first failure, so set -u is enough.
        if text.startswith("#!") and not re.search(r"^set -e?u", text, re.M):
            problems.append(f"{path}: add set -eu, or at least set -u")
    tree.finish(problems, len(scripts))


main()
