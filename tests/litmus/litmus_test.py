# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The tests in this folder have the results that they state; and the enumerator
knows what no barrier can change.

usage: litmus_test.py FILE.litmus...
"""

import pathlib
import re
import sys
import unittest

import model
import program


def answer(text):
    """The enumerator's answer for a test."""
    return model.answer(program.Test(text))


def without_order(text):
    """The same test with each barrier, acquire and compare taken away."""
    text = re.sub(r"smp_[rw]?mb\(\);", "", text)
    text = re.sub(r"smp_load_acquire\((\w+)\)", r"READ_ONCE(*\1)", text)
    return re.sub(r"old = cmpxchg\((\w+), \w+, (\w+)\)", r"WRITE_ONCE(*\1, \2)", text)


class Files(unittest.TestCase):
    """The .litmus files."""

    def test_results_are_as_stated(self):
        for path in FILES:
            with self.subTest(path.name):
                test = program.Test(path.read_text())
                self.assertIn(test.result, ("Never", "Sometimes"))
                self.assertEqual(model.answer(test), test.result)

    def test_without_order_nothing_is_never(self):
        """Else the clause could not hold anyway, and Never would say nothing."""
        for path in FILES:
            with self.subTest(path.name):
                self.assertEqual(answer(without_order(path.read_text())), "Sometimes")


THREADS = """C threads
{}
P0(int *x, int *y, int *z) { %s }
P1(int *x, int *y) { %s }
exists (%s)
"""


class Enumerator(unittest.TestCase):
    """What the files here and in the kernel's source do not ask."""

    def check(self, result, first, second, condition):
        self.assertEqual(answer(THREADS % (first, second, condition)), result)

    def test_one_of_two_exchanges_fails(self):
        for other, result in ((0, "Never"), (1, "Sometimes")):
            self.check(result, "int r = cmpxchg(x, 0, 1);",
                       f"int r = cmpxchg(x, {other}, 2);",
                       rf"0:r=0 /\ 1:r={other}")

    def test_no_store_comes_between_load_and_store_of_an_exchange(self):
        # With x=1 at the end, the 2 would have come after the load of 0.
        for last, result in ((1, "Never"), (2, "Sometimes")):
            self.check(result, "int r = cmpxchg(x, 0, 1);", "WRITE_ONCE(*x, 2);",
                       rf"0:r=0 /\ x={last}")

    def test_exchange_orders_only_if_it_succeeds(self):
        for old, result in ((0, "Never"), (7, "Sometimes")):
            self.check(result,
                       f"WRITE_ONCE(*x, 1); int s = cmpxchg(z, {old}, 1); "
                       "int r = READ_ONCE(*y);",
                       "WRITE_ONCE(*y, 1); smp_mb(); int r = READ_ONCE(*x);",
                       r"0:s=0 /\ 0:r=0 /\ 1:r=0")

    def test_address_orders_and_a_plain_load_breaks_it(self):
        text = ("C pointers\n{ p=x; }\n"
                "P0(int *y, int **p) { WRITE_ONCE(*y, 1); "
                "smp_store_release(p, y); }\n"
                "P1(int **p) { int *r = READ_ONCE(*p); int s = %s; }\n"
                r"exists (1:r=y /\ 1:s=0)")
        self.assertEqual(answer(text % "READ_ONCE(*r)"), "Never")
        self.assertEqual(answer(text % "*r"), "Sometimes")

    def test_branch_orders_stores_and_not_loads(self):
        first = "WRITE_ONCE(*x, 1); smp_mb(); int r = READ_ONCE(*y);"
        self.check("Sometimes", first,
                   "int r = 0; int s = READ_ONCE(*y); if (s == 0) r = READ_ONCE(*x);",
                   r"0:r=0 /\ 1:r=0")
        self.check("Never", "int r = READ_ONCE(*y); smp_mb(); WRITE_ONCE(*x, 1);",
                   "int r = READ_ONCE(*x); if (r == 1) WRITE_ONCE(*y, 1);",
                   r"0:r=1 /\ 1:r=1")

    def test_store_of_an_exchange_carries_a_barrier_on(self):
        text = ("C carried\n{}\n"
                "P0(int *x, int *y) { WRITE_ONCE(*x, 1); smp_wmb(); "
                "WRITE_ONCE(*y, 1); }\n"
                "P1(int *y) { int r = %s; }\n"
                "P2(int *x, int *y) { int r = smp_load_acquire(y); "
                "int s = READ_ONCE(*x); }\n"
                r"exists (1:r=1 /\ 2:r=2 /\ 2:s=0)")
        self.assertEqual(answer(text % "cmpxchg(y, 1, 2)"), "Never")
        relaxed = "READ_ONCE(*y); if (r == 1) WRITE_ONCE(*y, 2)"
        self.assertEqual(answer(text % relaxed), "Sometimes")

    def test_store_waits_for_a_load_of_its_variable(self):
        for variable, result in (("x", "Never"), ("z", "Sometimes")):
            self.check(result, f"int r = READ_ONCE(*x); WRITE_ONCE(*{variable}, 2); "
                       "smp_wmb(); WRITE_ONCE(*y, 1);",
                       "int r = smp_load_acquire(y); WRITE_ONCE(*x, 1);",
                       r"0:r=1 /\ 1:r=1")

    def test_load_waits_for_the_store_of_its_cpu_that_it_reads(self):
        for value, result in (("r", "Never"), ("1", "Sometimes")):
            self.check(result, f"int r = READ_ONCE(*x); WRITE_ONCE(*z, {value}); "
                       "int s = smp_load_acquire(z); WRITE_ONCE(*y, 1);",
                       "int r = smp_load_acquire(y); WRITE_ONCE(*x, 1);",
                       r"0:r=1 /\ 0:s=1 /\ 1:r=1")

    def test_values_come_out_of_thin_air_only_past_plain_stores(self):
        branch = "int r = READ_ONCE(*%s); if (r == 1) %s;"
        for store, result in (("WRITE_ONCE(*%s, 1)", "Never"),
                              ("*%s = 1", "Sometimes")):
            self.check(result, branch % ("x", store % "y"), branch % ("y", store % "x"),
                       r"0:r=1 /\ 1:r=1")

    def test_what_it_cannot_express_is_refused_by_name(self):
        for first, name in (("spin_lock(x);", "spin_lock"),
                            ("atomic_inc(x);", "atomic_inc"),
                            ("while (1) WRITE_ONCE(*x, 1);", "while")):
            with self.assertRaisesRegex(program.Inexpressible, name):
                answer(THREADS % (first, "", "x=1"))
        with self.assertRaisesRegex(program.Inexpressible, "forall"):
            answer((THREADS % ("", "", "x=1")).replace("exists", "forall"))

    def test_misspelt_name_is_an_error_and_not_never(self):
        for condition in ("0:q=1", "w=1"):
            with self.assertRaises(ValueError):
                answer(THREADS % ("int r = READ_ONCE(*x);", "", condition))


if __name__ == "__main__":
    FILES = [pathlib.Path(path) for path in sys.argv[1:]]
    sys.exit(0 if FILES and unittest.main(
        argv=sys.argv[:1], verbosity=2, exit=False).result.wasSuccessful() else 1)
