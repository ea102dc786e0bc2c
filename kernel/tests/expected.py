# SPDX-License-Identifier: GPL-2.0-only
"""Makes kernel/EXPECTED.md: the expected outcome of every case on every kernel.

usage: expected.py [--check | --write] EXPECTED_TXT EXPECTED_MD PROGRAM [WORD...]
           [-- PROGRAM [WORD...]]...

Asks each program for its cases (WORD... --list). --check compares EXPECTED_MD with the
result, --write replaces it; ./bazelw run //kernel/tests:expected does so in a checkout.
"""

import collections
import difflib
import os
import pathlib
import subprocess
import sys

KERNELS = {
    "stock-6.1": "the distribution's; it cannot map rings",
    "stock-6.12": "the distribution's",
    "ours-6.1": "with our mapping",
    "ours-6.1-debug": "the same with lockdep, kmemleak and injected faults",
    "ours-6.1-kasan": "the same with KASAN and UBSAN",
    "ours-6.12": "with our fixes",
    "live": "the kernel of the machine that runs the tests: cases that are skipped "
    "there are not listed",
}
KINDS = ("fail", "fail-often", "skip", "splat")
HEAD = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
# The expected outcome of each case on each kernel

`./bazelw run //kernel/tests:expected` generates this page from `expected.txt` and
the programs' own lists of cases; a test fails when the page is out of date.
The numbers refer to the reasons at the end. A guest must match the whole table: a
case that passes although it is expected to fail or to be skipped is an error, too.

| kernel | meaning |
|---|---|
"""

Line = collections.namedtuple("Line", "number kernel case kind reason")


def read_lines(text):
    """Returns the expectations, and problems with lines that are none."""
    lines, problems = [], []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split(None, 3)
        if not words or line.startswith("#"):
            continue
        if len(words) == 4 and words[2] in KINDS and words[0] in KERNELS:
            lines.append(Line(number, *words))
        else:
            problems.append(f"expected.txt:{number}: not KERNEL CASE KIND REASON")
    return lines, problems


def ask(command):
    """Returns a program's cases in their order."""
    result = subprocess.run(
        command + ["--list"], stdout=subprocess.PIPE, text=True, check=True
    )
    return result.stdout.split()


def check_lines(lines, cases):
    """Yields problems with the lines, given that these cases exist."""
    seen = set()
    for line in lines:
        place = f"expected.txt:{line.number}"
        if line.case == "console":
            continue
        if line.case not in cases:
            yield f"{place}: there is no case {line.case}"
        if (line.kernel, line.case) in seen:
            yield f"{place}: {line.case} was already there"
        if line.kind.startswith("fail") and line.kernel.startswith("ours"):
            yield f"{place}: nothing may fail on {line.kernel}"
        seen.add((line.kernel, line.case))


class Notes:
    """Numbers the reasons in the order of their first use."""

    def __init__(self):
        self.reasons = {}

    def cell(self, line):
        """Returns the text of a cell."""
        if line is None:
            return "pass"
        number = self.reasons.setdefault(line.reason, len(self.reasons) + 1)
        name = "**fail**" if line.kind == "fail" else line.kind
        name = "**fail** (often)" if line.kind == "fail-often" else name
        return f"{name} [{number}]"


def render(lines, cases):
    """Returns the whole page."""
    known = {(line.kernel, line.case): line for line in lines}
    notes = Notes()
    page = [HEAD + "\n".join(f"| {k} | {what} |" for k, what in KERNELS.items())]
    counts = collections.Counter(line.kernel for line in lines if line.case in cases)
    page.append(
        f"\n{len(cases)} cases. Not passing: "
        + ", ".join(f"{counts[kernel]} on {kernel}" for kernel in KERNELS)
        + ".\n"
    )
    page.append("| case | " + " | ".join(KERNELS) + " |")
    page.append("|---" * (len(KERNELS) + 1) + "|")
    for case in cases:
        cells = [notes.cell(known.get((kernel, case))) for kernel in KERNELS]
        page.append(f"| {case} | " + " | ".join(cells) + " |")
    page.append("\n## Reasons\n")
    page += [f"{number}. {reason}" for reason, number in notes.reasons.items()]
    splats = [line for line in lines if line.case == "console"]
    if splats:
        page.append("\n## Expected warnings on the console\n")
        page += [f"- {line.kernel}: `{line.reason}`" for line in splats]
    return "\n".join(page) + "\n"


def programs(words):
    """Splits words at each -- into commands."""
    commands = [[]]
    for word in words:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def main(argv):
    """Check or write. Returns the exit status."""
    if len(argv) < 4 or argv[0] not in ("--check", "--write"):
        sys.exit(__doc__)
    folder = os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")
    page = pathlib.Path(folder) / "kernel/EXPECTED.md"
    if argv[0] == "--check":
        page = pathlib.Path(argv[2])
    lines, problems = read_lines(pathlib.Path(argv[1]).read_text("utf-8"))
    cases = [case for command in programs(argv[3:]) for case in ask(command)]
    for case, count in collections.Counter(cases).items():
        if count > 1:
            problems.append(f"{count} cases are called {case}")
    problems += check_lines(lines, set(cases))
    text = render(lines, cases)
    if argv[0] == "--write":
        page.write_text(text, "utf-8")
    elif page.read_text("utf-8") != text:
        now = page.read_text("utf-8").splitlines()
        problems += difflib.unified_diff(now, text.splitlines(), "now", "to be", "", "")
        problems.append("out of date: run ./bazelw run //kernel/tests:expected")
    print("\n".join(problems) or f"{len(cases)} cases, {len(lines)} expectations")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
