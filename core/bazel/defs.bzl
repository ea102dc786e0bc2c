# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Flags and rules that every C target of the tree uses."""

# The library runs inside of other people's programs and reads files of strangers.
_HARDENING = [
    "-fstack-protector-strong",
    "-fstack-clash-protection",
] + select({
    "//core/bazel:x86_64": ["-fcf-protection"],
    "//conditions:default": [],
}) + select({
    # It needs an optimising compiler, and the sanitizers check more than it does.
    # Bazel itself asks for level 1.
    "//core/bazel:optimised": [
        "-U_FORTIFY_SOURCE",
        "-D_FORTIFY_SOURCE=3",
    ],
    "//conditions:default": [],
})

COPTS = [
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wmissing-prototypes",
    "-Wstrict-prototypes",
    "-Wvla",
    "-Wconversion",
    "-fvisibility=hidden",
    # 32-bit programs would otherwise fail on large files and inode numbers.
    "-D_FILE_OFFSET_BITS=64",
] + _HARDENING

# Live tests use the machine's /sys/kernel/tracing, so only one runs at a time.
# Their results are not cached because they depend on the running kernel.
LIVE_TAGS = ["external", "exclusive", "live", "local"]

# Tests with one of these tags are not in //:check: they need the running kernel,
# a guest, a language besides C and Python, or too much time.
NOT_QUICK_TAGS = ["guest", "languages", "live", "long", "notebook"]

def rm_quick_suite():
    """The package's part of //:check: every test without a NOT_QUICK_TAGS tag."""
    native.test_suite(
        name = "check",
        tags = ["-" + tag for tag in NOT_QUICK_TAGS],
        visibility = ["//visibility:public"],
    )

def rm_cc_library(name, copts = [], **attrs):
    """A static library built with the project's flags."""
    native.cc_library(
        name = name,
        copts = COPTS + copts,
        linkstatic = True,
        **attrs
    )

def rm_cc_binary(name, copts = [], **attrs):
    """A program built with the project's flags."""
    native.cc_binary(
        name = name,
        copts = COPTS + copts,
        linkstatic = True,
        **attrs
    )

def rm_cc_test(name, size = "small", copts = [], **attrs):
    """A test program built with the project's flags."""
    native.cc_test(
        name = name,
        size = size,
        # Optimised builds define NDEBUG, but tests need assert().
        copts = COPTS + ["-UNDEBUG"] + copts,
        linkstatic = True,
        **attrs
    )

def rm_check_test(name, deps = [], **attrs):
    """A test program written with Check."""
    rm_cc_test(
        name = name,
        deps = deps + select({
            "//core/bazel:core_only": [],
            "//conditions:default": ["@check//:check"],
        }),
        **attrs
    )

def rm_live_test(name, deps = [], tags = [], **attrs):
    """A Check program that traces the running kernel."""
    rm_check_test(name = name, deps = deps, tags = LIVE_TAGS + tags, **attrs)

def rm_python_test(name, script, args = [], data = [], size = "small", **attrs):
    """A test in Python that needs only the standard library."""
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//core/bazel:run_python.sh"],
        args = ["$(location %s)" % script] + args,
        data = data + [script],
        **attrs
    )
