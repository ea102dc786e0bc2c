# SPDX-License-Identifier: GPL-2.0-only
"""The verdict on reports and consoles that were made up."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(sys.argv.pop(1)).resolve().parent))
import verdict  # noqa: E402  pylint: disable=wrong-import-position

GOOD = """\
KTAP version 1
1..2
# ringmap-guest: kernel 6.1.0 x86_64
    KTAP version 1
    1..2
    ok 1 a.first
    # a diagnostic
    ok 2 a.second
ok 1 a
    KTAP version 1
    1..1
    ok 1 b.only
ok 2 b
# ringmap-guest: tainted 0
# ringmap-guest: complete
"""
CONSOLE = "[    0.000000] Linux version 6.1\n[    1.000000] Run /init\n"


def problems(ktap=GOOD, console=CONSOLE, status=33, expected="", kernel="ours-6.1"):
    """What the verdict finds."""
    expectations = verdict.Expectations(expected, kernel)
    return verdict.judge(verdict.Report(ktap), console, status, expectations)


def replaced(old, new):
    """The good report with something else in it."""
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


class Form(unittest.TestCase):
    """What is wrong with the report itself."""

    def found(self, text, **others):
        """A problem that has this text is found."""
        found = problems(**others)
        self.assertTrue(any(text in problem for problem in found), (text, found))

    def test_good(self):
        """The report that the others differ from."""
        self.assertEqual(problems(), [])

    def test_carriage_returns(self):
        """A terminal may add them."""
        self.assertEqual(problems(ktap=GOOD.replace("\n", "\r\n")), [])

    def test_nothing(self):
        """No report at all."""
        self.found("no plan", ktap="")
        self.found("no case was run", ktap="")
        self.found("not complete", ktap="")

    def test_every_line_is_needed(self):
        """But for those that only explain."""
        lines = GOOD.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if "diagnostic" in line or "# ringmap-guest: kernel" in line:
                continue
            less = "".join(lines[:number] + lines[number + 1 :])
            self.assertNotEqual(problems(ktap=less), [], line)

    def test_every_end_is_too_early(self):
        """Wherever the report breaks off."""
        for size in range(len(GOOD) - 1):
            self.assertNotEqual(problems(ktap=GOOD[:size]), [], GOOD[:size])

    def test_every_line_comes_once(self):
        """But for those that only explain."""
        lines = GOOD.splitlines(keepends=True)
        for number, line in enumerate(lines):
            if "#" in line and "complete" not in line:
                continue
            more = "".join(lines[: number + 1] + lines[number:])
            self.assertNotEqual(problems(ktap=more), [], line)

    def test_plans(self):
        """Plans that are not kept, or promise nothing."""
        self.found("missing: 3", ktap=replaced("    1..2", "    1..3"))
        self.found("result 2 of 1..1", ktap=replaced("    1..2", "    1..1"))
        self.found("twice", ktap=replaced("    ok 2", "    ok 1"))
        empty = replaced("    1..1\n    ok 1 b.only\n", "    1..0 # SKIP none\n")
        self.found("b: no plan", ktap=empty)
        self.found("b: plans nothing", ktap=empty.replace("1..0 # SKIP none", "1..0"))

    def test_programs(self):
        """The end of a program has to fit its cases."""
        failed = replaced("    ok 1 b.only", "    not ok 1 b.only")
        self.found("b.only: fail", ktap=failed)
        why = failed.replace("    not ok", "    # because\n    not ok")
        self.found("b.only: fail because", ktap=why)
        self.found("as if none of 1", ktap=failed)
        for end in ("exit 1", "exit 127", "signal 11"):
            ended = replaced("ok 2 b\n", f"not ok 2 b # {end}\n")
            self.found(f"b: ended with {end}", ktap=ended)

    def test_lookalikes(self):
        """Results that are not quite results."""
        for line in ("    not ok b.only", "    ok", "        not ok 1 c"):
            self.found("not understood", ktap=replaced("    ok 1 b.only", line))
        todo = replaced("    ok 1 b.only", "    not ok 1 b.only # TODO later")
        self.found("not understood: # TODO", ktap=todo)
        self.found("Bail out!", ktap=replaced("    # a diag", "    Bail out! diag"))
        hello = replaced("ok 2 b\n", "hello\nok 2 b\n")
        self.found("not understood: hello", ktap=hello)

    def test_names(self):
        """A name is that of one case."""
        self.found("2 cases are called", ktap=replaced("b.only", "a.first"))

    def test_taint(self):
        """The kernel's own opinion."""
        for taint in ("512", "128", "262656", "", "none"):
            ktap = replaced("tainted 0", f"tainted {taint}")
            self.found(f"taint is {taint}", ktap=ktap)
        self.assertEqual(problems(ktap=replaced("tainted 0", "tainted 262144")), [])

    def test_ends(self):
        """How QEMU ended."""
        self.found("in time", status=None)
        for status in (0, 1, 35, -11):
            self.found("by itself", status=status)


class Console(unittest.TestCase):
    """Complaints of the kernel."""

    SPLATS = (
        "WARNING: CPU: 1 PID: 77 at kernel/trace/ring_buffer.c:3357 rb_x+0x1/0x2",
        "BUG: KASAN: use-after-free in rb_map+0x10/0x20",
        "BUG: kernel NULL pointer dereference, address: 0000000000000000",
        "BUG: sleeping function called from invalid context at mm/slab.h:400",
        "WARNING: possible circular locking dependency detected",
        "WARNING: suspicious RCU usage",
        "INFO: task a:12 blocked for more than 120 seconds.",
        "rcu: INFO: rcu_preempt self-detected stall on CPU",
        "unreferenced object 0xffff888004c0a000 (size 4096):",
        "kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
        "kmemleak: Kernel memory leak detector disabled",
        "Kernel panic - not syncing: Fatal exception",
        "general protection fault, probably for non-canonical address",
        "UBSAN: array-index-out-of-bounds in kernel/trace/ring_buffer.c:10:20",
        "INFO: lockdep is turned off.",
        "list_del corruption. prev->next should be ffff",
        "BUG: Bad page state in process a  pfn:01234",
        "BUG: Bad rss-counter state mm:0000 type:MM_FILEPAGES val:1",
        "------------[ cut here ]------------",
        "int3: 0000 [#1] PREEMPT SMP NOPTI Oops",
        "    not ok 2 - a_case_of_kunit",
        "init[1]: segfault at 0 ip 0000000000401000 sp 00007ffc error 4",
    )
    HARMLESS = (
        "FAULT_INJECTION: forcing a failure.",
        "clocksource: timekeeping watchdog on CPU1: Marking clocksource unstable",
        "rcu: Preemptible hierarchical RCU implementation.",
        "Running ring buffer tests...",
        "Ring buffer PASSED!",
        "debug: unmapping init memory",
    )

    def test_splats(self):
        """Each of these is one."""
        for line in self.SPLATS:
            found = problems(console=f"{CONSOLE}[    2.000000] {line}\n")
            self.assertEqual(len(found), 1, line)

    def test_required(self):
        """What the kernel has to say."""
        report = verdict.Report(GOOD)
        expectations = verdict.Expectations("", "ours-6.1")
        for text, count in (("Run /init", 0), ("ok 1 - suite", 1)):
            found = verdict.judge(report, CONSOLE, 33, expectations, [text])
            self.assertEqual(len(found), count, text)

    def test_harmless(self):
        """None of these is one."""
        for line in self.HARMLESS:
            self.assertEqual(problems(console=f"{CONSOLE}{line}\n"), [], line)

    def test_known(self):
        """One that a stock kernel is known for, and must have."""
        line = "stock-6.12 console splat ring_buffer.c:3357\n"
        console = f"{CONSOLE}{self.SPLATS[0]}\n"
        tainted = replaced("tainted 0", "tainted 512")
        arguments = {"expected": line, "kernel": "stock-6.12"}
        self.assertEqual(problems(console=console, ktap=tainted, **arguments), [])
        self.assertIn("out of date", problems(**arguments)[0])
        self.assertEqual(len(problems(console=console, expected=line)), 1)


class Early(unittest.TestCase):
    """Kernels that died before they ran any code that is under test."""

    CONSOLE = (
        "[    0.000000] Linux version 6.1\r\n"
        "[    0.400000] traps: PANIC: double fault, error_code: 0x0\r\n"
        "[    0.500000] Kernel panic - not syncing: Fatal exception\r\n"
    )

    def test_early(self):
        """A reset before any of it is an early death, even with no console at all."""
        self.assertTrue(verdict.died_early("", self.CONSOLE, 0))
        self.assertTrue(verdict.died_early("", "", 0))

    def test_begun(self):
        """A death is not early after the kernel's own tests, in the ring's code, in the
        first process, or with a report."""
        for text in (
            "[    0.300000] Running ring buffer tests...",
            "[    0.300000] KTAP version 1",
            "[    0.400000] RIP: 0010:ring_buffer_map+0x12/0x80",
            "[    0.300000] Run /init as init process",
        ):
            console = f"{text}\r\n{self.CONSOLE}"
            self.assertFalse(verdict.died_early("", console, 0), text)
        self.assertFalse(verdict.died_early("KTAP version 1\n", self.CONSOLE, 0))

    def test_other_ends(self):
        """A guest that was killed, or that ended QEMU in another way, did not die."""
        for status in (None, 1, 33, 35, -11):
            self.assertFalse(verdict.died_early("", self.CONSOLE, status), status)

    def test_last_words(self):
        """The first complaint is quoted, or else the last line."""
        self.assertIn("double fault", verdict.last_words(self.CONSOLE))
        self.assertIn("6.1", verdict.last_words("Linux version 6.1\r\n\r\n"))
        self.assertEqual(verdict.last_words(""), "no output")


class Expected(unittest.TestCase):
    """Outcomes against kernel/expected.txt."""

    FAILED = GOOD.replace("    ok 1 b.only", "    not ok 1 b.only").replace(
        "ok 2 b\n", "not ok 2 b # exit 1\n"
    )
    SKIPPED = GOOD.replace("ok 1 b.only", "ok 1 b.only # SKIP none here")

    def kind(self, ktap, kind, kernel="stock-6.1"):
        """The problems if this was expected of b.only."""
        line = f"{kernel} b.only {kind} for a reason\n" if kind else ""
        return problems(ktap=ktap, expected=f"# a comment\n\n{line}", kernel=kernel)

    def test_as_expected(self):
        """Each outcome where it is expected."""
        self.assertEqual(self.kind(GOOD, ""), [])
        self.assertEqual(self.kind(self.FAILED, "fail"), [])
        self.assertEqual(self.kind(self.SKIPPED, "skip"), [])
        self.assertEqual(self.kind(self.FAILED, "fail-often"), [])
        self.assertEqual(self.kind(GOOD, "fail-often"), [])

    def test_otherwise(self):
        """Each outcome where another one is expected."""
        for ktap, kind in (
            (GOOD, "fail"),
            (GOOD, "skip"),
            (self.FAILED, ""),
            (self.FAILED, "skip"),
            (self.SKIPPED, ""),
            (self.SKIPPED, "fail"),
            (self.SKIPPED, "fail-often"),
        ):
            self.assertEqual(len(self.kind(ktap, kind)), 1, kind)

    def test_of_other_kernels(self):
        """Lines about others do not count."""
        line = "ours-6.12 b.only fail for a reason\n"
        self.assertEqual(len(problems(ktap=self.FAILED, expected=line)), 1)

    def test_bad_lines(self):
        """Lines that mean nothing, about whichever kernel."""
        for line in (
            "ours-6.12 b.only fail",
            "ours-6.12 b.only may for a reason",
            "ours-6.1 c.unknown fail for a reason",
            "ours-6.12 b.only fail-often for a reason",
            "ours-6.12 console fail for a reason",
            "ours-6.12 b.only splat for a reason",
        ):
            self.assertEqual(len(problems(expected=line)), 1, line)
        twice = "ours-6.1 b.only fail one\nours-6.1 b.only fail two\n"
        self.assertEqual(len(problems(ktap=self.FAILED, expected=twice)), 1)


if __name__ == "__main__":
    unittest.main()
