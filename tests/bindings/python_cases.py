# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Obeys run_cases.py: one step a line, one answer a line.

What the package leaves to Python counts as Python does it: a closed object, a
place and a name that are not there are ValueError, IndexError and KeyError.
"""

import gc
import os
import sys
import time

import numpy as np

import ringmap
from ringmap import _errors
from ringmap._formats import KINDS

KIND_NUMBERS = {name: number for number, name in KINDS.items()}
DYNAMIC = {"": 0, "data_loc": 4, "rel_loc": 8}


class Said(str):
    """An answer that somebody else gave."""


class Opened:
    """A ring with its pages, or a trace with its events: each goes on."""

    def __init__(self, source, items):
        self.source = source
        self.items = items


def span(stamps):
    """"count first last" of time stamps."""
    stamps = list(stamps)
    return " ".join(map(str, [len(stamps), *(stamps[:1] + stamps[-1:] or [0, 0])]))


def total(data):
    """Size of bytes, and their sum."""
    data = bytes(data)
    return f"{len(data)} {sum(data)}"


def text(value):
    """A value as the cases have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple, np.ndarray)):
        return ",".join(map(text, value))
    if isinstance(value, np.datetime64):
        return str(value.astype("int64"))
    return str(value)


def read(path):
    """A file's bytes."""
    with open(path, "rb") as file:
        return file.read()


def pages(ring):
    """A ring with its pages."""
    return Opened(ring, ring.pages())


class Verbs:
    """What can be asked; objects come as they are, other words as strings."""

    @staticmethod
    def image(path):
        return pages(ringmap.Ring.image(read(path)))

    @staticmethod
    def file(path, instance=None):
        trace = ringmap.open(path, instance=instance)
        return Opened(trace, None)

    @staticmethod
    def ring(instance, cpu, mode):
        return pages(ringmap.Ring(instance, int(cpu), mode))

    @staticmethod
    def next_page(ring):
        ring.source.stats()
        return next(ring.items, None)

    @staticmethod
    def close(thing):
        getattr(thing, "source", thing).close()

    @staticmethod
    def valid(page):
        try:
            memoryview(page).release()
        except BufferError:
            return False
        return True

    @staticmethod
    def bytes(page):
        try:
            return total(page)
        except BufferError as error:
            raise ringmap.StaleError(str(error), -7) from error

    @staticmethod
    def view(page):
        return (page.data,)

    @staticmethod
    def look(view):
        return total(view[0])

    @staticmethod
    def index(page):
        return span(page.index().ts)

    @staticmethod
    def index_all(ring):
        return span(ts for page in ring.items for ts in page.index().ts)

    @staticmethod
    def lost(ring):
        lost = [page.lost for page in ring.items]
        marks = [n for n in lost if n != 0]
        return f"{len(marks)} {sum(n or 0 for n in lost)} {lost.count(None)}"

    @staticmethod
    def stats(ring):
        stats = ring.source.stats()
        lost = "unknown" if stats["lost"] is None else stats["lost"]
        return f"{stats['events']} {stats['pages']} {lost}"

    @staticmethod
    def mode(ring):
        return ring.source.mode

    @staticmethod
    def snapshot(ring):
        return total(ring.source.snapshot())

    @staticmethod
    def event(trace):
        if trace.items is None:
            trace.items = iter(trace.source)
        return next(trace.items, None)

    @staticmethod
    def drain(trace):
        trace.items = iter(trace.source)
        return span(event.ts for event in trace.items)

    @staticmethod
    def about_event(event):
        return f"{event.ts} {event.cpu} {event.id} {len(event.data)}"

    @staticmethod
    def clock(trace):
        return trace.source.clock

    @staticmethod
    def flags(trace):
        return 1 * trace.source.host_time + 2 * (trace.source.cut is not None)

    @staticmethod
    def schema(trace):
        return trace.source.schema

    @staticmethod
    def format(schema, name):
        return schema[name]

    @staticmethod
    def format_by_id(schema, number):
        return schema.by_id(int(number))

    @staticmethod
    def about_format(f):
        return f"{f.system} {f.name} {f.id} {f.size} {len(f.fields)}"

    @staticmethod
    def fields(form):
        return ",".join(field.name for field in form.fields)

    @staticmethod
    def field(form, name):
        found = {field.name: (field, form) for field in form.fields}
        if name not in found:
            raise ringmap.NotFoundError(f"no field {name}", -11)
        return found[name]

    @staticmethod
    def about_field(pair):
        f = pair[0]
        flags = f.signed | f.array << 1 | DYNAMIC[f.dynamic]
        return f"{f.name} {f.offset} {f.size} {KIND_NUMBERS[f.kind]} {flags}"

    @staticmethod
    def number_of(pair, event):
        return event[pair[0].name]

    text_of = number_of

    @staticmethod
    def value_of(pair, event):
        field, form = pair
        value = form.read(event.data)[field.name]
        return None if value is None else text(value)

    @classmethod
    def event_of(cls, trace, form):
        while True:
            event = cls.event(trace)
            if event is None or event.id == form.id:
                return event

    @staticmethod
    def print(_, event):
        return event.text(line=False)

    @staticmethod
    def reader(trace, event, columns=None):
        wanted = columns.split(",") if columns else None
        table = trace.source.table(None if event == "*" else event, columns=wanted)
        # A table is only looked for when it is used.
        assert len(table)
        return table

    @staticmethod
    def batch(table):
        return {name: table.numpy(name) for name in table.columns}

    @staticmethod
    def columns(batch):
        return ",".join(batch)

    @staticmethod
    def cell(batch, name, row):
        value = batch[name][int(row)]
        return None if value is np.ma.masked else text(value)

    @staticmethod
    def total(table):
        return len(table)

    @staticmethod
    def sum(table, column):
        return int(table.numpy(column).sum())

    @staticmethod
    def check(status):
        _errors.check(int(status))

    @staticmethod
    def collect():
        gc.collect()

    @staticmethod
    def churn(path, times):
        data, events = read(path), 0
        for _ in range(int(times)):
            page = next(ringmap.Ring.image(data).pages())
            gc.collect()
            events += len(page.index().ts)
        return events

    @staticmethod
    def session(event):
        session = ringmap.Session(event, pids=[os.getpid()], buffer_size="64K")
        session.start()
        return session

    @staticmethod
    def burn(times):
        for _ in range(int(times)):
            os.getppid()

    @classmethod
    def live_ring(cls, session, cpu, mode):
        return cls.ring(session.instance, cpu, mode)

    @classmethod
    def follow(cls, session, seconds):
        rings, events = [], 0
        try:
            while True:
                rings.append(cls.live_ring(session, len(rings), "follow"))
        except ringmap.NotFoundError:
            pass
        ends = time.monotonic() + float(seconds)
        while time.monotonic() < ends:
            cls.burn(100)
            for ring in rings:
                ring.source.wait(0.001)
                events += sum(len(page.index().ts) for page in ring.source.pages())
        lost = sum(ring.source.stats()["lost"] or 0 for ring in rings)
        for ring in rings:
            ring.source.close()
        return f"{events} {lost}"

    @staticmethod
    def child(verb, *words):
        """What a forked child is told."""
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(write_end, answer(verb, words)[1].encode())
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end) as file:
            said = file.read()
        os.waitpid(pid, 0)
        return Said(said)


def answer(verb, words):
    """The result of a verb, and the line that tells it."""
    try:
        result = getattr(Verbs, verb)(*words)
    except ringmap.Error as error:
        name = ringmap._errors.ffi.string(
            ringmap._errors.lib.ringmap_status_name(error.status)
        ).decode()
        return None, f"error\t{name[len('RINGMAP_E_'):]}\t{error}"
    except KeyError as error:
        return None, f"error\tNOENT\t{error}"
    except (ValueError, IndexError) as error:
        return None, f"error\tINVAL\t{error}"
    if isinstance(result, Said):
        return None, result
    if result is None:
        return None, "nothing"
    if isinstance(result, (int, str)):
        return result, f"value\t{text(result)}"
    return result, "object"


def main():
    """Obeys until its input ends."""
    things = {}
    for line in sys.stdin:
        variable, verb, *words = line.rstrip("\n").split("\t")
        if verb == "drop":
            del things[words[0]]
            said = "value\tdropped"
        else:
            given = [things.get(word, word) for word in words]
            result, said = answer(verb, given)
            things[variable] = result
            # What the last step held must not live on here.
            del given, result
        print(said, flush=True)


main()
