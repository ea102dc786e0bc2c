# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Builds the extension _ringmap, with the C library inside.

The C sources are those of the checkout, two folders up. A source distribution
carries them along in its folder core/, laid out in the same way.
"""

import pathlib
import shlex
import shutil
import subprocess
import sys

import setuptools
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = pathlib.Path(__file__).resolve().parent
LIBRARIES = ["libtracefs", "zlib", "libzstd"]
CFLAGS = [
    "-std=gnu11",
    "-O2",
    "-fvisibility=hidden",
    # As //core:ringmap_core: faster cursors.
    "-fno-tree-slp-vectorize",
]


def core_folder() -> pathlib.Path:
    """Where the C library's sources are."""
    for folder in (HERE / "core", HERE.parents[1] / "core"):
        if (folder / "include/ringmap/ringmap.h").is_file():
            return folder
    sys.exit("ringmap: no C sources beside this package: build in a checkout")


def core_files(core: pathlib.Path) -> "list[pathlib.Path]":
    """The C library: its sources and headers."""
    return [core / "include/ringmap/ringmap.h", *sorted(core.glob("src/**/*.[ch]"))]


def copy_core(core: pathlib.Path, into: pathlib.Path) -> None:
    """Copies the C library's files."""
    for path in core_files(core):
        target = into / path.relative_to(core)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def pkg_config(option: str) -> "list[str]":
    """What pkg-config says of the libraries."""
    command = ["pkg-config", option, *LIBRARIES]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        sys.exit(
            "ringmap: pkg-config does not find the libraries "
            + ", ".join(LIBRARIES)
            + ". On Debian: apt-get install gcc pkg-config libtracefs-dev "
            "zlib1g-dev libzstd-dev"
        )
    return shlex.split(done.stdout)


class BuildExtension(build_ext):
    """Generates the binding, then compiles it with the library."""

    def build_extension(self, ext: Extension) -> None:
        """Compile copies: objects of ../../core would land beside it."""
        work = pathlib.Path(self.build_temp).absolute() / "sources"
        shutil.rmtree(work, ignore_errors=True)
        copy_core(core_folder(), work / "core")
        shutil.copytree(HERE / "native", work / "native")
        header = work / "core/include/ringmap/ringmap.h"
        generated = work / "native/_ringmap.c"
        extras = work / "native/extras.h"
        command = [sys.executable, str(HERE / "native/cdef.py")]
        subprocess.run([*command, str(header), str(extras), str(generated)], check=True)
        ext.sources = [str(path) for path in sorted(work.glob("**/*.c"))]
        ext.include_dirs = [str(work / "core/include"), str(work / "core/src")]
        ext.include_dirs.append(str(work / "native"))
        ext.extra_compile_args = CFLAGS + pkg_config("--cflags")
        ext.extra_link_args = pkg_config("--libs") + [
            "-Wl,--strip-debug",
            f"-Wl,--version-script={work / 'native/exports.map'}"
        ]
        super().build_extension(ext)


class SourceDistribution(sdist):
    """Takes the C library along."""

    def make_release_tree(self, base_dir: str, files: "list[str]") -> None:
        """Add core/."""
        super().make_release_tree(base_dir, files)
        copy_core(core_folder(), pathlib.Path(base_dir) / "core")
        # In a checkout these are links to files that an archive does not have.
        for path in HERE.glob("LICENSE.*"):
            target = pathlib.Path(base_dir) / path.name
            target.unlink(missing_ok=True)
            shutil.copy(path, target)
        shutil.copytree(HERE / "native", pathlib.Path(base_dir) / "native")


# The field of PEP 639, which setuptools writes since version 77.
LICENCE = {}
if int(setuptools.__version__.partition(".")[0]) >= 77:
    LICENCE["license_expression"] = "LGPL-2.1-or-later OR MIT"

setup(
    **LICENCE,
    ext_modules=[Extension("ringmap._ringmap", [], py_limited_api=True)],
    cmdclass={"build_ext": BuildExtension, "sdist": SourceDistribution},
)
