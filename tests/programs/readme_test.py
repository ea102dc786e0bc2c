# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The program in the README is one that runs.

usage: readme_test.py README HELLO_SOURCE HELLO

The live case skips where tracing is missing.
"""

import pathlib
import re

import tap
from examples_test import CPU, enter_kernel, instance
from tap import run


def readme_shows_the_example(readme, source, _hello):
    """Line by line, without its licence."""
    shown = re.findall(r"```c\n(.*?)```", pathlib.Path(readme).read_text("utf-8"), re.S)
    code = pathlib.Path(source).read_text("utf-8").split("\n", 1)[1]
    assert shown == [code], shown


def hello_prints_events(_readme, _source, hello):
    """All of them, in the order of time, and ends when no more come."""
    with instance("raw_syscalls/sys_enter") as path:
        enter_kernel(1000)
        (path / "tracing_on").write_text("0")
        status, out, err = run(hello, path.name)
        assert (status, err) == (0, ""), err
        events = re.findall(r"^(\d+) ns, CPU (\d+): (\d+) bytes$", out, re.M)
        assert len(events) == len(out.splitlines()) >= 1000
        stamps = [int(ts) for ts, _, _ in events]
        assert stamps == sorted(stamps)
        assert {int(cpu) for _, cpu, _ in events} == {CPU}
    assert run(hello, "no_such_instance")[0] == 1


if __name__ == "__main__":
    tap.main([readme_shows_the_example, hello_prints_events], __doc__, 3)
