# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Files and functions do not exceed their maximum length."""

import ast
import pathlib

import tree

FILE_LINES = 800
FUNCTION_LINES = 60
CODE = {".c", ".h", ".py", ".sh", ".bzl", ".S", ".i"}

# The public header specifies the whole interface, so it may be longer.
HEADER = pathlib.Path("core/include/ringmap/ringmap.h")
HEADER_LINES = 2500


def c_functions(text):
    """Yield (line, length) of each function body. clang-format puts its braces
    alone in the first column."""
    begin = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            yield begin, number - begin + 1
            begin = None


def py_functions(text):
    """Yield (line, length) of each function."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno - node.lineno + 1


def problems_of(path, text):
    """Find what is too long in a file."""
    lines = len(text.splitlines())
    limit = HEADER_LINES if path == HEADER or path.match("core/abi/*.h") else FILE_LINES
    if lines > limit:
        yield f"{path}: {lines} lines, at most {limit}"
    functions = {".c": c_functions, ".h": c_functions, ".py": py_functions}
    find = functions.get(path.suffix, lambda text: [])
    for line, length in find(text):
        if length > FUNCTION_LINES:
            yield f"{path}:{line}: function of {length} lines, at most {FUNCTION_LINES}"


def main():
    """Check every file with code in it."""
    problems = []
    looked_at = 0
    scripts = set(tree.shell_scripts())
    for path in tree.files():
        if path.suffix in CODE or path.name == "BUILD" or path in scripts:
            looked_at += 1
            problems += problems_of(path, tree.read(path) or "")
    tree.finish(problems, looked_at)


main()
