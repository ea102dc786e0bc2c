# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Litmus tests in the kernel's C dialect, and every way that a thread can run.

Expressible: int variables and pointers to them; plain accesses, READ_ONCE,
WRITE_ONCE, smp_load_acquire, smp_store_release, cmpxchg; smp_mb, smp_rmb,
smp_wmb; rcu_dereference and rcu_assign_pointer, which are a READ_ONCE and a
release; registers, sums, comparisons, if and else. An rcu_read_lock() does
nothing, because nothing here waits for a grace period. Everything else raises
Inexpressible with its name: locks, loops, other atomics, forall.
"""

import functools
import operator
import re

_COMMENT = re.compile(r"\(\*(?!\w).*?\*\)|//[^\n]*", re.S)
_RESULT = re.compile(r"Result:\s*(\w+)")
_TEST = re.compile(r"C\s+\S+\s*\{(.*?)\}\s*(P0.*\})\s*(?:locations\s*\[.*?\]\s*)?"
                   r"(\w+)\s*(.*?)\s*$", re.S)
_THREAD = re.compile(r"P\d+\s*\(([^)]*)\)\s*\{")
_VARIABLE = re.compile(r"\s*(?:int|long|u32|u64)?[\s*]*\b(\w+)\s*(?:=\s*(\w+))?\s*$")
_DECLARATION = re.compile(r"(?:int|long|u32|u64)\b[\s*]*(?=\w)")
_LVALUE = re.compile(r"\b(READ_ONCE|WRITE_ONCE|rcu_dereference|rcu_assign_pointer)"
                     r"\(\s*\*")
_LOADS = {"plain": "plain", "READ_ONCE": "once", "rcu_dereference": "once",
          "smp_load_acquire": "acquire"}
_STORES = {"WRITE_ONCE": "once", "rcu_assign_pointer": "release",
           "smp_store_release": "release"}
_FENCES = {"smp_mb": "mb", "smp_rmb": "rmb", "smp_wmb": "wmb",
           "rcu_read_lock": "none", "rcu_read_unlock": "none"}


class Inexpressible(Exception):
    """The test uses what this subset lacks."""


class Event:
    """A load, a store or a fence; its dependencies are numbers of loads."""

    def __init__(self, kind, order, loc=None, value=None, deps=((), (), ())):
        self.kind, self.order = kind, order
        self.loc, self.value = loc, value
        self.addr, self.data, self.ctrl = deps
        self.rmw = False  # the store of a cmpxchg; its load is just before it


class Value:
    """A value, and the loads that it depends on."""

    def __init__(self, value, deps=frozenset()):
        self.value, self.deps = value, deps

    @classmethod
    def of(cls, value):
        """Constants depend on nothing."""
        return value if isinstance(value, cls) else cls(value)


def _add_operator(name, apply):
    def operation(left, right):
        right = Value.of(right)
        return Value(int(apply(left.value, right.value)), left.deps | right.deps)
    setattr(Value, name, operation)


for _name in ("__add__", "__sub__", "__eq__", "__ne__", "__lt__", "__gt__"):
    _add_operator(_name, getattr(operator, _name))


class Test:
    """A parsed test: init {location: value}, threads, the exists clause."""

    def __init__(self, text):
        found = _RESULT.search(text)
        self.result = found.group(1) if found else None
        match = _TEST.match(_COMMENT.sub(" ", text))
        if not match:
            raise Inexpressible("a test of another shape")
        init, threads, clause, condition = match.groups()
        if clause != "exists":
            raise Inexpressible(f"the clause {clause}")
        self.init = {name: _constant(value or "0")
                     for name, value in _variables(init, ";")}
        self.constants = {int(number) for number in
                          re.findall(r"\b\d+\b", threads)}
        self.threads = []
        while threads:
            thread, threads = self._thread(threads)
            self.threads.append(thread)
        self._condition(condition)

    def _thread(self, text):
        head = _THREAD.match(text)
        if not head:
            raise Inexpressible(f"a thread that begins {text.split()[0]}")
        parameters = [name for name, _ in _variables(head.group(1), ",")]
        for name in parameters:
            self.init.setdefault(name, 0)
        body, rest = _balanced(text[head.end() - 1:], "{}")
        thread = {"parameters": parameters, "registers": set()}
        thread["body"] = _block(body, thread)
        return thread, rest.strip()

    def _condition(self, text):
        """Turns it into an expression of Python, and checks its names: a
        misspelt one would make every answer Never."""
        for thread, register in re.findall(r"(\d+):(\w+)", text):
            if register not in self.threads[int(thread)]["registers"]:
                raise ValueError(f"no register {thread}:{register}")
        text = re.sub(r"(\d+):(\w+)\s*=\s*(\w+)", r"register(\1, '\2', '\3')", text)
        self.exists_is_local = "=" not in text
        for name in re.findall(r"(\w+)\s*=", text):
            if name not in self.init:
                raise ValueError(f"no variable {name}")
        text = re.sub(r"(\w+)\s*=\s*(\w+)", r"variable('\1', '\2')", text)
        for sign, word in (("/\\", "and"), ("\\/", "or"), ("~", " not ")):
            text = text.replace(sign, word)
        self._exists = _compile(" ".join(text.split()), ["register", "variable"])

    def exists(self, runs, last):
        """Does the clause hold for these runs and last values?"""
        return eval(self._exists, {
            "register": lambda thread, name, value:
                runs[thread].registers[name].value == _constant(value),
            "variable": lambda name, value: last[name] == _constant(value)})


def _variables(text, separator):
    for part in filter(str.strip, text.split(separator)):
        match = _VARIABLE.match(part)
        if not match:
            raise Inexpressible(part.split()[0])
        yield match.groups()


def _constant(token):
    """A number, or the address of a variable: its name."""
    return int(token) if token.isdigit() else token


def _balanced(text, pair):
    """What is between the first bracket and its partner, and what follows."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == pair[0]) - (sign == pair[1])
        if not depth:
            return text[1:at], text[at + 1:]
    raise Inexpressible(f"a {pair[0]} without its {pair[1]}")


def _block(text, thread):
    body = []
    while text.strip():
        statement, text = _statement(text.strip(), thread)
        body += statement
    return body


def _statement(text, thread):
    """A list of the statement's parts, and the text behind it."""
    if text[0] == "{":
        body, rest = _balanced(text, "{}")
        return _block(body, thread), rest
    if re.match(r"if\b", text):
        condition, rest = _balanced(text[2:].strip(), "()")
        body, rest = _statement(rest.strip(), thread)
        other = []
        if re.match(r"else\b", rest.strip()):
            other, rest = _statement(rest.strip()[4:].strip(), thread)
        return [("if", _expression(condition, thread), body, other)], rest
    statement, _, rest = text.partition(";")
    statement = _DECLARATION.sub("", statement.strip())
    left, assigns, value = re.match(
        r"([*\w\s]+?)\s*(=(?!=))(.*)|", statement, re.S).groups()
    if not assigns and re.fullmatch(r"\w*", statement):
        thread["registers"].add(statement)
        return [], rest
    if not assigns:
        return [("call", _expression(statement, thread))], rest
    if left[0] == "*":
        return [("store", _expression(left[1:], thread),
                 _expression(value, thread))], rest
    thread["registers"].add(left)
    return [("set", left, _expression(value, thread))], rest


def _expression(text, thread):
    text = _LVALUE.sub(r"\1(", " ".join(text.split()))
    text = re.sub(r"\*\s*(\w+)", r"plain(\1)", text)
    return _compile(text, [*_LOADS, *_STORES, *_FENCES, "cmpxchg",
                           *thread["registers"], *thread["parameters"]])


def _compile(text, names):
    try:
        code = compile(text, text, "eval")
    except SyntaxError:
        raise Inexpressible(text) from None
    for name in code.co_names:
        if name not in names:
            raise Inexpressible(name)
    return code


class Run:
    """One run of a thread, where each load gives the next of @choices."""

    def __init__(self, thread, choices):
        self.events = []
        self.registers = {name: Value(0) for name in thread["registers"]}
        self.undecided = None
        self._choices = iter(choices)
        self._ctrl = frozenset()
        self._scope = {name: Value(name) for name in thread["parameters"]}
        for functions, method in ((_LOADS, self._load), (_STORES, self._store),
                                  (_FENCES, self._fence)):
            for name, order in functions.items():
                self._scope[name] = functools.partial(method, order)
        self._scope["cmpxchg"] = self._cmpxchg
        try:
            self._block(thread["body"])
        except StopIteration:
            pass  # in _load(): no value was chosen for it yet

    def _block(self, body):
        for kind, first, *rest in body:
            if kind == "set":
                self.registers[first] = self._value(rest[0])
            elif kind == "call":
                self._value(first)
            elif kind == "store":
                self._store("plain", self._value(first), self._value(rest[0]))
            else:
                # Only the branches themselves depend on the condition.
                condition, before = self._value(first), self._ctrl
                self._ctrl = before | condition.deps
                self._block(rest[0] if condition.value else rest[1])
                self._ctrl = before

    def _value(self, code):
        return Value.of(eval(code, self._scope, self.registers))

    def _load(self, order, address):
        self.undecided = address.value
        value = next(self._choices)
        self.undecided = None
        self.events.append(Event("R", order, address.value, value,
                                 (address.deps, (), self._ctrl)))
        return Value(value, frozenset([len(self.events) - 1]))

    def _store(self, order, address, value):
        value = Value.of(value)
        self.events.append(Event("W", order, address.value, value.value,
                                 (address.deps, value.deps, self._ctrl)))

    def _fence(self, order):
        self.events.append(Event("F", order))

    def _cmpxchg(self, address, old, new):
        self._fence("mb")
        found = self._load("once", address)
        if (found == old).value:
            self._store("once", address, new)
            self.events[-1].rmw = True
            self._fence("mb")
        else:
            self.events[-2].order = "none"  # one that fails orders nothing
        return found


def _runs_of(thread, values):
    """Every run where each load gives one of the values of its location."""
    waiting = [()]
    while waiting:
        choices = waiting.pop()
        run = Run(thread, choices)
        if run.undecided is None:
            yield run
        elif run.undecided in values:
            waiting += [choices + (v,) for v in values[run.undecided]]


def runs(test):
    """For each thread its runs, with all values that any run can store.

    They begin with each constant in each variable, or a store that a branch
    allows only after its own effect would never be looked at.
    """
    constants = set(test.init.values()) | test.constants
    values = {loc: set(constants) for loc in test.init}
    growing = True
    for _ in range(20):
        found = [list(_runs_of(t, values)) for t in test.threads]
        stored = {loc: {value} for loc, value in test.init.items()}
        for run in (run for per_thread in found for run in per_thread):
            for event in run.events:
                if event.kind == "W":
                    stored[event.loc].add(event.value)
        growing = growing and any(stored[loc] - values[loc] for loc in values)
        if stored == values:
            return found
        values = {loc: stored[loc] | (values[loc] if growing else set())
                  for loc in values}
    raise Inexpressible("values without end")
