# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The C library inside the extension: is it the one this package is for?"""

from typing import Tuple

from ._ringmap import lib
from ._version import __version__


def _parts(number: int) -> Tuple[int, int, int]:
    return number >> 16, number >> 8 & 0xFF, number & 0xFF


def core_version() -> Tuple[int, int, int]:
    """The version of the C library in the package: (major, minor, patch).

    import ringmap raises ImportError if it differs from the package's version.
    """
    return _parts(lib.ringmap_version())


def check_versions(package: str, header: int, library: int) -> None:
    """Raises ImportError unless all three are of one version."""
    dotted = ["%d.%d.%d" % _parts(number) for number in (header, library)]
    if dotted != [package, package]:
        raise ImportError(
            f"ringmap {package} found an extension built from the header of "
            f"{dotted[0]} with the library of {dotted[1]}: reinstall the package"
        )


check_versions(__version__, lib.RINGMAP_PY_HEADER_VERSION, lib.ringmap_version())
