# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Where events come from: each pass over a trace opens its source anew."""

import os
from typing import TYPE_CHECKING, Any, List, NamedTuple, Optional, Tuple, Union

from ._errors import Error, check, check_object, closed, error_of, more, new_error
from ._ringmap import ffi, lib
from ._text import name_of, text_of

if TYPE_CHECKING:
    from ._survey import Survey

Path = Union[str, "os.PathLike[str]"]


class Opened:
    """A struct ringmap_trace, and what must live as long as it.

    size: bytes of what was recorded, about; 0: not known.
    """

    def __init__(self, trace: Any, *keep: object, size: int = 0):
        self.trace = trace
        self.keep = keep
        self.size = size

    def close(self) -> None:
        """Closes the trace now, whoever still has this object.

        A traceback keeps the frames of an exception alive, and so all they refer to.
        """
        trace, self.trace, self.keep = self.trace, None, ()
        if trace is not None:
            ffi.release(trace)

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def owned(pointer: Any, release: Any) -> Any:
    """The object at a pointer to pointer, released with its last user."""
    return ffi.gc(pointer[0], release)


def trace_info(trace: Any) -> Any:
    """A struct ringmap_trace_info."""
    info = ffi.new("struct ringmap_trace_info *")
    check(lib.ringmap_trace_info(trace, info, ffi.sizeof(info[0])))
    return info


def clock_of(trace: Any) -> Tuple[Optional[str], int]:
    """A trace's clock and what its time stamps count."""
    info = trace_info(trace)
    return text_of(info.clock), info.ts_unit


def schema_of(trace: Any) -> Any:
    """A reference to a trace's schema."""
    ret, err = ffi.new("struct ringmap_schema **"), new_error()
    check(lib.ringmap_trace_schema(trace, ret, err), err)
    return ffi.gc(lib.ringmap_schema_ref(ret[0]), lib.ringmap_schema_unref)


class Source:
    """What every source has.

    schema: its struct ringmap_schema. clock: the trace clock's name, or None.
    ts_unit: RINGMAP_TS_*. size: bytes of what was recorded, about. lost: events
    that it misses, where more is known than the recording itself tells. strict:
    bytes that break the format are an error. flags: RINGMAP_TRACE_*. cut: where
    the recording was cut, or None. survey: of a recording, once there was one.
    count: its events, if they were counted as they came.
    """

    schema: Any
    clock: Optional[str]
    ts_unit: int
    size: int
    lost: Optional[int] = None
    strict = False
    flags = 0
    cut: Optional[str] = None
    mode = "image"
    description = ""
    recording = True
    survey: "Optional[Survey]" = None
    count: Optional[int] = None

    @property
    def closed(self) -> bool:
        """Whether nothing can be read any more."""
        raise NotImplementedError

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{self.description} is in this process's memory and cannot be pickled: "
            "send a table instead, such as to_pandas() or to_arrow(), or open a file "
            "in the other process"
        )

    def open(self) -> Opened:
        """A trace at its beginning."""
        raise NotImplementedError

    def look(self, names: bool = False) -> None:
        """Makes schema, clock and ts_unit those of now, where they may change.

        names: the schema knows the tasks and symbols of now, too.
        """

    def freeze(self, event: Optional[str] = None) -> "Source":
        """A recording of what is there now; a recording is one already.

        event: the only event whose format will be needed; None: any.
        """
        return self

    def instances(self) -> List[str]:
        """Names of the buffers that a file holds; "" is the top-level one."""
        return [""]

    def named(self, error: Error) -> Error:
        """The error, with the name that the user gave to the source."""
        return error

    def close(self) -> None:
        """Give memory and descriptors up; what is open stays so."""


class FileSource(Source):
    """A trace.dat, a folder of raw captures, or the bytes of a trace.dat."""

    def __init__(
        self,
        what: Union[Path, bytes, bytearray, memoryview],
        instance: Optional[str],
        strict: bool = False,
    ):
        self._fd = -1
        self.strict = strict
        self._instance = os.fsencode(instance) if instance else ffi.NULL
        self._again: Any = None
        if isinstance(what, (bytes, bytearray, memoryview)):
            self._fd = os.memfd_create("ringmap")
            with open(self._fd, "wb", closefd=False) as file:
                file.write(what)
            self.description = f"{len(bytes(what))} bytes"
            self._path = self._fd_path()
        else:
            self.description = os.fsdecode(what)
            self._path = os.fsencode(what)
            # A pickle is opened by its path, in any folder and process.
            self._again = os.path.abspath(self.description), instance, strict
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _fd_path(self) -> bytes:
        return b"/proc/self/fd/%d" % self._fd

    def _begin(self) -> None:
        first = self._open()
        # The first pass takes it, but not in a forked child.
        self._first: Optional[Opened] = first
        self._pid = os.getpid()
        self.clock, self.ts_unit = clock_of(first.trace)
        self.flags = trace_info(first.trace).flags
        if self.flags & lib.RINGMAP_TRACE_CUT:
            self._note_cut(first.trace)
        self.schema = schema_of(first.trace)
        if os.path.isdir(self._path):
            self.size = 0
            for folder, _, names in os.walk(self._path):
                if b"trace_pipe_raw" in names:
                    raw = os.path.join(folder, b"trace_pipe_raw")
                    self.size += os.path.getsize(raw)
            return
        if self._fd < 0:
            # Later passes read the same file, whatever its name is then.
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            self._path = self._fd_path()
        self.size = os.fstat(self._fd).st_size

    def _note_cut(self, trace: Any) -> None:
        detail = new_error()
        lib.ringmap_trace_error(trace, detail)
        error = self.named(error_of(detail.status, detail))
        if self.strict:
            raise error
        self.cut = error.text

    def _open(self) -> Opened:
        ret, err = ffi.new("struct ringmap_trace **"), new_error()
        status = lib.ringmap_trace_open_file(self._path, self._instance, ret, err)
        try:
            check(status, err)
        except Error as error:
            raise self.named(error) from None
        return Opened(owned(ret, lib.ringmap_trace_unref))

    def named(self, error: Error) -> Error:
        # A path of a descriptor means nothing to the user.
        error = error._reworded(os.fsdecode(self._fd_path()), self.description)
        if self.description in error.text:
            return error
        return more(error, f"{self.description}: ")

    def __reduce__(self) -> Any:
        if self._again is None:
            raise TypeError(
                "a trace of bytes cannot be pickled: write the bytes to a file and "
                "open that"
            )
        return FileSource, self._again

    def open(self) -> Opened:
        if not self._path:
            raise closed("trace")
        first, self._first = self._first, None
        if first is None or self._pid != os.getpid():
            return self._open()
        return first

    @property
    def closed(self) -> bool:
        return not self._path

    def instances(self) -> List[str]:
        trace = self._open().trace
        found: List[str] = []
        while True:
            name = lib.ringmap_trace_instance(trace, len(found))
            if name == ffi.NULL:
                return found
            found.append(name_of(name))

    def close(self) -> None:
        self._path, self._first = b"", None
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Image(NamedTuple):
    """Recorded sub-buffers of one CPU in memory.

    opts: a struct ringmap_image_opts. data: what owns the memory.
    """

    address: Any
    size: int
    opts: Any
    data: object


class ImageSource(Source):
    """What was copied from running rings."""

    def __init__(
        self,
        images: List[Image],
        schema: Any,
        clock: Optional[str],
        ts_unit: int,
        description: str,
    ):
        self._images: Optional[List[Image]] = images
        self.schema = schema
        self.clock = clock
        self.ts_unit = ts_unit
        self.size = sum(image.size for image in images)
        self.description = description

    def open(self) -> Opened:
        if self._images is None:
            raise closed("trace")
        rings: List[Any] = []
        err = new_error()
        for image in self._images:
            ring = ffi.new("struct ringmap_ring **")
            status = lib.ringmap_ring_open_image(
                image.address, image.size, image.opts, ring, err
            )
            check(status, err)
            rings.append(owned(ring, lib.ringmap_ring_unref))
        ret = ffi.new("struct ringmap_trace **")
        check(lib.ringmap_trace_open_rings(rings, len(rings), ret, err), err)
        trace = owned(ret, lib.ringmap_trace_unref)
        return Opened(trace, self._images, size=self.size)

    @property
    def closed(self) -> bool:
        return self._images is None

    def close(self) -> None:
        self._images = None


def rings_of(trace: Any) -> List[Any]:
    """The rings of a trace, still the trace's."""
    rings: List[Any] = []
    while True:
        ring = lib.ringmap_trace_ring(trace, len(rings))
        if ring == ffi.NULL:
            return rings
        rings.append(ring)


def ring_info(ring: Any) -> Any:
    """A struct ringmap_ring_info."""
    info = ffi.new("struct ringmap_ring_info *")
    status = lib.ringmap_ring_info(ring, info, ffi.sizeof(info[0]))
    check_object(status, lib.ringmap_ring_error, ring)
    return info
