# SPDX-License-Identifier: GPL-2.0-only
"""Guests that misbehave, each in its own way, are reported as failures; a guest that
behaves passes. They run on a stock kernel."""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import unittest

# The guest's misbehaviour, and the text by which the runner must report it.
MISBEHAVIOUR = {
    "fail": "second: fail",
    "deny": "ends as if none of 1 had failed",
    "skip": "first: skip tired",
    "short": "1 results missing: 3",
    "twice": "result 2 came twice",
    "no-plan": "a result before the plan",
    "empty": "no case was run",
    "crash": "ended with signal 6",
    "panic": "console: ",
    "hang": "did not end in time",
    "splat": "console: ",
    "stall": "console: ",
    "leave": "report is not complete",
    "reset": "QEMU's status is 0",
}
# A stock kernel boots in three seconds on a quiet machine; this one may be busy.
LIMIT = 120
# "hang" always takes all of this time; it is judged by what it reported before.
HANG_LIMIT = 30


def arguments():
    """Parse the command line."""
    parser = argparse.ArgumentParser()
    for name in ("runner", "kernel", "initramfs"):
        parser.add_argument(f"--{name}", required=True)
    found, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return found


ARGS = arguments()
# Guests that run side by side: "hang" only waits.
GUESTS = 2
OUTPUTS = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "runner_test.outputs")


def run(mode, limit=LIMIT, initramfs=ARGS.initramfs):
    """Run a guest. Returns the runner's status and its output."""
    result = subprocess.run(
        [
            *(sys.executable, "-B", ARGS.runner, "--name=selftest"),
            *(f"--kernel={ARGS.kernel}", f"--initramfs={initramfs}"),
            *("--cpus=1", f"--limit={limit}", f"--keep={OUTPUTS}/{mode}"),
            f"--append=RINGMAP_SELFTEST={mode}",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(f"{mode}: status {result.returncode}", flush=True)
    return result.returncode, result.stdout


def run_misbehaving(mode):
    """Run a guest that misbehaves in this way."""
    return run(mode, HANG_LIMIT if mode == "hang" else LIMIT)


class Guests(unittest.TestCase):
    """One boot for each way."""

    def test_good(self):
        """The guest without misbehaviour passes, so the others fail for their own
        reasons."""
        status, output = run("good")
        self.assertEqual(status, 0, output)
        self.assertIn("ok 2 - second", output)

    def test_misbehaviour(self):
        """Each misbehaviour is reported with its reason and the console."""
        with concurrent.futures.ThreadPoolExecutor(GUESTS) as pool:
            results = pool.map(run_misbehaving, MISBEHAVIOUR)
            results = dict(zip(MISBEHAVIOUR, results))
        for mode, reason in MISBEHAVIOUR.items():
            with self.subTest(mode):
                status, output = results[mode]
                self.assertEqual(status, 1, output)
                found = output.rsplit(" problems:\n", 1)[-1]
                self.assertIn(reason, found, output)
                self.assertIn("Linux version", self.console(mode), output)
                self.assertIn("the console's last lines:", output)

    def test_no_init(self):
        """A guest without an init fails."""
        empty = pathlib.Path(OUTPUTS) / "empty.cpio"
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.write_bytes(b"")
        status, output = run("no-init", initramfs=empty)
        self.assertEqual(status, 1, output)
        self.assertIn("Kernel panic", output)

    @staticmethod
    def console(mode):
        """Returns the text of the guest's console."""
        file = pathlib.Path(OUTPUTS) / mode / "console.txt"
        return file.read_text("utf-8", "replace")


if __name__ == "__main__":
    unittest.main()
