# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A program of Check cases runs one of them by its name.

usage: one_case_test.py PROGRAM
"""

import os
import subprocess
import sys
import unittest


def run(only):
    """The program's exit status and output with --test_filter=ONLY."""
    env = {**os.environ, "TESTBRIDGE_TEST_ONLY": only}
    done = subprocess.run(
        [program], capture_output=True, text=True, check=False, env=env
    )
    return done.returncode, done.stdout


class OneCase(unittest.TestCase):
    """What the filter lets through."""

    def test_only_the_named_case_runs(self):
        status, out = run("long_sentence_is_cut")
        self.assertEqual(status, 0)
        self.assertEqual(
            out.splitlines(),
            [
                "KTAP version 1",
                "1..1",
                "ok 1 long_sentence_is_cut",
                "# 1 passed, 0 failed, 0 skipped",
            ],
        )

    def test_a_name_that_no_case_has_is_a_failure(self):
        status, out = run("long_sentence")
        self.assertEqual(status, 1)
        self.assertIn("1..0\n", out)


if __name__ == "__main__":
    program = sys.argv.pop(1)
    unittest.main(verbosity=2)
