# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The counter of test cases reads the logs of tests; an empty log is a case.

usage: count_test.py COUNT_TESTS
"""

import importlib.util
import sys
import unittest


class Count(unittest.TestCase):
    """Compares the counts of logs."""

    def test_tap(self):
        log = "1..4\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no tracefs\nok 4 - d\n"
        counts, reasons = counter.count_log(log)
        self.assertEqual(counts, (2, 1, 1))
        self.assertEqual(reasons, ["c # SKIP no tracefs"])

    def test_check(self):
        log = "suite\n80%: Checks: 10, Failures: 1, Errors: 1\nx.c:1:F:core: no\n"
        self.assertEqual(counter.count_program("FAILED", log)[0], (8, 2, 0))

    def test_pytest(self):
        skip = "SKIPPED [1] a_test.py:3: no tracefs"
        log = f"{skip}\n== 1 failed, 3 passed, 2 skipped, 1 error in 0.10s ==\n"
        counts, reasons = counter.count_log(log)
        self.assertEqual(counts, (3, 2, 2))
        self.assertEqual(reasons, [skip])

    def test_program_without_cases_is_one_case(self):
        self.assertEqual(counter.count_program("PASSED", "fine\n")[0], (1, 0, 0))
        self.assertEqual(counter.count_program("FAILED", "fine\n")[0], (0, 1, 0))

    def test_failed_program_is_a_failure_whatever_it_printed(self):
        for status in ("FAILED", "TIMEOUT", "NO_STATUS"):
            self.assertEqual(counter.count_program(status, "ok 1 - a\n")[0], (1, 1, 0))


if __name__ == "__main__":
    spec = importlib.util.spec_from_file_location("counter", sys.argv.pop(1))
    counter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(counter)
    unittest.main(verbosity=2)
