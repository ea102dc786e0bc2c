# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The enumerator agrees with the kernel about the kernel's own litmus tests.

They are in tools/memory-model/litmus-tests of the distribution's kernel source,
each with the result that the kernel's model gives.

usage: kernel_test.py SOURCE.sh BASE
"""

import pathlib
import subprocess
import sys
import unittest

import model
import program

# What the enumerator cannot express, and why.
LEFT_OUT = {
    "ISA2+pooncelock+pooncelock+pombonce": "spinlock_t",
    "LB+unlocklockonceonce+poacquireonce": "spinlock_t",
    "MP+polockmbonce+poacquiresilsil": "spinlock_t",
    "MP+polockonce+poacquiresilsil": "spinlock_t",
    "MP+polocks": "spinlock_t",
    "MP+porevlocks": "spinlock_t",
    "MP+unlocklockonceonce+fencermbonceonce": "spinlock_t",
    "Z6.0+pooncelock+poonceLock+pombonce": "spinlock_t",
    "Z6.0+pooncelock+pooncelock+pombonce": "spinlock_t",
}


class KernelTests(unittest.TestCase):
    """All files of the folder."""

    def test_results_are_the_kernels(self):
        left_out, checked = {}, 0
        for path in sorted(FOLDER.glob("*.litmus")):
            with self.subTest(path.stem):
                try:
                    test = program.Test(path.read_text())
                    self.assertIn(test.result, ("Never", "Sometimes"))
                    self.assertEqual(model.answer(test), test.result)
                    checked += 1
                except program.Inexpressible as reason:
                    left_out[path.stem] = str(reason)
        self.assertEqual(left_out, LEFT_OUT)
        self.assertGreater(checked, 20)
        print(f"{checked} agree, {len(left_out)} left out")


if __name__ == "__main__":
    SOURCE, BASE = sys.argv[1:]
    TREE = subprocess.run([SOURCE, BASE], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()
    FOLDER = pathlib.Path(TREE, "tools/memory-model/litmus-tests")
    unittest.main(argv=sys.argv[:1], verbosity=2)
