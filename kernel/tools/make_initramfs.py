# SPDX-License-Identifier: GPL-2.0-only
"""Write an initramfs: the same bytes for the same files.

Arguments are PATH=FILE, a program at PATH in the guest, PATH:=TEXT, a file with
that text, and PATH@TARGET, a symbolic link.
"""

import pathlib
import stat
import sys

HEADER = "070701" + "%08X" * 13


def entry(number, path, mode, data):
    """One member in the form that cpio calls newc."""
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    header = HEADER % (
        *(number, mode, 0, 0, links, 0, len(data)),
        *(0, 0, 0, 0, len(name), 0),
    )
    head = header.encode() + name
    return pad(head) + pad(data)


def pad(data):
    """Members begin at multiples of four."""
    return data + b"\0" * (-len(data) % 4)


def members(words):
    """(path, mode, data) of everything that is asked for."""
    for word in words:
        path, colon, text = word.partition(":=")
        if colon:
            yield path, stat.S_IFREG | 0o644, text.replace("\\n", "\n").encode()
            continue
        path, at, target = word.partition("@")
        if at:
            yield path, stat.S_IFLNK | 0o777, target.encode()
            continue
        path, _, file = word.partition("=")
        yield path, stat.S_IFREG | 0o755, pathlib.Path(file).read_bytes()


def main():
    """Folders first, each before what is in it."""
    out, words = sys.argv[1], sys.argv[2:]
    wanted = {}
    for path, mode, data in members(words):
        path = path.lstrip("/")
        if path in wanted:
            sys.exit(f"make_initramfs: {path} is there twice")
        wanted[path] = (mode, data)
        for folder in pathlib.PurePosixPath(path).parents:
            if str(folder) != ".":
                wanted.setdefault(str(folder), (stat.S_IFDIR | 0o755, b""))
    with open(out, "wb") as file:
        for number, path in enumerate(sorted(wanted), 1):
            file.write(entry(number, path, *wanted[path]))
        file.write(entry(0, "TRAILER!!!", 0, b""))


main()
