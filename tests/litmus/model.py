# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Which executions of a litmus test a weakly ordered machine allows.

An execution is one run of each thread, a store that each load reads from (rf)
and an order of the stores to each variable (co). A load comes before (fr) the
stores that are later than the one it reads. All executions are enumerated, and
each is held against four axioms, which are those of the kernel's memory model
without locks and RCU. An outcome that is Never here is never seen on a machine
that Linux runs on, not even where a store reaches some CPUs before others
(POWER). Sometimes means that this model does not forbid the outcome.

Coherence       Program order to one variable, rf, co and fr have no cycle.
Atomicity       No other CPU's store comes between load and store of a cmpxchg.
Happens-before  These have no cycle: what one CPU does in order (ppo); a store
                before a load of another CPU that reads it; and two events of
                one CPU that propagation orders.
Propagation     If a store had to reach a CPU before its full barrier, all that
                happens after this barrier is later than it, without a cycle.

Preserved program order (ppo): an acquire before all that follows; all before
a release; smp_mb() between all accesses, smp_rmb() between loads, smp_wmb()
between stores; the load of an address before the access through it; the load
of data or of a branch's condition before the store; the load of data before a
load that reads the dependent store on the same CPU; a store after what was
loaded from or stored to its variable. Dependencies go on through stores that
the same CPU reads back.

Propagation: a store before an smp_wmb(), a release or a full barrier becomes
visible before a store after it. For the last two this includes stores of other
CPUs that the CPU had read.

A plain access is taken as one machine access of the whole variable which the
compiler left between its barriers. No dependency orders it.
"""

import itertools

import program


class Relation:
    """A relation between numbered events: a row of bits for each."""

    def __init__(self, rows):
        self.rows = rows

    def __or__(self, other):
        return Relation([a | b for a, b in zip(self.rows, other.rows)])

    def __and__(self, other):
        return Relation([a & b for a, b in zip(self.rows, other.rows)])

    def __matmul__(self, other):
        """First one, then the other."""
        return Relation([_union(other.rows, row) for row in self.rows])

    def __invert__(self):
        return Relation([sum(1 << a for a, row in enumerate(self.rows)
                             if row >> b & 1) for b in range(len(self.rows))])

    def __bool__(self):
        return any(self.rows)

    def where(self, before, after):
        """What goes from one set of events to another; sets are bits too."""
        return Relation([row & after if before >> a & 1 else 0
                         for a, row in enumerate(self.rows)])

    def optional(self):
        """Also nothing at all."""
        return Relation([row | 1 << a for a, row in enumerate(self.rows)])

    def closure(self):
        """One or more times."""
        rows = list(self.rows)
        for k in range(len(rows)):
            for a, row in enumerate(rows):
                if row >> k & 1:
                    rows[a] |= rows[k]
        return Relation(rows)

    def star(self):
        """Any number of times."""
        return self.closure().optional()

    def acyclic(self):
        """No event comes before itself."""
        return not any(row >> a & 1
                       for a, row in enumerate(self.closure().rows))


def _members(events):
    return [i for i in range(events.bit_length()) if events >> i & 1]


def _union(rows, chosen):
    result = 0
    for i in _members(chosen):
        result |= rows[i]
    return result


def _relation(size, pairs):
    rows = [0] * size
    for a, b in pairs:
        rows[a] |= 1 << b
    return Relation(rows)


class Candidate:
    """One path through each thread, before reads-from and coherence are chosen."""

    def __init__(self, init, chosen):
        self.events = [program.Event("W", "once", loc, value)
                       for loc, value in init.items()]
        # Each first value comes from a thread of its own.
        self.thread = [-1 - i for i in range(len(self.events))]
        deps = {"addr": [], "data": [], "ctrl": []}
        rmw = []
        for number, run in enumerate(chosen):
            base = len(self.events)
            for i, event in enumerate(run.events):
                for kind, pairs in deps.items():
                    pairs += [(base + d, base + i)
                              for d in getattr(event, kind)]
                if event.rmw:
                    rmw.append((base + i - 1, base + i))
            self.events += run.events
            self.thread += [number] * len(run.events)
        self.size = len(self.events)
        self.addr, self.data, self.ctrl = (
            _relation(self.size, pairs) for pairs in deps.values())
        self.rmw = _relation(self.size, rmw)
        self.loads = self._where(lambda e: e.kind == "R")
        self.stores = self._where(lambda e: e.kind == "W")
        self.memory = self.loads | self.stores
        self.plain = self._where(lambda e: e.order == "plain")
        self.marked = self.memory & ~self.plain
        self._order()

    def _where(self, holds):
        return sum(1 << i for i, e in enumerate(self.events) if holds(e))

    def _pairs(self, holds):
        return _relation(self.size, (
            (a, b) for a, b in itertools.product(range(self.size), repeat=2)
            if holds(a, b)))

    def _order(self):
        events, thread = self.events, self.thread
        self.internal = self._pairs(lambda a, b: thread[a] == thread[b])
        self.external = self._pairs(lambda a, b: thread[a] != thread[b])
        self.po = self._pairs(lambda a, b: a < b and thread[a] == thread[b])
        self.po_loc = self.po & self._pairs(
            lambda a, b: events[a].loc and events[a].loc == events[b].loc)
        self.mb = self._across("mb").where(self.memory, self.memory)
        self.wmb = self._across("wmb").where(self.stores, self.stores)
        self.rmb = self._across("rmb").where(self.loads, self.loads)
        acquires = self._where(lambda e: e.order == "acquire")
        releases = self._where(lambda e: e.order == "release")
        self.acquire = self.po.where(acquires, self.memory)
        self.release = self.po.where(self.memory, releases)

    def _across(self, order):
        fences = self._where(lambda e: (e.kind, e.order) == ("F", order))
        return self.po.where(~0, fences) @ self.po

    def allowed(self, rf, co):
        """Do the axioms hold?"""
        fr = Relation([row & ~(1 << a)
                       for a, row in enumerate((~rf @ co).rows)])
        if not (self.po_loc | rf | co | fr).acyclic():
            return False
        ext = self.external
        if self.rmw & ((fr & ext) @ (co & ext)):
            return False
        rfe, overwrite = rf & ext, co | fr
        # What must have reached every CPU that sees what comes after it.
        cumulative = (rfe.optional() @ (self.mb | self.release) | self.wmb) \
            @ (rf @ self.rmw).star()
        prop = (overwrite & ext).optional() @ cumulative.star() \
            @ rfe.optional()
        within = Relation([row & ~(1 << a) for a, row
                           in enumerate((prop & self.internal).rows)])
        hb = self._ppo(rf, overwrite) | rfe | within
        if not hb.where(self.memory, self.memory).acyclic():
            return False
        return (prop.where(self.memory, ~0) @ self.mb @ hb.star()).acyclic()

    def _ppo(self, rf, overwrite):
        inside = rf & self.internal
        carried = (self.data @ inside).star()
        addr, data = carried @ self.addr, carried @ self.data
        ctrl = carried @ self.ctrl
        dep = addr | data
        stores, loads = self.stores & self.marked, self.loads & self.marked
        return (addr.where(~0, loads) | dep.where(~0, self.marked) @ inside
                | (dep | ctrl).where(~0, stores)
                | (overwrite & self.internal).where(self.marked, self.marked)
                | self.acquire | self.release | self.mb | self.wmb | self.rmb)

    # ---- reads-from and coherence ----

    def reads_from(self):
        """Every way to give each load a store with its value."""
        sources = []
        loads = _members(self.loads)
        for i in loads:
            load = self.events[i]
            sources.append([j for j in _members(self.stores) if
                            self.events[j].loc == load.loc and
                            self.events[j].value == load.value])
        for chosen in itertools.product(*sources):
            yield _relation(self.size, zip(chosen, loads))

    def coherence(self):
        """(co, {location: last value}) for every order of the stores that
        keeps first values first and each thread's in its order."""
        orders = []
        for loc in {e.loc for e in self.events if e.kind == "W"}:
            stores = [i for i in _members(self.stores)
                      if self.events[i].loc == loc]
            orders.append([o for o in itertools.permutations(stores)
                           if self._keeps_order(o)])
        for chosen in itertools.product(*orders):
            last = {self.events[o[-1]].loc: self.events[o[-1]].value
                    for o in chosen}
            yield _relation(self.size, (
                pair for order in chosen
                for pair in itertools.combinations(order, 2))), last

    def _keeps_order(self, order):
        return self.thread[order[0]] < 0 and not any(
            a > b and self.thread[a] == self.thread[b]
            for a, b in itertools.combinations(order, 2))


def _matches(test, chosen):
    if test.exists_is_local and not test.exists(chosen, None):
        return False
    candidate = Candidate(test.init, chosen)
    for co, last in candidate.coherence():
        if test.exists(chosen, last) and any(
                candidate.allowed(rf, co) for rf in candidate.reads_from()):
            return True
    return False


def answer(test):
    """Sometimes, if an allowed execution has what exists asks for; Never."""
    every = itertools.product(*program.runs(test))
    return "Sometimes" if any(_matches(test, c) for c in every) else "Never"
