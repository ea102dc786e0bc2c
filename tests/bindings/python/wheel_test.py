# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The wheel installs into an empty environment and works there.

Nothing is downloaded: what the wheel asks for is packed again, out of the
environment that the tests run in, and pip chooses among these.

The path of the wheel is in RINGMAP_WHEEL.
"""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import zipfile

import pytest
import support

import ringmap

WHEEL = pathlib.Path(os.environ.get("RINGMAP_WHEEL", "")).absolute()
# Words of the text of each.
LICENCES = {
    "LICENSE.LGPL-2.1": "GNU LESSER GENERAL PUBLIC LICENSE",
    "LICENSE.MIT": "Permission is hereby granted",
}
# What cffi needs, too; nothing else of this environment is at hand.
AT_HAND = ("cffi", "pycparser")
# Which installer put a package there, and why: not the package's.
NOT_PACKED = {"INSTALLER", "REQUESTED", "direct_url.json", "RECORD"}


def pack(name, folder):
    """The wheel of a package that is installed here."""
    package = importlib.metadata.distribution(name)
    files = [
        path
        for path in package.files
        if ".." not in path.parts
        and "__pycache__" not in path.parts
        and not (path.parent.suffix == ".dist-info" and path.name in NOT_PACKED)
    ]
    tags = [
        line.split(": ")[1]
        for line in package.read_text("WHEEL").splitlines()
        if line.startswith("Tag: ")
    ]
    # Any of its tags will do: it is installed here.
    stem = f"{name}-{package.version}"
    with zipfile.ZipFile(folder / f"{stem}-{tags[0]}.whl", "w") as wheel:
        for path in files:
            wheel.write(path.locate(), str(path))
        record = f"{stem}.dist-info/RECORD"
        lines = [f"{path},," for path in (*files, record)]
        wheel.writestr(record, "\n".join(lines) + "\n")


@pytest.fixture(name="python", scope="module")
def _python(tmp_path_factory):
    """Runs the Python of an environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    at_hand = folder / "at_hand"
    at_hand.mkdir()
    for name in AT_HAND:
        pack(name, at_hand)

    def run(*arguments):
        command = [folder / "venv/bin/python", *map(str, arguments)]
        done = subprocess.run(
            command,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    run("-m", "pip", "install", "--no-index", f"--find-links={at_hand}", WHEEL)
    return run


def test_it_brings_what_it_needs_and_no_more(python):
    run_time = {"ringmap", *AT_HAND}
    frozen = python("-m", "pip", "list", "--format=freeze").splitlines()
    assert {line.split("==")[0] for line in frozen} - {"pip", "setuptools"} == run_time
    python("-m", "pip", "check")


def test_it_reads_a_recording(python):
    code = (
        "import sys, ringmap; trace = ringmap.open(sys.argv[1]);"
        "print(ringmap.__file__, len(trace['sched_switch']))"
    )
    path, rows = python("-c", code, support.PLAIN.resolve()).split()
    assert "site-packages" in path and int(rows) == len(list(support.switches()))


def test_the_demo_runs(python):
    shown = python("-m", "ringmap.demo", support.WORKLOAD.resolve())
    assert shown.startswith("A RECORDING: 1.5 s of 2 CPUs")
    with ringmap.open(support.WORKLOAD) as trace:
        assert f"{trace.events['sched_switch']:,}" in shown
    # The recording that comes along, for machines that cannot be traced.
    code = "from ringmap import demo; print(demo.RECORDING.resolve())"
    recording = pathlib.Path(python("-c", code).strip())
    assert "site-packages" in recording.parts
    assert python("-m", "ringmap.demo", recording).startswith("A RECORDING: ")


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
    assert 'Requires-Dist: ipywidgets; extra == "notebook"\n' in metadata


def test_it_carries_its_licences():
    with zipfile.ZipFile(WHEEL) as wheel:
        names = wheel.namelist()
        folder = next(name for name in names if name.endswith("METADATA"))
        for licence, words in LICENCES.items():
            text = wheel.read(folder.replace("METADATA", f"licenses/{licence}"))
            assert words in text.decode()


def test_who_searches_ftrace_finds_it(python):
    code = (
        "import importlib.metadata as m\n"
        "about = m.metadata('ringmap')\n"
        "for field in ('Summary', 'Keywords', 'Author', 'License-Expression'):\n"
        "    print(about[field])\n"
        "print(*about.get_all('Classifier'), sep=';')\n"
        "print(*about.get_all('License-File'))\n"
        "print(about.get_payload() if about.get_payload() else about['Description'])\n"
    )
    shown = python("-c", code).splitlines()
    assert "ftrace" in shown[0] and "trace-cmd" in shown[0]
    assert {"ftrace", "tracefs", "sched"} <= set(shown[1].split(","))
    assert shown[2] and shown[3] == "LGPL-2.1-or-later OR MIT"
    classifiers = shown[4].split(";")
    assert "Operating System :: POSIX :: Linux" in classifiers
    assert "Programming Language :: Python :: 3.9" in classifiers
    assert set(shown[5].split()) == set(LICENCES)
    text = "\n".join(shown[6:])
    assert "ftrace" in text.split("```", 1)[0]
    # A page of an index shows no files of a checkout.
    assert not re.findall(r"\]\((?!https?:)", text)


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
