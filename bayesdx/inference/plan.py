"""Which tables to contract in which order: found once, kept apart from doing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Scope = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Multiply the tables ``left`` and ``right`` and sum out what ``scope`` does not keep."""

    left: int
    right: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class Cost:
    """Multiplications of one forward pass, entries of the largest intermediate, and bytes of all of them."""

    flops: int
    largest: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A binary contraction tree: tables 0 … len(leaves)-1 are given, step i makes table len(leaves)+i.

    ``leaves`` holds the scope of each given table as variable numbers, ``cards`` the states of each variable.
    """

    cards: tuple[int, ...]
    leaves: tuple[Scope, ...]
    steps: tuple[Step, ...]

    def scope(self, table: int) -> Scope:
        given = len(self.leaves)
        return self.leaves[table] if table < given else self.steps[table - given].scope

    def cost(self) -> Cost:
        def size(variables: set[int] | Scope) -> int:
            return math.prod(self.cards[v] for v in variables)

        flops = sum(size({*self.scope(s.left), *self.scope(s.right)}) for s in self.steps)
        sizes = [size(s.scope) for s in self.steps]
        return Cost(flops, max(sizes, default=1), 8 * sum(sizes))


def contraction_plan(cards: Sequence[int], leaves: Sequence[Scope], order: Sequence[int], keep: Scope = ()) -> Plan:
    """Bucket elimination (Dechter 1999) along ``order``; the last table has scope ``keep``."""
    live: dict[int, frozenset[int]] = {i: frozenset(scope) for i, scope in enumerate(leaves)}
    holders: dict[int, set[int]] = {v: set() for v in range(len(cards))}
    for i, scope in live.items():
        for v in scope:
            holders[v].add(i)
    steps: list[Step] = []

    def contract(left: int, right: int) -> int:
        union = live.pop(left) | live.pop(right)
        made = len(leaves) + len(steps)
        for v in union:
            holders[v] -= {left, right}
        kept = frozenset(v for v in union if holders[v] or v in keep)
        for v in kept:
            holders[v].add(made)
        live[made] = kept
        steps.append(Step(left, right, tuple(sorted(kept))))
        return made

    def contract_all(tables: set[int]) -> None:
        waiting = sorted(tables, key=lambda i: (math.prod(cards[v] for v in live[i]), i), reverse=True)
        while len(waiting) > 1:
            waiting.append(contract(waiting.pop(), waiting.pop()))

    for v in order:
        contract_all(holders[v])
    contract_all(set(live))
    return Plan(tuple(cards), tuple(leaves), tuple(steps))
