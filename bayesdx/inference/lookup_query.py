"""Ask look-up tables: posterior, all marginals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.findings import IMPOSSIBLE, Known, one_hot
from bayesdx.inference.logs import FLOOR, log_sum
from bayesdx.inference.lookup import Block, Integers, LookupTables
from bayesdx.network import Array


class Entered(NamedTuple):
    """The findings entered into a block: row of each group, uncertain ones taken as missing; and these."""

    block: Block
    rows: list[int]
    soft: dict[int, Array]


def _enter(tables: LookupTables, given: Known) -> list[Entered]:
    """The findings, block by block."""
    place = tables.place
    entered = [Entered(block, [*index], {}) for block, index in zip(tables.blocks, tables.missing, strict=True)]
    for v, state in given.hard.items():
        number, group, stride = place[v]
        entered[number].rows[group] += stride * (state + 1)
    for v, weights in given.soft.items():
        entered[place[v][0]].soft[v] = weights
    return entered


def log_likelihood(tables: LookupTables, given: Known) -> float:
    """log P(findings); raises ImpossibleFindings."""
    return _cutset_posterior(tables, _enter(tables, given))[1] + given.log_scale


def posterior(tables: LookupTables, given: Known, target: int) -> tuple[Array, float]:
    """P(target | findings), shape (card,), and log P(findings); raises ImpossibleFindings."""
    entered = _enter(tables, given)
    weights, log_total = _cutset_posterior(tables, entered)
    if target in given.hard:
        found = np.array(one_hot(tables.cards[target], given.hard[target]))
    else:
        block = entered[tables.place[target][0]]
        found = _conditional(tables, block, target) @ down_to(weights, block.block)
    return found, log_total + given.log_scale


def marginals(tables: LookupTables, given: Known) -> tuple[list[Array], float]:
    """P(v | findings) of every variable, and log P(findings); raises ImpossibleFindings."""
    entered = _enter(tables, given)
    weights, log_total = _cutset_posterior(tables, entered)
    found = {v: np.array(one_hot(tables.cards[v], state)) for v, state in given.hard.items()}
    for part in entered:
        narrow = down_to(weights, part.block)
        mixed = {tables.place[v][1] for v in part.soft}
        alone = [v for v in part.block.variables if v not in given.hard and tables.place[v][1] in mixed]
        together = [v for v in part.block.variables if v not in given.hard and tables.place[v][1] not in mixed]
        found.update((v, _conditional(tables, part, v) @ narrow) for v in alone)
        found.update(_together(tables, part, together, narrow))
    return [found[v] for v in range(len(tables.cards))], log_total + given.log_scale


def _cutset_posterior(tables: LookupTables, entered: Sequence[Entered]) -> tuple[Array, float]:
    """P(H | findings), one axis a variable of H, and log P(scaled findings); raises ImpossibleFindings."""
    logs = tables.prior
    for block, index, soft in entered:
        rows = block.rows.take(index, axis=0)
        for g in {tables.place[v][1] for v in soft} if soft else ():
            rows[g] = _mixture(tables, block, index[g], _of_group(tables, soft, g), np.zeros(1, dtype=np.intp))[0]
        logs = logs + np.add.reduce(rows, axis=0).reshape(block.spread)
    largest = float(np.maximum.reduce(logs, axis=None))
    if largest == -math.inf:
        raise ImpossibleFindings(IMPOSSIBLE)
    weights = np.exp(logs - largest)
    total = float(np.add.reduce(weights, axis=None))
    return weights / total, math.log(total) + largest


def down_to(weights: Array, block: Block) -> Array:
    """``weights`` (…, axes of H) summed down to (…, W) over what ``block`` depends on."""
    rank = len(block.spread)
    batch = weights.shape[: weights.ndim - rank]
    for axis in block.others:
        weights = np.add.reduce(weights, axis=axis, keepdims=True)
    return weights.reshape(*batch, block.rows.shape[1])


def _conditional(tables: LookupTables, part: Entered, v: int) -> Array:
    """(card, W) P(v = k | D, findings): the row in which v is set to k over the row of the findings alone."""
    block, index, soft = part
    _, g, stride = tables.place[v]
    others = _of_group(tables, soft, g)
    if others:
        own = others.pop(v, None)
        rows = _mixture(tables, block, index[g], others, states_of(stride, tables.cards[v]))
        if own is not None:
            with np.errstate(divide="ignore"):
                rows = rows + np.log(own)[:, None]
        conditional: Array = np.exp(rows - np.maximum(log_sum(rows, 0), FLOOR))
        return conditional
    if index[g] != block.offset[g]:
        return ratio(block.rows, index[g], states_of(stride, tables.cards[v]))
    if v not in tables.unseen:
        tables.unseen[v] = ratio(block.rows, index[g], states_of(stride, tables.cards[v]))
    return tables.unseen[v]


def _together(
    tables: LookupTables, part: Entered, variables: Sequence[int], narrow: Array
) -> Iterator[tuple[int, Array]]:
    """P(v | findings) of several variables whose groups hold no uncertain finding."""
    if not variables:
        return
    index = np.array(part.rows)
    starts, group, shift = part.block.states
    cards = [tables.cards[v] for v in variables]
    at = np.concatenate([starts[v] + np.arange(card) for v, card in zip(variables, cards, strict=True)])
    group = group[at]
    rows = part.block.rows.take(index[group] + shift[at], axis=0)
    rows -= np.maximum(part.block.rows.take(index, axis=0), FLOOR).take(group, axis=0)
    flat = np.exp(rows, out=rows) @ narrow
    ends = accumulate(cards)
    yield from ((v, flat[end - card : end]) for v, card, end in zip(variables, cards, ends, strict=True))


def ratio(rows: Array, row: int, shifts: Integers) -> Array:
    """Rows moved by ``shifts`` over the row itself; 0 where that is impossible, for then so are they."""
    conditional: Array = np.exp(rows[row + shifts] - np.maximum(rows[row], FLOOR))
    return conditional


def states_of(stride: int, card: int) -> Integers:
    """How far the rows of the states of a variable are from the row in which it is missing."""
    return stride * np.arange(1, card + 1, dtype=np.intp)


def _of_group(tables: LookupTables, soft: dict[int, Array], group: int) -> dict[int, Array]:
    return {v: weights for v, weights in soft.items() if tables.place[v][1] == group}


def _mixture(tables: LookupTables, block: Block, row: int, soft: dict[int, Array], shifts: Integers) -> Array:
    """(len(shifts), W): rows moved by ``shifts``, averaged with the weights of the ``soft`` variables.

    A likelihood is linear in the weights of each variable, so an uncertain finding is a weighted sum of rows.
    """
    at, logs = np.full(1, row, dtype=np.intp), np.zeros(1)
    for v, weights in soft.items():
        states = np.flatnonzero(weights)
        at = (at[:, None] + tables.place[v][2] * (states + 1)).ravel()
        logs = (logs[:, None] + np.log(weights[states])).ravel()
    mixed: Array = log_sum(block.rows[at[:, None] + shifts] + logs[:, None, None], 0)
    return mixed
