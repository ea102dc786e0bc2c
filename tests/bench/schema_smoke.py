# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The benchmark of schemas runs, and tells each figure. Prints TAP.

usage: schema_smoke.py SCHEMA
"""

import os
import subprocess
import sys
import tempfile

import schema

WANTED = {
    f"schema/{what}/{library}/open_ms": "ms"
    for what in ("named3", "all")
    for library in ("ringmap", "libtracefs")
}


def main(program):
    """Run it; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "schema.json")
        run = [program, "--smoke", "--json", path]
        output = subprocess.check_output(run, text=True)
        if output.startswith("SKIP: "):
            print("ok 1 - schema benchmark # " + output.replace(":", "", 1).strip())
            return 0
        document = schema.load(path)
    print("".join(f"# {line}\n" for line in output.splitlines()), end="")
    found = schema.problems(document)
    if not found and schema.units(document) != WANTED:
        found = [f"not the figures that were promised: {schema.units(document)}"]
    for problem in found:
        print(f"# {problem}")
    print("not ok 1 - schema benchmark" if found else "ok 1 - schema benchmark")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
