# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's cases on the kernel that is running, in instances of their own.

usage: live_test.py VERDICT_PY EXPECTED_TXT PROGRAM

What this kernel or this machine lacks is skipped and counted. What fails must be
expected of `live` in expected.txt; a newer kernel may do better than that.
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(sys.argv[1]).resolve().parent))
import verdict  # noqa: E402  pylint: disable=wrong-import-position

LIVE = "live"


def as_guest(program, result):
    """What a guest would have reported of this run."""
    inner = [verdict.INDENT + line for line in result.stdout.splitlines()]
    end = "ok" if result.returncode == 0 else "not ok"
    why = f" # exit {result.returncode}" if result.returncode else ""
    return "\n".join(
        [verdict.VERSION, "1..1", *inner, f"{end} 1 {program}{why}", verdict.COMPLETE]
    )


def judge(report, expectations):
    """TAP lines; those that say "not ok" are problems."""
    for number, case in enumerate(report.cases, 1):
        expected = expectations.cases.get(case.name)
        line = f"ok {number} - {case.name}"
        if case.outcome == "skip":
            line += f" # SKIP {case.reason}"
        elif case.outcome == "fail" and expected and expected.kind == "fail":
            line += f" # SKIP is known to fail: {expected.reason}"
        elif case.outcome == "fail":
            line = "not " + line
        yield line


def main():
    """Run, show everything, judge."""
    expectations = verdict.Expectations(
        pathlib.Path(sys.argv[2]).read_text("utf-8"), LIVE
    )
    result = subprocess.run(
        [sys.argv[3]], stdout=subprocess.PIPE, text=True, check=False
    )
    report = verdict.Report(as_guest("kcases", result))
    for line in result.stdout.splitlines():
        if line.startswith("#"):
            print(line)
    lines = list(judge(report, expectations))
    print("\n".join(lines))
    problems = expectations.problems + report.problems
    problems += [line for line in lines if line.startswith("not ok")]
    for problem in problems:
        print(f"problem: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
