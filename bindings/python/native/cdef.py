# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Makes the C source of the extension from the public header.

usage: cdef.py RINGMAP_H EXTRAS_H OUT_C

pip (setup.py) and Bazel both run this: what CFFI is told about the library is
the library's own header, never a copy.
"""

import pathlib
import re
import sys

import cffi

MODULE = "ringmap._ringmap"

PREAMBLE = """\
#include "extras.h"

/* Compared with the library's own when the package is imported. */
#define RINGMAP_PY_HEADER_VERSION                                              \\
	(RINGMAP_VERSION_MAJOR << 16 | RINGMAP_VERSION_MINOR << 8 |            \\
	 RINGMAP_VERSION_PATCH)

/* module.c wraps what CFFI generates. */
#define PyInit__ringmap rm_py_cffi_init
"""

# A macro that is a plain value: CFFI asks the compiler which.
VALUE = re.compile(r"#\s*define\s+([A-Z]\w+)\s+(\d+|UINT64_MAX)\s*$")


def without_comments(text: str) -> str:
    """C without its comments."""
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def declarations(text: str) -> str:
    """A header as CFFI takes it: no directives, no C++, no attributes.

    Guards are as if the header were read for the first time.
    """
    kept = []
    skipping = 0
    for line in without_comments(text).splitlines():
        if re.match(r"#\s*if", line):
            if skipping or "__cplusplus" in line:
                skipping += 1
        elif re.match(r"#\s*endif", line):
            skipping = max(skipping - 1, 0)
        elif not line.startswith("#"):
            if not skipping:
                kept.append(line.replace("RINGMAP_API ", "").rstrip())
        else:
            value = VALUE.match(line)
            if value and not skipping:
                kept.append(f"#define {value[1]} ...")
    return "\n".join(line for line in kept if line) + "\n"


def builder(header: pathlib.Path, extras: pathlib.Path) -> cffi.FFI:
    """The description of the extension."""
    ffi = cffi.FFI()
    ffi.cdef(declarations(header.read_text("utf-8")))
    ffi.cdef(declarations(extras.read_text("utf-8")))
    ffi.cdef("#define RINGMAP_PY_HEADER_VERSION ...")
    ffi.set_source(MODULE, PREAMBLE)
    return ffi


def main() -> None:
    """Write the C file."""
    header, extras, out = map(pathlib.Path, sys.argv[1:])
    builder(header, extras).emit_c_code(str(out))


if __name__ == "__main__":
    main()
