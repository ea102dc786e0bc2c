# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Library, version script, header, manual and golden list agree on all symbols.

usage: symbols_test.py LIBRARY ARCHIVE MAP HEADER MAN3 GOLDEN
"""

import pathlib
import re
import subprocess
import sys

NODE = re.compile(r"^(RINGMAP_\S+) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^\t(ringmap_\w+);", re.MULTILINE)
DECLARED = re.compile(r"^RINGMAP_API\b[^;]*?\b(\w+)\(", re.MULTILINE)


def defined(path, *options):
    """Return the global symbols that a file defines, by nm."""
    command = ["nm", "--defined-only", "--extern-only", *options, path]
    listed = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    words = (line.split() for line in listed.stdout.decode().splitlines())
    # Version nodes are absolute symbols.
    return [word[-1] for word in words if len(word) == 3 and word[1] != "A"]


def map_names(text):
    """Return name@@node of each exported name; the names must be sorted."""
    names = []
    for node, body in NODE.findall(text):
        body_names = NAME.findall(body)
        if body_names != sorted(body_names):
            sys.exit(f"{node}: names are not sorted")
        names += [f"{name}@@{node}" for name in body_names]
    return set(names)


def compare(what, found, wanted):
    """Print the differences and return their number."""
    for name in sorted(found - wanted):
        print(f"{what}: {name} is unexpected")
    for name in sorted(wanted - found):
        print(f"{what}: {name} is missing")
    return len(found ^ wanted)


def main(library, archive, map_path, header, man3, golden):
    """Compare everything with the header."""
    declared = set(DECLARED.findall(pathlib.Path(header).read_text("utf-8")))
    if not declared:
        sys.exit(f"{header}: no RINGMAP_API function")
    mapped = map_names(pathlib.Path(map_path).read_text("utf-8"))
    wanted_lines = pathlib.Path(golden).read_text("utf-8").splitlines()
    released = {line for line in wanted_lines if not line.startswith("#")}
    pages = {path.stem for path in pathlib.Path(man3).glob("*.3")}

    differences = [
        compare("map", {name.split("@")[0] for name in mapped}, declared),
        compare("library", set(defined(library, "--dynamic")), mapped),
        compare("archive", set(defined(archive)), declared),
        compare("manual", pages, declared),
        # To change the file on purpose, add or remove the printed names.
        compare(golden, released, mapped),
    ]
    print(f"{len(declared)} names, {sum(differences)} differences")
    return 1 if sum(differences) else 0


if __name__ == "__main__":
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
