# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The first line of each file names the licence of the file's folder."""

import re

import tree

OURS = "LGPL-2.1-or-later OR MIT"
KERNEL = "GPL-2.0-only"
# Programs of any licence include these, like the headers of the kernel itself.
UAPI = "GPL-2.0-only WITH Linux-syscall-note"
UAPI_FILES = {"kernel/src/trace_mmap.h"}
TAG = re.compile(r"SPDX-License-Identifier: (.*?)\s*(?:\*[/)]|-->)?\s*$")

# Licence texts and formats without comments are exempt. Notebooks name the licence
# in their metadata, which another test checks.
EXEMPT = re.compile(r"LICENSE.*|go\.sum|.*\.(json|ipynb)")


def problem_of(path, text):
    """Return the problem of a file, or None."""
    lines = text.splitlines()[:2]
    if lines and not lines[0].startswith("#!"):
        lines = lines[:1]
    found = [match[1] for match in map(TAG.search, lines) if match]
    wanted = KERNEL if path.parts[0] == "kernel" else OURS
    if str(path) in UAPI_FILES:
        wanted = UAPI
    if found != [wanted]:
        return f"{path}: the first line must name SPDX {wanted}, found {found}"
    return None


def main():
    """Check every text file."""
    problems = []
    looked_at = 0
    for path in tree.files():
        text = tree.read(path)
        # An empty file needs no licence.
        if not text or EXEMPT.fullmatch(path.name) or is_data(path) or is_mail(path):
            continue
        looked_at += 1
        problem = problem_of(path, text)
        if problem:
            problems.append(problem)
    tree.finish(problems, looked_at)


def is_data(path):
    """Return true for recordings and expectations, which must not change."""
    ours = path.name == "BUILD" or path.suffix in (".c", ".h", ".md", ".py", ".sh")
    return path.parts[:2] == ("tests", "data") and not ours


def is_mail(path):
    """Return true for patches, which must begin with the header of a mail."""
    mail = path.suffix == ".patch" or path.name == "cover"
    return path.parts[:2] == ("kernel", "patches") and mail


main()
