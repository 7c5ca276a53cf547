"""Look-up tables for networks that fall apart once a few variables are known.

Condition on a small set H of variables (cutset conditioning, Pearl 1988). The rest splits into components that are
independent given H. The likelihood of any findings in a component is a row over the states of the part of H that
the component depends on, so all its rows are made once, with a slot 'missing' for each variable; components that
depend on the same part of H are packed together as long as their rows stay few. A query is then a sum of a few
rows.

Rows hold logarithms: nothing underflows, and a zero is exact (-inf). Batches take their exponentials, and return
to the logarithms where these are too small (``lookup_batch``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.elimination import Neighbours, interaction_graph
from bayesdx.inference.logs import log_sum
from bayesdx.inference.plan import Scope
from bayesdx.network import Array

#: Joint states that H may have, and entries of one component's table and of a packed one.
CUTSET_STATES = 1 << 10
COMPONENT_ENTRIES = 1 << 18
PACKED_ENTRIES = 1 << 16

#: Ways in which the uncertain findings of a case may come out that are looked up one by one; more take a pass.
WAYS = 16

Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Block:
    """The components that depend on the same part D of H, which has W joint states.

    ``others``     negative axes of H that are not in D
    ``spread``     shape in which a row over D broadcasts to the axes of H
    ``rows``       (R, W) log P(configuration of a group | D)
    ``offset``     (G,) row of each group in which all its variables are missing
    ``variables``  the m variables in the block
    ``group``      (m,) group of each of them
    ``stride``     (m,) rows to move on for its first state; another stride for each further state
    ``cards``      (m,) states of each of them
    """

    others: tuple[int, ...]
    spread: tuple[int, ...]
    rows: Array
    offset: Integers
    variables: Scope
    group: Integers
    stride: Integers
    cards: tuple[int, ...]

    @cached_property
    def states(self) -> tuple[dict[int, int], Integers, Integers]:
        """Of all states of all variables in a row: where those of a variable start, their groups, their shifts."""
        starts = dict(zip(self.variables, np.cumsum([0, *self.cards[:-1]]).tolist(), strict=True))
        number = np.concatenate([np.arange(1, card + 1) for card in self.cards])
        return starts, np.repeat(self.group, self.cards), np.repeat(self.stride, self.cards) * number


@dataclass(frozen=True, eq=False)
class LookupTables:
    """``blocks`` of rows, and what is left: ``prior``, the part of log P(H) that involves no other variable.

    ``cutset`` holds the variables of H, one an axis of ``prior``; ``cards`` the states of every variable.
    """

    cutset: Scope
    cards: tuple[int, ...]
    prior: Array
    blocks: tuple[Block, ...]

    @cached_property
    def place(self) -> dict[int, tuple[int, int, int]]:
        """Block, group and stride of each variable."""
        return {
            v: (number, int(g), int(s))
            for number, block in enumerate(self.blocks)
            for v, g, s in zip(block.variables, block.group, block.stride, strict=True)
        }

    def depends(self, number: int) -> Scope:
        """The variables of H on which a block depends, in their order."""
        others = self.blocks[number].others
        return tuple(v for i, v in enumerate(self.cutset) if i - len(self.cutset) not in others)

    @cached_property
    def unseen(self) -> dict[int, Array]:
        """P(v | D) (card, W) of the variables that were asked for while nothing was seen in their group."""
        return {}

    @cached_property
    def missing(self) -> list[list[int]]:
        """Row of every group of every block when nothing is seen."""
        return [block.offset.tolist() for block in self.blocks]


def lookup_tables(
    cards: Sequence[int], scopes: Sequence[Scope], tables: Sequence[Array], target: int | None
) -> LookupTables | None:
    """Tables for a network given as CPT arrays, or None when no small cutset makes the components small.

    The component of ``target`` is not packed with others, so that its states are few rows.
    """
    graph = interaction_graph(scopes)
    cutset = find_cutset(cards, graph)
    if cutset is None:
        return None
    with np.errstate(divide="ignore"):
        logs = [np.log(table) for table in tables]
    members: dict[Scope, list[tuple[Scope, Array]]] = {}
    for component in split(graph, set(cutset)):
        touching = [i for i, scope in enumerate(scopes) if not set(scope).isdisjoint(component)]
        depends = tuple(v for v in cutset if any(v in scopes[i] for i in touching))
        rows = _component_rows(component, depends, cards, [(scopes[i], logs[i]) for i in touching])
        members.setdefault(depends, []).append((component, rows))
    for v in cutset:  # a variable of H is seen as any other: by rows that are -inf where H disagrees
        depends = min((d for d in members if v in d), key=len, default=(v,))
        shape = tuple(cards[u] for u in depends)
        members.setdefault(depends, []).append(((v,), _indicator_rows(depends.index(v), shape)))
    members = _merged(members, cards)
    prior = np.zeros([cards[v] for v in cutset])
    for scope, log in zip(scopes, logs, strict=True):
        if set(scope) <= set(cutset):
            prior = prior + spread(log, scope, cutset)
    blocks = [_block(cutset, depends, cards, found, target) for depends, found in members.items()]
    return LookupTables(cutset, tuple(cards), prior, tuple(blocks))


def find_cutset(cards: Sequence[int], graph: Neighbours) -> Scope | None:
    """Variables that break up the network into components of few rows, the busiest last; None if it takes many."""
    cutset: list[int] = []

    def entries(component: Sequence[int], width: int) -> float:
        return math.prod([cards[v] + 1 for v in component]) * width

    while (width := math.prod(cards[v] for v in cutset)) <= CUTSET_STATES:
        components = split(graph, set(cutset))
        largest = max(components, key=lambda c: entries(c, width), default=())
        if entries(largest, width) <= COMPONENT_ENTRIES:
            return tuple(sorted(cutset, key=lambda v: len(graph[v])))
        busiest = sorted(largest, key=lambda v: len(graph[v]), reverse=True)[:8]
        inside = {v: graph[v].intersection(largest) for v in largest}
        left = {v: [entries(c, width * cards[v]) for c in split(inside, {v})] for v in busiest}
        cutset.append(min(busiest, key=lambda v: max(left[v], default=0.0)))
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
    component: Scope, depends: Scope, cards: Sequence[int], factors: Sequence[tuple[Scope, Array]]
) -> Array:
    """(prod(card + 1), W): log of the product of the CPTs that touch the component, missing states first."""
    axes = (*component, *depends)
    total = np.zeros([1] * len(component) + [cards[v] for v in depends])
    for scope, log in factors:
        total = total + spread(log, scope, axes)
    for axis in range(len(component)):
        missing = log_sum(total, axis, keepdims=True)
        total = np.concatenate([missing, total], axis=axis)
    return total.reshape(-1, math.prod(cards[v] for v in depends))


def _merged(
    members: dict[Scope, list[tuple[Scope, Array]]], cards: Sequence[int]
) -> dict[Scope, list[tuple[Scope, Array]]]:
    """Members that depend on few variables of H join those that depend on more, where the rows stay small."""
    merged: dict[Scope, list[tuple[Scope, Array]]] = {}
    for depends in sorted(members, key=len, reverse=True):
        count = sum(len(rows) for _, rows in members[depends])
        for larger, found in merged.items():
            shape = [cards[v] for v in larger]
            if set(depends) <= set(larger) and count * math.prod(shape) <= PACKED_ENTRIES:
                narrow = [cards[v] if v in depends else 1 for v in larger]
                for variables, rows in members[depends]:
                    full = np.broadcast_to(rows.reshape(-1, *narrow), (len(rows), *shape))
                    found.append((variables, full.reshape(len(rows), -1)))
                break
        else:
            merged[depends] = members[depends]
    return merged


def _indicator_rows(axis: int, shape: tuple[int, ...]) -> Array:
    """(card + 1, W) for a variable of H: 0 where D agrees with its state, -inf elsewhere."""
    states = np.indices(shape)[axis].reshape(1, -1)
    rows = np.where(states == np.arange(shape[axis])[:, None], 0.0, -np.inf)
    return np.concatenate([np.zeros((1, states.size)), rows])


def _block(
    cutset: Scope, depends: Scope, cards: Sequence[int], members: list[tuple[Scope, Array]], target: int | None
) -> Block:
    """Pack components, smallest first, into groups whose rows are all combinations of theirs."""
    width = members[0][1].shape[1]
    packed: list[list[tuple[Scope, Array]]] = []
    sizes: list[int] = []
    for member in sorted(members, key=lambda member: (target in member[0], len(member[1]))):
        size = len(member[1])
        if packed and target not in member[0] and sizes[-1] * size * width <= PACKED_ENTRIES:
            packed[-1].append(member)
            sizes[-1] *= size
        else:
            packed.append([member])
            sizes.append(size)
    rows, group, stride = np.empty((sum(sizes), width)), [], []
    for g, (found, end) in enumerate(zip(packed, np.cumsum(sizes).tolist(), strict=True)):
        own = tuple(v for variables, _ in found for v in variables)
        group += [g] * len(own)
        stride += [math.prod(cards[u] + 1 for u in own[i + 1 :]) for i in range(len(own))]
        *before, last = [table for _, table in found]
        earlier = reduce(lambda some, more: (some[:, None] + more).reshape(-1, width), before, np.zeros((1, width)))
        np.add(earlier[:, None], last, out=rows[end - sizes[g] : end].reshape(len(earlier), len(last), width))
    variables = tuple(v for found in packed for own, _ in found for v in own)
    return Block(
        others=tuple(i - len(cutset) for i, v in enumerate(cutset) if v not in depends),
        spread=tuple(cards[v] if v in depends else 1 for v in cutset),
        rows=rows,
        offset=np.cumsum([0, *sizes[:-1]], dtype=np.intp),
        variables=variables,
        group=np.array(group, dtype=np.intp),
        stride=np.array(stride, dtype=np.intp),
        cards=tuple(cards[v] for v in variables),
    )


def spread(table: Array, scope: Scope, axes: Scope) -> Array:
    """``table`` with its axes in the order of ``axes`` and axes of length 1 where it has none."""
    order = sorted(range(len(scope)), key=lambda i: axes.index(scope[i]))
    present = set(scope)
    return table.transpose(order)[tuple(slice(None) if v in present else None for v in axes)]
