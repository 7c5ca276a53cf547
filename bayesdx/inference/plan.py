"""Which tables to contract in which order: found once, kept apart from doing it."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from bayesdx.errors import InputError
from bayesdx.inference.elimination import Graph, eliminated, heuristics

#: Bytes that the tables of one query may take, unless said otherwise.
MEMORY_LIMIT = 4 * 2**30

#: Multiplications done in the time that planning takes for each variable: along a known order, and with a search.
PLANNING_COST = 30_000
SEARCH_COST = 100_000

#: Multiplications beyond which an order is given up.
IMPRACTICABLE = 2.0**60

#: The share of the cost of the best order so far that another one may have: a small gain is not worth a new plan.
WORTHWHILE = 0.97

#: Variables of a table, one an axis, as numbers.
Scope = tuple[int, ...]


class Contraction(NamedTuple):
    """Multiply the tables ``left`` and ``right`` and sum out what ``scope`` does not keep.

    ``right`` is None when a single table only loses axes.
    """

    left: int
    right: int | None
    scope: Scope


class Cost(NamedTuple):
    """Multiplications of one forward pass, entries of the largest product, bytes of all tables that are kept."""

    flops: int
    largest: int
    bytes: int


@dataclass(frozen=True)
class Plan:
    """A binary contraction tree: tables 0 … len(leaves)-1 are given, step i makes table len(leaves)+i.

    ``cards`` holds the states of each variable, ``leaves`` the scopes of the given tables and ``order`` the
    elimination order, then the variables that the result keeps. Every table but the result is used once.
    """

    cards: tuple[int, ...]
    order: Scope
    leaves: tuple[Scope, ...]
    steps: tuple[Contraction, ...]

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """Scope of every table, leaves first."""
        return (*self.leaves, *(step.scope for step in self.steps))

    @cached_property
    def unions(self) -> tuple[Scope, ...]:
        """Scope of the product inside each step."""
        pairs = ((s.left, s.left if s.right is None else s.right) for s in self.steps)
        return tuple(tuple({*self.scopes[a], *self.scopes[b]}) for a, b in pairs)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Entries of every table."""
        return tuple(map(self._size, self.scopes))

    @cached_property
    def cost(self) -> Cost:
        products = list(map(self._size, self.unions))
        return Cost(sum(products), max(products, default=1), 8 * sum(self.sizes))

    def _size(self, scope: Scope) -> int:
        return math.prod([self.cards[v] for v in scope])


def best_plan(
    cards: Sequence[int],
    leaves: Sequence[Scope],
    keep: Scope = (),
    *,
    known_order: Sequence[int] = (),
    restarts: int = 0,
    memory_limit: float = math.inf,
    work_limit: float = math.inf,
) -> Plan:
    """The cheapest plan over ``known_order``, the heuristics, and ``restarts`` randomised repetitions of these.

    Cheap is the number of multiplications plus the entries that stay in memory, times the number of parts in which
    a plan that takes more than ``memory_limit`` bytes must be done at least. The search ends when a pass takes
    less time than has been spent on looking for a better one, or when as many as ``work_limit`` would: more are
    not wanted. Raises InputError when no order is practicable.
    """
    graph = Graph([math.log(card) for card in cards], leaves)
    left = set(graph.neighbours).difference(keep)
    search_cost = SEARCH_COST * (len(left) + sum(map(len, graph.neighbours.values())) / 4)
    at_least = 0.0 if known_order else graph.least_clique() / math.log(2)
    if at_least > math.log2(IMPRACTICABLE):
        raise InputError(f"exact inference needs a product of 2^{at_least:.0f} numbers or more, whatever the order")
    best, best_price, least = None, math.inf, IMPRACTICABLE

    def orders() -> Iterator[tuple[Sequence[int], float]]:
        if known_order:
            yield [v for v in known_order if v in left], math.inf
        start, ways, noise = graph.strip(keep), heuristics(graph), None
        for i in range(len(ways) + restarts):
            if i == len(ways):
                from random import Random  # most searches end before that, and would wait for its import

                noise = Random(0).random
            found = eliminated(graph, keep, ways[i % len(ways)], noise, least)
            if found is not None:
                yield [*start, *found.order], found.cost
            elif min(best_price, work_limit) < search_cost * i:
                return

    for tried, (order, clique_cost) in enumerate(orders(), 1):
        plan = contraction_plan(cards, leaves, order, keep)
        cost = plan.cost
        parts = max(1.0, cost.bytes / memory_limit)
        price = (cost.flops + cost.bytes / 8) * parts
        least = min(least, WORTHWHILE * clique_cost * parts)  # what takes less memory may take more operations
        if price < best_price:
            best, best_price = plan, price
        if min(best_price, work_limit) < search_cost * tried:
            break
    if best is None:
        raise InputError(
            f"exact inference takes more than 2^{math.log2(IMPRACTICABLE):.0f} multiplications in every order found"
        )
    return best


def contraction_plan(cards: Sequence[int], leaves: Sequence[Scope], order: Sequence[int], keep: Scope) -> Plan:
    """Bucket elimination (Dechter 1999) along ``order``; the last table has scope ``keep``.

    The tables that hold a variable are multiplied in pairs, first those of the same scope, whose product is no
    larger, then the smallest with the partner that makes the smallest product. Whatever no other table needs is
    summed out at once.
    """
    rank = {v: i for i, v in enumerate((*order, *keep))}
    logs = [math.log(card) for card in cards]
    live = {i: frozenset(scope) for i, scope in enumerate(leaves)}
    holders: dict[int, set[int]] = {v: set() for v in rank}
    for i, scope in live.items():
        for v in scope:
            holders[v].add(i)
    steps: list[Contraction] = []

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
        steps.append(Contraction(left, right, tuple(sorted(kept, key=rank.__getitem__))))

    def contract_all(tables: set[int]) -> None:
        def contract_two(left: int, right: int) -> int:
            contract(left, right)
            made = len(leaves) + len(steps) - 1
            tables.difference_update((left, right))
            tables.add(made)
            return made

        alike: dict[frozenset[int], int] = {}
        for i in sorted(tables):
            scope = live[i]
            alike[scope] = contract_two(alike[scope], i) if scope in alike else i
        while len(tables) > 1:
            left = min(tables, key=lambda i: (weight(live[i]), i))
            right = min((i for i in tables if i != left), key=lambda i: (weight(live[left] | live[i]), i))
            contract_two(left, right)

    for i, leaf in enumerate(leaves):
        if any(holders[v] == {i} and v not in keep for v in leaf):
            contract(i, None)
    for v in order:
        contract_all(set(holders[v]))
    parts = sorted(live, key=lambda i: (weight(live[i]), i))  # of unconnected parts of the network
    for i, part in enumerate(parts[1:]):
        contract(parts[0] if i == 0 else len(leaves) + len(steps) - 1, part)
    return Plan(tuple(cards), (*order, *keep), tuple(leaves), tuple(steps))
