# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Every unit test runs on the other machines, or has a reason why it does not."""

import re

import tree

# Tests that no other machine runs.
OTHERS = {
    "faults_test": "needs recordings from outside of the tree",
    "foreign_format_test": "needs recordings from outside of the tree",
    "foreign_test": "needs recordings from outside of the tree",
    "one_case_test": "starts a program of this machine",
    "trappy_test": "needs recordings from outside of the tree",
}
LISTS = re.compile(r"^(?:CORE|LIBRARY)_TESTS = \[\n(.*?)^\]", re.M | re.S)
NAME = re.compile(r'^ *(?:name = )?"(\w+_test)",$', re.M)


def main():
    """Compare the lists of tests/machines with tests/unit."""
    lists = LISTS.findall(tree.read("tests/machines/suites.bzl"))
    listed = [name for part in lists for name in NAME.findall(part)]
    tests = set(NAME.findall(tree.read("tests/unit/BUILD")))
    problems = []
    for name in sorted(set(listed)):
        if listed.count(name) > 1:
            problems.append(f"{name}: twice in tests/machines/suites.bzl")
        if name not in tests:
            problems.append(f"{name}: not in tests/unit")
    for name in sorted(tests - set(OTHERS) - set(listed)):
        problems.append(f"{name}: neither in tests/machines/suites.bzl nor in OTHERS")
    for name in sorted(set(OTHERS) & set(listed) | set(OTHERS) - tests):
        problems.append(f"{name}: wrong in OTHERS")
    tree.finish(problems, len(listed))


main()
