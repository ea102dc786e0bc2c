# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Tests that look at the files of the checkout itself."""

load("//core/bazel:defs.bzl", "rm_python_test")

def rm_checkout_test(name, script, data = [], tags = [], **attrs):
    """A Python test that finds its files through tree.py.

    It declares none of the files that it reads, so Bazel must never reuse its
    result.
    """
    rm_python_test(
        name = name,
        script = script,
        data = data + ["tree.py"],
        tags = ["external", "local"] + tags,
        **attrs
    )
