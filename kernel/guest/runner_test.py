# SPDX-License-Identifier: GPL-2.0-only
"""Guests that misbehave, each in its own way, are reported as failures; one that
does not passes. They run on a stock kernel."""

import argparse
import os
import pathlib
import subprocess
import sys
import unittest

# What the guest does, and what the runner has to say about it.
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
# A stock kernel needs three seconds to boot; this machine may be busy.
LIMIT = 120
# This one always takes all of it, and is judged by what it reported before.
HANG_LIMIT = 30


def arguments():
    """Where the things are."""
    parser = argparse.ArgumentParser()
    for name in ("runner", "kernel", "initramfs"):
        parser.add_argument(f"--{name}", required=True)
    found, rest = parser.parse_known_args()
    sys.argv[1:] = rest
    return found


ARGS = arguments()
OUTPUTS = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "runner_test.outputs")


def run(mode, limit=LIMIT, initramfs=ARGS.initramfs):
    """Run a guest; the runner's status and what it said."""
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


class Guests(unittest.TestCase):
    """One boot each."""

    def test_good(self):
        """What the others differ from passes: they fail for their own reasons."""
        status, output = run("good")
        self.assertEqual(status, 0, output)
        self.assertIn("ok 2 - second", output)

    def test_misbehaviour(self):
        """Everything else is reported, with its reason and the console."""
        for mode, reason in MISBEHAVIOUR.items():
            with self.subTest(mode):
                limit = HANG_LIMIT if mode == "hang" else LIMIT
                status, output = run(mode, limit)
                self.assertEqual(status, 1, output)
                found = output.rsplit(" problems:\n", 1)[-1]
                self.assertIn(reason, found, output)
                self.assertIn("Linux version", self.console(mode), output)
                self.assertIn("the console's last lines:", output)

    def test_no_init(self):
        """A guest that cannot even start."""
        empty = pathlib.Path(OUTPUTS) / "empty.cpio"
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.write_bytes(b"")
        status, output = run("no-init", initramfs=empty)
        self.assertEqual(status, 1, output)
        self.assertIn("Kernel panic", output)

    @staticmethod
    def console(mode):
        """What the guest's console had."""
        file = pathlib.Path(OUTPUTS) / mode / "console.txt"
        return file.read_text("utf-8", "replace")


if __name__ == "__main__":
    unittest.main()
