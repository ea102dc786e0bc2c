# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Which values of prev_state mean that a task sleeps."""

import ast
import operator
import re
from typing import Any, Callable, Dict, Optional, Type

from ._errors import UnsupportedError
from ._formats import EventFormat
from ._ringmap import lib

_OPERAND = re.compile(r"REC->prev_state\s*&\s*(?=[(\d])")
# The type of a number in C, as in 1UL.
_SUFFIX = re.compile(r"(?<=[\da-fA-F])[uUlL]+\b")
# A kernel's expression has about 150 characters.
_TEXT_MAX = 4096
_VALUE_MAX = 1 << 64
_OPERATORS: Dict[Type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.LShift: operator.lshift,
    ast.Sub: operator.sub,
}


def _operand(text: str) -> str:
    """The number or the expression in parentheses that a text begins with."""
    depth = 0
    for at, letter in enumerate(text[:_TEXT_MAX]):
        depth += (letter == "(") - (letter == ")")
        if depth < 0 or (depth == 0 and not letter.isalnum() and letter != ")"):
            return text[:at]
        if depth == 0 and letter == ")":
            return text[: at + 1]
    raise ValueError("the expression does not end")


def _value(node: Any) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return int(node.value)
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS:
        raise ValueError("no constant expression")
    left, right = _value(node.left), _value(node.right)
    # The text may come from anywhere: numbers stay as small as C's.
    if isinstance(node.op, ast.LShift) and not 0 <= right < 64:
        raise ValueError("no such shift in C")
    value = _OPERATORS[type(node.op)](left, right)
    if not 0 <= value < _VALUE_MAX:
        raise ValueError("no such number in C")
    return value


def _mask_in(print_fmt: Optional[str]) -> Optional[int]:
    found = _OPERAND.search(print_fmt or "")
    if not found:
        return None
    try:
        text = _SUFFIX.sub("", _operand(found.string[found.end() :]))
        return _value(ast.parse(text, mode="eval").body)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def sleeping_mask(sched_switch: EventFormat) -> int:
    """The bits of prev_state that the event's print fmt shows as states.

    The print fmt is REC->prev_state & MASK ? letters : "R", and MASK depends on
    the kernel. Raises UnsupportedError if it is of another form.
    """
    mask = _mask_in(sched_switch.print_fmt)
    if not mask:
        raise UnsupportedError(
            "the print fmt of sched_switch does not tell by a mask which values of "
            "prev_state are those of a sleeping task: pass the mask to "
            "analysis.wakeups(); for Linux 4.14 and later it is 0xff",
            lib.RINGMAP_E_UNSUPPORTED,
        )
    return mask
