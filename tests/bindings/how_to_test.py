# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Add a language by following bindings/ADDING.md; the language passes all cases.

usage: how_to_test.py ADDING_MD INSTALL_SH HEADER SHARED STATIC MAN3 MAN7

Each file of that page is a block of code after a line that ends with the file's
name in backquotes and a colon. Its commands are in blocks of the language "sh".
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

FILE = re.compile(
    r"`(?P<name>bindings/[\w./]+)`[^\n`]*:\n\n```\w*\n(?P<text>.*?)^```$", re.S | re.M
)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.S | re.M)


def main(page, install, parts):
    """The exit status."""
    text = pathlib.Path(page).read_text("utf-8")
    root = pathlib.Path.cwd()
    work = pathlib.Path(os.environ["TEST_TMPDIR"])
    prefix = work / "usr"
    subprocess.run(["sh", install, *parts, f"--prefix={prefix}"], check=True)

    # The tree as somebody has it who is about to add a language.
    for folder in ("bindings/swig", "tests/bindings", "tests/data"):
        shutil.copytree(root / folder, work / folder)
    made = {file["name"]: file["text"] for file in FILE.finditer(text)}
    assert {pathlib.Path(name).parent for name in made} == {
        pathlib.Path("bindings/perl")
    }, sorted(made)
    for name, content in made.items():
        path = work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, "utf-8")
        print(f"{name}: {len(content.splitlines())} lines")
    assert "bindings/perl/perl.i" in made and "bindings/perl/BUILD" in made
    for call in ("rm_swig_module(", "rm_cases_test("):
        assert call in made["bindings/perl/BUILD"], call

    commands = COMMANDS.findall(text)
    assert commands
    environment = dict(
        os.environ,
        PKG_CONFIG_PATH=str(prefix / "lib/pkgconfig"),
        LD_LIBRARY_PATH=str(prefix / "lib"),
    )
    for command in commands:
        print(command)
        done = subprocess.run(
            ["sh", "-euc", command], cwd=work, env=environment, check=False
        )
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
