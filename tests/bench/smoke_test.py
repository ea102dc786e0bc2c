# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A benchmark runs, and tells each figure by its name. Prints TAP.

usage: smoke_test.py {live|decode|schema|text|languages} BENCHMARK
"""

import os
import subprocess
import sys
import tempfile

import schema

COSTS = {
    "cpu_ns_per_event": "ns",
    "events_per_s": "events/s",
    "syscalls_per_subbuf": "calls",
    "lost": "events",
}
MODES = ["follow", "consume", "read", "kbuffer"]
WAYS = ["ringmap_next", "ringmap_index", "kbuffer", "kbuffer_mapped"]


def costs(mode):
    """What is told of one way to read."""
    return {
        f"live/{mode}/{interval}/{name}": unit
        for interval in ("1ms", "10ms")
        for name, unit in COSTS.items()
    }


def live_wanted():
    """{name: unit} of what the live benchmark must tell."""
    names = {"writer/follow/ratio_to_none": "ratio", "drain/ring_mb": "MB"}
    for mode in MODES:
        names.update(costs(mode))
    for mode in ["none"] + MODES:
        names[f"writer/{mode}/events_per_s"] = "events/s"
    for way in WAYS:
        names[f"drain/{way}/events_per_s"] = "events/s"
        names[f"drain/{way}/open_ms"] = "ms"
    return names


TS3 = ["libtraceevent/1"] + [
    f"{way}/{threads}" for way in ("ringmap", "hand", "read") for threads in (1, 2)
]
WORKS = {
    "ts3": TS3,
    "ts3_rings": TS3,
    "ts3_fresh": ["ringmap/1"],
    "ts3_file": ["ringmap/1", "ringmap/2"],
    "switch": ["ringmap/1", "ringmap/2", "libtraceevent/1"],
    "mixed": ["ringmap/1", "ringmap/2", "libtraceevent/1"],
}


def decode_wanted():
    """{name: unit} of what the decode benchmark must tell."""
    names = {f"decode/peak_{mb}mb/ringmap/1/rss": "MB" for mb in (2, 4)}
    for work, ways in WORKS.items():
        for way in ways:
            names[f"decode/{work}/{way}/events_per_s"] = "events/s"
            names[f"decode/{work}/{way}/bytes_per_s"] = "bytes/s"
    return names


def schema_wanted():
    """{name: unit} of what the schema benchmark must tell."""
    return {
        f"schema/{what}/{library}/open_ms": "ms"
        for what in ("named3", "all")
        for library in ("ringmap", "libtracefs")
    }


def text_figures(way):
    """The figures of one way to print."""
    return {
        f"text/{recording}/{way}/events_per_s": "events/s"
        for recording in ("switch", "plain")
    }


def languages_wanted():
    """{name: unit} of every language; a page is never walked in Python."""
    return {
        f"languages/{language}/{way}/events_per_s": "events/s"
        for language in ("c", "java", "lua", "python", "ruby")
        for way in ("walk", "index", "columns")
        if (language, way) != ("python", "walk")
    }


def languages_maybe():
    """Go is not everywhere."""
    return {
        f"languages/go/{way}/events_per_s": "events/s"
        for way in ("walk", "index", "columns")
    }


# What is wanted, and what may be there besides: only a newer libtracefs maps,
# only a machine that traces has a live ring, and not every one has trace-cmd.
KINDS = {
    "live": (live_wanted, lambda: costs("tracefs")),
    "decode": (
        decode_wanted,
        lambda: {
            f"decode/ts3_live/{way}/1/events_per_s": "events/s"
            for way in ("ringmap", "libtraceevent")
        },
    ),
    "schema": (schema_wanted, dict),
    "text": (lambda: text_figures("ringmap"), lambda: text_figures("tracecmd")),
    "languages": (languages_wanted, languages_maybe),
}


def differences(kind, got):
    """What is missing, and what nobody expected."""
    want, may = (names() for names in KINDS[kind])
    for name, unit in want.items():
        if got.get(name) != unit:
            yield f"{name} in {unit}: {got.get(name, 'missing')}"
    for name in got.keys() - want.keys() - may.keys():
        yield f"{name}: not expected"


def main(kind, benchmark):
    """Run it; the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "figures.json")
        run = [benchmark, "--smoke", "--json", path]
        output = subprocess.check_output(run, text=True)
        if output.startswith("SKIP: "):
            print(f"ok 1 - {kind} # " + output.replace(":", "", 1).strip())
            return 0
        document = schema.load(path)
    print("".join(f"# {line}\n" for line in output.splitlines()), end="")
    found = schema.problems(document)
    found += [] if found else differences(kind, schema.units(document))
    for problem in found:
        print(f"# {problem}")
    print(f"not ok 1 - {kind}" if found else f"ok 1 - {kind}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
