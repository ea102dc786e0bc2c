# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""C files are formatted by clang-format 14; Python files compile."""

import re
import subprocess

import tree


def main():
    """Check every C and Python file."""
    problems = []
    c_files = [path for path in tree.files() if path.suffix in (".c", ".h")]
    # The version matters: others format the same file differently.
    result = subprocess.run(
        ["clang-format-14", "--dry-run", "-Werror", "--style=file"]
        + [str(path) for path in c_files],
        cwd=tree.ROOT,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    wrong = re.findall(r"^(.*?:\d+):\d+: error", result.stderr, re.MULTILINE)
    problems += [f"{place}: run clang-format-14 -i" for place in sorted(set(wrong))]
    if result.returncode and not wrong:
        problems.append(result.stderr)

    py_files = [path for path in tree.files() if path.suffix == ".py"]
    for path in py_files:
        text = tree.read(path)
        try:
            compile(text, str(path), "exec")
        except (SyntaxError, ValueError, TypeError) as error:
            problems.append(f"{path}: {error}")
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > 88 or line != line.rstrip():
                problems.append(f"{path}:{number}: over 88 columns, or trailing blanks")
    tree.finish(problems, len(c_files) + len(py_files))


main()
