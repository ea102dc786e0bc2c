# SPDX-License-Identifier: GPL-2.0-only
"""Guests that misbehave, each in its own way, are reported as failures; a guest that
behaves passes. An early death of the kernel is excused once."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

# The guest's misbehaviour, and the text with which the runner must report it.
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
# The kernel boots in two seconds on a quiet machine; this one may be busy.
LIMIT = 120
QEMU = "qemu-system-x86_64"
# This takes the place of QEMU and counts the boots. The first ones have no initramfs,
# and a root that does not exist: the kernel panics before it starts a process.
DYING_QEMU = """\
#!{python}
import os, sys
with open({log!r}, "a", encoding="utf-8") as log:
    log.write("x")
words = sys.argv[1:]
if os.path.getsize({log!r}) <= {deaths}:
    at = words.index("-initrd")
    del words[at : at + 2]
    words[words.index("-append") + 1] += " root=ubi0"
os.execv({qemu!r}, [{qemu!r}, *words])
"""
AGAIN = "# booted again: 1, because the kernel died before its tests: "
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
# Two guests run side by side, because "hang" only waits.
GUESTS = 2
OUTPUTS = os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", "runner_test.outputs")


def run(mode, limit=LIMIT, initramfs=ARGS.initramfs, name=None, append="", qemu=""):
    """Run a guest. Returns the runner's status and its output.

    @name is the folder of its outputs, if it is not @mode. @qemu is a folder with
    another QEMU.
    """
    path = os.environ["PATH"]
    result = subprocess.run(
        [
            *(sys.executable, "-B", ARGS.runner, "--name=selftest"),
            *(f"--kernel={ARGS.kernel}", f"--initramfs={initramfs}"),
            *("--cpus=1", f"--limit={limit}", f"--keep={OUTPUTS}/{name or mode}"),
            f"--append=RINGMAP_SELFTEST={mode} {append}",
        ],
        env={**os.environ, "PATH": f"{qemu}{os.pathsep}{path}" if qemu else path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(f"{name or mode}: status {result.returncode}", flush=True)
    return result.returncode, result.stdout


def run_dying(name, mode, deaths, append=""):
    """Run a guest whose kernel dies early the first times. Returns the runner's status,
    its output, and the number of boots."""
    folder = pathlib.Path(OUTPUTS).resolve() / name
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "boots"
    log.write_text("", "utf-8")
    script = DYING_QEMU.format(
        python=sys.executable,
        log=str(log),
        deaths=deaths,
        qemu=shutil.which(QEMU),
    )
    (folder / QEMU).write_text(script, "utf-8")
    (folder / QEMU).chmod(0o755)
    status, output = run(mode, name=name, append=append, qemu=str(folder))
    return status, output, len(log.read_text("utf-8"))


def run_misbehaving(mode):
    """Run a guest that misbehaves in this way."""
    return run(mode, HANG_LIMIT if mode == "hang" else LIMIT)


class Guests(unittest.TestCase):
    """Each test boots guests and looks at the runner's verdict."""

    def test_good(self):
        """The guest without misbehaviour passes, so each of the others fails because
        of its own misbehaviour."""
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
                self.assertNotIn("booted again", output)

    def test_early_death(self):
        """A guest whose kernel dies early once passes and says so."""
        status, output, boots = run_dying("early", "good", deaths=1)
        self.assertEqual(boots, 2, output)
        self.assertEqual(status, 0, output)
        self.assertIn(AGAIN, output)
        self.assertIn("Kernel panic", output)
        self.assertIn("ok 2 - second", output)
        self.assertIn("Run /init", self.console("early"))
        self.assertIn("Kernel panic", self.console("early", "console.first.txt"))

    def test_two_early_deaths(self):
        """A guest whose kernel dies early twice fails and is not booted once more."""
        status, output, boots = run_dying("early-twice", "good", deaths=2)
        self.assertEqual(boots, 2, output)
        self.assertEqual(status, 1, output)
        self.assertIn(AGAIN, output)
        found = output.rsplit(" problems:\n", 1)[-1]
        self.assertIn("console: ", found)
        self.assertIn("Kernel panic", found)

    def test_panic_of_init(self):
        """A panic after the start of the first process is a failure at once, even
        before there is a report."""
        status, output, boots = run_dying(
            "init-ends", "panic", deaths=0, append="rdinit=/bin/selftest"
        )
        self.assertEqual(boots, 1, output)
        self.assertEqual(status, 1, output)
        self.assertIn("Attempted to kill init", output)
        self.assertNotIn("booted again", output)

    def test_no_init(self):
        """A guest without an init fails."""
        empty = pathlib.Path(OUTPUTS) / "empty.cpio"
        empty.parent.mkdir(parents=True, exist_ok=True)
        empty.write_bytes(b"")
        status, output = run("no-init", initramfs=empty)
        self.assertEqual(status, 1, output)
        self.assertIn("Kernel panic", output)

    @staticmethod
    def console(mode, file="console.txt"):
        """Returns the text of the guest's console."""
        path = pathlib.Path(OUTPUTS) / mode / file
        return path.read_text("utf-8", "replace")


if __name__ == "__main__":
    unittest.main()
