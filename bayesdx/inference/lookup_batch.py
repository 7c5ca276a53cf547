"""Many cases at once from look-up tables.

A case is a product of rows, one a group, summed over the cutset. Rows are kept as plain numbers here, each over
its largest entry, whose logarithm is added up beside: the product of a case takes no exponentials. It may underflow
in a case that is next to impossible, which is then worked out again from the logarithms.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.contraction import LINEAR, matmul
from bayesdx.inference.logs import FLOOR
from bayesdx.inference.lookup import Block, Integers, LookupTables
from bayesdx.inference.lookup_query import down_to, ratio, states_of
from bayesdx.network import Array

#: Cases that are scored at a time: their rows stay in the processor's cache.
CHUNK = 256
#: A sum that is smaller may have lost a part that matters.
SAFE = 1e-200


@dataclass(frozen=True, eq=False)
class Product:
    """The rows of a block as plain numbers: ``rows`` (R, W), at most 1, and ``scale`` (R,), the logarithm that each
    has lost. An ``early`` block depends on variables of H that are summed out before the target's block enters."""

    block: Block
    rows: Array
    scale: Array
    early: bool

    @cached_property
    def idle(self) -> NDArray[np.bool_]:
        """(R,) whether a row is all ones: where nothing is seen, often."""
        return np.asarray((self.rows == 1.0).all(axis=1))

    def telling(self, at: Integers) -> list[int]:
        """The groups of which a row of ``at`` (G, n) is not all ones; one at least."""
        return [g for g, index in enumerate(at) if not self.idle[index].all()] or [0]

    def __call__(self, at: Integers, out: Array, more: Array) -> Array:
        """The product (n, W) of the rows ``at`` (G, n), made in ``out`` with the help of ``more``."""
        np.take(self.rows, at[0], axis=0, out=out, mode="clip")
        for index in at[1:]:
            out *= np.take(self.rows, index, axis=0, out=more, mode="clip")
        return out


@dataclass(frozen=True, eq=False)
class BatchTables:
    """What batches need of ``tables``: the ``products``, and the ``prior`` over H where none has taken it in."""

    tables: LookupTables
    target: int
    products: tuple[Product, ...]
    prior: Array | None


def batch_tables(tables: LookupTables, target: int) -> BatchTables:
    """Make the tables ready for batches that ask for ``target``."""
    home = tables.blocks[tables.place[target][0]]
    whole = next((block for block in tables.blocks if not block.others), None)
    products = []
    for block in tables.blocks:
        rows = np.array(block.rows)
        if block is whole:  # the rows of its first group take the prior in
            rows[: block.offset[1] if len(block.offset) > 1 else None] += tables.prior.reshape(1, -1)
        scale = rows.max(axis=1)
        scale[np.isneginf(scale)] = 0.0
        early = not set(home.others) <= set(block.others)
        products.append(Product(block, np.exp(rows - scale[:, None]), scale, early))
    return BatchTables(tables, target, tuple(products), np.exp(tables.prior) if whole is None else None)


def score_batch(made: BatchTables, codes: NDArray[np.integer], threads: int | None = None) -> tuple[Array, Array]:
    """P(target | findings) (n, card) and log P(findings) (n,) for codes (n, n_variables), -1 where missing.

    Cases that are impossible get a row of zeros and -inf. ``threads`` are at work, one for each processor unless it
    is said.
    """
    n, tables = len(codes), made.tables
    card = tables.cards[made.target]
    number, group, stride = tables.place[made.target]
    home = tables.blocks[number]
    rows_at = [group_rows(product.block, codes) for product in made.products]
    telling = [product.telling(at) for product, at in zip(made.products, rows_at, strict=True)]
    hard = codes[:, made.target].astype(np.intp)
    others = rows_at[number][group] - stride * (hard + 1)  # the group's row without the target itself
    early = [i for i, product in enumerate(made.products) if product.early]
    late = [i for i, product in enumerate(made.products) if not product.early]
    workers = min(threads or os.cpu_count() or 1, -(-n // CHUNK))
    conditional = _Conditionals(home, stride, card)
    probabilities, mass = np.empty((n, card)), np.empty(n)

    def score_from(first: int, step: int) -> None:
        """Every second (third, …) chunk, in arrays that are made once: their pages stay mapped."""
        buffers = [np.empty((2, CHUNK, product.rows.shape[1])) for product in made.products]
        for start in range(first * CHUNK, n, step * CHUNK):
            size = min(CHUNK, n - start)
            part = slice(start, start + size)

            def factor(i: int, part: slice = part, size: int = size) -> Array:
                made_in = made.products[i](rows_at[i][telling[i], part], *buffers[i][:, :size])
                return made_in.reshape(size, *made.products[i].block.spread)

            total = made.prior
            for i in early:
                total = factor(i) if total is None else total * factor(i)
            joint = np.ones(1) if total is None else down_to(total, home).reshape(-1, *home.spread)
            for i in late:
                joint = joint * factor(i)
            narrow = np.broadcast_to(joint, (size, *home.spread)).reshape(size, -1)
            mass[part] = narrow.sum(axis=1)
            conditional(narrow, others[part], probabilities[part])

    if workers > 1:
        from concurrent.futures import ThreadPoolExecutor  # its import would slow a single query

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(score_from, range(workers), [workers] * workers))
    elif workers:
        score_from(0, 1)
    safe = mass > SAFE
    with np.errstate(divide="ignore", invalid="ignore"):
        probabilities /= mass[:, None]
        log_total = np.log(mass)
    for product, at in zip(made.products, rows_at, strict=True):
        for index in at:
            log_total += product.scale[index]
    seen = np.flatnonzero((hard >= 0) & safe)
    probabilities[seen] = np.eye(card)[hard[seen]]
    if not safe.all():
        rest = np.flatnonzero(~safe)
        probabilities[rest], log_total[rest] = by_logarithms(tables, codes[rest], made.target)
    return probabilities, log_total


class _Conditionals:
    """P(target | D, findings of its group) by the group's row without the target, as it is needed.

    Where each state of D leaves one state of the target, the sum over D is over ranges, not a product of matrices.
    """

    def __init__(self, home: Block, stride: int, card: int) -> None:
        self.rows, self.shifts = home.rows, states_of(stride, card)
        self.known: dict[int, tuple[Array, Integers, Integers, Integers] | Array] = {}

    def __call__(self, narrow: Array, others: Integers, out: Array) -> None:
        """P(target, findings) (n, card) into ``out``, of P(D, findings) (n, W)."""
        first = int(others[0])
        if (others == first).all():
            self._sum(narrow, first, out)
            return
        for row in np.unique(others).tolist():
            cases = others == row
            found = np.empty((np.count_nonzero(cases), out.shape[1]))
            self._sum(narrow[cases], row, found)
            out[cases] = found

    def _sum(self, narrow: Array, row: int, out: Array) -> None:
        if row not in self.known:
            self.known[row] = _ranges(ratio(self.rows, row, self.shifts))
        known = self.known[row]
        if isinstance(known, np.ndarray):
            out[:] = matmul(narrow[None], known.T[None], LINEAR)[0]
            return
        weights, order, starts, states = known
        out[:] = 0.0
        out[:, states] = np.add.reduceat(narrow.take(order, axis=1) * weights, starts, axis=1)


def _ranges(conditional: Array) -> tuple[Array, Integers, Integers, Integers] | Array:
    """P(target | D) (card, W) as it is; or, where a state of D leaves one state at most, the weight of each, the
    order in which those of a state of the target stand together, where they start, and these states."""
    if (np.count_nonzero(conditional, axis=0) > 1).any():
        return conditional
    state = conditional.argmax(axis=0)
    order = np.argsort(state, kind="stable")
    states, starts = np.unique(state[order], return_index=True)
    return conditional.max(axis=0)[order], order, starts, states


def group_rows(block: Block, codes: NDArray[np.integer]) -> Integers:
    """The row (G, n) of every group of a block in every case."""
    at = np.repeat(block.offset[:, None], len(codes), axis=1)
    for v, group, stride in zip(block.variables, block.group.tolist(), block.stride.tolist(), strict=True):
        at[group] += stride * (codes[:, v].astype(np.intp) + 1)
    return at


def cutset_weights(tables: LookupTables, codes: NDArray[np.integer]) -> tuple[Array, Array, list[Integers]]:
    """P(H, findings) (n, axes of H) of each case over its largest entry, the logarithm of that (n,), and by block
    the rows (G, n) of the groups."""
    rows_at = [group_rows(block, codes) for block in tables.blocks]
    total = np.repeat(tables.prior[None], len(codes), axis=0)
    for block, at in zip(tables.blocks, rows_at, strict=True):
        rows = np.zeros((len(codes), block.rows.shape[1]))
        for index in at:
            rows += block.rows[index]
        total += rows.reshape(-1, *block.spread)
    largest = np.maximum(total.reshape(len(total), -1).max(axis=1), FLOOR)
    total -= largest.reshape(-1, *[1] * tables.prior.ndim)
    return np.exp(total, out=total), largest, rows_at


def by_logarithms(tables: LookupTables, codes: NDArray[np.integer], target: int) -> tuple[Array, Array]:
    """As ``score_batch``, slower, in logarithms: nothing underflows."""
    n, card = len(codes), tables.cards[target]
    probabilities, log_total = np.empty((n, card)), np.empty(n)
    number, group, stride = tables.place[target]
    block, conditional = tables.blocks[number], _Conditionals(tables.blocks[number], stride, card)
    for start in range(0, n, CHUNK):
        part = slice(start, start + CHUNK)
        weights, largest, rows_at = cutset_weights(tables, codes[part])
        narrow = down_to(weights, block)
        mass = narrow.sum(axis=1)
        with np.errstate(divide="ignore"):
            log_total[part] = np.log(mass) + largest
        code = codes[part, target].astype(np.intp)
        found = probabilities[part]
        conditional(narrow, rows_at[number][group] - stride * (code + 1), found)
        found /= np.where(mass > 0, mass, 1.0)[:, None]
        hard = np.flatnonzero(code >= 0)
        found[hard] = np.eye(card)[code[hard]] * (mass[hard] > 0)[:, None]
    return probabilities, log_total
