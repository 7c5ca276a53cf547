"""Ask look-up tables how far the counts leave the posteriors of many cases open.

To first order (``intervals``) a CPT row u adds to the variance of ln P(t, e) a quadratic form of the posteriors
P(u, x | t, e) of its entries. Where each state of one variable of H, the form, belongs to one state of the target,
P(u, x | t, e) is P(u, x | e) / P(t | e) or 0: what all rows add is summed by form before the target is looked at.
Of a variable it is P(D | e) ** 2, D its parents in H, times a number that the findings about it and about those
that go with it decide; these numbers are made once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.logs import FLOOR
from bayesdx.inference.lookup import LookupTables, spread
from bayesdx.inference.lookup_batch import CHUNK, cutset_weights
from bayesdx.inference.lookup_joint import separate
from bayesdx.inference.lookup_query import states_of
from bayesdx.inference.results import Spread
from bayesdx.network import Array, Network


class Row(NamedTuple):
    """P(x | parents) of a CPT and the counts of its rows + 1, both over some axes."""

    theta: Array
    size: Array


class Numbers(NamedTuple):
    """Numbers (R, *axes of H): by the state + 1 of variable ``v``, or by the row of its ``group`` of a block."""

    v: int
    group: tuple[int, int] | None
    table: Array


@dataclass(frozen=True, eq=False)
class SpreadTables:
    """What the counts of a network leave open.

    ``numbers`` by the axes of H that they depend on; ``inner`` the CPTs of variables of H given others, by the axis
    of each. ``axis`` is that of the form, ``owner`` (F, T) says to which state of the target each form belongs;
    ``form`` is P(form | its state) (F,) and the sizes (T,), ``prior`` P(target) (T,) and its size.
    """

    tables: LookupTables
    numbers: Mapping[tuple[int, ...], Sequence[Numbers]]
    inner: Mapping[int, Row]
    axis: int
    owner: Array
    form: Row | None
    prior: Row | None


def spread_tables(network: Network, tables: LookupTables, target: int) -> SpreadTables | None:
    """The tables of a network whose forms are in H, and a parent of every other CPT that has counts; else None."""
    ids, cutset = [variable.id for variable in network.variables], tables.cutset
    parents = [tuple(network.index[p] for p in network.parents[name]) for name in ids]
    forms = [v for v in cutset if parents[v] == (target,) and network.is_form(ids[v])]
    if parents[target] or len(forms) != 1 or not separate(tables, target):
        return None
    axis = cutset.index(forms[0])
    numbers: dict[tuple[int, ...], list[Numbers]] = {}
    inner: dict[int, Row] = {}
    linked: dict[tuple[int, int], list[int]] = {}
    for v, name in enumerate(ids):
        if name not in network.counts or v in (target, forms[0]):
            continue
        own = tuple(i for i, u in enumerate(cutset) if u in parents[v])
        if axis not in own:
            return None
        if v in cutset:
            if len(own) < len(parents[v]):
                return None
            inner[cutset.index(v)] = _over(network, v, parents[v], (), cutset)
        elif len(own) == len(parents[v]) and not network.children[name]:
            theta, size = _over(network, v, parents[v], (v,), cutset)
            table = np.concatenate([np.zeros((1, *theta.shape[1:])), _seen(1.0, theta, size)])
            numbers.setdefault(own, []).append(Numbers(v, None, table))
        else:
            linked.setdefault(tables.place[v][:2], []).append(v)
    for group, members in linked.items():
        block = tables.blocks[group[0]]
        own = tuple(i for i in range(len(cutset)) if i - len(cutset) not in block.others)
        if any({cutset[i] for i in own} != set(parents[v]) & set(cutset) for v in members):
            return None  # what goes with them depends on more of H
        table = _together(network, tables, group, members, own)
        numbers.setdefault(own, []).append(Numbers(members[0], group, table))
    cpt = network.cpts[ids[forms[0]]]
    counts = {v: network.counts[ids[v]].sum(axis=-1) + 1.0 for v in (forms[0], target) if ids[v] in network.counts}
    return SpreadTables(
        tables=tables,
        numbers=numbers,
        inner=inner,
        axis=axis,
        owner=(cpt > 0).T.astype(float),
        form=Row(cpt.max(axis=0), counts[forms[0]]) if forms[0] in counts else None,
        prior=Row(network.cpts[ids[target]], counts[target]) if target in counts else None,
    )


def _over(network: Network, v: int, parents: Sequence[int], first: Sequence[int], cutset: Sequence[int]) -> Row:
    """The CPT of a variable over the axes ``first`` and those of H."""
    name = network.variables[v].id
    size = network.counts[name].sum(axis=-1) + 1.0
    own = [u for u in first if u != v]
    return Row(
        spread(network.cpts[name], (*parents, v), (*first, *cutset)), spread(size, tuple(parents), (*own, *cutset))
    )


def _over_theta(square: Array | float, theta: Array) -> Array:
    """``square`` / theta, 0 for what is impossible."""
    return np.asarray(np.where(theta > 0, square / np.where(theta > 0, theta, 1.0), 0.0))


def _seen(square: Array | float, theta: Array, size: Array) -> Array:
    """What a row adds by the state that was seen: square times the variance of theta, over theta squared."""
    return np.asarray(_over_theta(square * (1.0 - theta), theta) / size)


def _together(
    network: Network, tables: LookupTables, group: tuple[int, int], members: Sequence[int], own: Sequence[int]
) -> Array:
    """What the CPTs of a group's ``members`` add (rows of the group, *axes of H), by what is seen of them."""
    block, cutset = tables.blocks[group[0]], tables.cutset
    stop = [*block.offset[1:].tolist(), len(block.rows)][group[1]]
    rows = block.rows[block.offset[group[1]] : stop]
    keep: tuple[Any, ...] = tuple(slice(None) if i in own else slice(0, 1) for i in range(len(cutset)))
    cards = {u: tables.cards[u] for u in block.variables if tables.place[u][:2] == group}
    stride = {u: tables.place[u][2] for u in cards}
    index = {network.variables[u].id: u for u in cards}
    made = np.zeros((len(rows), *(n if i in own else 1 for i, n in enumerate(tables.prior.shape))))
    for v in members:
        parents = tuple(network.index[p] for p in network.parents[network.variables[v].id])
        family = (*(u for u in parents if u not in cutset), v)
        theta, size = _over(network, v, parents, family, cutset)
        under = below(network, v, index)
        for row in range(len(rows)):
            state = {u: row // stride[u] % (cards[u] + 1) - 1 for u in cards}
            if state[v] < 0 and all(state[u] < 0 for u in under):
                continue  # it sums to 1, whatever its numbers
            missing = [u for u in family if state[u] < 0]
            shifts = np.zeros(1, dtype=np.intp)
            for u in missing:
                shifts = (shifts[:, None] + states_of(stride[u], cards[u])).ravel()
            shares = np.exp(rows[row + shifts] - np.maximum(rows[row], FLOOR))  # P(missing | D, findings)
            shares = shares.reshape(*(cards[u] for u in missing), *block.spread)[(..., *keep)]
            at = tuple(state[u] if state[u] >= 0 else slice(None) for u in family)
            summed = tuple(range(len(missing)))
            if state[v] >= 0:
                made[row] += _seen(shares**2, theta[at], size[at[:-1]]).sum(axis=summed)
            else:
                last = len(missing) - 1
                square = _over_theta(shares**2, theta[at]).sum(axis=last) - shares.sum(axis=last) ** 2
                made[row] += (np.maximum(square, 0.0) / size[at[:-1]]).sum(axis=summed[:-1])
    return made


def below(network: Network, v: int, index: Mapping[str, int]) -> set[int]:
    """The variables of a group below a variable."""
    found: set[int] = set()
    waiting = [network.variables[v].id]
    for name in waiting:  # grows while we walk it
        children = [child for child in network.children[name] if child in index]
        waiting += children
        found.update(index[child] for child in children)
    return found


def spreads(made: SpreadTables, codes: NDArray[np.integer]) -> Iterator[tuple[slice, Spread]]:
    """The variances (part, T) of parts of the cases ``codes`` (n, n_variables), -1 where missing.

    Those of a state that is next to impossible or to certain mean nothing, nor do those of an impossible case.
    """
    for start in range(0, len(codes), CHUNK):
        part = slice(start, start + CHUNK)
        with np.errstate(all="ignore"):
            yield part, _spreads(made, codes[part])


def _spreads(made: SpreadTables, codes: NDArray[np.integer]) -> Spread:
    weights, _, index = cutset_weights(made.tables, codes)
    axes = range(weights.ndim - 1)
    weights = weights / weights.sum(axis=tuple(i + 1 for i in axes), keepdims=True)

    def summed(table: Array, kept: Sequence[int]) -> Array:
        return np.asarray(table.sum(axis=tuple(i + 1 for i in axes if i not in kept), keepdims=True))

    by_form = np.zeros((len(codes), len(made.owner)))
    for own, several in made.numbers.items():
        total: Array | float = 0.0
        for v, group, table in several:
            at = codes[:, v] + 1
            if group is not None:
                number, g = group
                at = index[number][g] - made.tables.blocks[number].offset[g]
            total = total + table[at]
        by_form += summed(summed(weights, own) ** 2 * total, [made.axis]).reshape(by_form.shape)
    for axis, (theta, size) in made.inner.items():
        held = summed(weights, [axis, *(i for i in axes if size.shape[i] > 1)])
        inside = held.sum(axis=axis + 1, keepdims=True)
        square = _over_theta(held**2, theta).sum(axis=axis + 1, keepdims=True) - inside**2
        by_form += summed(np.maximum(square, 0.0) / size, [made.axis]).reshape(by_form.shape)
    form = summed(weights, [made.axis]).reshape(by_form.shape)
    p, variance = form @ made.owner, by_form @ made.owner
    if made.form is not None:
        square = _over_theta(form**2, made.form.theta) @ made.owner - p**2
        variance = variance + np.maximum(square, 0.0) / made.form.size
    others = 1.0 - np.eye(p.shape[1])
    rest = p @ others
    with_it, without = variance / p**2, variance @ others / rest**2
    if made.prior is None:
        return Spread(with_it, without, with_it + without)
    theta, size = made.prior
    own_part, other_part = _over_theta(1.0, theta), _over_theta(p**2, theta) @ others / rest**2
    return Spread(
        with_it + (own_part - 1.0) / size,
        without + np.maximum(other_part - 1.0, 0.0) / size,
        with_it + without + (own_part + other_part) / size,
    )
