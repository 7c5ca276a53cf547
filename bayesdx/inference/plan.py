"""Which tables to contract in which order: found once, kept apart from doing it."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.elimination import HEURISTICS, elimination_order

#: Variables of a table, one an axis, as numbers.
Scope = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """Multiply the tables ``left`` and ``right`` and sum out what ``scope`` does not keep.

    ``right`` is None when a single table only loses axes.
    """

    left: int
    right: int | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class Cost:
    """Multiplications of one forward pass, entries of the largest product, bytes of all tables that are kept."""

    flops: int
    largest: int
    bytes: int


@dataclass(frozen=True)
class Plan:
    """A binary contraction tree: tables 0 … len(leaves)-1 are given, step i makes table len(leaves)+i.

    ``cards`` holds the states of each variable and ``leaves`` the scopes of the given tables. Every scope lists
    its variables in the order of ``order`` (the elimination order, then the variables that are kept), so tables
    line up by inserting axes and never need a transposition. The last table is the result.
    """

    cards: tuple[int, ...]
    order: Scope
    leaves: tuple[Scope, ...]
    steps: tuple[Step, ...]

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Scope of every table, leaves first."""
        return (*self.leaves, *(step.scope for step in self.steps))

    @cached_property
    def unions(self) -> tuple[Scope, ...]:
        """Scope of the product inside each step."""
        rank = {v: i for i, v in enumerate(self.order)}
        pairs = ((s.left, s.left if s.right is None else s.right) for s in self.steps)
        return tuple(
            tuple(sorted({*self.scopes[a], *self.scopes[b]}, key=rank.__getitem__)) for a, b in pairs
        )

    @cached_property
    def incidence(self) -> NDArray[np.float64]:
        """(steps, variables): 1 where the product inside a step has the variable as an axis."""
        incidence = np.zeros((len(self.steps), len(self.cards)))
        for i, union in enumerate(self.unions):
            incidence[i, list(union)] = 1.0
        return incidence

    def size(self, scope: Scope) -> int:
        """Entries of a table over ``scope``."""
        return math.prod(self.cards[v] for v in scope)

    def cost(self) -> Cost:
        products = [self.size(union) for union in self.unions]
        kept = sum(self.size(scope) for scope in self.scopes)
        return Cost(sum(products), max(products, default=1), 8 * kept)


def best_plan(cards: Sequence[int], leaves: Sequence[Scope], keep: Scope = (), restarts: int = 0) -> Plan:
    """The cheapest plan over the heuristics and up to ``restarts`` randomised repetitions.

    Cheap is the number of multiplications plus the entries that stay in memory. Repetitions stop being worth
    their time on networks whose passes are short, so their number also shrinks with the cost already reached.
    """
    logs = [math.log(card) for card in cards]

    def attempt(heuristic: int, noise: random.Random | None) -> tuple[float, Plan]:
        order = elimination_order(logs, leaves, keep, HEURISTICS[heuristic % len(HEURISTICS)], noise)
        plan = contraction_plan(cards, leaves, order, keep)
        cost = plan.cost()
        return cost.flops + cost.bytes / 8, plan

    best = min((attempt(i, None) for i in range(len(HEURISTICS))), key=lambda found: found[0])
    worthwhile = int(best[0] / (4000 * (len(cards) + 1)))
    noise = random.Random(0)
    for i in range(min(restarts, worthwhile)):
        best = min(best, attempt(i, noise), key=lambda found: found[0])
    return best[1]


def contraction_plan(cards: Sequence[int], leaves: Sequence[Scope], order: Sequence[int], keep: Scope) -> Plan:
    """Bucket elimination (Dechter 1999) along ``order``; the last table has scope ``keep``.

    The tables that hold a variable are multiplied in pairs, the smallest with the partner that makes the
    smallest product, and whatever no other table needs is summed out at once.
    """
    rank = {v: i for i, v in enumerate((*order, *keep))}
    logs = [math.log(card) for card in cards]
    live = {i: frozenset(scope) for i, scope in enumerate(leaves)}
    holders: dict[int, set[int]] = {v: set() for v in rank}
    for i, scope in live.items():
        for v in scope:
            holders[v].add(i)
    steps: list[Step] = []

    def weight(scope: Collection[int]) -> float:
        return sum(logs[v] for v in scope)

    def contract(left: int, right: int | None) -> None:
        union = live.pop(left) | (live.pop(right) if right is not None else frozenset())
        made = len(leaves) + len(steps)
        for v in union:
            holders[v].discard(left)
            if right is not None:
                holders[v].discard(right)
        kept = frozenset(v for v in union if holders[v] or v in keep)
        for v in kept:
            holders[v].add(made)
        live[made] = kept
        steps.append(Step(left, right, tuple(sorted(kept, key=rank.__getitem__))))

    def contract_all(tables: Collection[int]) -> None:
        while len(tables) > 1:
            left = min(tables, key=lambda i: (weight(live[i]), i))
            right = min((i for i in tables if i != left), key=lambda i: (weight(live[left] | live[i]), i))
            contract(left, right)
            tables = {*tables, len(leaves) + len(steps) - 1} - {left, right}

    for v in order:
        if len(holders[v]) == 1:
            contract(next(iter(holders[v])), None)
        contract_all(set(holders[v]))
    parts = sorted(live, key=lambda i: (weight(live[i]), i))  # of unconnected parts of the network
    for i, part in enumerate(parts[1:]):
        contract(parts[0] if i == 0 else len(leaves) + len(steps) - 1, part)
    ordered = tuple(tuple(sorted(scope, key=rank.__getitem__)) for scope in leaves)
    return Plan(tuple(cards), (*order, *keep), ordered, tuple(steps))
