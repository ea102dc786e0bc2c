# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""//:check names the part of every package that has tests."""

import re

import tree

# Packages without a part in the suite.
OTHERS = {
    "bindings/go": "needs Go",
    "bindings/java": "needs a JDK and Maven",
    "bindings/lua": "needs Lua",
    "bindings/ruby": "needs Ruby",
    "kernel": "needs the distribution's kernel sources",
    "kernel/bench": "measures kernels in guests",
    "kernel/guest": "boots guests",
    "kernel/tests": "runs on the kernel of the machine or of a guest",
    "tests/machines": "downloads cross compilers",
    "tests/programs": "traces the running kernel",
}
TEST_RULE = re.compile(r"\b\w+_(?:test|tests|pytest|target)\(")
SUITE = re.compile(r"test_suite\(\s*name = \"check\",\s*tests = \[(.*?)\]", re.S)


def main():
    """Compare the suite with the BUILD files."""
    suite = SUITE.search(tree.read("BUILD"))[1]
    named = set(re.findall(r'"//(.*):check"', suite))
    problems = []
    packages = set()
    for path in tree.files():
        package = str(path.parent)
        text = tree.read(path) if path.name == "BUILD" else ""
        if package == "." or not TEST_RULE.search(text):
            continue
        packages.add(package)
        has_part = re.search(r"^rm_quick_suite\(\)$", text, re.M) is not None
        if has_part == (package in OTHERS):
            problems.append(f"{path}: either rm_quick_suite(), or a reason in OTHERS")
        if has_part != (package in named):
            problems.append(f"//{package}:check: not both here and in //:check")
    for package in sorted((named | set(OTHERS)) - packages):
        problems.append(f"{package}: has no tests")
    rules = tree.read("core/bazel/defs.bzl")
    for folder in re.findall(r"\"//(bindings|tests|kernel|examples)\b", rules):
        problems.append(f"core/bazel/defs.bzl: names //{folder}")
    tree.finish(problems, len(packages))


main()
