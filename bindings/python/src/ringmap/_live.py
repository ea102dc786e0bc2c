# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Running rings: opened, and copied into recordings in memory."""

import os
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _tracefs
from ._errors import StaleError, check, check_object, closed, new_error
from ._ringmap import ffi, lib
from ._source import Image, ImageSource, Opened, Path, Source
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
    instance: str,
    mode: str = "auto",
    start: str = "oldest",
    tracefs: Optional[str] = None,
) -> Opened:
    """The rings of all CPUs of an instance; tracefs: as _tracefs.find() found it."""
    opts = ffi.new("struct ringmap_trace_opts *")
    name, place = ffi.new("char[]", os.fsencode(instance)), c_place(tracefs)
    opts.sz, opts.instance, opts.tracefs = ffi.sizeof(opts[0]), name, place
    opts.mode = number_of(MODES, mode, "mode")
    opts.start = number_of(STARTS, start, "start")
    ret, err = ffi.new("struct ringmap_trace **"), new_error()
    check(lib.ringmap_trace_open(opts, ret, err), err)
    return Opened(owned(ret, lib.ringmap_trace_unref))


def c_place(tracefs: Optional[str]) -> Any:
    """A place of tracefs for the library, which knows the usual one."""
    if tracefs is None or tracefs == _tracefs.USUAL:
        return ffi.NULL
    return ffi.new("char[]", os.fsencode(tracefs))


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


def lost_by(rings: List[Any]) -> Optional[int]:
    """Events that rings lost since they were opened; None: not known how many.

    Includes those that a full ring refused because it does not overwrite
    (options/overwrite): the kernel counts these as dropped, since its last reset.
    """
    total = 0
    stats = ffi.new("struct ringmap_ring_stats *")
    for ring in rings:
        status = lib.ringmap_ring_stats(ring, stats, ffi.sizeof(stats[0]))
        check_object(status, lib.ringmap_ring_error, ring)
        if lib.RINGMAP_LOST_UNKNOWN in (stats.lost, stats.kernel_dropped):
            return None
        total += stats.lost + stats.kernel_dropped
    return total


class Drain:
    """What rings hold, and will hold, as recordings that grow.

    It ends when opened is closed; images() come before.
    """

    def __init__(self, opened: Opened):
        self.rings = rings_of(opened.trace)
        self._images = [
            ffi.gc(ffi.new("struct ringmap_py_image *"), lib.ringmap_py_image_free)
            for _ in self.rings
        ]

    def run(self) -> None:
        """Takes what is there now."""
        for ring, image in zip(self.rings, self._images):
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
        """As lost_by()."""
        return lost_by(self.rings)

    def images(self) -> List[Image]:
        """What was kept; the drain is over."""
        return [
            (
                Image(image.data, image.size, ffi.addressof(image, "opts"), image)
                if image.size
                else Image(ffi.NULL, 0, _image_opts(ring_info(ring)), image)
            )
            for ring, image in zip(self.rings, self._images)
        ]


def skip_old(opened: Opened) -> Optional[int]:
    """Passes over what the rings hold; returns Drain.lost() at that point.

    A ring that is followed is at its end since it was opened, with start "newest".
    """
    drain = Drain(opened)
    if any(ring_info(ring).mode != lib.RINGMAP_MODE_FOLLOW for ring in drain.rings):
        drain.run()
    return Drain(opened).lost()


def lost_since(before: Optional[int], drain: Drain) -> Optional[int]:
    """Events lost since Drain.lost() returned before; None: not known how many."""
    now = drain.lost()
    if before is None or now is None or now < before:
        return None
    return now - before


def load_formats(schema: Any, event: Optional[str] = None) -> None:
    """Reads the format of an event, or those of all.

    Formats are read when they are needed, and by then a probe may have given its id
    to another event: a recording in memory takes them along.
    """
    if event is None:
        check(lib.ringmap_schema_load(schema, ffi.NULL, ffi.NULL))
    else:
        found = ffi.new("struct ringmap_format **")
        # A missing event is the concern of those who ask for its table.
        lib.ringmap_schema_format(schema, event.encode(), found, ffi.NULL)


def recording_of(
    opened: Opened, images: List[Image], description: str, event: Optional[str] = None
) -> ImageSource:
    """Copies of an instance's rings as a source; event: the only one of interest."""
    clock, ts_unit = clock_of(opened.trace)
    schema = schema_of(opened.trace)
    load_formats(schema, event)
    return ImageSource(images, schema, clock, ts_unit, description)


def snapshot_source(
    opened: Opened, description: str, event: Optional[str] = None
) -> ImageSource:
    """What the rings of an instance hold at this moment.

    Rings that are followed are copied and left alone; of the others the events
    are taken. event: the only one whose format will be needed; None: any.
    """
    rings = rings_of(opened.trace)
    take: Callable[[Any], Image] = snapshot_image
    if all(ring_info(ring).mode == lib.RINGMAP_MODE_FOLLOW for ring in rings):
        images = [take(ring) for ring in rings]
        return recording_of(opened, images, description, event)
    drain = Drain(opened)
    drain.run()
    return recording_of(opened, drain.images(), description, event)


class LiveSource(Source):
    """A tracing instance: each pass is over a new snapshot of it.

    Clock, formats and names of tasks may change between two passes, so each
    snapshot has its own, and those here are the ones of the last look.
    """

    recording = False

    def __init__(self, instance: str, mode: str, tracefs: Optional[Path]):
        self._instance = instance
        self._mode = mode
        self.tracefs = _tracefs.find(tracefs)
        self._closed = False
        # Of the last look, or None; see _tracefs.state().
        self._state: Optional[_tracefs.State] = None
        self.size = 0
        self.description = f"instance {instance}"
        if self.tracefs != _tracefs.USUAL:
            self.description += f" in {self.tracefs}"
        self.look()

    def _open(self) -> Opened:
        if self._closed:
            raise closed("trace")
        self._state = None
        opened = open_live(self._instance, self._mode, tracefs=self.tracefs)
        self.clock, self.ts_unit = clock_of(opened.trace)
        self.schema = schema_of(opened.trace)
        rings = rings_of(opened.trace)
        self.mode = mode_name(ring_info(rings[0]).mode) if rings else self._mode
        return opened

    def look(self, names: bool = False) -> None:
        # Opening maps all of the rings, which takes as long as copying them.
        before = _tracefs.state(self.tracefs, self._instance)
        if not names and before == self._state and not self._closed:
            return
        self._open().close()
        self._keep(before)

    def _keep(self, before: _tracefs.State) -> bool:
        """Notes the state that was looked at, if it is still that of before."""
        same = _tracefs.state(self.tracefs, self._instance) == before
        self._state = before if same else None
        return same

    def freeze(self, event: Optional[str] = None) -> ImageSource:
        """A snapshot that is read with the clock and formats of its own moment."""
        for _ in range(_TRIES):
            before = _tracefs.state(self.tracefs, self._instance)
            with self._open() as opened:
                source = snapshot_source(opened, f"snapshot of {self._instance}", event)
            if self._keep(before):
                return source
            if self.mode != "follow":
                break
        raise StaleError(
            f"the trace clock or the kernel's events changed while {self.description} "
            "was read: what was read is dropped, try again",
            lib.RINGMAP_E_STALE,
        )

    def open(self) -> Opened:
        return self.freeze().open()

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        self._closed = True


def live(
    instance: str, mode: str = "auto", tracefs: Optional[Path] = None
) -> Trace:
    """Opens a tracing instance that another program created.

    Every use of the trace or of one of its tables reads the contents that the
    rings have at that moment, with the trace clock, the formats and the names of
    tasks that hold then. If an event has got other fields since, its Table raises
    StaleError, and the trace has to be asked for it again.

    instance: name of a folder in /sys/kernel/tracing/instances; "/" is the
        top-level buffer.
    mode: "follow" maps and copies the rings without consuming events. "consume"
        and "read" consume events, so that neither other readers nor later uses
        of the trace see them: "consume" with the ioctl
        TRACE_MMAP_IOCTL_GET_READER (include/uapi/linux/trace_mmap.h), "read" with
        read(2) of trace_pipe_raw. "auto" follows if the ring allows it; Trace.mode
        is the mode in use.
    tracefs: where tracefs is mounted; None: /sys/kernel/tracing, or else where
        /proc/self/mounts shows it. Trace.description names another place.

    Raises NotFoundError if there is no such instance or tracefs is not mounted,
    AccessError if you are not root, UnsupportedError if the kernel cannot map
    rings (before 6.10), BusyError if a kernel snapshot is armed. The text includes
    the remedy.
    """
    return Trace(LiveSource(instance, mode, tracefs))
