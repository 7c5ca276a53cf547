"""Greedy elimination orders: which variable to sum out next (Kjaerulff 1990; Koller & Friedman 2009, 9.4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

Neighbours = dict[int, set[int]]

#: Logarithm of a number of states that nobody will ever hold, within what floating point can.
BEYOND = 700.0


def interaction_graph(scopes: Iterable[Collection[int]]) -> Neighbours:
    """Neighbours of each variable: those it shares a table with."""
    neighbours: Neighbours = {}
    for scope in scopes:
        for v in scope:
            neighbours.setdefault(v, set()).update(scope)
    for v, around in neighbours.items():
        around.discard(v)
    return neighbours


class Graph:
    """The interaction graph: neighbours of each variable, those it shares a table with.

    ``masks`` holds the neighbours and the variable itself once more, as the bits of one number: counting what two
    sets do not share is then two operations. ``alike`` has a mask of the variables of each cardinality.
    """

    def __init__(self, logs: Sequence[float], scopes: Iterable[Collection[int]]) -> None:
        self.logs = logs
        self.neighbours = interaction_graph(scopes)
        self.masks = {v: sum([1 << u for u in around], 1 << v) for v, around in self.neighbours.items()}
        self.alike: dict[float, int] = {}
        for v in self.neighbours:
            card = math.exp(logs[v])
            self.alike[card] = self.alike.get(card, 0) | 1 << v

    def copy(self) -> Graph:
        made = Graph(self.logs, ())
        made.neighbours = {v: set(around) for v, around in self.neighbours.items()}
        made.masks, made.alike = dict(self.masks), self.alike
        return made

    def eliminate(self, v: int) -> set[int]:
        """Join the neighbours of ``v`` and take it out; the variables whose scores may have changed."""
        around, masks = self.neighbours.pop(v), self.masks
        mask = masks.pop(v) ^ 1 << v
        changed = mask
        for u in around:
            of_u = self.neighbours[u]
            of_u.discard(v)
            added = around - of_u
            added.discard(u)
            if added:
                of_u |= added
            masks[u] = masks[u] & ~(1 << v) | mask
            for w in added:  # fill-in also changes where both ends of a new edge are neighbours
                changed |= masks[u] & masks[w]
        return set(bits(changed))

    def least_clique(self) -> float:
        """A lower bound of the logarithm of the number of states of the largest clique, whatever the order.

        The first to go of any set of variables makes a clique with its neighbours in it; the bound takes the sets
        that are left when the one with the smallest neighbourhood leaves again and again (Bodlaender & Koster 2011:
        the degeneracy).
        """
        weights = {v: min_weight(v, self) for v in self.neighbours}
        waiting = [(weight, v) for v, weight in weights.items()]
        heapify(waiting)
        most = 0.0
        while waiting:
            weight, v = heappop(waiting)
            if weights.get(v) != weight:  # it has gone, or weighs less by now
                continue
            most = max(most, weights.pop(v))
            for u in self.neighbours[v]:
                if u in weights:
                    weights[u] -= self.logs[v]
                    heappush(waiting, (weights[u], u))
        return most

    def strip(self, keep: Collection[int]) -> list[int]:
        """Eliminate, in place, variables whose neighbours are joined already: some best order begins with them."""
        waiting, order = set(self.neighbours).difference(keep), []
        while waiting:
            v = waiting.pop()
            around = self.masks[v]
            if not any(around & ~self.masks[u] for u in self.neighbours[v]):
                waiting |= self.eliminate(v).difference(keep)
                order.append(v)
        return order


def bits(mask: int) -> Iterator[int]:
    """The places of the bits that are 1."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


#: What eliminating a variable would cost.
Score = Callable[[int, Graph], float]


def min_weight(v: int, graph: Graph) -> float:
    """Logarithm of the number of states of the clique that eliminating ``v`` makes."""
    logs = graph.logs
    return logs[v] + sum([logs[u] for u in graph.neighbours[v]])


def min_fill(v: int, graph: Graph) -> float:
    """Number of edges that eliminating ``v`` adds, twice; ties go to the smaller clique."""
    around, masks = graph.masks[v], graph.masks
    missing = sum([(around & ~masks[u]).bit_count() for u in graph.neighbours[v]])
    return missing + 1e-3 * min_weight(v, graph)


def weighted_min_fill(v: int, graph: Graph) -> float:
    """Sum over the added edges of the product of the cardinalities at their ends, twice."""
    around, masks, added = graph.masks[v], graph.masks, 0.0
    for u in graph.neighbours[v]:
        missing = around & ~masks[u]
        if missing:
            ends = sum([card * (missing & alike).bit_count() for card, alike in graph.alike.items()])
            added += math.exp(graph.logs[u]) * ends
    return added + 1e-3 * min_weight(v, graph)


class Heuristic(NamedTuple):
    """The lowest ``score`` goes first; in a ``sweep`` only among neighbours of what has gone already.

    A sweep moves one front over the graph. On grids its cliques stay as small as a row is long, while greedy scores
    alone start everywhere, and pay where the pieces meet.
    """

    score: Score
    sweep: bool = False


HEURISTICS = (
    Heuristic(min_fill),
    Heuristic(weighted_min_fill),
    Heuristic(min_weight),
    Heuristic(min_weight, sweep=True),
)


def heuristics(graph: Graph) -> tuple[Heuristic, ...]:
    """Those that differ on ``graph``: where all cardinalities are the same, weights change nothing of the fill."""
    return tuple(one for one in HEURISTICS if one.score is not weighted_min_fill or len(graph.alike) > 1)


class Elimination(NamedTuple):
    """An order, and the sum of the numbers of states of its cliques."""

    order: list[int]
    cost: float


def eliminated(
    start: Graph,
    keep: Collection[int],
    heuristic: Heuristic,
    noise: Callable[[], float] | None = None,
    limit: float = math.inf,
) -> Elimination | None:
    """Eliminate every variable but those in ``keep``, in the order of ``heuristic``.

    ``noise`` draws numbers from 0 to 1, which perturb the scores, so that repeated calls explore different orders.
    None when the cost exceeds ``limit``.
    """
    graph = start.copy()

    def scored(v: int) -> float:
        value = heuristic.score(v, graph)
        return value * (1.0 + 0.2 * noise()) if noise else value

    scores = {v: scored(v) for v in graph.neighbours if v not in keep}
    place = {v: i for i, v in enumerate(scores)}
    waiting = [(score, place[v], v) for v, score in scores.items()]
    heapify(waiting)
    order: list[int] = []
    cost = 0.0
    front: set[int] = set()
    while scores:
        if front:
            v = min(front, key=scores.__getitem__)
        else:
            score, _, v = heappop(waiting)
            if scores.get(v) != score:  # it has gone, or has another score by now
                continue
        del scores[v]
        order.append(v)
        weight = min_weight(v, graph)
        if weight > BEYOND or (cost := cost + math.exp(weight)) > limit:
            return None
        if heuristic.sweep:
            front = {u for u in front | graph.neighbours[v] if u in scores}
        for u in graph.eliminate(v):
            if u in scores:
                scores[u] = scored(u)
                heappush(waiting, (scores[u], place[u], u))
    return Elimination(order, cost)
