#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Make a section 3 manual page for each public function of a header.

usage: header_to_man.py HEADER DIRECTORY

The comment in front of each RINGMAP_API declaration is the page:

    /**
     * name - one-line summary
     *
     * Paragraphs. Lines that begin with "@parameter:" describe parameters.
     *
     * Returns RINGMAP_OK; RINGMAP_DONE: with an explanation.
     *
     * Threads: who may call it.
     */

A declaration without such a comment, or a comment that names another
function, is an error.
"""

import pathlib
import re
import sys
import textwrap

# A comment and the declaration behind it, up to the next semicolon.
DOCUMENTED = re.compile(
    r"/\*\*\n(?P<comment>(?:(?! \*/).*\n)*?) \*/\n"
    r"(?P<declaration>RINGMAP_API[^;]*;)"
)
DECLARED = re.compile(r"^RINGMAP_API\b[^;]*?\b(\w+)\(", re.MULTILINE)
FUNCTION_NAME = re.compile(r"\b(\w+)\(")
PARAMETER = re.compile(r"(@\w+(?:, @\w+)*): ?(.*)", re.DOTALL)
# A sentence that begins with one of these words begins a new part.
PART = re.compile(r"(?:^|(?<=[.;:] ))(?=Returns |Threads: )")
# Separates the statuses in a "Returns" part; their texts may contain commas.
STATUS = re.compile(r"[;,] (?=RINGMAP_)")


class BadHeader(Exception):
    """The header breaks the convention."""


class Page:
    """The text of a comment, sorted into the sections of a manual page."""

    def __init__(self, name, summary, declaration):
        self.name = name
        self.summary = summary
        self.declaration = declaration
        self.description = []  # paragraphs, and (parameters, text) pairs
        self.returns = []
        self.threads = []

    def add(self, paragraph):
        """Add a paragraph or "@name: text" block to its section."""
        parameter = PARAMETER.fullmatch(paragraph)
        if parameter:
            self.description.append(parameter.groups())
            return
        for part in PART.split(paragraph):
            part = part.strip()
            if part.startswith("Returns "):
                self.returns.append(part)
            elif part.startswith("Threads: "):
                self.threads.append(sentence(part[len("Threads: ") :]))
            elif part:
                self.description.append(part)


def sentence(text):
    """Return the text with a capital first letter and a full stop."""
    text = text[0].upper() + text[1:]
    return text if text.endswith(".") else text + "."


def blocks(lines):
    """Join the lines of each paragraph and of each parameter's text."""
    block = []
    for line in lines:
        if block and (not line or PARAMETER.match(line)):
            yield " ".join(block)
            block = []
        if line:
            block.append(line)
    if block:
        yield " ".join(block)


def parse(header):
    """Return the pages of a header, in its order."""
    pages = []
    for match in DOCUMENTED.finditer(header):
        lines = [
            re.sub(r"^ \* ?", "", line)
            for line in match["comment"].splitlines()
        ]
        name, dash, summary = lines[0].partition(" - ")
        declaration = re.sub(r"^RINGMAP_API\s+", "", match["declaration"])
        declared = FUNCTION_NAME.search(declaration)
        if not dash or not declared or declared[1] != name:
            raise BadHeader(
                f"the comment {lines[0]!r} does not name the function behind it"
            )
        page = Page(name, summary.strip(), declaration)
        for block in blocks(lines[1:]):
            page.add(block)
        pages.append(page)
    missing = set(DECLARED.findall(header)) - {page.name for page in pages}
    if missing:
        raise BadHeader("no comment before " + ", ".join(sorted(missing)))
    return pages


def version(header):
    """Return the version in the header's enumerators."""
    parts = [
        re.search(rf"RINGMAP_VERSION_{part} = (\d+)", header)
        for part in ("MAJOR", "MINOR", "PATCH")
    ]
    if not all(parts):
        raise BadHeader("RINGMAP_VERSION_MAJOR, _MINOR, _PATCH are missing")
    return ".".join(part[1] for part in parts)


def roff(text):
    """Format running text: parameters in italics, names in bold."""
    text = text.replace("\\", "\\e")
    text = re.sub(r"@(\w+)", r"\\fI\1\\fP", text)
    text = re.sub(r"\b(ringmap_\w+)\(\)", r"\\%\\fB\1\\fP(3)", text)
    text = re.sub(r"\b(RINGMAP_\w+)", r"\\%\\fB\1\\fP", text)
    text = re.sub(r"\b(struct|enum) (ringmap_\w+)", r"\1 \\%\\fB\2\\fP", text)
    # To roff, a line that begins with one of these is a request.
    return "\n".join(
        "\\&" + line if line[0] in ".'" else line
        for line in textwrap.wrap(text, 72, break_on_hyphens=False)
    )


def code(text):
    """Format text that is shown verbatim."""
    return text.expandtabs(8).replace("\\", "\\e").replace("-", "\\-")


def returns(parts):
    """Return the section RETURN VALUE; several statuses become a list."""
    out = [".SH RETURN VALUE"]
    for part in parts:
        statuses = STATUS.split(part[len("Returns ") :].rstrip("."))
        if len(statuses) == 1:
            out += [".PP", roff(part)]
            continue
        for status in statuses:
            name, _, meaning = status.partition(": ")
            out += [".TP", roff(name)]
            if meaning:
                out.append(roff(sentence(meaning)))
    return out


def see_also(page, names):
    """Return functions that the page mentions or that serve the same object."""
    text = " ".join(
        part if isinstance(part, str) else " ".join(part)
        for part in page.description + page.returns + page.threads
    )
    mentioned = re.findall(r"\b(ringmap_\w+)\(\)", text)
    group = "_".join(page.name.split("_")[:2]) + "_"
    wanted = [name for name in names if name.startswith(group)] + mentioned
    others = sorted(set(wanted) & set(names) - {page.name})
    return [f".BR {name} (3)," for name in others] + [".BR ringmap (7)"]


def render(page, names, release):
    """Return the page in the man macros."""
    out = [
        '.\\" SPDX-License-Identifier: LGPL-2.1-or-later OR MIT',
        '.\\" Generated from ringmap.h by header_to_man.py.',
        f'.TH {page.name.upper()} 3 "" "ringmap {release}" "ringmap"',
        ".SH NAME",
        f"{page.name} \\- {roff(page.summary)}",
        ".SH SYNOPSIS",
        ".nf",
        "#include <ringmap/ringmap.h>",
        "",
        code(page.declaration),
        ".fi",
        ".PP",
        "Compile and link with",
        ".IR \"pkg\\-config \\-\\-cflags \\-\\-libs ringmap\" .",
        ".SH DESCRIPTION",
    ]
    for part in page.description or [sentence(page.summary)]:
        if isinstance(part, str):
            out += [".PP", roff(part)]
        else:
            out += [".TP", roff(part[0]), roff(part[1])]
    if page.returns:
        out += returns(page.returns)
    if page.threads:
        out.append(".SH THREADS")
        for part in page.threads:
            out += [".PP", roff(part)]
    # Names must be neither hyphenated (.nh) nor spread over the line (.ad l).
    out += [".SH SEE ALSO", ".nh", ".ad l"] + see_also(page, names)
    return "\n".join(out) + "\n"


def main(argv):
    """Write the pages and return the exit status."""
    if len(argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    header = pathlib.Path(argv[1]).read_text(encoding="utf-8")
    directory = pathlib.Path(argv[2])
    try:
        pages = parse(header)
        release = version(header)
    except BadHeader as error:
        print(f"{argv[1]}: {error}", file=sys.stderr)
        return 1
    names = [page.name for page in pages]
    directory.mkdir(parents=True, exist_ok=True)
    for page in pages:
        path = directory / f"{page.name}.3"
        path.write_text(render(page, names, release), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
