# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""CFFI parses the preprocessed public header unchanged.

usage: cffi_header.py PREPROCESSED
"""

import pathlib
import sys

import cffi

ffi = cffi.FFI()
ffi.cdef(pathlib.Path(sys.argv[1]).read_text("utf-8"))
# The types have the same layout as in C.
assert ffi.sizeof("struct ringmap_error") == 256
assert ffi.typeof("struct ringmap_ring_opts").fields[0][0] == "sz"
print("cffi", cffi.__version__)
