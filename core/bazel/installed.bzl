# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The files that install.sh installs."""

# In the order of its arguments.
INSTALLED = [
    "//core:hdr",
    "//core:libringmap.so.0",
    "//core:libringmap.a",
    "//core:libringmap-core.a",
    "//core/man:man3",
    "//core/man:man7",
    "//:LICENSE",
    "//:LICENSE.LGPL-2.1",
    "//:LICENSE.MIT",
]

INSTALL_ARGS = ["$(location %s)" % label for label in INSTALLED]
