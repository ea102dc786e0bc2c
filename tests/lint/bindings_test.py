# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A language costs one small folder, and the interface is everybody's."""

import pathlib
import re

import tree

SWIG = pathlib.Path("bindings/swig")
HEADER = pathlib.Path("core/include/ringmap/ringmap.h")

TYPEMAP_LINES = 80
IDIOM_LINES = 100
# SWIG's Go knows no (value, error): each call is written again, in a line or two.
MORE_IDIOM_LINES = {"go": 620}
EXAMPLE_LINES = 60
BUILD_LINES = 40

# Python goes another way; the folder of SWIG is no language's.
OTHERS = {"python", "swig"}
# What a generator cannot know.
IDIOMS = {
    "go": "*.go raw/*.go arrow/*.go",
    "java": "src/ringmap/*.java",
    "lua": "*.lua",
    "ruby": "lib/*.rb",
}
COMMENT = re.compile(r"\s*(#|--|//|/\*|\*/|\* |$)")
CONDITIONAL = re.compile(r"^\s*[#%]\s*(if|ifdef|ifndef|elif)\b", re.M)


def text_of(path):
    """A file's text."""
    return (tree.ROOT / path).read_text("utf-8")


def code_lines(path):
    """How many lines are neither comments nor blank."""
    return sum(not COMMENT.match(line) for line in text_of(path).splitlines())


def without_comments(text):
    """C without its comments."""
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)


def languages():
    """The folders of languages."""
    paths = [p.parts for p in tree.files()]
    folders = {p[1] for p in paths if p[0] == "bindings" and len(p) > 2}
    return sorted(folders - OTHERS)


def interface_problems():
    """Conditionals, and functions that are neither used nor hidden."""
    interface = text_of(SWIG / "ringmap.i")
    for found in CONDITIONAL.finditer(without_comments(interface)):
        yield f"{SWIG}/ringmap.i: a conditional: {found[0].strip()}"
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
        yield f"{name} is in no binding; hidden.txt does not say why"
    for name, reason in sorted(hidden.items()):
        if name not in declared or name in used or not reason:
            yield f"hidden.txt: {name}: not declared, not hidden, or no reason"


def idiom_lines(folder, patterns):
    """How many lines of code were written by hand, without tests."""
    return sum(
        code_lines(path)
        for path in tree.files()
        if not path.name.endswith("_test.go")
        and any(path.match(str(folder / pattern)) for pattern in patterns)
    )


def language_problems(language):
    """What is too long, or missing, in a language's folder."""
    folder = pathlib.Path("bindings") / language
    names = {p.name for p in tree.files() if p.parts[:2] == folder.parts}
    for name in ("BUILD", "README.md", f"{language}.i"):
        if name not in names:
            yield f"{folder}: no {name}"
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
        yield f"{folder}: IDIOMS does not say what is written by hand"
    if lines > limit:
        yield f"{folder}: {lines} lines of code by hand, at most {limit}"
    if CONDITIONAL.search(without_comments(text_of(folder / f"{language}.i"))):
        yield f"{folder}/{language}.i: a conditional"


def example_problems():
    """Examples are short in every language but C."""
    for path in tree.files():
        if path.match("examples/*/*") and path.parts[1] in languages():
            lines = len(text_of(path).splitlines())
            if path.name != "BUILD" and lines > EXAMPLE_LINES:
                yield f"{path}: {lines} lines, at most {EXAMPLE_LINES}"


def main():
    """Look at every language."""
    problems = [*interface_problems(), *example_problems()]
    found = languages()
    for language in found:
        problems += language_problems(language)
    tree.finish(problems, len(found))


main()
