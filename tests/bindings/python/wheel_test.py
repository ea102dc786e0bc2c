# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The wheel installs into an empty environment and works there.

Nothing is downloaded: cffi, the one thing it needs, is lent by this
environment, and nothing else of it is.

The path of the wheel is in RINGMAP_WHEEL.
"""

import importlib.util
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest
import support

WHEEL = pathlib.Path(os.environ.get("RINGMAP_WHEEL", "")).absolute()


@pytest.fixture(name="python", scope="module")
def _python(tmp_path_factory):
    """Runs the Python of an environment with the wheel and cffi."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    lent = folder / "lent"
    lent.mkdir()
    for name in ("cffi", "_cffi_backend", "pycparser"):
        origin = importlib.util.find_spec(name).origin
        path = pathlib.Path(origin)
        path = path.parent if path.name == "__init__.py" else path
        (lent / path.name).symlink_to(path)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(lent)}
    environment["HOME"] = str(folder)

    def run(*arguments):
        command = [folder / "venv/bin/python", *map(str, arguments)]
        done = subprocess.run(
            command,
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    run("-m", "pip", "install", "--no-index", "--no-deps", WHEEL)
    return run


def test_it_reads_a_recording(python):
    code = (
        "import sys, ringmap; trace = ringmap.open(sys.argv[1]);"
        "print(ringmap.__file__, len(trace['sched_switch']))"
    )
    path, rows = python("-c", code, support.PLAIN.resolve()).split()
    assert "site-packages" in path and int(rows) == len(list(support.switches()))


def test_the_demo_runs(python):
    shown = python("-m", "ringmap.demo", support.WORKLOAD.resolve())
    assert "events" in shown and "switch" in shown


def test_pip_finds_it_whole(python):
    shown = python("-m", "pip", "show", "--files", "ringmap")
    assert "Requires: cffi" in shown and "_ringmap.abi3.so" in shown
    with zipfile.ZipFile(WHEEL) as wheel:
        assert wheel.testzip() is None
        metadata = wheel.read(
            next(name for name in wheel.namelist() if name.endswith("METADATA"))
        ).decode()
    for extra in ("numpy", "pandas", "polars", "arrow", "notebook"):
        assert f"Provides-Extra: {extra}\n" in metadata


def test_the_extension_is_for_every_python():
    done = subprocess.run(
        ["nm", "-D", "--defined-only", unpacked()],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    # The library inside is nobody else's.
    assert [line.split()[-1] for line in done.stdout.splitlines()] == [
        "PyInit__ringmap"
    ]


def unpacked():
    """The extension, out of the wheel."""
    folder = pathlib.Path(os.environ.get("TEST_TMPDIR", "/tmp")) / "unpacked"
    with zipfile.ZipFile(WHEEL) as wheel:
        return wheel.extract("ringmap/_ringmap.abi3.so", folder)
