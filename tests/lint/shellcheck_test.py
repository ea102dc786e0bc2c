# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""shellcheck has nothing to say about the shell scripts."""

import re
import subprocess

import tree


def main():
    """Look at every shell script."""
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
        # PID 1 may not end on the first failure, but must not use what is unset.
        if text.startswith("#!") and not re.search(r"^set -e?u", text, re.M):
            problems.append(f"{path}: neither set -eu nor set -u")
    tree.finish(problems, len(scripts))


main()
