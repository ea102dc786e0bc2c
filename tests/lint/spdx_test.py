# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Each file says its licence at its top, and the right one for its place."""

import re

import tree

OURS = "LGPL-2.1-or-later OR MIT"
KERNEL = "GPL-2.0-only"
# Programs of any licence include these, as they do headers of the kernel itself.
UAPI = "GPL-2.0-only WITH Linux-syscall-note"
UAPI_FILES = {"kernel/src/trace_mmap.h"}
TAG = re.compile(r"SPDX-License-Identifier: (.*?)\s*(?:\*/|-->)?\s*$")

# Licence texts themselves, and formats that have no comments. Notebooks say it in
# their metadata, which their test looks at.
EXEMPT = re.compile(r"LICENSE.*|go\.sum|.*\.(json|ipynb)")


def problem_of(path, text):
    """What is wrong with a file, or None."""
    lines = text.splitlines()[:2]
    if lines and not lines[0].startswith("#!"):
        lines = lines[:1]
    found = [match[1] for match in map(TAG.search, lines) if match]
    wanted = KERNEL if path.parts[0] == "kernel" else OURS
    if str(path) in UAPI_FILES:
        wanted = UAPI
    if found != [wanted]:
        return f"{path}: the first line must say SPDX {wanted}, found {found}"
    return None


def main():
    """Look at every text file."""
    problems = []
    looked_at = 0
    for path in tree.files():
        text = tree.read(path)
        # An empty file is nobody's work.
        if not text or EXEMPT.fullmatch(path.name) or is_data(path) or is_mail(path):
            continue
        looked_at += 1
        problem = problem_of(path, text)
        if problem:
            problems.append(problem)
    tree.finish(problems, looked_at)


def is_data(path):
    """Recordings and what is expected of them, byte for byte."""
    ours = path.name == "BUILD" or path.suffix in (".c", ".h", ".md", ".py", ".sh")
    return path.parts[:2] == ("tests", "data") and not ours


def is_mail(path):
    """What git reads as a mail begins with the mail's header."""
    mail = path.suffix == ".patch" or path.name == "cover"
    return path.parts[:2] == ("kernel", "patches") and mail


main()
