# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A Bazel for tests that ask Bazel about the checkout.

The Bazel that runs the test holds its own output folder until the test ends.
"""

import os
import pathlib
import subprocess

import tree

SCRATCH = pathlib.Path(os.environ["TEST_TMPDIR"])


class OwnBazel:
    """Use it in a with statement, which ends its server."""

    def __enter__(self):
        output_base = SCRATCH / "output_base"
        self.environment = dict(
            os.environ, RINGMAP_BAZEL_STARTUP=f"--output_base={output_base}"
        )
        self.python_stand_in = self._python_stand_in()
        return self

    def _python_stand_in(self):
        """The option for an empty @python_env, whose packages take minutes.

        They are not needed to analyse targets, only to run Python.
        """
        folder = SCRATCH / "python_env"
        folder.mkdir()
        (folder / "WORKSPACE").write_text("")
        (folder / "BUILD").write_text(
            'exports_files(["python", "packages.txt"], ["//visibility:public"])\n'
        )
        (folder / "python").write_text("")
        return f"--override_repository=python_env={folder}"

    def __exit__(self, *_):
        command = [str(tree.ROOT / "bazelw"), "shutdown"]
        subprocess.run(command, cwd=tree.ROOT, env=self.environment, check=False)

    def query(self, expression, *options):
        """The lines of a query's result."""
        command = [str(tree.ROOT / "bazelw"), "query", *options, expression]
        done = subprocess.run(
            command,
            cwd=tree.ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.split()
