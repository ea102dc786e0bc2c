# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Makes the reference page out of the package's docstrings.

usage: python3 bindings/python/reference.py > bindings/python/REFERENCE.md

The sources are read, not imported: nothing has to be built. In a docstring
"name: text" at the beginning of a line describes a parameter or an attribute;
what belongs to it is indented. A paragraph that is indented is code.
"""

import ast
import inspect
import pathlib
import re
import sys
import textwrap
import typing

PACKAGE = pathlib.Path(__file__).resolve().parent / "src/ringmap"

HEAD = """\
<!-- SPDX-License-Identifier: LGPL-2.1-or-later OR MIT -->
<!-- Made by reference.py from the docstrings: change those, then run it. -->
# Reference of the Python package

Paths such as `kernel/trace/ring_buffer.c` refer to the source of the Linux
kernel, which defines the thing described. Names such as `trace_clock` are files
in tracefs. A *sub-buffer* is the unit in which the kernel fills a ring buffer; a
*page* is the committed part of one sub-buffer. A *time stamp* is in units of the
trace clock, usually nanoseconds. *Shape* and *dtype* have NumPy's meaning.
"""

# What the modules beside the package itself are; they are imported by name.
MODULES = ("analysis", "plot")

ITEM = re.compile(r"(\w+(?:, \w+)*): +(.*)")
# They begin paragraphs in which "Name: text" describes no parameter.
SENTENCES = ("Threads: ", "Raises ")

# Methods that Python itself calls, by how one writes that.
SPECIAL = {
    "__len__": "len({})",
    "__iter__": "iter({})",
    "__contains__": "event in {}",
    "__getitem__": "{}[event]",
    "__bool__": "bool({})",
}
# A base class that no user has to know.
NOBODYS = ("PageView",)
CAPSULES = ("__arrow_c_schema__", "__arrow_c_stream__", "__arrow_c_array__")

Function = typing.Union[ast.FunctionDef, ast.AsyncFunctionDef]


class Module:
    """One file of the package: what it defines, by name."""

    def __init__(self, name: str):
        path = PACKAGE / f"{name}.py"
        self.text = path.read_text("utf-8")
        self.tree = ast.parse(self.text, str(path))
        self.names = {
            node.name: node
            for node in self.tree.body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef))
        }

    def source(self, node: ast.AST) -> str:
        """An expression as it is written, in one line."""
        return re.sub(r"\s+", " ", ast.get_source_segment(self.text, node) or "")

    def annotation(self, node: "ast.expr | None") -> str:
        """A type as it is written, without quotes around it; "" for none."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        return self.source(node) if node else ""


def parameters(module: Module, function: Function) -> str:
    """The parameters of a function as they are written, without self."""
    args = function.args
    named = [*args.posonlyargs, *args.args]
    defaults: "list[typing.Optional[ast.expr]]" = [None] * len(named)
    if args.defaults:
        defaults[-len(args.defaults) :] = args.defaults
    written = [
        parameter(module, arg, default)
        for arg, default in zip(named, defaults)
        if arg.arg not in ("self", "cls")
    ]
    if args.vararg:
        written.append(f"*{args.vararg.arg}")
    elif args.kwonlyargs:
        written.append("*")
    written += [
        parameter(module, *pair) for pair in zip(args.kwonlyargs, args.kw_defaults)
    ]
    if args.kwarg:
        written.append("**" + parameter(module, args.kwarg, None))
    return ", ".join(written)


def parameter(module: Module, arg: ast.arg, default: "ast.expr | None") -> str:
    """One of them."""
    kind = f": {module.annotation(arg.annotation)}" if arg.annotation else ""
    value = f" = {module.source(default)}" if default else ""
    return arg.arg + kind + value


def signature(module: Module, name: str, function: Function) -> str:
    """A function as a heading of code."""
    result = module.annotation(function.returns)
    arrow = f" -> {result}" if result not in ("", "None") else ""
    text = f"{name}({parameters(module, function)}){arrow}"
    if len(text) > 80:
        inner = parameters(module, function)
        text = f"{name}(\n    {wrapped(inner)}\n){arrow}"
    return f"```python\n{text}\n```\n"


def wrapped(text: str) -> str:
    """Parameters, one a line: commas inside brackets do not count."""
    lines, depth, line = [], 0, ""
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        line += letter
        if letter == "," and not depth:
            lines.append(line.strip())
            line = ""
    return "\n    ".join([*lines, line.strip() + ","])


def escaped(text: str) -> str:
    """Text that Markdown shows unchanged."""
    return re.sub(r"([*<])", r"\\\1", text).replace("__", r"\_\_")


def markdown(text: str) -> str:
    """A docstring: paragraphs, and lists of what is described by name."""
    blocks: "list[str]" = []
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph.startswith("    "):
            blocks.append(f"```python\n{textwrap.dedent(paragraph)}\n```")
            continue
        lines: "list[str]" = []
        described = not paragraph.startswith(SENTENCES)
        for line in paragraph.splitlines():
            item = ITEM.match(line) if described else None
            if item:
                names = "`, `".join(item[1].split(", "))
                lines.append(f"- `{names}`: {escaped(item[2])}")
            elif line.startswith("- "):
                lines.append("- " + escaped(line[2:]))
            elif line.startswith("  ") and lines and lines[-1][:2] in ("- ", "  "):
                lines.append("  " + escaped(line.strip()))
            else:
                lines.append(escaped(line))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def doc(node: "ast.ClassDef | ast.FunctionDef | ast.Module") -> str:
    """A docstring, which must be there."""
    text = ast.get_docstring(node)
    if not text:
        sys.exit(f"{getattr(node, 'name', 'a module')} has no docstring")
    return markdown(text)


def is_property(function: ast.FunctionDef) -> bool:
    """Whether it is read as an attribute."""
    return any(getattr(d, "id", "") == "property" for d in function.decorator_list)


def member(module: Module, cls: str, function: ast.FunctionDef) -> str:
    """A method or a property."""
    name = function.name
    begin = f"#### `{cls}.{name}`\n\n"
    thing = cls.lower()
    if is_property(function):
        kind = module.annotation(function.returns)
        code = f"```python\n{thing}.{name}: {kind}\n```\n\n"
    elif name in SPECIAL:
        begin = f"#### `{SPECIAL[name].format(thing)}`\n\n"
        code = ""
    else:
        class_method = any(
            getattr(d, "id", "") == "classmethod" for d in function.decorator_list
        )
        owner = cls if class_method else thing
        code = signature(module, f"{owner}.{name}", function) + "\n"
    return begin + code + doc(function)


def members(cls: ast.ClassDef) -> "list[ast.FunctionDef]":
    """What users may call, in the order of the source."""
    found = [node for node in cls.body if isinstance(node, ast.FunctionDef)]
    return [
        node
        for node in found
        if not node.name.startswith("_")
        or (node.name in (*SPECIAL, *CAPSULES) and ast.get_docstring(node))
    ]


def class_text(module: Module, cls: ast.ClassDef) -> str:
    """A class: how to make one, what it is, its members."""
    written = [module.source(base) for base in cls.bases]
    bases = ", ".join(base for base in written if base not in NOBODYS)
    text = f"### `{cls.name}`\n\n"
    made = [n for n in cls.body if isinstance(n, ast.FunctionDef)]
    init = [n for n in made if n.name == "__init__"]
    if init and takes_what_users_have(cls):
        text += signature(module, cls.name, init[0]) + "\n"
    elif bases:
        text += f"```python\nclass {cls.name}({bases})\n```\n\n"
    text += doc(cls)
    parts = [member(module, cls.name, node) for node in members(cls)]
    return "\n".join([text, *parts])


def takes_what_users_have(cls: ast.ClassDef) -> bool:
    """Whether users make objects of it; others come from the package."""
    return cls.name in ("Ring", "Session")


def function_text(module: Module, name: str, function: ast.FunctionDef) -> str:
    """A function of a module."""
    heading = name.split("ringmap.", 1)[1]
    return f"### `{heading}`\n\n{signature(module, name, function)}\n{doc(function)}"


def public() -> "typing.Iterator[tuple[str, str, str]]":
    """Names of the package: as users write them, module, name in there."""
    for node in Module("__init__").tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "_version":
            for alias in node.names:
                yield alias.asname or alias.name, node.module or "", alias.name


def part(title: str, texts: "list[str]") -> str:
    """A section, or nothing."""
    return "\n".join([f"## {title}\n", *texts])


def package_parts() -> "typing.Iterator[str]":
    """The package itself: functions, classes, exceptions."""
    functions, classes, errors = [], [], []
    for shown, file, name in sorted(public()):
        module = Module(file)
        node = module.names[name]
        if isinstance(node, ast.FunctionDef):
            functions.append(function_text(module, f"ringmap.{shown}", node))
        else:
            kind = errors if file == "_errors" else classes
            kind.append(class_text(module, node))
    yield part("Functions", functions)
    yield part("Classes", classes)
    errors.sort(key=lambda text: not text.startswith("### `Error`\n"))
    yield part("Exceptions", errors)


def module_part(name: str) -> str:
    """One of the modules beside it."""
    module = Module(name)
    texts = [doc(module.tree)]
    for node in module.names.values():
        if node.name.startswith("_"):
            continue
        if isinstance(node, ast.FunctionDef):
            texts.append(function_text(module, f"ringmap.{name}.{node.name}", node))
        else:
            texts.append(class_text(module, node))
    return part(f"Module `ringmap.{name}`", texts)


def page() -> str:
    """The whole page."""
    parts = [HEAD, *package_parts(), *(module_part(name) for name in MODULES)]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
