# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Stamps of long suites are written for successes only, and go out of date."""

import contextlib
import datetime
import io
import pathlib
import tempfile
import unittest

import stamps

Counts = stamps.count_tests.Counts

STRICT = stamps.Suite(
    "//part:all", "//part:tests", "part/all.stamp", "part", True, "MIT"
)
RELAXED = STRICT._replace(name="//other:all", stamp="other.stamp", strict=False)
DAY = datetime.date(2026, 3, 1)
GOOD = Counts(10, 0, 2)


class Stamps(unittest.TestCase):
    """A folder with one suite of which a stamp is made and checked."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.put("part/a.c", "int a;\n")
        self.put("part/sub/b.c", "int b;\n")
        self.put("part/README.md", "text\n")
        self.put("elsewhere/c.c", "int c;\n")

    def put(self, name, text):
        """Write a file."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def files(self):
        """All files, as tree.files() lists those of a checkout."""
        found = [path for path in self.root.rglob("*") if path.is_file()]
        return [path.relative_to(self.root) for path in found]

    def run_suite(self, counts=GOOD, tests=3, status=0, meanwhile=None):
        """Run the suite with a Bazel that says what the caller wants."""

        def bazel(suite, options):
            self.assertEqual((suite, options), (STRICT, ["--option"]))
            if meanwhile:
                meanwhile()
            return status, tests, counts

        return stamps.run(self.root, STRICT, ["--option"], self.files, bazel, DAY)

    def check(self, suites=(STRICT,), today=DAY):
        """The problems, and what was printed."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            problems = stamps.check(self.root, suites, self.files(), today)
        return problems, out.getvalue()

    def test_a_stamp_matches_what_it_was_made_of(self):
        self.run_suite()
        self.assertEqual(self.check()[0], [])

    def test_a_changed_source_is_seen(self):
        self.run_suite()
        self.put("part/sub/b.c", "int b2;\n")
        problems, _ = self.check()
        self.assertEqual(len(problems), 1)
        self.assertIn("part/ changed since the stamp", problems[0])

    def test_new_removed_renamed_and_executable_sources_are_seen(self):
        def rename():
            (self.root / "part/a.c").rename(self.root / "part/z.c")

        for change in (
            lambda: self.put("part/new.c", ""),
            (self.root / "part/sub/b.c").unlink,
            rename,
            lambda: (self.root / "part/z.c").chmod(0o755),
        ):
            self.run_suite()
            self.assertEqual(self.check()[0], [])
            change()
            self.assertEqual(len(self.check()[0]), 1)

    def test_other_files_are_no_inputs(self):
        self.run_suite()
        self.put("part/README.md", "other text\n")
        self.put("elsewhere/c.c", "int d;\n")
        self.put("partner/e.c", "int e;\n")
        self.assertEqual(self.check()[0], [])

    def test_failures_get_no_stamp(self):
        for wrong in (
            {"counts": GOOD._replace(failed=1)},
            {"counts": Counts(0, 0, 12)},
            {"tests": 0},
            {"status": 3},
            {"meanwhile": lambda: self.put("part/a.c", "int changed;\n")},
        ):
            with self.assertRaises(ValueError):
                self.run_suite(**wrong)
            self.assertFalse((self.root / STRICT.stamp).exists())

    def test_a_failure_leaves_the_last_stamp(self):
        self.run_suite()
        before = (self.root / STRICT.stamp).read_text("utf-8")
        with self.assertRaises(ValueError):
            self.run_suite(status=3)
        self.assertEqual((self.root / STRICT.stamp).read_text("utf-8"), before)

    def test_a_stamp_of_failures_is_refused(self):
        self.run_suite()
        good = (self.root / STRICT.stamp).read_text("utf-8")
        for old, new in (
            ("failed 0", "failed 1"),
            ("passed 10", "passed 0"),
            ("tests 3", "tests 0"),
            ("tests 3", "tests -3"),
            ("suite //part:all", "suite //other:all"),
            ("date 2026-03-01", "date yesterday"),
            ("skipped 2\n", ""),
            ("skipped 2\n", "skipped 2 3\n"),
            ("passed 10", "passed ten"),
        ):
            self.assertIn(old, good)
            self.put(STRICT.stamp, good.replace(old, new))
            self.assertEqual(len(self.check()[0]), 1, new)

    def test_a_missing_stamp_is_a_problem_of_strict_suites_only(self):
        problems, printed = self.check((STRICT, RELAXED))
        self.assertEqual(len(problems), 1)
        self.assertIn("//part:all", problems[0])
        self.assertIn("//other:all: never run", printed)

    def test_the_age_is_printed_and_fails_nothing(self):
        self.run_suite()
        problems, printed = self.check(today=datetime.date(2027, 3, 1))
        self.assertEqual(problems, [])
        self.assertIn("//part:all: 365 days old: 10 passed, 0 failed", printed)

    def test_a_suite_that_is_not_strict_may_be_out_of_date(self):
        self.run_suite()
        text = (self.root / STRICT.stamp).read_text("utf-8")
        self.put(RELAXED.stamp, text.replace(STRICT.name, RELAXED.name))
        self.put("part/a.c", "int other;\n")
        self.assertEqual(self.check((RELAXED,))[0], [])

    def test_without_inputs_there_is_nothing_to_stamp(self):
        with self.assertRaises(ValueError):
            stamps.fingerprint(self.root, STRICT._replace(inputs="none"), self.files())


class Table(unittest.TestCase):
    """The suites of this checkout."""

    def test_stamps_are_apart(self):
        files = [suite.stamp for suite in stamps.SUITES]
        self.assertEqual(len(files), len(set(files)))

    def test_every_suite_has_inputs(self):
        files = stamps.tree.files()
        for suite in stamps.SUITES:
            stamps.fingerprint(stamps.tree.ROOT, suite, files)


if __name__ == "__main__":
    unittest.main(verbosity=2)
