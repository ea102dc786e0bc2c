# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Recordings as trace-cmd reads them and as ringmap does, event by event.

The recordings are those of tests/data and of $RINGMAP_SHARED_DATA, and all trace.dat
files below $RINGMAP_FOREIGN. For each CPU of each buffer, the events' number, time
stamps, tasks, losses, texts and raw fields are compared, and the columns of their
tables with the raw fields. Where trace-cmd is wrong, REASONS says why, and how much of
both texts is the same nevertheless.
"""

import collections
import contextlib
import functools
import os
import pathlib
import re
import shutil
import subprocess
import typing

import pytest

import ringmap

ROOT = pathlib.Path(os.path.abspath(__file__)).parents[2]
MAGIC = b"\x17\x08\x44tracing"

pytestmark = pytest.mark.skipif(
    not shutil.which("trace-cmd"), reason="trace-cmd is not installed"
)


def recordings():
    """The paths of all recordings, shipped ones first."""
    folders = [ROOT / "tests/data/trace_dat"]
    for name in ("RINGMAP_SHARED_DATA", "RINGMAP_FOREIGN"):
        if os.environ.get(name):
            folders.append(pathlib.Path(os.environ[name]))
    for folder in folders:
        for path in sorted(folder.rglob("*.dat")):
            with open(path, "rb") as file:
                if file.read(len(MAGIC)) == MAGIC:
                    yield path


# ---- trace-cmd ----------------------------------------------------------------------


class Line(typing.NamedTuple):
    """An event in a report, which may be more than one line of text."""

    task: str
    context: typing.Optional[str]  # old versions do not show it
    time: str
    name: str
    text: str
    lost: typing.Optional[int]  # None: some, their number is unknown


SHAPE = re.compile(
    r"\s*(?P<task>.*-\d+)\s+\[(?P<cpu>\d+)\](?P<context>-0x[0-9a-f]+|\s+\S+)??"
    r"\s*(?P<time>-?\d+(?:\.\d+)?): (?P<name>\S+): *(?P<text>.*)",
    re.DOTALL,
)
LOSS = re.compile(r"CPU:(?P<cpu>\d+) \[(?:(?P<count>\d+) )?EVENTS DROPPED\]")


def buffer_of(line, buffers):
    """The name of the line's buffer, and the line without it."""
    name, colon, rest = line.partition(": ")
    if colon and name.strip() in buffers:
        return name.strip(), rest
    return "", line


def report(path, buffers, *options):
    """What trace-cmd reports: {(buffer, cpu): [Line]}."""
    command = ["trace-cmd", "report", "-N", "-t", *options, str(path)]
    result = subprocess.run(command, check=False, capture_output=True)
    if result.returncode:
        pytest.skip(f"trace-cmd cannot read it: {result.stderr.decode().strip()}")
    output = result.stdout
    lines = collections.defaultdict(list)
    lost = {}
    last = None
    for text in output.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        buffer, rest = buffer_of(text, buffers)
        if match := LOSS.fullmatch(rest.strip()):
            count = match["count"]
            lost[buffer, int(match["cpu"])] = int(count) if count else None
        elif match := SHAPE.fullmatch(rest):
            last = lines[buffer, int(match["cpu"])]
            values = match.groupdict()
            loss = lost.pop((buffer, int(values.pop("cpu"))), 0)
            last.append(Line(**values, lost=loss))
        elif last:
            last[-1] = last[-1]._replace(text=last[-1].text + "\n" + text)
    return lines


# ---- ringmap ------------------------------------------------------------------------


def as_line(event, **options):
    """The event's line, taken apart in the same way."""
    match = SHAPE.fullmatch(event.text(**options))
    assert match, event.text(**options)
    values = match.groupdict()
    del values["cpu"]
    return Line(**values, lost=event.lost)


def read(path):
    """What ringmap reads: {(buffer, cpu): [Event]}, and each buffer's trace."""
    traces = {}
    with ringmap.open(path) as trace:
        buffers = trace.instances
    events = collections.defaultdict(list)
    for buffer in buffers:
        traces[buffer] = ringmap.open(path, instance=buffer or None)
        for event in traces[buffer]:
            events[buffer, event.cpu].append(event)
    return events, traces


# ---- where trace-cmd is wrong -------------------------------------------------------


def equal_without(pattern):
    """Compares two texts, but for what the pattern matches."""
    return lambda ours, theirs: re.sub(pattern, "", ours) == re.sub(pattern, "", theirs)


def one_begins_with_other(ours, theirs):
    """Compares two lists of which one may be longer."""
    ours, theirs = ours.rstrip("]"), theirs.rstrip("]")
    return ours.startswith(theirs) or theirs.startswith(ours)


class Reason(typing.NamedTuple):
    """A fault of trace-cmd, and how far texts are the same nevertheless."""

    why: str
    print_fmt: str  # a regular expression: the events that it concerns
    same: typing.Callable[[str, str], bool]
    ours: str = ""  # a regular expression: ringmap's texts that it concerns
    theirs: str = ""  # and trace-cmd's


REASONS = [
    Reason("it shows stamps without their sign", "", equal_without(r"^-?\d+\.\d{9}$")),
    Reason(
        "it tears an operation to the right of another one apart",
        r"__print_flags\(REC->\w+ & \(",
        equal_without(r"flags=\S*"),
    ),
    Reason(
        "it takes bit 63 of a table for a sign",
        r"64 - 1|63",
        equal_without(r"flags=\S*"),
    ),
    Reason(
        "it shows the elements of arrays as zeros",
        r"REC->\w+\[0\]",
        equal_without(r"\{0x.*?\}"),
    ),
    Reason(
        "it shows the place of a cpumask",
        "__get_cpumask",
        equal_without(r"cpumask=(\[.*\]|\S+)"),
    ),
    Reason(
        "it shows a fixed number of a stack's frames",
        r"caller\[",
        one_begins_with_other,
    ),
    Reason(
        "it does not show the arguments of a function",
        "parent_ip",
        equal_without(r"args=.*"),
    ),
    Reason(
        "it does not show the arguments of trace_printk()",
        "REC->fmt",
        equal_without(r"buf=.*"),
    ),
    Reason(
        "it knows few lengths of integers", "REC->fmt", equal_without(r" (-?\d+|d)\b")
    ),
    Reason(
        "it cannot follow the print fmt",
        "",
        lambda ours, theirs: True,
        ours=r"^(?!\[FAILED TO PARSE\])",
        theirs=r"^\[FAILED TO PARSE\]",
    ),
    Reason(
        "it shows no field from an array of strings on",
        r"__get_str",
        lambda ours, theirs: ours.split(" ")[0].replace("=", "=0x") == theirs,
    ),
    Reason(
        "it knows no (fault)",
        r'\\"%s\\"',
        equal_without(r'\(fault\)|""|\{0x.*?\}'),
        ours=r"\(fault\)",
    ),
    Reason(
        "it shows what lies behind a string that the kernel could not read",
        r'\\"%s\\"',
        equal_without(r"=.*"),
        ours=r"^\w+=(None)?$",
    ),
]


def explained(ours, theirs, print_fmt):
    """The first reason that explains how the texts differ; None: there is none."""
    for reason in REASONS:
        if (
            re.search(reason.print_fmt, print_fmt)
            and re.search(reason.ours, ours)
            and re.search(reason.theirs, theirs)
            and reason.same(ours, theirs)
        ):
            return reason.why
    return None


# ---- fields and columns -------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def shown_fields(form):
    """A regular expression for the text with -R, with a group for each field."""
    parts = [
        rf"\s*{re.escape(field.name)}=(?P<f{i}>.*?)"
        for i, field in enumerate(form.fields)
        if not field.name.startswith("common_")
    ]
    return re.compile("".join(parts) + r"\s*", re.DOTALL)


def raw_values(form, text):
    """The texts of the fields in a text with -R, by name; None: it has other ones."""
    match = form and shown_fields(form).fullmatch(text)
    if not match:
        return None
    groups = match.groupdict().items()
    return {form.fields[int(name[1:])].name: value for name, value in groups}


def numbers(text):
    """The numbers that a text can stand for: decimal and hexadecimal."""
    found = set()
    for base in (0, 16):
        with contextlib.suppress(ValueError):
            found.add(int(text, base))
    return found


def byte_order(path):
    """The byte order of the machine that recorded it, as to_bytes() takes it."""
    with open(path, "rb") as file:
        start = file.read(64)
    version_end = start.index(b"\0", len(MAGIC))
    return "big" if start[version_end + 1] else "little"


def as_bytes(field, cell, order):
    """The bytes of an array, from its column's cell."""
    if isinstance(cell, bytes):
        return cell
    if field.kind == "bitmask":
        words = [0] * (field.size // field.elem_size)
        for bit in cell:
            words[bit // (8 * field.elem_size)] |= 1 << bit % (8 * field.elem_size)
        cell = words
    mask = (1 << 8 * field.elem_size) - 1
    return b"".join((item & mask).to_bytes(field.elem_size, order) for item in cell)


def same_cell(field, cell, raw, text, order):
    """Whether a column's cell is what trace-cmd shows with -R.

    It shows numbers in the base that the print fmt has for them.
    """
    if cell is None:
        return raw in ("", "(nil)")
    if isinstance(cell, (list, bytes)):
        shown = re.fullmatch(r"ARRAY\[(.*)\]", raw)
        if not shown:
            # trace-cmd ends bytes that look like a text with their first NUL.
            text = raw.encode("utf-8", "surrogateescape")
            return isinstance(cell, bytes) and cell.split(b"\0")[0] == text
        data = bytes(int(byte, 16) for byte in shown[1].split(",") if byte.strip())
        ours = as_bytes(field, cell, order)
        if field.name == "caller":  # see REASONS
            return data.startswith(ours) or ours.startswith(data)
        return data == ours
    values = numbers(raw)
    if isinstance(cell, int):
        if not values:
            return raw in text  # a symbol, by which both show it
        return any((cell - v) % (1 << 8 * field.elem_size) == 0 for v in values)
    if field.kind in ("symbol", "flags") and values:
        return cell in text or bool(numbers(cell) & values)
    return cell.rstrip("\n") == raw


def rows_of(trace, name, nr_fields):
    """The rows of an event's table: {cpu: [row]}, a row a tuple of its fields.

    A field may have the name of a column that the package adds: those are first.
    """
    table = trace.table(name).to_arrow()
    cpus = table.column(table.column_names.index("cpu")).to_pylist()
    columns = [table.column(i).to_pylist() for i in range(table.num_columns)]
    rows = collections.defaultdict(list)
    for cpu, row in zip(cpus, zip(*columns[-nr_fields:])):
        rows[cpu].append(row)
    return rows


# ---- the comparison -----------------------------------------------------------------


class Differences:
    """What differs, but for the faults of trace-cmd, which are counted."""

    def __init__(self):
        self.unexplained = {}  # the first of each kind
        self.reasons = collections.Counter()

    def add(self, what, ours, theirs, form):
        """Notes a difference between two texts of an event."""
        reason = explained(ours, theirs, (form and form.print_fmt) or "")
        if reason:
            self.reasons[reason] += 1
        else:
            text = f"{what}\n  ringmap    {ours!r}\n  trace-cmd  {theirs!r}"
            self.unexplained.setdefault(what, text)


def compare_lines(events, lines, schema, raw, found):
    """The events of one CPU."""
    for event, theirs in zip(events, lines):
        ours = as_line(event, raw=raw)
        form = schema.get(event.name)
        for key in ("task", "context", "time", "name", "lost"):
            here, there = (str(getattr(line, key)).strip() for line in (ours, theirs))
            if here != there and not (key == "context" and theirs.context is None):
                found.add(f"{event.name}: {key}", here, there, form)
        compare_texts(ours, theirs, form, raw, found)


def compare_texts(ours, theirs, form, raw, found):
    """The texts of an event; with -R field by field."""
    values = raw_values(form, ours.text), raw_values(form, theirs.text)
    if not raw or None in values:
        here, there = ours.text.rstrip(), theirs.text.rstrip()
        if here != there:
            found.add(f"{ours.name}: text", here, there, form)
        return
    for field, here in values[0].items():
        there = values[1][field]
        if here != there:
            what = f"{ours.name}.{field}: text"
            found.add(what, f"{field}={here}", f"{field}={there}", form)


def compare_cells(form, pairs, rows, order, found):
    """The events of one CPU with one name."""
    assert len(pairs) == len(rows), form.name
    for (event, line), row in zip(pairs, rows):
        raw = raw_values(form, line.text)
        ours = event.text(line=False, raw=True)
        text = ours + event.text(line=False)
        if raw is None:
            found.add(f"{form.name}: fields", ours, line.text, form)
            continue
        for field, cell in zip(form.fields, row):
            theirs = raw.get(field.name)
            if theirs is not None and not same_cell(field, cell, theirs, text, order):
                name = field.name
                what = f"{form.name}.{name}: column"
                found.add(what, f"{name}={cell}", f"{name}={theirs}", form)


def compare_columns(traces, events, lines, order, found):
    """The columns of all events, one table after the other."""
    by_name = collections.defaultdict(list)
    for (buffer, cpu), of_cpu in events.items():
        for event, line in zip(of_cpu, lines[buffer, cpu]):
            by_name[buffer, event.name, cpu].append((event, line))
    for buffer, name in {key[:2] for key in by_name if key[1]}:
        form = traces[buffer].schema[name]
        for cpu, rows in rows_of(traces[buffer], name, len(form.fields)).items():
            compare_cells(form, by_name[buffer, name, cpu], rows, order, found)


@pytest.mark.parametrize("path", list(recordings()), ids=str)
def test_trace_cmd_and_ringmap_agree(path):
    """Each event, and nothing else, is the same."""
    events, traces = read(path)
    if any(trace.corrupt for trace in traces.values()):
        pytest.skip("trace-cmd loses its way where bytes violate the format")
    found = Differences()
    buffers = set(traces) - {""}
    plain = report(path, buffers)
    raw = report(path, buffers, "-R")
    count = {key: len(of_cpu) for key, of_cpu in events.items()}
    assert {key: len(of_cpu) for key, of_cpu in plain.items()} == count
    assert {key: len(of_cpu) for key, of_cpu in raw.items()} == count
    for key, of_cpu in events.items():
        schema = traces[key[0]].schema
        compare_lines(of_cpu, plain[key], schema, False, found)
        compare_lines(of_cpu, raw[key], schema, True, found)
    compare_columns(traces, events, raw, byte_order(path), found)
    print(f"{sum(count.values())} events; {dict(found.reasons)}")
    assert not found.unexplained, "\n".join(found.unexplained.values())
