# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Run the cases that every language runs, against one language.

usage: run_cases.py recorded|live LANGUAGE COMMAND...

COMMAND is the language's runner, started anew for each case, in the root of
the tree. A step of a case in cases.json is one line, words separated by tabs:
a variable or "-" for the result, a verb, its arguments. The runner does it and
answers with one line:

    object              the result is an object; it is in the variable
    value TAB TEXT      the result is a number, a text, or several in TEXT
    nothing             the language's "no value": nothing now
    error TAB NAME TAB TEXT   an error: its status, as "BUSY", and its text

What an answer must be stands in cases.json, so no runner can be content with
itself. bindings/README.md lists the verbs.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

DATA = pathlib.Path("tests/data")
CASES = pathlib.Path("tests/bindings/cases.json")
TRACING = pathlib.Path("/sys/kernel/tracing")
TIMEOUT = 120

# Live cases know whose ring the runner writes to.
CPU = min(os.sched_getaffinity(0))


def why_not_live():
    """Why the running kernel cannot be traced here; None: it can."""
    if not os.access(TRACING / "instances", os.W_OK):
        return "no tracing instances can be made here (root, tracefs mounted?)"
    return None


def load():
    """The cases, by name."""
    cases = json.loads(CASES.read_text("utf-8"))["cases"]
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names), "two cases of one name"
    return cases


def make_files(made, folder):
    """Files that are made of recorded ones: cut short, or with other bytes."""
    for name, how in made.items():
        data = bytearray(path_of(how["of"]).read_bytes())
        data = data[: how.get("cut", len(data))]
        for place, value in how.get("bytes", []):
            data[place] = value
        (folder / name).write_bytes(data)


def path_of(word):
    """The file that a word of a step stands for."""
    name, _, cpu = word.partition("/cpu")
    if cpu:
        return DATA / "recordings" / name / f"per_cpu/cpu{cpu}/trace_pipe_raw"
    return DATA / word


class Runner:
    """A language's process."""

    def __init__(self, command, folder):
        self.folder = folder
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        # One that hangs ends, and so fails.
        self.timer = threading.Timer(TIMEOUT, self.process.kill)
        self.timer.start()

    def words(self, step):
        """What is sent for a step; "@name" is a file's path."""
        variable, equals, rest = step.partition(" = ")
        words = (rest if equals else step).split()
        for word in words:
            if word == "@cpu":
                word = str(CPU)
            elif word.startswith("@tmp/"):
                word = str(self.folder / word[5:])
            elif word.startswith("@"):
                word = str(path_of(word[1:]))
            yield word
        self.variable = variable if equals else "-"

    def ask(self, step):
        """The answer to a step, as a list of words."""
        words = list(self.words(step))
        self.process.stdin.write("\t".join([self.variable, *words]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line.endswith("\n"):
            status = self.process.wait(TIMEOUT)
            raise AssertionError(f"{step}: the runner ended with {status}")
        return line.rstrip("\n").split("\t")

    def finish(self):
        """Ends it; it must end well, after all its objects are collected."""
        self.process.stdin.close()
        status = self.process.wait(TIMEOUT)
        assert status == 0, f"the runner ended with {status}"


def problem(step, answer):
    """What is wrong with an answer; None: nothing."""
    kind, *rest = answer
    if kind == "error" and len(rest) != 2:
        return "an error needs a name and a text"
    if "error" in step:
        wanted = [step["error"]] if isinstance(step["error"], str) else step["error"]
        if kind != "error" or rest[0] not in wanted:
            return f"not the error {' or '.join(wanted)}"
        if not rest[1].strip() or step.get("says", "") not in rest[1]:
            return f"its text does not say {step.get('says', 'anything')!r}"
        return None
    if "nothing" in step:
        return None if kind == "nothing" else "not nothing"
    if kind == "error" and rest[0] in step.get("or_error", []):
        return None
    if "give" in step:
        good = kind == "value" and "\t".join(rest) == step["give"]
        return None if good else f"not {step['give']!r}"
    if "at_least" in step:
        found = [int(word) for word in rest[0].split()] if kind == "value" else []
        least = step["at_least"]
        good = len(found) >= len(least) and all(a >= b for a, b in zip(found, least))
        return None if good else f"not at least {least}"
    return "an error" if kind == "error" else None


def run(case, command):
    """Runs one case; AssertionError: it fails."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(case.get("files", {}), pathlib.Path(folder))
        runner = Runner(command, pathlib.Path(folder))
        try:
            for step in case["steps"]:
                answer = runner.ask(step["do"])
                wrong = problem(step, answer)
                assert not wrong, f"{step['do']}: {answer}: {wrong}"
            runner.finish()
        finally:
            runner.timer.cancel()
            runner.process.kill()
            runner.process.wait()


def main(kind, language, command):
    """Prints TAP; the exit status."""
    words = [word for part in command for word in part.split()]
    assert shutil.which(words[0]), f"{words[0]} is missing"
    cases = [case for case in load() if bool(case.get("live")) == (kind == "live")]
    missing = None
    if kind == "live":
        missing = why_not_live()
        os.sched_setaffinity(0, {CPU})
    failures = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        reason = missing or case.get("skip", {}).get(language)
        if reason:
            print(f"ok {number} - {case['name']} # SKIP {reason}")
            continue
        try:
            run(case, words)
            print(f"ok {number} - {case['name']}")
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            failures += 1
            print(f"not ok {number} - {case['name']}\n# {error}")
        sys.stdout.flush()
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[1] not in ("recorded", "live"):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
