# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A language needs one small folder, and all languages share the interface."""

import pathlib
import re

import tree

SWIG = pathlib.Path("bindings/swig")
HEADER = pathlib.Path("core/include/ringmap/ringmap.h")

TYPEMAP_LINES = 80
IDIOM_LINES = 100
# SWIG cannot return Go's (value, error), so each call has a wrapper of two lines.
MORE_IDIOM_LINES = {"go": 620}
EXAMPLE_LINES = 60
BUILD_LINES = 40

# Python does not use SWIG, and SWIG's folder is not a language.
OTHERS = {"python", "swig"}
# The files that are written by hand.
IDIOMS = {
    "go": "*.go raw/*.go arrow/*.go",
    "java": "src/ringmap/*.java",
    "lua": "*.lua",
    "ruby": "lib/*.rb",
}
COMMENT = re.compile(r"\s*(#|--|//|/\*|\*/|\* |$)")
CONDITIONAL = re.compile(r"^\s*[#%]\s*(if|ifdef|ifndef|elif)\b", re.M)


def text_of(path):
    """Return a file's text."""
    return (tree.ROOT / path).read_text("utf-8")


def code_lines(path):
    """Return the number of lines that are neither comments nor blank."""
    return sum(not COMMENT.match(line) for line in text_of(path).splitlines())


def without_comments(text):
    """Return C code without its comments."""
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def languages():
    """Return the folders of languages."""
    paths = [p.parts for p in tree.files()]
    folders = {p[1] for p in paths if p[0] == "bindings" and len(p) > 2}
    return sorted(folders - OTHERS)


def interface_problems():
    """Find conditionals, and functions that are neither used nor hidden."""
    interface = text_of(SWIG / "ringmap.i")
    for found in CONDITIONAL.finditer(without_comments(interface)):
        yield f"{SWIG}/ringmap.i: has a conditional: {found[0].strip()}"
    hidden = {}
    for line in text_of(SWIG / "hidden.txt").splitlines():
        if line and not line.startswith("#"):
            name, _, reason = line.partition(" ")
            hidden[name] = reason.strip()
    used = set()
    for path in tree.files():
        if path.parent == SWIG and path.suffix in (".c", ".i"):
            used |= set(re.findall(r"\bringmap_\w+", without_comments(text_of(path))))
    declared = set(re.findall(r"\b(ringmap_\w+)\(", without_comments(text_of(HEADER))))
    for name in sorted(declared - used - set(hidden)):
        yield f"{name} is in no binding, and hidden.txt has no reason for it"
    for name, reason in sorted(hidden.items()):
        if name not in declared or name in used or not reason:
            yield f"hidden.txt: {name}: not declared, not hidden, or without reason"


def idiom_lines(folder, patterns):
    """Return the number of lines of code written by hand, without tests."""
    return sum(
        code_lines(path)
        for path in tree.files()
        if not path.name.endswith("_test.go")
        and any(path.match(str(folder / pattern)) for pattern in patterns)
    )


def language_problems(language):
    """Find files in a language's folder that are too long or missing."""
    folder = pathlib.Path("bindings") / language
    names = {p.name for p in tree.files() if p.parts[:2] == folder.parts}
    for name in ("BUILD", "README.md", f"{language}.i"):
        if name not in names:
            yield f"{folder}: {name} is missing"
            return
    lines = len(text_of(folder / f"{language}.i").splitlines())
    if lines > TYPEMAP_LINES:
        yield f"{folder}/{language}.i: {lines} lines, at most {TYPEMAP_LINES}"
    lines = code_lines(folder / "BUILD")
    if lines > BUILD_LINES:
        yield f"{folder}/BUILD: {lines} lines of code, at most {BUILD_LINES}"
    lines = idiom_lines(folder, IDIOMS.get(language, "").split())
    limit = MORE_IDIOM_LINES.get(language, IDIOM_LINES)
    if not lines:
        yield f"{folder}: IDIOMS does not list the files written by hand"
    if lines > limit:
        yield f"{folder}: {lines} lines of code by hand, at most {limit}"
    if CONDITIONAL.search(without_comments(text_of(folder / f"{language}.i"))):
        yield f"{folder}/{language}.i: has a conditional"


def example_problems():
    """Find examples that are too long, in every language but C."""
    for path in tree.files():
        if path.match("examples/*/*") and path.parts[1] in languages():
            lines = len(text_of(path).splitlines())
            if path.name != "BUILD" and lines > EXAMPLE_LINES:
                yield f"{path}: {lines} lines, at most {EXAMPLE_LINES}"


def main():
    """Check every language."""
    problems = [*interface_problems(), *example_problems()]
    found = languages()
    for language in found:
        problems += language_problems(language)
    tree.finish(problems, len(found))


main()
