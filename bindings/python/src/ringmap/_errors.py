# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Statuses of the C library as exceptions, with its text and its remedy."""

from typing import Any, Dict, Optional, Type

from ._ringmap import ffi, lib


class Error(Exception):
    """What the C library could not do; str() says what to do about it.

    status: the negative enum ringmap_status of ringmap.h.
    errno: of the system call that failed; None where none did.
    text: one sentence, with the remedy where there is one.
    """

    def __init__(self, text: str, status: int = 0, errno: Optional[int] = None):
        super().__init__(text)
        self.status = status
        self.text = text
        self.errno = errno

    def __str__(self) -> str:
        return self.text


class InvalidError(Error, ValueError):
    """An argument breaks its contract (RINGMAP_E_INVAL).

    Also the kernel's own words about a filter (kernel/trace/
    trace_events_filter.c).
    """


class OutOfMemoryError(Error, MemoryError):
    """No memory (RINGMAP_E_NOMEM)."""


class SystemCallError(Error, OSError):
    """A system call failed in a way without a class of its own (RINGMAP_E_OS).

    errno says how.
    """


class UnsupportedError(Error):
    """This kernel, ring or file cannot do it (RINGMAP_E_UNSUPPORTED).

    Kernels before 6.10 map no rings; a ring that is not in overwrite mode
    (options/overwrite) cannot be followed; a trace.dat may be too new.
    """


class BusyError(Error):
    """Held by somebody (RINGMAP_E_BUSY).

    A page that is out, a thread that is in a call, an instance that exists, a
    snapshot of the kernel's that is armed: beside one get_snapshot_map() in
    kernel/trace/trace.c refuses to map rings.
    """


class CorruptError(Error, ValueError):
    """Bytes break the format; the text has the place (RINGMAP_E_CORRUPT).

    The format of sub-buffers is that of struct buffer_data_page in
    kernel/trace/ring_buffer.c and of include/linux/ring_buffer.h.
    """


class StaleError(Error):
    """The page went back to its ring before (RINGMAP_E_STALE)."""


class OverwrittenError(Error):
    """The writer overwrote what was being read (RINGMAP_E_OVERWRITTEN).

    Nothing of it is handed out; only a ring that is filled faster than it can
    be copied, many times on end, makes a snapshot raise this.
    """


class ForkedError(Error, RuntimeError):
    """The object belongs to the parent process (RINGMAP_E_FORKED).

    The kernel maps rings with VM_DONTCOPY (__rb_map_vma() in
    kernel/trace/ring_buffer.c), so a child has none: open it again there.
    """


class AccessError(Error, PermissionError):
    """Not allowed; the text says what to do (RINGMAP_E_PERMISSION).

    tracefs is root's (fs/tracefs) unless it is mounted with options gid and mode;
    kernel lockdown (LOCKDOWN_TRACEFS) refuses root too.
    """


class NotFoundError(Error, LookupError, FileNotFoundError):
    """No such instance, CPU, event, column or file (RINGMAP_E_NOENT)."""


CLASSES: Dict[int, Type[Error]] = {
    lib.RINGMAP_E_INVAL: InvalidError,
    lib.RINGMAP_E_NOMEM: OutOfMemoryError,
    lib.RINGMAP_E_OS: SystemCallError,
    lib.RINGMAP_E_UNSUPPORTED: UnsupportedError,
    lib.RINGMAP_E_BUSY: BusyError,
    lib.RINGMAP_E_CORRUPT: CorruptError,
    lib.RINGMAP_E_STALE: StaleError,
    lib.RINGMAP_E_OVERWRITTEN: OverwrittenError,
    lib.RINGMAP_E_FORKED: ForkedError,
    lib.RINGMAP_E_PERMISSION: AccessError,
    lib.RINGMAP_E_NOENT: NotFoundError,
}

_PLAIN = {
    lib.RINGMAP_E_FORKED: "this belongs to the parent process: the kernel does "
    "not copy the mapping into a child; open it again here",
    lib.RINGMAP_E_STALE: "the page went back to its ring before",
    lib.RINGMAP_E_OVERWRITTEN: "the writer overwrote it: drop what was read",
    lib.RINGMAP_E_NOMEM: "no memory",
    lib.RINGMAP_E_BUSY: "a page is out: return it first",
}


def error_of(status: int, detail: Any = None) -> Error:
    """The exception for a negative status; detail: its struct ringmap_error."""
    text, errno = "", None
    if detail is not None and detail.status == status:
        text = ffi.string(detail.text).decode("utf-8", "replace")
        errno = detail.os_errno or None
    if not text:
        name = ffi.string(lib.ringmap_status_name(status)).decode()
        text = _PLAIN.get(status, name)
    return CLASSES.get(status, Error)(text, status, errno)


def check(status: int, detail: Any = None) -> int:
    """Raises what a negative status means, else returns it."""
    if status < 0:
        raise error_of(status, detail)
    return status


def check_object(status: int, tell: Any, thing: Any) -> int:
    """As check(), the detail asked of a ring, trace or reader."""
    if status < 0:
        detail = ffi.new("struct ringmap_error *")
        tell(thing, detail)
        raise error_of(status, detail)
    return status


def new_error() -> Any:
    """Room for the detail of a call's error."""
    return ffi.new("struct ringmap_error *")


def closed(what: str) -> ValueError:
    """What using a closed object raises."""
    return ValueError(f"the {what} is closed")
