# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Tests that run a notebook."""

load("//bindings/python:python.bzl", "rm_env_test")

def rm_notebook_test(name, notebook, checks, args = [], data = [], tags = [], **attrs):
    """Runs a notebook, then @checks on the variables that its cells left behind.

    The test's outputs are the notebook as HTML and its figures as PNG.

    Args:
      name: of the test.
      notebook: an .ipynb file.
      checks: a Python file.
      args: arguments of the runner, after those two.
      data: files that the notebook reads.
      tags: of the test.
      **attrs: other attributes of an sh_test.
    """
    files = ["run_notebook.py", notebook, checks]
    rm_env_test(
        name = name,
        size = "medium",
        args = ["$(location %s)" % file for file in files] + args,
        data = data + files,
        tags = ["notebook"] + tags,
        **attrs
    )
