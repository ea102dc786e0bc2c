# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Running rings: opened, and copied into recordings in memory."""

from typing import Any, Callable, Dict, List, Optional, Tuple

from ._errors import check, check_object, new_error
from ._ringmap import ffi, lib
from ._source import Image, ImageSource, Opened, Source
from ._source import clock_of, owned, ring_info, rings_of, schema_of
from ._trace import Trace

MODES: Dict[str, int] = {
    "auto": lib.RINGMAP_MODE_AUTO,
    "follow": lib.RINGMAP_MODE_FOLLOW,
    "consume": lib.RINGMAP_MODE_CONSUME,
    "read": lib.RINGMAP_MODE_READ,
}
STARTS: Dict[str, int] = {
    "oldest": lib.RINGMAP_START_OLDEST,
    "newest": lib.RINGMAP_START_NEWEST,
}
# A writer that is faster than the copy of a whole ring is not always so.
_TRIES = 20

_new_bytes = ffi.new_allocator(should_clear_after_alloc=False)


def number_of(names: Dict[str, int], name: str, what: str) -> int:
    """The C value of a name."""
    if name not in names:
        known = ", ".join(names)
        raise ValueError(f"{what} {name!r} is none of {known}")
    return names[name]


def mode_name(mode: int) -> str:
    """The name of an enum ringmap_mode."""
    return str(ffi.string(lib.ringmap_mode_name(mode)).decode())


def open_live(
    instance: str, mode: str = "auto", start: str = "oldest", latency_us: int = 0
) -> Opened:
    """The rings of all CPUs of an instance."""
    opts = ffi.new("struct ringmap_trace_opts *")
    name = ffi.new("char[]", instance.encode())
    opts.sz, opts.instance = ffi.sizeof(opts[0]), name
    opts.mode = number_of(MODES, mode, "mode")
    opts.start = number_of(STARTS, start, "start")
    opts.latency_us = latency_us
    ret, err = ffi.new("struct ringmap_trace **"), new_error()
    check(lib.ringmap_trace_open(opts, ret, err), err)
    return Opened(owned(ret, lib.ringmap_trace_unref))


def _image_opts(info: Any) -> Any:
    opts = ffi.new("struct ringmap_image_opts *")
    opts.sz = ffi.sizeof(opts[0])
    opts.cpu, opts.subbuf_size = info.cpu, info.subbuf_size
    opts.long_size, opts.data_offset = info.long_size, info.data_offset
    opts.big_endian = info.big_endian
    return opts


def snapshot_ring(ring: Any) -> Tuple[Any, int]:
    """A copy of a mapped ring: its memory, and how many bytes are used."""
    size = ffi.new("size_t *")
    status = lib.ringmap_ring_snapshot(ring, ffi.NULL, 0, size)
    check_object(status, lib.ringmap_ring_error, ring)
    room = size[0]
    data = _new_bytes("char[]", max(room, 1))
    for _ in range(_TRIES):
        status = lib.ringmap_ring_snapshot(ring, data, room, size)
        if status != lib.RINGMAP_E_OVERWRITTEN:
            break
    check_object(status, lib.ringmap_ring_error, ring)
    return data, size[0]


def snapshot_image(ring: Any) -> Image:
    """A copy of a mapped ring."""
    data, size = snapshot_ring(ring)
    return Image(data, size, _image_opts(ring_info(ring)), data)


class Drain:
    """What rings hold, and will hold, as recordings that grow."""

    def __init__(self, opened: Opened):
        self._rings = rings_of(opened.trace)
        self._images = [
            ffi.gc(ffi.new("struct ringmap_py_image *"), lib.ringmap_py_image_free)
            for _ in self._rings
        ]

    def run(self) -> None:
        """Takes what is there now."""
        for ring, image in zip(self._rings, self._images):
            status = lib.ringmap_py_image_drain(image, ring)
            check_object(status, lib.ringmap_ring_error, ring)

    @property
    def events(self) -> int:
        """Events that were kept."""
        return sum(image.events for image in self._images)

    @property
    def size(self) -> int:
        """Bytes that were kept."""
        return sum(image.size for image in self._images)

    def lost(self) -> Optional[int]:
        """Events that the rings lost so far; None: not known how many."""
        total = 0
        stats = ffi.new("struct ringmap_ring_stats *")
        for ring in self._rings:
            status = lib.ringmap_ring_stats(ring, stats, ffi.sizeof(stats[0]))
            check_object(status, lib.ringmap_ring_error, ring)
            if stats.lost == lib.RINGMAP_LOST_UNKNOWN:
                return None
            total += stats.lost
        return total

    def images(self) -> List[Image]:
        """What was kept; the drain is over."""
        return [
            (
                Image(image.data, image.size, ffi.addressof(image, "opts"), image)
                if image.size
                else Image(ffi.NULL, 0, _image_opts(ring_info(ring)), image)
            )
            for ring, image in zip(self._rings, self._images)
        ]


def recording_of(opened: Opened, images: List[Image], description: str) -> ImageSource:
    """Copies of an instance's rings as a source."""
    clock, ts_unit = clock_of(opened.trace)
    return ImageSource(images, schema_of(opened.trace), clock, ts_unit, description)


def snapshot_source(opened: Opened, description: str) -> ImageSource:
    """What the rings of an instance hold at this moment.

    Rings that are followed are copied and left alone; of the others the events
    are taken.
    """
    rings = rings_of(opened.trace)
    take: Callable[[Any], Image] = snapshot_image
    if all(ring_info(ring).mode == lib.RINGMAP_MODE_FOLLOW for ring in rings):
        return recording_of(opened, [take(ring) for ring in rings], description)
    drain = Drain(opened)
    drain.run()
    return recording_of(opened, drain.images(), description)


class LiveSource(Source):
    """A tracing instance: each pass is over a new snapshot of it."""

    recording = False

    def __init__(self, instance: str, mode: str):
        self._instance = instance
        self._mode = mode
        self._closed = False
        opened = open_live(instance, mode)
        self.clock, self.ts_unit = clock_of(opened.trace)
        self.schema = schema_of(opened.trace)
        rings = rings_of(opened.trace)
        self.mode = mode_name(ring_info(rings[0]).mode) if rings else mode
        self.size = 0
        self.description = f"instance {instance}"

    def open(self) -> Opened:
        if self._closed:
            raise ValueError("the trace is closed")
        opened = open_live(self._instance, self._mode)
        return snapshot_source(opened, self.description).open()

    def close(self) -> None:
        self._closed = True


def live(instance: str, mode: str = "auto") -> Trace:
    """Opens a tracing instance that another program created.

    Every use of the trace or of one of its tables reads the contents that the
    rings have at that moment.

    instance: name of a folder in /sys/kernel/tracing/instances; "/" is the
        top-level buffer.
    mode: "follow" maps and copies the rings without consuming events. "consume"
        and "read" consume events, so that neither other readers nor later uses
        of the trace see them: "consume" with the ioctl
        TRACE_MMAP_IOCTL_GET_READER (include/uapi/linux/trace_mmap.h), "read" with
        read(2) of trace_pipe_raw. "auto" follows if the ring allows it; Trace.mode
        is the mode in use.

    Raises NotFoundError if there is no such instance or tracefs is not mounted,
    AccessError if you are not root, UnsupportedError if the kernel cannot map
    rings (before 6.10), BusyError if a kernel snapshot is armed. The text includes
    the remedy.
    """
    return Trace(LiveSource(instance, mode))
