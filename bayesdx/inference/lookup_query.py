"""Ask look-up tables: posterior, all marginals, batches."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference.contraction import LINEAR, matmul
from bayesdx.inference.findings import IMPOSSIBLE, Known, one_hot
from bayesdx.inference.lookup import Block, Integers, LookupTables
from bayesdx.network import Array

#: Cases that a batch scores at a time: their rows stay in the processor's cache.
CHUNK = 512

#: Stands for log 0 where -inf would have to be subtracted from -inf.
FLOOR = -1e300


class Entered(NamedTuple):
    """The findings entered into a block: row of each group, uncertain ones taken as missing; and these."""

    block: Block
    rows: list[int]
    soft: dict[int, Array]


def enter(tables: LookupTables, given: Known) -> list[Entered]:
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
    return _cutset_posterior(tables, enter(tables, given))[1] + given.log_scale


def posterior(tables: LookupTables, given: Known, target: int) -> tuple[Array, float]:
    """P(target | findings), shape (card,), and log P(findings); raises ImpossibleFindings."""
    entered = enter(tables, given)
    weights, log_total = _cutset_posterior(tables, entered)
    if target in given.hard:
        found = np.array(one_hot(tables.cards[target], given.hard[target]))
    else:
        block = entered[tables.place[target][0]]
        found = _conditional(tables, block, target) @ _down_to(weights, block.block)
    return found, log_total + given.log_scale


def marginals(tables: LookupTables, given: Known) -> tuple[list[Array], float]:
    """P(v | findings) of every variable, and log P(findings); raises ImpossibleFindings."""
    entered = enter(tables, given)
    weights, log_total = _cutset_posterior(tables, entered)
    found = {v: np.array(one_hot(tables.cards[v], state)) for v, state in given.hard.items()}
    for part in entered:
        narrow = _down_to(weights, part.block)
        mixed = {tables.place[v][1] for v in part.soft}
        alone = [v for v in part.block.variables if v not in given.hard and tables.place[v][1] in mixed]
        together = [v for v in part.block.variables if v not in given.hard and tables.place[v][1] not in mixed]
        found.update((v, _conditional(tables, part, v) @ narrow) for v in alone)
        found.update(_together(tables, part, together, narrow))
    return [found[v] for v in range(len(tables.cards))], log_total + given.log_scale


def batch(
    tables: LookupTables, codes: NDArray[np.integer], target: int, threads: int | None = None
) -> tuple[Array, Array]:
    """P(target | findings) (n, card) and log P(findings) (n,) for codes (n, n_variables), -1 where missing.

    Cases that are impossible get a row of zeros and -inf.
    """
    n, card = len(codes), tables.cards[target]
    probabilities, log_total = np.empty((n, card)), np.empty(n)
    number, group, stride = tables.place[target]
    block = tables.blocks[number]
    moves = [group_moves(part, len(tables.cards)) for part in tables.blocks]
    conditionals: dict[int, Array] = {}
    threads = min(threads or os.cpu_count() or 1, -(-n // CHUNK))

    def score_from(first: int) -> None:
        """Every second (third, …) chunk, in arrays that are made once: their pages stay mapped."""
        total = np.empty((CHUNK, *tables.prior.shape))
        rows = [np.empty((2, CHUNK, b.rows.shape[1])) for b in tables.blocks]
        for start in range(first * CHUNK, n, threads * CHUNK):
            size = min(CHUNK, n - start)
            score(slice(start, start + size), total[:size], [pair[:, :size] for pair in rows])

    def score(part: slice, total: Array, buffers: Sequence[Array]) -> None:
        seen = codes[part] + 1.0
        index = [(seen @ move).astype(np.intp) + b.offset for move, b in zip(moves, tables.blocks, strict=True)]
        total[:] = tables.prior
        for b, at, (rows, more) in zip(tables.blocks, index, buffers, strict=True):
            np.take(b.rows, at[:, 0], axis=0, out=rows, mode="clip")
            for column in at.T[1:]:
                rows += np.take(b.rows, column, axis=0, out=more, mode="clip")
            total += rows.reshape(-1, *b.spread)
        flat = total.reshape(len(total), -1)
        largest = np.maximum(flat.max(axis=1), FLOOR)
        flat -= largest[:, None]
        narrow = _down_to(np.exp(total, out=total), block)
        mass = narrow.sum(axis=1)
        narrow /= np.where(mass > 0, mass, 1.0)[:, None]
        with np.errstate(divide="ignore"):
            log_total[part] = np.log(mass) + largest
        code = codes[part, target].astype(np.intp)
        others = index[number][:, group] - stride * (code + 1)  # the group's row without the target itself
        found = probabilities[part]
        for row in np.unique(others).tolist():
            if row not in conditionals:
                conditionals[row] = row_ratio(block.rows, row, state_shifts(stride, card))
            cases = others == row
            found[cases] = matmul(narrow[None, cases], conditionals[row].T[None], LINEAR)[0]
        hard = np.flatnonzero(code >= 0)
        found[hard] = np.eye(card)[code[hard]] * (mass[hard] > 0)[:, None]

    if threads > 1:
        from concurrent.futures import ThreadPoolExecutor  # its import would slow a single query

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(score_from, range(threads)))
    elif threads:
        score_from(0)
    return probabilities, log_total


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


def _down_to(weights: Array, block: Block) -> Array:
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
        rows = _mixture(tables, block, index[g], others, state_shifts(stride, tables.cards[v]))
        if own is not None:
            with np.errstate(divide="ignore"):
                rows = rows + np.log(own)[:, None]
        ratio: Array = np.exp(rows - np.maximum(np.logaddexp.reduce(rows, axis=0), FLOOR))
        return ratio
    if index[g] != block.offset[g]:
        return row_ratio(block.rows, index[g], state_shifts(stride, tables.cards[v]))
    if v not in tables.unseen:
        tables.unseen[v] = row_ratio(block.rows, index[g], state_shifts(stride, tables.cards[v]))
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


def row_ratio(rows: Array, row: int, shifts: Integers) -> Array:
    """Rows moved by ``shifts`` over the row itself; 0 where that is impossible, for then so are they."""
    ratio: Array = np.exp(rows[row + shifts] - np.maximum(rows[row], FLOOR))
    return ratio


def state_shifts(stride: int, card: int) -> Integers:
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
    mixed: Array = np.logaddexp.reduce(block.rows[at[:, None] + shifts] + logs[:, None, None], axis=0)
    return mixed


def group_moves(block: Block, n: int) -> Array:
    """(n, G) by which a state number, counted from 1, moves the rows of the groups."""
    moves = np.zeros((n, len(block.offset)))
    moves[list(block.variables), block.group] = block.stride
    return moves
