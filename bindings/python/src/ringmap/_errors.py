# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Statuses of the C library as exceptions, with its text and its remedy."""

from typing import Any, Dict, Optional, Type

from ._ringmap import ffi, lib


class Error(Exception):
    """Base class of all errors of the package; str() includes the remedy.

    status: the negative enum ringmap_status of ringmap.h.
    errno: errno of the system call that failed; None if none failed.
    text: one sentence that describes the error and, if there is one, the remedy.
    """

    def __init__(self, text: str, status: int = 0, errno: Optional[int] = None):
        super().__init__(text)
        self.status = status
        self.text = text
        self.errno = errno

    def __str__(self) -> str:
        return self.text

    def _reworded(self, old: str, new: str) -> "Error":
        """The same error, with other words in its text."""
        return type(self)(self.text.replace(old, new), self.status, self.errno)

    def __reduce__(self) -> Any:
        return type(self), (self.text, self.status, self.errno)


class InvalidError(Error, ValueError):
    """An argument is invalid (RINGMAP_E_INVAL).

    If the kernel rejects a filter, the text contains the kernel's own message
    (kernel/trace/trace_events_filter.c).
    """


class OutOfMemoryError(Error, MemoryError):
    """Memory allocation failed (RINGMAP_E_NOMEM)."""


class SystemCallError(Error, OSError):
    """A system call failed, and no other class describes why (RINGMAP_E_OS).

    The attribute errno identifies the failure.
    """


class UnsupportedError(Error):
    """The kernel, ring or file does not support it (RINGMAP_E_UNSUPPORTED).

    Kernels before 6.10 cannot map rings. A ring that is not in overwrite mode
    (options/overwrite) cannot be followed. A trace.dat may have a version that
    is too new.
    """


class BusyError(Error):
    """The object is in use (RINGMAP_E_BUSY).

    Possible reasons: a page is still borrowed, another thread is in a call, the
    instance already exists, or a kernel snapshot is armed, in which case
    get_snapshot_map() in kernel/trace/trace.c refuses to map rings.
    """


class CorruptError(Error, ValueError):
    """The data violates its format; the text says where (RINGMAP_E_CORRUPT).

    struct buffer_data_page in kernel/trace/ring_buffer.c and
    include/linux/ring_buffer.h define the format of sub-buffers.
    """


class StaleError(Error):
    """The object is no longer what it was (RINGMAP_E_STALE).

    A page has already been released. Or the instance behind a live trace or a
    follower has changed: it has another trace clock, or the event another format
    or id; the text says what changed.
    """


class OverwrittenError(Error):
    """The writer overwrote data while it was being read (RINGMAP_E_OVERWRITTEN).

    None of that data is returned. A snapshot raises this only after many
    attempts in a row, if the ring fills faster than it can be copied.
    """


class ForkedError(Error, RuntimeError):
    """The object belongs to the parent process (RINGMAP_E_FORKED).

    The kernel maps rings with VM_DONTCOPY (__rb_map_vma() in
    kernel/trace/ring_buffer.c), so a child has no mapping: open the object
    again in the child.
    """


class AccessError(Error, PermissionError):
    """Permission denied; the text includes the remedy (RINGMAP_E_PERMISSION).

    Only root may access tracefs (fs/tracefs) unless it is mounted with the
    options gid and mode. Kernel lockdown (LOCKDOWN_TRACEFS) denies access even to
    root.
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
    lib.RINGMAP_E_FORKED: "this object belongs to the parent process: the kernel "
    "does not copy the mapping into a child; open it again here",
    lib.RINGMAP_E_STALE: "the page was already given back to its ring",
    lib.RINGMAP_E_OVERWRITTEN: "the writer overwrote the data: drop what was read",
    lib.RINGMAP_E_NOMEM: "memory allocation failed",
    lib.RINGMAP_E_BUSY: "a page is still borrowed: return it first",
}


def more(error: Error, prefix: str = "", suffix: str = "") -> Error:
    """The same error with more in its text."""
    return type(error)(f"{prefix}{error.text}{suffix}", error.status, error.errno)


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
        # The error's traceback keeps this frame, which must not keep a ring open.
        del thing
        raise error_of(status, detail)
    return status


def new_error() -> Any:
    """Room for the detail of a call's error."""
    return ffi.new("struct ringmap_error *")


def closed(what: str) -> ValueError:
    """What using a closed object raises."""
    if what == "trace":
        return ValueError(
            "the trace is closed: read its tables before close(), which is inside its "
            "with statement"
        )
    return ValueError(f"the {what} is closed")
