# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The package: what importing it costs and checks, types, displays, threads."""

import ast
import concurrent.futures
import html.parser
import inspect
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

import pytest
import support

import ringmap
from ringmap import _library
from ringmap._live import LiveSource

PACKAGE = pathlib.Path(ringmap.__file__).resolve().parent


def test_importing_needs_nothing_but_cffi():
    code = (
        "import sys; before = set(sys.modules); import ringmap\n"
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    loaded = set(support.python(code).stdout.split())
    allowed = set(sys.stdlib_module_names) if sys.version_info >= (3, 10) else loaded
    assert loaded - allowed <= {"ringmap", "_cffi_backend", "cffi"}
    assert not loaded & {"numpy", "pandas", "polars", "pyarrow", "tqdm", "cffi"}


def test_recordings_need_nothing_but_cffi():
    code = (
        "import sys\n"
        "for name in ('numpy', 'pandas', 'polars', 'pyarrow'):\n"
        "    sys.modules[name] = None\n"
        "import ringmap\n"
        "trace = ringmap.open(sys.argv[1])\n"
        "table = trace['sched_switch']\n"
        "table.__arrow_c_stream__()\n"
        "print(len(table), sum(trace.events.values()), len(list(trace)))\n"
        "trace._repr_html_(); table._repr_html_()\n"
        "try: table.to_pandas()\n"
        "except ImportError as error: print(error.name)\n"
    )
    first, second = support.python(code, support.PLAIN).stdout.splitlines()
    rows, counted, single = map(int, first.split())
    assert 0 < rows < counted == single
    assert second in ("numpy", "pandas")


def test_another_version_inside_is_refused():
    good = ringmap._ringmap.lib.ringmap_version()
    _library.check_versions(ringmap.__version__, good, good)
    for package, header, library in (
        ("9.9.9", good, good),
        (ringmap.__version__, good + 1, good),
        (ringmap.__version__, good, good + 1),
    ):
        with pytest.raises(ImportError, match="reinstall"):
            _library.check_versions(package, header, library)
    assert "%d.%d.%d" % ringmap.core_version() == ringmap.__version__


def mypy(*arguments):
    """What mypy says of the package, or of a program that uses it."""
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file"]
        + [str(support.ROOT / "bindings/python/pyproject.toml")]
        + ["--cache-dir=/dev/null", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=PACKAGE.parent,
        check=False,
    )


def test_types_are_strict():
    done = mypy("-p", "ringmap")
    assert done.returncode == 0, done.stdout
    assert (PACKAGE / "py.typed").exists()


def test_types_find_what_is_misspelt(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import ringmap\n"
        "trace = ringmap.open('trace.dat')\n"
        "trace.table('sched_switch', where={'cpus': [0], 'time': (0.5, None)})\n"
        "trace.table('sched_switch', where={'cpu': 0})\n"
        "trace.nothing\n"
    )
    said = mypy(program).stdout
    assert re.findall(r"program.py:(\d+): error: .*\[(.*)\]", said) == [
        ("4", "arg-type"),
        ("5", "attr-defined"),
    ], said


def test_the_syntax_is_that_of_the_oldest_python():
    sources = sorted(PACKAGE.glob("*.py"))
    assert len(sources) > 15
    for path in sources:
        ast.parse(path.read_text("utf-8"), str(path), feature_version=(3, 9))
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass\n", feature_version=(3, 9))


def snippets():
    """The Python in the package's README."""
    text = (support.ROOT / "bindings/python/README.md").read_text("utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_readme_reads_a_recording(tmp_path):
    shutil.copy(support.PLAIN, tmp_path / "trace.dat")
    done = support.python(snippets()[0], cwd=tmp_path)
    with ringmap.open(support.PLAIN) as trace:
        assert str(trace.events) in done.stdout
        assert str(next(iter(trace))) in done.stdout


@support.live
def test_the_readme_records():
    assert "<ringmap.Batch " in support.python(snippets()[1]).stdout


@support.live
def test_the_readme_looks_at_pages():
    with support.session() as session:
        session.start()
        support.make_events(500)
        session.stop()
        code = f"{snippets()[2]}\nlook({session.instance!r})\nprint('looked')"
        assert support.python(code).stdout.endswith("looked\n")


class Tags(html.parser.HTMLParser):
    """Whether tags are closed, and what text is between them."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + "\n"


def test_displays_tell_the_facts(tmp_path):
    path = tmp_path / "<b>trace.dat"
    path.write_bytes(support.PLAIN.read_bytes())
    with ringmap.open(path) as trace:
        shown = Tags(trace._repr_html_())
        assert not shown.open and "<b>trace.dat" in shown.text
        total = sum(trace.events.values())
        for fact in (f"{total:,}", "sched_switch", "mono", "lost: 0", "image"):
            assert fact in shown.text
        shown = Tags(trace["sched_switch"]._repr_html_())
        assert not shown.open and "next_pid" in shown.text
        assert f"rows: {len(trace['sched_switch'])}" in shown.text
        first = trace["sched_switch"].head()
        for value in (*first["next_comm"], *first["next_pid"]):
            assert f"\n{value}\n" in shown.text
        assert "sched_switch" in repr(trace["sched_switch"])


def test_a_display_needs_no_pandas(monkeypatch):
    with ringmap.open(support.PLAIN) as trace:
        table = trace["sched_switch"]
        monkeypatch.setitem(sys.modules, "pandas", None)
        shown = Tags(table._repr_html_())
        assert not shown.open and f"rows: {len(table)}" in shown.text


@support.live
def test_a_display_of_a_live_table_is_of_one_snapshot(monkeypatch):
    with support.session() as session:
        session.start()
        support.make_events(100)
        table = ringmap.live(session.instance)["sys_enter"]
        taken = []
        take = LiveSource.freeze

        def freeze(source, *arguments):
            taken.append(source)
            return take(source, *arguments)

        monkeypatch.setattr(LiveSource, "freeze", freeze)
        assert not Tags(table._repr_html_()).open and len(taken) == 1


@support.live
def test_a_session_is_displayed():
    with support.session() as session:
        shown = Tags(session._repr_html_())
        assert not shown.open and session.instance in shown.text
        assert "raw_syscalls:sys_enter" in shown.text and "stopped" in shown.text


def examples(thing):
    """The code in a docstring."""
    parts = inspect.getdoc(thing).split("\n\n")
    found = [textwrap.dedent(part) for part in parts if part.startswith("    ")]
    assert found, thing
    return found


def test_examples_of_docstrings_run(tmp_path, monkeypatch, capsys):
    shutil.copy(support.PLAIN, tmp_path / "trace.dat")
    monkeypatch.chdir(tmp_path)
    with ringmap.open("trace.dat") as trace:
        for thing in (ringmap.Trace, ringmap.Table):
            for code in examples(thing):
                names = {"ringmap": ringmap, "trace": trace}
                exec(code, names)  # pylint: disable=exec-used
        assert (names["seconds"][1:] >= names["seconds"][:-1]).all()
        shown = capsys.readouterr().out
        assert str(trace.events) in shown and str(trace.tail()[-1]) in shown


@support.live
@pytest.mark.parametrize("thing", [ringmap.Session, ringmap.capture])
def test_examples_that_record_run(thing, capsys):
    for code in examples(thing):
        names = {"ringmap": ringmap}
        exec(code, names)  # pylint: disable=exec-used
        assert names["trace"].events and capsys.readouterr().out


def test_one_trace_in_many_threads():
    with ringmap.open(support.PLAIN) as trace:
        table = trace["sched_switch"]
        expected = table.to_pandas().astype(str)
        lines = [str(event) for event in trace]

        def work(number):
            if number % 3 == 0:
                return [str(event) for event in trace] == lines
            if number % 3 == 1:
                return trace["sched_switch"].to_pandas().astype(str).equals(expected)
            return table.to_polars().height == len(expected)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(48)))
