"""Look-up tables for networks that fall apart once a few variables are known.

Condition on a small set H (the target, and whatever else holds large parts together: cutset conditioning, Pearl
1988). The rest splits into components that are independent given H. The likelihood of any findings in a
component is a row over the states of H, so all rows of a component are made once, with a slot 'missing' for each
variable, and components are packed together as long as their rows stay few. A query is then a sum of a few rows.

Rows hold logarithms: nothing underflows, and a zero is exact (-inf).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.elimination import Neighbours, interaction_graph
from bayesdx.inference.plan import Scope
from bayesdx.network import Array

#: Joint states that the conditioning set may have, and entries of one component's table and of a packed one.
CUTSET_STATES = 1 << 10
COMPONENT_ENTRIES = 1 << 20
PACKED_ENTRIES = 1 << 15

Integers = NDArray[np.intp]


@dataclass(frozen=True)
class LookupTables:
    """Log-likelihood rows of all configurations of the findings, given the states of the cutset H.

    ``cutset``   variables of H; W is the number of their joint states, in C order
    ``prior``    (W,) the part of log P(H) that involves no other variable
    ``rows``     (R, W) log P(configuration of a group | H)
    ``offset``   (G,) row of each group in which all its variables are missing
    ``group``    (n,) group of each variable
    ``stride``   (n,) rows to move on for the first state of the variable; another stride for each further state
    ``cards``    (n,) states of each variable
    """

    cutset: Scope
    cards: tuple[int, ...]
    prior: Array
    rows: Array
    offset: Integers
    group: Integers
    stride: Integers

    @cached_property
    def lists(self) -> tuple[list[int], list[int], list[int]]:
        """``offset``, ``group`` and ``stride`` as lists, which single queries read faster."""
        return self.offset.tolist(), self.group.tolist(), self.stride.tolist()

    @cached_property
    def states(self) -> tuple[Integers, Integers, Integers]:
        """Variable, group and row shift (S,) of every state of every variable, variables in order."""
        variable = np.repeat(np.arange(len(self.cards)), self.cards)
        number = np.concatenate([np.arange(1, card + 1) for card in self.cards])
        return variable, self.group[variable], self.stride[variable] * number

    @cached_property
    def starts(self) -> list[int]:
        """Position of the first state of each variable in ``states``, and their number S at the end."""
        return [0, *np.cumsum(self.cards).tolist()]


def lookup_tables(
    cards: Sequence[int], scopes: Sequence[Scope], tables: Sequence[Array], target: int
) -> LookupTables | None:
    """Tables for a network given as CPT arrays, or None when no small cutset makes the components small."""
    cutset = find_cutset(cards, scopes, target)
    if cutset is None:
        return None
    shape = tuple(cards[v] for v in cutset)
    width = math.prod(shape)
    components = split(interaction_graph(scopes), set(cutset))
    members = [(component, _component_rows(component, cutset, cards, scopes, tables)) for component in components]
    members += [((v,), _indicator_rows(i, shape)) for i, v in enumerate(cutset)]
    packed = _pack(sorted(members, key=lambda member: len(member[1])), PACKED_ENTRIES // width)
    with np.errstate(divide="ignore"):
        prior = np.zeros(shape)
        for scope, table in zip(scopes, tables, strict=True):
            if set(scope) <= set(cutset):
                prior = prior + _spread(np.log(table), scope, cutset)
    group = np.zeros(len(cards), dtype=np.intp)
    stride = np.zeros(len(cards), dtype=np.intp)
    for g, (variables, _) in enumerate(packed):
        step = 1
        for v in reversed(variables):
            group[v], stride[v] = g, step
            step *= cards[v] + 1
    sizes = [len(rows) for _, rows in packed]
    return LookupTables(
        cutset,
        tuple(cards),
        prior.reshape(width),
        np.concatenate([rows for _, rows in packed]),
        np.cumsum([0, *sizes[:-1]], dtype=np.intp),
        group,
        stride,
    )


def find_cutset(cards: Sequence[int], scopes: Sequence[Scope], target: int) -> Scope | None:
    """The variables that best break up the network, until every component has few rows; the target comes last."""
    graph = interaction_graph(scopes)
    cutset = [target]

    def entries(component: Sequence[int], width: int) -> float:
        return math.prod([cards[v] + 1 for v in component]) * width

    while (width := math.prod(cards[v] for v in cutset)) <= CUTSET_STATES:
        components = split(graph, set(cutset))
        largest = max(components, key=lambda c: entries(c, width), default=())
        if entries(largest, width) <= COMPONENT_ENTRIES:
            return tuple(reversed(cutset))
        busiest = sorted(largest, key=lambda v: len(graph[v]), reverse=True)[:8]
        inside = {v: graph[v].intersection(largest) for v in largest}
        cutset.append(
            min(busiest, key=lambda v: max(entries(c, width * cards[v]) for c in split(inside, {v})))
        )
    return None


def split(graph: Neighbours, without: set[int]) -> list[Scope]:
    """Connected components of ``graph`` once the variables ``without`` are taken out."""
    waiting = set(graph) - without
    components = []
    while waiting:
        component = [waiting.pop()]
        for v in component:  # grows while we walk it
            reached = graph[v] & waiting
            waiting -= reached
            component.extend(reached)
        components.append(tuple(sorted(component)))
    return sorted(components)


def _component_rows(
    component: Scope, cutset: Scope, cards: Sequence[int], scopes: Sequence[Scope], tables: Sequence[Array]
) -> Array:
    """(prod(card + 1), W): log of the product of the CPTs that touch the component, missing states first."""
    axes = (*component, *cutset)
    total = np.zeros([1] * len(component) + [cards[v] for v in cutset])
    with np.errstate(divide="ignore"):
        for scope, table in zip(scopes, tables, strict=True):
            if not set(scope).isdisjoint(component):
                total = total + _spread(np.log(table), scope, axes)
    for axis in range(len(component)):
        missing = np.logaddexp.reduce(total, axis=axis, keepdims=True)
        total = np.concatenate([missing, total], axis=axis)
    return total.reshape(-1, math.prod(cards[v] for v in cutset))


def _indicator_rows(axis: int, shape: tuple[int, ...]) -> Array:
    """(card + 1, W) for a variable of the cutset: 0 where H agrees with its state, -inf elsewhere."""
    states = np.indices(shape)[axis].reshape(1, -1)
    rows = np.where(states == np.arange(shape[axis])[:, None], 0.0, -np.inf)
    return np.concatenate([np.zeros((1, states.size)), rows])


def _pack(members: Sequence[tuple[Scope, Array]], limit: int) -> list[tuple[Scope, Array]]:
    """Merge components, smallest first, into groups whose rows are all combinations, at most ``limit``."""
    packed: list[tuple[Scope, Array]] = []
    for variables, rows in members:
        if packed and len(packed[-1][1]) * len(rows) <= limit:
            before, earlier = packed[-1]
            packed[-1] = (*before, *variables), (earlier[:, None] + rows).reshape(-1, rows.shape[1])
        else:
            packed.append((variables, rows))
    return packed


def _spread(table: Array, scope: Scope, axes: Scope) -> Array:
    """``table`` with its axes in the order of ``axes`` and axes of length 1 where it has none."""
    order = sorted(range(len(scope)), key=lambda i: axes.index(scope[i]))
    present = set(scope)
    return table.transpose(order)[tuple(slice(None) if v in present else None for v in axes)]
