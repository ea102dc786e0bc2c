# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Make a C program that prints the layout of all public types.

usage: layout_to_c.py HEADER > PROGRAM

For each struct of the header its size and its members' offsets and sizes, for
each enumerator its value. Read from the header, so that none is forgotten.
"""

import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STRUCT = re.compile(r"^struct (\w+) \{(.*?)^\};", re.MULTILINE | re.DOTALL)
MEMBER = re.compile(r"(\w+)(?:\[\w+\])?;")
ENUM = re.compile(r"^enum(?: \w+)? \{(.*?)^\};", re.MULTILINE | re.DOTALL)
ENUMERATOR = re.compile(r"^\t(\w+)", re.MULTILINE)

TOP = """\
#include <ringmap/ringmap.h>
#include <stddef.h>
#include <stdio.h>

#define SIZE(type) printf("%s %zu\\n", #type, sizeof(struct type))
#define MEMBER(type, name)                                        \\
	printf("%s.%s %zu+%zu\\n", #type, #name,                  \\
	       offsetof(struct type, name), sizeof(((struct type *)0)->name))
#define VALUE(name) printf("%s %d\\n", #name, (int)(name))

int main(void)
{
"""


def main(path):
    """Print the program."""
    text = COMMENT.sub("", pathlib.Path(path).read_text("utf-8"))
    lines = []
    for name, body in STRUCT.findall(text):
        lines.append(f"SIZE({name});")
        lines += [f"MEMBER({name}, {member});" for member in MEMBER.findall(body)]
    for body in ENUM.findall(text):
        lines += [f"VALUE({name});" for name in ENUMERATOR.findall(body)]
    print(TOP + "".join(f"\t{line}\n" for line in lines) + "\treturn 0;\n}")


main(sys.argv[1])
