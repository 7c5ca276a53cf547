"""Elimination orders."""

from __future__ import annotations

import math
from collections.abc import Sequence


def elimination_order(cards: Sequence[int], scopes: Sequence[tuple[int, ...]]) -> list[int]:
    """Greedy order that next eliminates the variable whose clique has the fewest states (min-weight)."""
    neighbours: dict[int, set[int]] = {v: set() for v in range(len(cards))}
    for scope in scopes:
        for v in scope:
            neighbours[v].update(scope)
    for v, around in neighbours.items():
        around.discard(v)
    weight = {v: math.prod(cards[u] for u in (v, *n)) for v, n in neighbours.items()}
    order = []
    while weight:
        v = min(weight, key=lambda u: (weight[u], u))
        del weight[v]
        order.append(v)
        around = neighbours.pop(v)
        for u in around:
            neighbours[u] |= around
            neighbours[u] -= {u, v}
        for u in around:
            weight[u] = math.prod(cards[w] for w in (u, *neighbours[u]))
    return order
