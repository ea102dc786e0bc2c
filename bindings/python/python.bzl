# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Tests that import the ringmap package from the tree."""

def rm_env_test(name, args, data = [], tags = [], **attrs):
    """Runs the project's Python, with ringmap importable.

    Args:
      name: of the test.
      args: the interpreter's arguments.
      data: files that the test reads, besides the package.
      tags: of the test.
      **attrs: other attributes of an sh_test.
    """
    native.sh_test(
        name = name,
        srcs = ["//bindings/python:python_env.sh"],
        args = ["$(location @python_env//:python)"] + args,
        data = data + [
            "//bindings/python:ringmap",
            "@python_env//:python",
        ],
        # The interpreter is not built with sanitizers.
        tags = ["no-sanitizer"] + tags,
        **attrs
    )

def rm_pytest(name, srcs, args = [], data = [], size = "small", **attrs):
    """Tests for pytest.

    Args:
      name: of the test.
      srcs: files with test functions.
      args: more of pytest's arguments.
      data: files that the tests read.
      size: of the test.
      **attrs: other attributes of an sh_test.
    """
    rm_env_test(
        name = name,
        size = size,
        args = ["-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", "-rs"] +
               ["$(location %s)" % src for src in srcs] + args,
        data = data + srcs,
        **attrs
    )
