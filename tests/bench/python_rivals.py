# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""What people do today to get a trace.dat into a data frame of four columns.

Two ways: the text of "trace-cmd report", taken apart by a regular expression,
and the Python module of trace-cmd, which is libtraceevent's through SWIG. Its
sources have it; Debian 12 packages it nowhere.
"""

import importlib
import re
import shutil
import subprocess
import sys

EVENT = "sched_switch"
COLUMNS = ["ts", "common_pid", "prev_pid", "next_pid"]
# Where "make install_python" of trace-cmd puts the module.
FOLDERS = ("/usr/lib/trace-cmd/python", "/usr/local/lib/trace-cmd/python")

WATCH_LINES = 1000

LINE = re.compile(
    r"-(\d+) +\[\d+\] +(\d+)\.(\d{9}): sched_switch: "
    r".* prev_pid=(\d+) .* next_pid=(\d+) "
)


def frame_of(rows):
    """The four columns; how every way ends."""
    # Not before it is needed: others' peak memory is measured without it.
    import pandas as pd  # pylint: disable=import-outside-toplevel

    return pd.DataFrame(dict(zip(COLUMNS, zip(*rows))), dtype="int64")


def by_report(path, watch=None):
    """The text of trace-cmd, without its print formats, which are slower.

    watch(pid) is called now and then while the process runs.
    """
    command = ["trace-cmd", "report", "-t", "-N", "-R", "-F", EVENT, str(path)]
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as report:
        for number, line in enumerate(report.stdout):
            if watch and number % WATCH_LINES == 0:
                watch(report.pid)
            found = LINE.search(line)
            if found:
                pid, seconds, ns, prev_pid, next_pid = map(int, found.groups())
                rows.append((seconds * 1_000_000_000 + ns, pid, prev_pid, next_pid))
    return frame_of(rows)


def by_module(path, _watch=None):
    """Event by event, through the module tracecmd, in this process."""
    import tracecmd  # pylint: disable=import-error,import-outside-toplevel

    trace = tracecmd.Trace(str(path))
    rows = []
    while True:
        event = trace.read_next_event()
        if event is None:
            return frame_of(rows)
        if event.name == EVENT:
            fields = (event.num_field(name) for name in ("prev_pid", "next_pid"))
            rows.append((event.ts, event.pid, *fields))


def why_no_report():
    """None: there is a trace-cmd."""
    return None if shutil.which("trace-cmd") else "trace-cmd is not installed"


def why_no_module():
    """None: there is the module."""
    sys.path += [folder for folder in FOLDERS if folder not in sys.path]
    try:
        importlib.import_module("tracecmd")
    except (ImportError, SyntaxError) as error:
        return f"no Python module of trace-cmd, Debian 12 has none: {error}"
    return None


# By the name in the figures: the way, and why it cannot be gone.
RIVALS = {
    "tracecmd": (by_report, why_no_report),
    "tracecmd_python": (by_module, why_no_module),
}
