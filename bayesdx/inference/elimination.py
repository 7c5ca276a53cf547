"""Greedy elimination orders: which variable to sum out next (Kjaerulff 1990; Koller & Friedman 2009, 9.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence

Neighbours = dict[int, set[int]]
#: What eliminating a variable would cost: (variable, neighbours, logarithms of the cardinalities) -> score.
Score = Callable[[int, Neighbours, Sequence[float]], float]


def min_weight(v: int, neighbours: Neighbours, logs: Sequence[float]) -> float:
    """Logarithm of the number of states of the clique that eliminating ``v`` makes."""
    return logs[v] + sum(logs[u] for u in neighbours[v])


def min_fill(v: int, neighbours: Neighbours, logs: Sequence[float]) -> float:
    """Number of edges that eliminating ``v`` adds; ties go to the smaller clique."""
    around = neighbours[v]
    missing = sum(len(around - neighbours[u]) - 1 for u in around)
    return missing + 1e-3 * min_weight(v, neighbours, logs)


def weighted_min_fill(v: int, neighbours: Neighbours, logs: Sequence[float]) -> float:
    """Sum over the added edges of the product of the cardinalities at their ends."""
    around = neighbours[v]
    cards = {u: math.exp(logs[u]) for u in around}
    added = sum(cards[u] * (sum(map(cards.__getitem__, around - neighbours[u])) - cards[u]) for u in around)
    return added + 1e-3 * min_weight(v, neighbours, logs)


HEURISTICS: tuple[Score, ...] = (min_fill, weighted_min_fill, min_weight)


def interaction_graph(scopes: Iterable[Collection[int]]) -> Neighbours:
    """Neighbours of each variable: those it shares a table with."""
    neighbours: Neighbours = {}
    for scope in scopes:
        for v in scope:
            neighbours.setdefault(v, set()).update(scope)
    for v, around in neighbours.items():
        around.discard(v)
    return neighbours


def elimination_order(
    logs: Sequence[float],
    scopes: Iterable[Collection[int]],
    keep: Collection[int],
    score: Score,
    noise: Callable[[], float] | None = None,
) -> list[int]:
    """Eliminate every variable but those in ``keep``, the one with the lowest score first.

    ``logs[v]`` is the logarithm of the cardinality of v. ``noise`` draws numbers from 0 to 1, which perturb the
    scores, so that repeated calls explore different orders.
    """
    neighbours = interaction_graph(scopes)

    def scored(v: int) -> float:
        value = score(v, neighbours, logs)
        return value * (1.0 + 0.2 * noise()) if noise else value

    scores = {v: scored(v) for v in neighbours if v not in keep}
    order = []
    while scores:
        v = min(scores, key=scores.__getitem__)
        del scores[v]
        order.append(v)
        around = neighbours.pop(v)
        changed = set(around)
        for u in around:
            neighbours[u].discard(v)
            added = around - neighbours[u]
            added.discard(u)
            neighbours[u] |= added
            for w in added:  # fill-in also changes where both ends of a new edge are neighbours
                changed |= neighbours[u] & neighbours[w]
        for u in changed:
            if u in scores:
                scores[u] = scored(u)
    return order
