# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Runs the cases of a test script and prints TAP, with counted skips."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import traceback

TRACEFS = pathlib.Path("/sys/kernel/tracing")

# More than any program here takes, on a machine that is busy with others.
PATIENCE = 120


class Skip(Exception):
    """Why a case cannot run here."""


def need_tracing():
    """Skips where this process cannot make tracing instances."""
    if os.getuid() != 0:
        raise Skip("only root can make tracing instances")
    if not (TRACEFS / "instances").is_dir():
        raise Skip(f"tracefs is not mounted at {TRACEFS}")


def need_following():
    """Skips where rings cannot be mapped."""
    need_tracing()
    release = os.uname().release
    if tuple(map(int, re.findall(r"\d+", release)[:2])) < (6, 10):
        raise Skip(f"Linux {release} cannot map rings; 6.10 can")


def run(*args, **more):
    """A program's exit status and what it printed."""
    done = subprocess.run(
        args, capture_output=True, text=True, timeout=PATIENCE, check=False, **more
    )
    return done.returncode, done.stdout, done.stderr


def main(cases, usage, args):
    """Runs each case with the arguments and exits.

    With TESTBRIDGE_TEST_ONLY=NAME, which is how Bazel passes --test_filter=NAME
    on, only the case of that name runs; it is an error if there is none.
    """
    # So that what a case has made is taken away then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    if len(sys.argv) != args + 1:
        sys.exit(usage)
    only = os.environ.get("TESTBRIDGE_TEST_ONLY")
    if only:
        cases = [case for case in cases if case.__name__ == only]
    if not cases:
        sys.exit(f"no case is named {only}")
    failed = 0
    print(f"1..{len(cases)}")
    for i, case in enumerate(cases, 1):
        try:
            case(*sys.argv[1:])
            print(f"ok {i} - {case.__name__}", flush=True)
        except Skip as why:
            print(f"ok {i} - {case.__name__} # SKIP {why}", flush=True)
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"not ok {i} - {case.__name__}\n{traceback.format_exc()}", flush=True)
    sys.exit(1 if failed else 0)
