# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Every program in C that people start is built.

usage: programs_test.py PROGRAM...
"""

import os
import sys

import tree


def main(programs):
    """Compare the programs with the examples of the checkout."""
    missing = [path for path in programs if not os.access(path, os.X_OK)]
    problems = [f"{path}: not built" for path in missing]
    built = {os.path.basename(path) for path in programs}
    for path in tree.files():
        if path.match("examples/c/*.c") and path.stem not in built:
            problems.append(f"{path}: not among the programs of this test")
    tree.finish(problems, len(programs))


if __name__ == "__main__":
    main(sys.argv[1:])
