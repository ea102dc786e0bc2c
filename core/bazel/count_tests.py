# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Count the cases of a Bazel test run: passed, failed, skipped.

usage: count_tests.py BUILD_EVENT_JSON_FILE

Bazel counts programs; this counts the cases inside them. It understands logs in
TAP ("ok 3 - name # SKIP why"), of Check ("100%: Checks: 3, Failures: 0, Errors:
0") and of pytest ("== 3 passed, 1 skipped in 0.1s =="). A program with another
log is one case. A program that failed counts as at least one failure whatever
its log says. Skipped cases are listed with their reasons. The exit status is 1
if a case failed.
"""

import collections
import json
import pathlib
import re
import sys
import urllib.parse

TAP = re.compile(
    r"^(?P<bad>not )?ok \d+\b(?P<name>.*?)(?P<skip># SKIP\b.*)?$",
    re.MULTILINE | re.IGNORECASE,
)
CHECK = re.compile(
    r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.MULTILINE
)
PYTEST = re.compile(r"^=+ (?P<cases>\d+ \w+(?:, \d+ \w+)*) in .*=+$", re.MULTILINE)
PYTEST_SKIP = re.compile(r"^SKIPPED \[\d+\] .*$", re.MULTILINE)

Counts = collections.namedtuple("Counts", "passed failed skipped")


def add(left, right):
    """Return the sum of two counts."""
    return Counts(*(a + b for a, b in zip(left, right)))


def count_log(text):
    """Return the counts of a log and the reasons of the skipped cases."""
    counts = Counts(0, 0, 0)
    reasons = []
    cases = list(TAP.finditer(text))
    for case in cases:
        if case["skip"]:
            counts = add(counts, Counts(0, 0, 1))
            reasons.append(f"{case['name'].strip(' -')} {case['skip']}")
        elif case["bad"]:
            counts = add(counts, Counts(0, 1, 0))
        else:
            counts = add(counts, Counts(1, 0, 0))
    if not cases:
        for checks, failures, errors in CHECK.findall(text):
            bad = int(failures) + int(errors)
            counts = add(counts, Counts(int(checks) - bad, bad, 0))
    if not sum(counts):
        return count_pytest(text)
    return counts, reasons


def count_pytest(text):
    """Return the counts in pytest's last lines, and its skipped cases."""
    counts = Counts(0, 0, 0)
    for line in PYTEST.findall(text):
        said = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", line)}
        passed = said.get("passed", 0) + said.get("xfailed", 0)
        bad = [said.get(word, 0) for word in ("failed", "error", "errors", "xpassed")]
        counts = add(counts, Counts(passed, sum(bad), said.get("skipped", 0)))
    return counts, PYTEST_SKIP.findall(text)


def count_program(status, text):
    """Return counts and reasons of a program that ended with @status."""
    counts, reasons = count_log(text)
    if status != "PASSED":
        return counts._replace(failed=max(counts.failed, 1)), reasons
    if sum(counts) == 0:
        return Counts(1, 0, 0), reasons
    return counts, reasons


def read_log(result):
    """Return the text of a test's log."""
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.log":
            path = urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
            return pathlib.Path(path).read_text("utf-8", "replace")
    return ""


def read_events(path):
    """Return the tags and the last result of each test."""
    tags, results, ended = {}, {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            if "configured" in event:
                kind = event["configured"].get("targetKind", "")
                if kind.endswith("_test rule"):
                    label = event["id"]["targetConfigured"]["label"]
                    tags[label] = event["configured"].get("tag", [])
            elif "testResult" in event:
                results[event["id"]["testResult"]["label"]] = event["testResult"]
            elif "finished" in event:
                ended = event["finished"]["exitCode"]["name"]
    if ended not in ("SUCCESS", "TESTS_FAILED"):
        # The build failed: a test that was not run is not a success.
        for label in tags:
            results.setdefault(label, {"status": "NO_STATUS"})
    return tags, results


def main(path):
    """Print the counts and return the exit status."""
    tags, results = read_events(path)
    total = live = Counts(0, 0, 0)
    for label, result in sorted(results.items()):
        counts, reasons = count_program(result["status"], read_log(result))
        total = add(total, counts)
        if "live" in tags.get(label, []):
            live = add(live, counts)
        for reason in reasons:
            print(f"skipped: {label} {reason}")
    print(
        f"on the running kernel: {live.passed} passed, "
        f"{live.failed} failed, {live.skipped} skipped"
    )
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 1 if total.failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
