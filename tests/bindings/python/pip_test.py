# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""pip builds the package from the checkout, and from what it packs of it.

pip is told to use what is installed here, and no index.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import support

# In Bazel's copy of the tree files are links to those of the checkout.
LICENCES = {"LICENSE.LGPL-2.1", "LICENSE.MIT"}
CHECKOUT = pathlib.Path(os.path.realpath(__file__)).parents[3]


def run(*command, **options):
    """A command that works; what it prints."""
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def copy_of_the_checkout(folder):
    """What the package is built from, where it may be written to."""
    for name in ("core", "bindings/python"):
        shutil.copytree(
            CHECKOUT / name,
            folder / name,
            ignore=shutil.ignore_patterns("*.so", "build", "*.egg-info", "__pycache__"),
        )
    return folder / "bindings/python"


def rows_with(target):
    """What the package in a folder finds in a recording."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import ringmap\n"
        "print(ringmap.__file__, len(ringmap.open(sys.argv[2])['sched_switch']))"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    found = run(sys.executable, "-c", code, target, support.PLAIN, env=environment)
    path, rows = found.split()
    assert path.startswith(str(target))
    return int(rows)


def install(source, target):
    """pip install, with what is there."""
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--quiet"]
    run(sys.executable, "-m", "pip", "install", *options, "--target", target, source)


def licences_in(target):
    """Names of the licences' texts that pip installed, each with something in it."""
    found = [path for path in target.glob("*.dist-info/**/LICENSE.*")]
    assert all(path.stat().st_size > 500 for path in found)
    return {path.name for path in found}


def test_pip_installs_the_checkout(tmp_path):
    package = copy_of_the_checkout(tmp_path / "checkout")
    install(package, tmp_path / "target")
    assert rows_with(tmp_path / "target") == len(list(support.switches()))
    assert licences_in(tmp_path / "target") == LICENCES
    # Nothing is left among the library's sources.
    objects = list((tmp_path / "checkout/core").glob("**/*.o"))
    assert not objects


def test_a_source_distribution_holds_the_library(tmp_path):
    package = copy_of_the_checkout(tmp_path / "checkout")
    run(sys.executable, "setup.py", "-q", "sdist", "-d", tmp_path, cwd=package)
    (archive,) = tmp_path.glob("ringmap-*.tar.gz")
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        licences = [name for name in names if "LICENSE." in name]
        assert all(tar.getmember(name).isfile() for name in licences)
        assert {name.rpartition("/")[2] for name in licences} == LICENCES
    assert any(name.endswith("/core/src/ring/ring.c") for name in names)
    assert any(name.endswith("/native/cdef.py") for name in names)
    shutil.rmtree(tmp_path / "checkout")
    install(archive, tmp_path / "target")
    assert rows_with(tmp_path / "target") == len(list(support.switches()))
    assert licences_in(tmp_path / "target") == LICENCES
