# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""No language skips a case without a reason that bindings/README.md shows.

usage: table_test.py README LANGUAGE...

Every language here has a test of all cases: run_cases.py leaves out only what
"skip" in cases.json names, and fails for what a runner does not know.
"""

import json
import pathlib
import re
import sys
import unittest

CASES = pathlib.Path("tests/bindings/cases.json")
ROW = re.compile(r"^\| `(?P<case>\w+)` \| (?P<languages>[\w, ]+) \| (?P<reason>.+) \|$")


def skips_in_cases():
    """(case, language, reason) of each skip."""
    for case in json.loads(CASES.read_text("utf-8"))["cases"]:
        for language, reason in case.get("skip", {}).items():
            yield case["name"], language, reason


def skips_in_readme():
    """The same, in the table that people read."""
    for line in readme.splitlines():
        row = ROW.match(line)
        if row:
            for language in row["languages"].split(", "):
                yield row["case"], language.lower(), row["reason"]


class Table(unittest.TestCase):
    """The README's table and the cases."""

    def test_every_skip_is_in_the_table_and_no_other(self):
        self.assertEqual(sorted(skips_in_cases()), sorted(skips_in_readme()))

    def test_skips_name_languages_that_are_run(self):
        named = {language for _, language, _ in skips_in_cases()}
        self.assertLessEqual(named, set(languages))

    def test_a_skip_has_a_reason(self):
        for case, language, reason in skips_in_cases():
            self.assertGreater(len(reason), 10, f"{case} {language}")

    def test_no_case_is_skipped_by_all(self):
        for case in json.loads(CASES.read_text("utf-8"))["cases"]:
            skipped = set(case.get("skip", {}))
            self.assertTrue(set(languages) - skipped, case["name"])

    def test_the_table_of_languages_has_them_all(self):
        for language in languages:
            row = rf"(?mi)^\| \[{language}\]\({language}/README.md\) "
            self.assertRegex(readme, row)

    def test_the_readme_counts_the_cases(self):
        count = len(json.loads(CASES.read_text("utf-8"))["cases"])
        self.assertIn(f"{count} cases", readme)


if __name__ == "__main__":
    readme = pathlib.Path(sys.argv[1]).read_text("utf-8")
    languages = sys.argv[2:]
    del sys.argv[1:]
    unittest.main(verbosity=2)
