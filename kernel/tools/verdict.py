# SPDX-License-Identifier: GPL-2.0-only
"""Judge what a guest left: its report, its console, how QEMU ended.

Nothing passes that was not reported, and nothing that the kernel complained
about. The form of the report is described in kernel/initramfs/guest_init.c.

Expectations are lines of kernel/expected.txt:

    KERNEL CASE fail REASON         the case must fail
    KERNEL CASE fail-often REASON   it depends on a race; stock kernels only
    KERNEL CASE skip REASON         the case must be skipped
    KERNEL console splat TEXT       the console must have a complaint with TEXT

An expectation that is not met is an error, too: it is out of date.
"""

import collections
import re

CLEAN_EXIT = 33
# A kernel that panics resets the machine, which ends QEMU with this status.
RESET = 0
COMPLETE = "# ringmap-guest: complete"
TAINTED = "# ringmap-guest: tainted "
# Bits of it: there was a warning; the kernel tested itself (KUnit).
TAINT_WARNING = 1 << 9
TAINT_TEST = 1 << 18
INDENT = "    "

VERSION = "KTAP version 1"
PLAN = re.compile(r"1\.\.(\d+)")
RESULT = re.compile(r"(not ok|ok) (\d+) ([\w./:-]+)(?: # (.*))?")
# Lines that look like results, at any indentation.
ALMOST_RESULT = re.compile(r"\s*(not )?ok\b")
SKIP = re.compile(r"SKIP\b ?(.*)")

SPLATS = re.compile(
    r"""BUG: | \bBUG\b.*(?:at |kmalloc|Tainted) | WARNING: | INFO:\ (?:task|rcu|trying)
    | \bOops\b | Kernel\ panic | general\ protection\ fault | cut\ here
    | rcu:.*(?:stall|INFO) | UBSAN: | KASAN:.*\ in\  | unreferenced\ object
    | suspected\ memory\ leaks | [Mm]emory\ leak\ detector\ disabled
    | invalid\ opcode | double\ fault | stack\ guard | Unable\ to\ handle
    | lock\ held | locking\ correctness\ validator | lockdep\ is\ turned\ off
    | list_(?:add|del)\ corruption | refcount_t: | [Bb]ad\ page | [Bb]ad\ rss-counter
    | RING\ BUFFER | [Rr]ing\ buffer.*FAILED | segfault\ at | Out\ of\ memory
    | soft\ lockup | hard\ LOCKUP | stack-protector | \bnot\ ok\ \d""",
    re.VERBOSE,
)

# On the console, signs of the code that the guests test: the kernel's own tests of the
# ring, a function of the ring in an oops, the guest's first process.
UNDER_TEST = ("Running ring buffer tests", "KTAP version", "ring_buffer", "Run /")

Case = collections.namedtuple("Case", "program name outcome reason")
Expectation = collections.namedtuple("Expectation", "kind reason")


class Expectations:
    """The lines of kernel/expected.txt about one kernel."""

    KINDS = ("fail", "fail-often", "skip", "splat")

    def __init__(self, text, kernel):
        self.cases = {}
        self.splats = []
        self.problems = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                self._add(f"expected.txt:{number}", line.split(None, 3), kernel)

    def _add(self, place, words, kernel):
        if len(words) < 4 or words[2] not in self.KINDS:
            self.problems.append(f"{place}: not KERNEL CASE KIND REASON")
            return
        name, case, kind, reason = words
        if (case == "console") != (kind == "splat"):
            self.problems.append(f"{place}: splat is for the console, and only that")
        elif kind == "fail-often" and not name.startswith("stock-"):
            self.problems.append(f"{place}: fail-often is for stock kernels only")
        elif name != kernel:
            return
        elif kind == "splat":
            self.splats.append(reason)
        elif case in self.cases:
            self.problems.append(f"{place}: {case} was already there")
        else:
            self.cases[case] = Expectation(kind, reason)


class Plan:
    """Checks results against the plan before them: each number comes once."""

    def __init__(self, owner):
        self.owner = owner
        self.count = None
        self.seen = set()
        self.version = False

    def header(self, line):
        """Returns whether the line is part of the header, and a list of problems."""
        if line == VERSION:
            again = self.version
            self.version = True
            return True, [f"{self.owner}: two KTAP headers"] if again else []
        match = PLAN.fullmatch(line)
        if not match:
            return False, []
        if self.count is not None:
            return True, [f"{self.owner}: two plans"]
        self.count = int(match[1])
        return True, []

    def result(self, number):
        """Yields problems with a result's number."""
        if self.count is None:
            yield f"{self.owner}: a result before the plan"
        elif not 1 <= number <= self.count:
            yield f"{self.owner}: result {number} of 1..{self.count}"
        if number in self.seen:
            yield f"{self.owner}: result {number} came twice"
        self.seen.add(number)

    def end(self):
        """Yields problems at the end of the results."""
        if not self.version:
            yield f"{self.owner}: no KTAP header"
        if self.count is None:
            yield f"{self.owner}: no plan"
        elif self.count == 0:
            yield f"{self.owner}: plans nothing"
        else:
            missing = sorted(set(range(1, self.count + 1)) - self.seen)
            if missing:
                some = ", ".join(map(str, missing[:10]))
                yield f"{self.owner}: {len(missing)} results missing: {some}"


class Report:
    """A guest's report: its cases, and the problems with its form."""

    def __init__(self, text):
        self.cases = []
        self.problems = []
        self.taint = None
        self.complete = False
        self.kernel = ""
        self._top = Plan("the guest")
        self._inner = []
        self._notes = []
        for line in text.replace("\r", "").splitlines():
            self._line(line)
        if self._inner:
            self.problems.append("the last program did not end")
            self._program("the last program", None)
        self.problems += self._top.end()
        if not self.cases:
            self.problems.append("no case was run")
        self._check_names()

    def _check_names(self):
        counts = collections.Counter(case.name for case in self.cases)
        for name, count in counts.items():
            if count > 1:
                self.problems.append(f"{count} cases are called {name}")

    def _line(self, line):
        if self.complete:
            self.problems.append(f"after the end: {line[:80]}")
        elif line.startswith(INDENT):
            self._inner.append(line[len(INDENT) :])
        elif line.startswith("#"):
            self._comment(line)
        else:
            self._top_line(line)

    def _comment(self, line):
        if line == COMPLETE:
            self.complete = True
        elif line.startswith(TAINTED):
            self.taint = line[len(TAINTED) :]
        elif line.startswith("# ringmap-guest: kernel "):
            self.kernel = line.split(" ", 3)[3]

    def _top_line(self, line):
        header, problems = self._top.header(line)
        self.problems += problems
        match = RESULT.fullmatch(line)
        if match:
            self.problems += self._top.result(int(match[2]))
            self._program(match[3], match)
        elif not header and line.strip():
            self.problems.append(f"not understood: {line[:80]}")

    def _program(self, name, match):
        """The lines before a program's own result are its report."""
        plan = Plan(name)
        failed = 0
        self._notes = []
        for line in self._inner:
            failed += self._inner_line(plan, name, line)
        self._inner = []
        self.problems += plan.end()
        if match is None:
            return
        if match[1] == "ok" and (failed or match[4]):
            self.problems.append(f"{name}: ends as if none of {failed} had failed")
        elif match[1] == "not ok" and (match[4] != "exit 1" or not failed):
            self.problems.append(f"{name}: ended with {match[4]}, {failed} failed")

    def _inner_line(self, plan, name, line):
        """Returns 1 for a case that failed, and 0 for any other line."""
        header, problems = plan.header(line)
        self.problems += problems
        match = RESULT.fullmatch(line)
        if line.startswith("# "):
            self._notes.append(line[len("# ") :])
        if match:
            self.problems += plan.result(int(match[2]))
            return self._case(name, match)
        if line.startswith("Bail out!") or (
            not header and ALMOST_RESULT.match(line)
        ):
            self.problems.append(f"{name}: not understood: {line[:80]}")
        return 0

    def _case(self, program, match):
        skip = SKIP.match(match[4] or "")
        outcome = "pass" if match[1] == "ok" else "fail"
        if skip and outcome == "pass":
            outcome = "skip"
        elif match[4]:
            self.problems.append(f"{match[3]}: not understood: # {match[4]}")
        # The lines before a case that failed give its reason.
        why = skip[1] if skip else "; ".join(self._notes) * (outcome == "fail")
        self._notes = []
        self.cases.append(Case(program, match[3], outcome, why))
        return int(outcome == "fail")


def case_problem(case, expected):
    """Returns the problem with a case's outcome, or None."""
    kind = expected.kind if expected else "pass"
    if case.outcome == kind:
        return None
    if kind == "fail-often" and case.outcome in ("fail", "pass"):
        return None
    if kind == "pass":
        return f"{case.name}: {case.outcome} {case.reason}".rstrip()
    return f"{case.name}: {case.outcome}, out of date: expected.txt says {kind}"


def judge_console(console, expectations):
    """Returns unexpected complaints of the kernel, and missing expected ones."""
    unseen = set(expectations.splats)
    problems = []
    for line in console.replace("\r", "").splitlines():
        known = [text for text in expectations.splats if text in line]
        unseen.difference_update(known)
        if not known and SPLATS.search(line):
            problems.append(f"console: {line.strip()[:160]}")
    for text in sorted(unseen):
        problems.append(f"console: out of date: no complaint {text}")
    return problems


def died_early(report, console, status):
    """Returns true if the kernel died before it ran any code that is under test.

    @report is the text of the report. QEMU's emulator caused such a death in one of
    about 250 boots. A guest that hangs did not die.
    """
    begun = report or any(text in console for text in UNDER_TEST)
    return status == RESET and not begun


def last_words(console):
    """Returns the first complaint of a kernel that died, or else its last line."""
    lines = [line.strip() for line in console.replace("\r", "").splitlines()]
    complaints = [line for line in lines if SPLATS.search(line)]
    last = [line for line in lines if line][-1:]
    return (complaints or last or ["no output"])[0][:160]


def judge(report, console, status, expectations, required=()):
    """Returns the problems of a guest; the list is empty if it passed.

    @status is QEMU's, or None if it had to be killed. @required are texts that
    the console must have: tests that the kernel makes by itself.
    """
    problems = list(expectations.problems)
    if status is None:
        problems.append("the guest did not end in time")
    elif status != CLEAN_EXIT:
        problems.append(f"the guest did not end by itself: QEMU's status is {status}")
    problems += report.problems
    if not report.complete:
        problems.append("the guest's report is not complete")
    allowed = TAINT_TEST | (TAINT_WARNING if expectations.splats else 0)
    if not (report.taint or "").isdigit() or int(report.taint) & ~allowed:
        problems.append(f"the kernel's taint is {report.taint}")
    for case in report.cases:
        problems.append(case_problem(case, expectations.cases.get(case.name)))
    names = {case.name for case in report.cases}
    for name in sorted(set(expectations.cases) - names):
        problems.append(f"{name}: out of date: no such case was run")
    problems += judge_console(console, expectations)
    for text in required:
        if text not in console:
            problems.append(f"console: no {text}")
    return [problem for problem in problems if problem]


def table(kernel, report, expectations):
    """Returns a table of all cases and their outcomes for people to read."""
    counts = collections.Counter(case.outcome for case in report.cases)
    lines = [f"{kernel}: {report.kernel or 'the kernel did not say its name'}", ""]
    for case in report.cases:
        expected = expectations.cases.get(case.name)
        why = expected.reason if expected else case.reason
        lines.append(f"{case.outcome:5} {case.program}: {case.name}  {why}".rstrip())
    lines.append("")
    kinds = ("pass", "fail", "skip")
    lines.append(", ".join(f"{counts[kind]} {kind}" for kind in kinds))
    return "\n".join(lines) + "\n"


def tap(report, expectations):
    """Yields a line of TAP for each case, for programs that count. A case that fails
    as expected is listed as skipped."""
    for number, case in enumerate(report.cases, 1):
        expected = expectations.cases.get(case.name)
        bad = "not " if case_problem(case, expected) else ""
        line = f"{bad}ok {number} - {case.name}"
        if case.outcome == "fail" and expected and not bad:
            line += f" # SKIP is known to fail: {expected.reason}"
        elif case.outcome == "skip" and not bad:
            line += f" # SKIP {expected.reason}"
        yield line
