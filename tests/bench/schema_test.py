# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Reports follow the schema, and what does not follow it is found out.

usage: schema_test.py PRINT_REPORT
"""

import copy
import os
import platform
import subprocess
import sys
import tempfile
import unittest

import schema

GOOD = {
    "machine": {
        "cpu": "c",
        "kernel": "6.1",
        "cpus": 2,
        "memory_mb": 1,
        "library": "0.1.0",
    },
    "results": [
        {"name": "a/b", "unit": "ns", "median": 2, "min": 1, "max": 3.5, "runs": 3}
    ],
}


class Report(unittest.TestCase):
    """What the C side writes."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.json")
            run = [PRINT_REPORT, path]
            cls.table = subprocess.check_output(run, text=True)
            cls.document = schema.load(path)

    def test_schema(self):
        self.assertEqual(schema.problems(self.document), [])

    def test_figures(self):
        want = [
            ("odd/three", "ns", 3, 1.5, 700, 3),
            ("even/2", "s", 2.5, 1, 4, 2),
            ("one/single", "count", 12345678, 12345678, 12345678, 1),
        ]
        fields = ("name", "unit", "median", "min", "max", "runs")
        got = [tuple(r[field] for field in fields) for r in self.document["results"]]
        self.assertEqual(got, want)

    def test_machine(self):
        machine = self.document["machine"]
        self.assertEqual(machine["kernel"], platform.release())
        self.assertEqual(machine["cpus"], os.cpu_count())

    def test_table(self):
        lines = self.table.splitlines()
        self.assertIn(platform.release(), lines[0])
        self.assertEqual(lines[2].split(), "odd/three ns 3.000 1.500 700.0 3".split())


class Problems(unittest.TestCase):
    """Files that break the schema."""

    def assert_problem(self, words, change):
        """The change of a good document is found out, in these words."""
        document = copy.deepcopy(GOOD)
        change(document)
        found = schema.problems(document)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def assert_result_problem(self, words, **fields):
        """So is the change of its result."""
        self.assert_problem(words, lambda d: d["results"][0].update(fields))

    def test_good(self):
        self.assertEqual(schema.problems(GOOD), [])

    def test_top(self):
        self.assert_problem("no machine", lambda d: d.pop("machine"))
        self.assert_problem("notes is not", lambda d: d.update(notes=""))
        self.assert_problem("results: none", lambda d: d["results"].clear())
        self.assertEqual(schema.problems([]), ["the file: not an object"])

    def test_machine(self):
        self.assert_problem("no cpu", lambda d: d["machine"].pop("cpu"))
        self.assert_problem("cpus is '2'", lambda d: d["machine"].update(cpus="2"))
        self.assert_problem("cpus is True", lambda d: d["machine"].update(cpus=True))

    def test_results(self):
        again = GOOD["results"][0]
        self.assert_problem("comes twice", lambda d: d["results"].append(again))
        self.assert_problem("not an object", lambda d: d["results"].append(1))
        self.assert_problem("no unit", lambda d: d["results"][0].pop("unit"))
        self.assert_result_problem("is not a name", name="Follow me")
        self.assert_result_problem("no unit", unit="")
        self.assert_result_problem("median is None", median=None)
        self.assert_result_problem("between", median=4)
        self.assert_result_problem("0 runs", runs=0)
        self.assert_result_problem("two values", runs=1)


if __name__ == "__main__":
    PRINT_REPORT = sys.argv.pop(1)
    unittest.main(verbosity=2)
