# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Suites that are too long for //..., and the stamps of their last runs.

usage: stamps.py check
       stamps.py run SUITE [OPTION_OF_BAZEL...]

The tests of a long suite are tagged manual. `./bazelw run SUITE` runs them and
writes the suite's stamp: a hash of the suite's inputs, the date and the counts.
The stamp is committed with the sources that it is about.

"check" runs with every //...: it prints the age of each stamp. A stamp of a strict
suite must also match the inputs as they are now; for the others the age is all that
is looked at.
"""

import collections
import datetime
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import tree

sys.path.insert(0, str(tree.ROOT / "core" / "bazel"))
import count_tests  # pylint: disable=wrong-import-position

# name: the target that people run. tests: the suite of tests behind it. stamp: the
# file. inputs: the folder whose files the stamp is about. strict: whether "check"
# compares the hash.
Suite = collections.namedtuple("Suite", "name tests stamp inputs strict licence")

SUITES = (
    Suite(
        name="//kernel:matrix",
        tests="//kernel/guest:matrix_tests",
        stamp="kernel/matrix.stamp",
        inputs="kernel",
        strict=True,
        licence="GPL-2.0-only",
    ),
    Suite(
        name="//tests:machines",
        tests="//tests/machines:suites",
        stamp="tests/machines/machines.stamp",
        inputs="core",
        strict=False,
        licence="LGPL-2.1-or-later OR MIT",
    ),
)

KEYS = ("suite", "inputs", "date", "tests", "passed", "failed", "skipped")
Stamp = collections.namedtuple("Stamp", KEYS)
NUMBERS = ("tests", "passed", "failed", "skipped")


def is_input(suite, path):
    """Whether a file can change what the suite's tests come to."""
    inside = path.parts[: len(pathlib.Path(suite.inputs).parts)]
    return (
        inside == pathlib.Path(suite.inputs).parts
        and path != pathlib.Path(suite.stamp)
        and path.suffix != ".md"
    )


def fingerprint(root, suite, paths):
    """A hash of names, modes and contents of the suite's inputs."""
    inputs = sorted(str(path) for path in paths if is_input(suite, path))
    if not inputs:
        raise ValueError(f"{suite.name}: no inputs below {suite.inputs}/")
    total = hashlib.sha256()
    for name in inputs:
        file = root / name
        mode = "x" if os.access(file, os.X_OK) else "-"
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{content} {mode} {name}\n".encode())
    return total.hexdigest()


def counts_problem(stamp):
    """Why the counts of a stamp are no success, or None."""
    if stamp.failed:
        return f"{stamp.suite}: {stamp.failed} cases failed"
    if not stamp.tests or not stamp.passed:
        return f"{stamp.suite}: nothing passed"
    return None


def write(stamp, licence):
    """The text of a stamp. ValueError for one that shows no success."""
    problem = counts_problem(stamp)
    if problem:
        raise ValueError(problem)
    lines = [f"# SPDX-License-Identifier: {licence}"]
    lines.append(f"# The last run of this suite; ./bazelw run {stamp.suite} writes it.")
    lines += [f"{key} {getattr(stamp, key)}" for key in KEYS]
    return "\n".join(lines) + "\n"


def read(text):
    """A stamp from its text. ValueError for anything else."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    words = [line.split(" ") for line in lines]
    if [word[0] for word in words] != list(KEYS) or any(len(w) != 2 for w in words):
        raise ValueError(f"not the lines {', '.join(KEYS)}")
    values = dict(words)
    datetime.date.fromisoformat(values["date"])
    for key in NUMBERS:
        values[key] = int(values[key])
        if values[key] < 0:
            raise ValueError(f"{key} is negative")
    return Stamp(**values)


def age(stamp, today):
    """How old a stamp is, for people."""
    days = (today - datetime.date.fromisoformat(stamp.date)).days
    return f"{days} day{'' if days == 1 else 's'}"


def check_suite(root, suite, paths, today):
    """What is printed about a suite, and what is wrong with its stamp or None."""
    file = root / suite.stamp
    redo = f"run ./bazelw run {suite.name} and commit {suite.stamp}"
    if not file.is_file():
        return f"{suite.name}: never run", redo if suite.strict else None
    try:
        stamp = read(file.read_text("utf-8"))
    except ValueError as error:
        return f"{suite.name}: the stamp is not readable", f"{suite.stamp}: {error}"
    told = (
        f"{suite.name}: {age(stamp, today)} old: {stamp.passed} passed, "
        f"{stamp.failed} failed, {stamp.skipped} skipped in {stamp.tests} tests"
    )
    if stamp.suite != suite.name:
        return told, f"{suite.stamp}: is about {stamp.suite}"
    if counts_problem(stamp):
        return told, f"{suite.stamp}: {counts_problem(stamp)}"
    if suite.strict and stamp.inputs != fingerprint(root, suite, paths):
        return told, f"{suite.inputs}/ changed since the stamp: {redo}"
    return told, None


def check(root, suites, paths, today):
    """Prints the age of each stamp; the problems."""
    problems = []
    for suite in suites:
        told, problem = check_suite(root, suite, paths, today)
        print(told)
        if problem:
            problems.append(problem)
    return problems


def run_bazel(suite, options):
    """Run the suite's tests. Bazel's status, and the number of tests and cases."""
    with tempfile.TemporaryDirectory() as folder:
        events = pathlib.Path(folder) / "events.json"
        command = [str(tree.ROOT / "bazelw"), "test", *options]
        command += [f"--build_event_json_file={events}", suite.tests]
        status = subprocess.run(command, cwd=tree.ROOT, check=False).returncode
        if not events.exists():
            return status, 0, count_tests.Counts(0, 0, 0)
        _, results = count_tests.read_events(events)
    counts = count_tests.Counts(0, 0, 0)
    for result in results.values():
        log = count_tests.read_log(result)
        counts = count_tests.add(
            counts, count_tests.count_program(result["status"], log)[0]
        )
    return status, len(results), counts


def run(root, suite, options, list_files, run_tests, today):
    """Run the suite's tests and write its stamp. ValueError if that is refused."""
    before = fingerprint(root, suite, list_files())
    status, tests, counts = run_tests(suite, options)
    if status:
        raise ValueError(f"{suite.name}: bazel ended with {status}")
    if fingerprint(root, suite, list_files()) != before:
        raise ValueError(f"{suite.name}: {suite.inputs}/ changed meanwhile")
    stamp = Stamp(suite.name, before, today.isoformat(), tests, *counts)
    (root / suite.stamp).write_text(write(stamp, suite.licence), "utf-8")
    return stamp


def main(argv):
    """Check all stamps, or run one suite."""
    today = datetime.datetime.now(datetime.timezone.utc).date()
    if argv == ["check"]:
        tree.finish(check(tree.ROOT, SUITES, tree.files(), today), len(SUITES))
    suites = {suite.name: suite for suite in SUITES}
    if len(argv) < 2 or argv[0] != "run" or argv[1] not in suites:
        sys.exit(__doc__)
    suite = suites[argv[1]]
    try:
        stamp = run(tree.ROOT, suite, argv[2:], tree.files, run_bazel, today)
    except ValueError as error:
        sys.exit(f"no stamp is written: {error}")
    print(f"{suite.stamp}: {stamp.passed} passed, {stamp.skipped} skipped")


if __name__ == "__main__":
    main(sys.argv[1:])
