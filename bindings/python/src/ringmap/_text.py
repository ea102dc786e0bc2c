# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Texts of the C library as str; a hostile file may hold any bytes."""

import os
from typing import Any, Optional

from ._ringmap import ffi


def text_of(pointer: Any) -> Optional[str]:
    """A text for people: bytes that are not UTF-8 become escapes; NULL, None."""
    if pointer == ffi.NULL:
        return None
    return bytes(ffi.string(pointer)).decode("utf-8", "backslashreplace")


def counted(number: int, word: str) -> str:
    """"1 row", "2,000 rows"."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def name_of(pointer: Any) -> str:
    """A name that is handed back to the library, by os.fsencode()."""
    return os.fsdecode(ffi.string(pointer))
