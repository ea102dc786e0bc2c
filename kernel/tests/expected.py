# SPDX-License-Identifier: GPL-2.0-only
"""Every case on every kernel, as kernel/expected.txt expects it: kernel/EXPECTED.md.

usage: expected.py [--check | --write] EXPECTED_TXT EXPECTED_MD PROGRAM [WORD...]
           [-- PROGRAM [WORD...]]...

Asks each program for its cases (WORD... --list). --check compares, --write makes
EXPECTED_MD anew; in a checkout that is ./bazelw run //kernel/tests:expected.
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
    "ours-6.12": "with our mends",
    "live": "of the machine that runs the tests: what it lacks is skipped and not "
    "listed here",
}
KINDS = ("fail", "fail-often", "skip", "splat")
HEAD = """\
<!-- SPDX-License-Identifier: GPL-2.0-only -->
# What each case comes to on each kernel

Generated from `expected.txt` and the programs' own lists of cases by
`./bazelw run //kernel/tests:expected`; a test fails when it is out of date.
Numbers stand for the reasons at the end. Guests are held to all of it: a case
that does better than expected is an error, too.

| kernel | is |
|---|---|
"""

Line = collections.namedtuple("Line", "number kernel case kind reason")


def read_lines(text):
    """The lines that expect something, and problems with others."""
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
    """A program's cases, in their order."""
    result = subprocess.run(
        command + ["--list"], stdout=subprocess.PIPE, text=True, check=True
    )
    return result.stdout.split()


def check_lines(lines, cases):
    """What is wrong with the lines, given that these cases exist."""
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
    """Numbers for reasons, as they come."""

    def __init__(self):
        self.reasons = {}

    def cell(self, line):
        """What stands in the table."""
        if line is None:
            return "pass"
        number = self.reasons.setdefault(line.reason, len(self.reasons) + 1)
        name = "**fail**" if line.kind == "fail" else line.kind
        name = "**fail** (often)" if line.kind == "fail-often" else name
        return f"{name} [{number}]"


def render(lines, cases):
    """The whole page."""
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
        page.append("\n## What these kernels say about themselves meanwhile\n")
        page += [f"- {line.kernel}: `{line.reason}`" for line in splats]
    return "\n".join(page) + "\n"


def programs(words):
    """Commands, from words with -- between them."""
    commands = [[]]
    for word in words:
        if word == "--":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def main(argv):
    """Check or write; the exit status."""
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
