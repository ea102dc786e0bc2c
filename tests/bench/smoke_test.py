# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The live benchmark runs, and tells each figure by its name. Prints TAP.

usage: smoke_test.py LIVE
"""

import os
import subprocess
import sys
import tempfile

import schema

COSTS = {
    "cpu_ns_per_event": "ns",
    "events_per_s": "events/s",
    "syscalls_per_subbuf": "calls",
    "lost": "events",
}
MODES = ["follow", "consume", "read", "kbuffer"]
WAYS = ["ringmap_next", "ringmap_index", "kbuffer", "kbuffer_mapped"]


def costs(mode):
    """What is told of one way to read."""
    return {
        f"live/{mode}/{interval}/{name}": unit
        for interval in ("1ms", "10ms")
        for name, unit in COSTS.items()
    }


def wanted():
    """{name: unit} of what must be there."""
    names = {"writer/follow/ratio_to_none": "ratio", "drain/ring_mb": "MB"}
    for mode in MODES:
        names.update(costs(mode))
    for mode in ["none"] + MODES:
        names[f"writer/{mode}/events_per_s"] = "events/s"
    for way in WAYS:
        names[f"drain/{way}/events_per_s"] = "events/s"
        names[f"drain/{way}/open_ms"] = "ms"
    return names


def differences(got):
    """What is missing, and what nobody expected."""
    want = wanted()
    # Only a newer libtracefs maps.
    allowed = {**want, **costs("tracefs")}
    for name, unit in want.items():
        if got.get(name) != unit:
            yield f"{name} in {unit}: {got.get(name, 'missing')}"
    for name in got.keys() - allowed.keys():
        yield f"{name}: not expected"


def main(live):
    """Run it; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "live.json")
        run = [live, "--smoke", "--json", path]
        output = subprocess.check_output(run, text=True)
        if output.startswith("SKIP: "):
            print("ok 1 - live benchmark # " + output.replace(":", "", 1).strip())
            return 0
        document = schema.load(path)
    print("".join(f"# {line}\n" for line in output.splitlines()), end="")
    found = schema.problems(document)
    found += [] if found else differences(schema.units(document))
    for problem in found:
        print(f"# {problem}")
    print("not ok 1 - live benchmark" if found else "ok 1 - live benchmark")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
