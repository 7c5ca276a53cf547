"""Compile a plan for fixed shapes, and run it: one forward pass, one backward pass, plain arrays.

Inside a step the variables fall into four kinds: A and B are axes of the left or the right table alone, K of both
and summed out, S of both and kept. A table is stored in the shape in which its one consumer takes it,

    left (A, K, 1, S)   right (1, K, B, S)   result (A, B, S)

so a forward step is one product with one sum over K, both backward steps are the same with another axis summed
(over B for the left table, over A for the right one), and S, usually the longest, is contiguous in all three. Only
results are ever transposed, never a product. Where A, K and B are not short, the same step is a matrix product for
each state of S, with S in front: left (S, A, K), right (S, K, B), result (S, A, B). Without K there is no sum, and
S in front pays only where it is short.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bayesdx.inference.plan import Plan, Scope
from bayesdx.network import Array

#: Products of more entries than this are made block by block: a block stays in the processor's cache.
BLOCK = 1 << 16

#: Dims, axes and inverse of a result that is stored as it is made.
NOT_MOVED: tuple[Scope, Scope | None, Scope] = (), None, ()

#: Rows of a large table that are copied at a time where its axes change their order.
STRIP = 8

#: Matrix products pay from this many multiplications for each state of S.
MATRIX = 512

#: Between these the largest entry of a table may lie where tables are scaled.
SCALED = (1e-30, 1e30)

#: Multiplications of one matrix product, or of one with a vector: up to here BLAS keeps to a single thread. More
#: threads hardly pay on tables of few rows or columns, and cost a lot when the other cores are busy.
MATRIX_BLOCK, VECTOR_BLOCK = 1 << 18, 1 << 13


class Semiring(NamedTuple):
    """How tables are multiplied and what 'summing out' means."""

    multiply: np.ufunc
    add: np.ufunc


LINEAR = Semiring(np.multiply, np.add)
LOG = Semiring(np.add, np.logaddexp)
MAXIMUM = Semiring(np.add, np.maximum)


class Layout(NamedTuple):
    """How a table is stored: ``scope`` orders its axes, ``dims`` are their lengths, ``shape`` groups them."""

    scope: Scope
    dims: tuple[int, ...]
    shape: tuple[int, ...]

    def grouped(self, variable: int) -> tuple[int, int, int]:
        """Shape (before, card, after) that singles out the axis of ``variable``."""
        at = self.scope.index(variable)
        return math.prod(self.dims[:at]), self.dims[at], math.prod(self.dims[at + 1 :])


class Operation(NamedTuple):
    """One step with its shapes.

    ``matrix`` and ``large`` say how products are made: as matrix products, or block by block. ``shape`` is the
    result as the step makes it, ``dims`` the same with an axis for the variables that stay side by side, ``axes``
    the order of these axes in which the result is stored (None: as it is), ``inverse`` the way back.
    """

    left: int
    right: int | None
    result: int
    matrix: bool
    large: bool
    shape: tuple[int, ...]
    dims: tuple[int, ...]
    axes: tuple[int, ...] | None
    inverse: tuple[int, ...]


class Compiled(NamedTuple):
    """The operations of a plan, first step first, and the layout of every table, leaves first."""

    operations: tuple[Operation, ...]
    layouts: tuple[Layout, ...]


def compile_plan(plan: Plan) -> Compiled:
    """Choose the layout of every table, from the result down to the leaves.

    Within A, B and S the variables keep the order in which the result is wanted, so that most results need no
    transposition at all.
    """
    cards = plan.cards
    given = len(plan.leaves)
    layouts: dict[int, Layout] = {}

    def lay_out(table: int, scope: Scope, shape: tuple[int, ...]) -> None:
        layouts[table] = Layout(scope, tuple([cards[v] for v in scope]), shape)

    last = plan.scopes[-1]
    lay_out(given + len(plan.steps) - 1, last, tuple([cards[v] for v in last]))
    operations = []
    for i in range(len(plan.steps) - 1, -1, -1):
        step, wanted = plan.steps[i], layouts[given + i].scope
        left = set(plan.scopes[step.left])
        right = left if step.right is None else set(plan.scopes[step.right])
        shared = [v for v in wanted if v in left and v in right]
        only_left = [v for v in wanted if v not in right]
        only_right = [v for v in wanted if v not in left]
        summed = sorted((left & right).difference(wanted))
        a, k, b, s = [math.prod([cards[v] for v in block]) for block in (only_left, summed, only_right, shared)]
        matrix = step.right is not None and a * k * b >= MATRIX and (k > 1 or s < MATRIX)
        if matrix:
            lay_out(step.left, (*shared, *only_left, *summed), (s, a, k))
            natural, shape = (*shared, *only_left, *only_right), (s, a, b)
        else:
            lay_out(step.left, (*only_left, *summed, *shared), (a, k, 1, s))
            natural, shape = (*only_left, *only_right, *shared), (a, b, s)
        if step.right is not None and matrix:
            lay_out(step.right, (*shared, *summed, *only_right), (s, k, b))
        elif step.right is not None:
            lay_out(step.right, (*summed, *only_right, *shared), (1, k, b, s))
        dims, axes, inverse = NOT_MOVED
        if natural != wanted:
            dims, axes = side_by_side([cards[v] for v in natural], [natural.index(v) for v in wanted])
            inverse = tuple(map(axes.index, range(len(axes))))
        large = a * k * b * s > BLOCK
        operations.append(Operation(step.left, step.right, given + i, matrix, large, shape, dims, axes, inverse))
    return Compiled(tuple(reversed(operations)), tuple(layouts[i] for i in range(given + len(plan.steps))))


def side_by_side(dims: Sequence[int], axes: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The same transposition with fewer axes: those that stay one behind the other are one."""
    runs: list[list[int]] = []
    for axis in axes:
        if runs and runs[-1][-1] == axis - 1:
            runs[-1].append(axis)
        else:
            runs.append([axis])
    order = sorted(runs)
    return tuple(math.prod([dims[axis] for axis in run]) for run in order), tuple(map(order.index, runs))


def transposed(table: Array, axes: Sequence[int]) -> Array:
    """``table`` with its axes in the order ``axes``; a large one is copied, strip by strip.

    Rows that lie a power of two apart share places in the processor's cache: many at a time push each other out.
    """
    view = table.transpose(axes)
    if table.size <= BLOCK or axes[0] == 0:
        return view
    made, at = np.empty(view.shape), axes.index(0)
    for start in range(0, len(table), STRIP):
        part = (*[slice(None)] * at, slice(start, start + STRIP))
        made[part] = view[part]
    return made


def forward(
    compiled: Compiled, leaves: Sequence[Array], ring: Semiring = LINEAR, scales: dict[int, float] | None = None
) -> list[Array]:
    """All tables of a plan in their layouts, ``leaves`` first.

    With ``scales`` a table whose largest entry leaves SCALED is multiplied by a power of two, which is kept there
    by the number of the table; ``backward`` takes them.
    """
    tables = [*leaves]
    for op in compiled.operations:
        x = tables[op.left]
        if op.right is None:
            made = ring.add.reduce(x, axis=1)
        elif op.matrix:
            made = matmul(x, tables[op.right], ring)
        else:
            made = multiply_sum(x, tables[op.right], 1, op.large, ring)
        if op.axes is not None:
            made = transposed(made.reshape(op.dims), op.axes)
        made = made.reshape(compiled.layouts[op.result].shape)
        if scales is not None:
            largest = float(made.max())
            if largest > 0.0 and not SCALED[0] < largest < SCALED[1]:
                scales[op.result] = math.ldexp(1.0, -max(min(math.frexp(largest)[1], 1000), -1000))
                made *= scales[op.result]
        tables.append(made)
    return tables


#: No table was scaled.
NOT_SCALED: Mapping[int, float] = MappingProxyType({})

#: An operation to differentiate, and whether the derivatives by its left and its right table are needed.
Reversal = tuple[Operation, bool, bool]


def reversals(compiled: Compiled, wanted: Collection[int]) -> tuple[Reversal, ...]:
    """What a backward pass must do to reach the derivatives by the ``wanted`` tables."""
    needed = set(wanted)
    for op in compiled.operations:
        if op.left in needed or op.right in needed:
            needed.add(op.result)
    return tuple(
        (op, op.left in needed, op.right in needed) for op in reversed(compiled.operations) if op.result in needed
    )


def backward(
    compiled: Compiled,
    reverse: Sequence[Reversal],
    tables: Sequence[Array],
    seed: Array,
    ring: Semiring = LINEAR,
    scales: Mapping[int, float] = NOT_SCALED,
) -> Iterator[tuple[int, Array]]:
    """Each table that ``reverse`` reaches, with the derivative of ``sum(seed * result)`` by it, in its layout.

    For ``z = sum over K of x * y`` the derivative by x is ``sum over B of dz * y`` (reverse-mode
    differentiation, Darwiche 2003): no division, so zeros need no care. A derivative is let go as soon as those
    below it are made, and a table is not looked at again once its own has been yielded. ``scales`` are those of
    the forward pass.
    """
    layouts = compiled.layouts
    slopes = {len(tables) - 1: seed}
    yield len(tables) - 1, seed
    for op, to_left, to_right in reverse:
        slope = slopes.pop(op.result)
        if op.result in scales:
            slope = slope * scales[op.result]
        if op.axes is not None:
            slope = transposed(slope.reshape([op.dims[i] for i in op.axes]), op.inverse)
        if op.right is None:
            shape = layouts[op.left].shape
            slopes[op.left] = np.broadcast_to(slope.reshape(shape[0], 1, *shape[2:]), shape)
        elif op.matrix:
            slope = slope.reshape(op.shape)
            if to_left:
                slopes[op.left] = matmul(slope, tables[op.right].swapaxes(1, 2), ring)
            if to_right:
                slopes[op.right] = matmul(tables[op.left].swapaxes(1, 2), slope, ring)
        else:
            slope = slope.reshape(op.shape[0], 1, *op.shape[1:])
            if to_left:
                found = multiply_sum(slope, tables[op.right], 2, op.large, ring)
                slopes[op.left] = found.reshape(layouts[op.left].shape)
            if to_right:
                found = multiply_sum(slope, tables[op.left], 0, op.large, ring)
                slopes[op.right] = found.reshape(layouts[op.right].shape)
        if to_left:
            yield op.left, slopes[op.left]
        if to_right and op.right is not None:
            yield op.right, slopes[op.right]


def multiply_sum(x: Array, y: Array, axis: int, large: bool, ring: Semiring) -> Array:
    """``(x * y).sum(axis)`` for x and y of rank 4 that broadcast; ``large`` ones in blocks along the last axis.

    An axis of length 1 may be left in the result.
    """
    shape = tuple(map(max, x.shape, y.shape))
    if not large or shape[axis] == 1:
        multiplied: Array = ring.multiply(x, y)
        if shape[axis] == 1:
            return multiplied
        summed: Array = ring.add.reduce(multiplied, axis=axis)
        return summed
    out = np.empty(shape[:axis] + shape[axis + 1 :])
    block = max(BLOCK * shape[3] // math.prod(shape), 16)
    for start in range(0, shape[3], block):
        part = (..., slice(start, start + block))
        ring.add.reduce(ring.multiply(x[part], y[part]), axis=axis, out=out[part])
    return out


def matmul(x: Array, y: Array, ring: Semiring) -> Array:
    """Product of stacks of matrices (s, a, k) and (s, k, b) -> (s, a, b), in blocks."""
    states, rows, inner = x.shape
    columns = y.shape[2]
    out = np.empty((states, rows, columns))
    most = MATRIX_BLOCK if min(rows, columns) > 1 else VECTOR_BLOCK
    wide = max(min(columns, most // (inner * min(rows, 64))), 1)
    tall = max(most // (inner * wide), 1)
    deep = states if ring is LINEAR else max(most // (inner * wide * min(rows, tall)), 1)
    for h, i, j in product(range(0, states, deep), range(0, rows, tall), range(0, columns, wide)):
        left, right = x[h : h + deep, i : i + tall], y[h : h + deep, :, j : j + wide]
        made = out[h : h + deep, i : i + tall, j : j + wide]
        if ring is LINEAR:
            np.matmul(left, right, out=made)
        else:
            ring.add.reduce(ring.multiply(left[..., None], right[:, None]), axis=2, out=made)
    return out
