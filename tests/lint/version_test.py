# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Header, library, version script, soname and changelog say one version.

usage: version_test.py HEADER PROGRAM MAP LIBRARY CHANGELOG
PROGRAM prints what ringmap_version() returns.
"""

import pathlib
import re
import subprocess
import sys


def output(*command):
    """What a program prints."""
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return result.stdout.decode()


def only(pattern, text, what):
    """The first match of a pattern that must be there."""
    match = re.search(pattern, text, re.MULTILINE)
    if not match:
        sys.exit(f"{what}: nothing matches {pattern}")
    return match[1]


def main(header, program, map_path, library, changelog):
    """Compare everything with the header."""
    text = pathlib.Path(header).read_text("utf-8")
    parts = [
        only(rf"RINGMAP_VERSION_{part} = (\d+)", text, header)
        for part in ("MAJOR", "MINOR", "PATCH")
    ]
    full = ".".join(parts)
    map_text = pathlib.Path(map_path).read_text("utf-8")
    nodes = re.findall(r"^RINGMAP_(\d\S*) \{", map_text, re.MULTILINE)
    dynamic = output("readelf", "-d", library)
    found = {
        "ringmap_version()": (output(program).strip(), full),
        "newest map node": (nodes[-1] if nodes else "none", ".".join(parts[:2])),
        "soname": (
            only(r"\[(libringmap\.so\.\d+)\]", dynamic, library),
            f"libringmap.so.{parts[0]}",
        ),
        "newest changelog heading": (
            only(
                r"^## \[?(\d[\w.]*)",
                pathlib.Path(changelog).read_text("utf-8"),
                changelog,
            ),
            full,
        ),
    }
    wrong = 0
    for what, (has, wanted) in found.items():
        print(f"{what}: {has}")
        if has != wanted:
            print(f"    the header says {wanted}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
