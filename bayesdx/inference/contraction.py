"""Run a plan: one forward pass, one backward pass, plain arrays.

Every table is an array whose axes follow its scope in the plan. An axis may have length 1 where the plan counts
more states: the variable is then fixed (a hard finding keeps only the slice that was seen) or the table does not
depend on it; either way broadcasting does the right thing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayesdx.inference.plan import Plan, Scope
from bayesdx.network import Array

#: Products larger than this many entries are made block by block: a block stays in the processor's cache.
BLOCK = 1 << 16

Index = tuple[slice | None, ...]


class Semiring(NamedTuple):
    """How tables are multiplied and what 'summing out' means."""

    multiply: np.ufunc
    add: np.ufunc


LINEAR = Semiring(np.multiply, np.add)
LOG = Semiring(np.add, np.logaddexp)
MAXIMUM = Semiring(np.add, np.maximum)


@dataclass(frozen=True, slots=True)
class Operation:
    """``result = sum over axes of x[x_index] * y[y_index]``; x and y are table numbers, y None for one table."""

    x: int
    y: int | None
    result: int
    x_index: Index
    y_index: Index
    axes: tuple[int, ...]


def forward_operations(plan: Plan) -> tuple[Operation, ...]:
    """One operation a step; it makes table ``result`` from two earlier tables."""
    given = len(plan.leaves)
    made = []
    for i, (step, union) in enumerate(zip(plan.steps, plan.unions, strict=True)):
        right = () if step.right is None else plan.scopes[step.right]
        index = _aligned(plan.scopes[step.left], union), _aligned(right, union)
        made.append(Operation(step.left, step.right, given + i, *index, _missing(step.scope, union)))
    return tuple(made)


def backward_operations(plan: Plan, wanted: Collection[int], carry: int | None = None) -> tuple[Operation, ...]:
    """Operations that make the derivatives of the result by the ``wanted`` tables, last step first.

    In each, x is the number of a derivative and y that of a table: for ``z = sum x * y`` the derivative by x is
    ``sum dz * y`` over what x does not hold (reverse-mode differentiation, Darwiche 2003): no division, so
    zeros need no care. ``carry``, the last variable of the order, stays an axis of every derivative: the
    derivative is then taken of each entry of the result apart.
    """
    carried = () if carry is None else (carry,)

    def scope_with_carry(table: int) -> Scope:
        scope = plan.scopes[table]
        return scope if carry in scope else (*scope, *carried)

    needed = set(wanted)
    given = len(plan.leaves)
    for i, step in enumerate(plan.steps):
        if not needed.isdisjoint((step.left, step.right)):
            needed.add(given + i)
    made = []
    rank = {v: i for i, v in enumerate(plan.order)}
    for i in range(len(plan.steps) - 1, -1, -1):
        step = plan.steps[i]
        outer = scope_with_carry(given + i)
        for mine, other in ((step.left, step.right), (step.right, step.left)):
            if mine is None or mine not in needed:
                continue
            scope = scope_with_carry(mine)
            other_scope = () if other is None else plan.scopes[other]
            union = tuple(sorted({*scope, *other_scope}, key=rank.__getitem__))
            index = _aligned(outer, union), _aligned(other_scope, union)
            made.append(Operation(given + i, other, mine, *index, _missing(scope, union)))
    return tuple(made)


def forward(operations: Sequence[Operation], leaves: Sequence[Array], ring: Semiring = LINEAR) -> list[Array]:
    """All tables of a plan, ``leaves`` first."""
    tables = [*leaves]
    for op in operations:
        y = None if op.y is None else tables[op.y][op.y_index]
        tables.append(multiply_sum(tables[op.x][op.x_index], y, op.axes, ring))
    return tables


def backward(
    operations: Sequence[Operation], tables: Sequence[Array], seed: Array, ring: Semiring = LINEAR
) -> dict[int, Array]:
    """Derivative of ``sum(seed * result)`` by each table that ``operations`` reach, keyed by table number."""
    slopes = {len(tables) - 1: seed}
    for op in operations:
        y = None if op.y is None else tables[op.y][op.y_index]
        slopes[op.result] = multiply_sum(slopes[op.x][op.x_index], y, op.axes, ring)
    return slopes


def multiply_sum(x: Array, y: Array | None, axes: tuple[int, ...], ring: Semiring) -> Array:
    """``(x * y).sum(axes)`` for arrays of equal rank that broadcast; ``axes`` are negative."""
    if y is None:
        return _sum(x, axes, ring)
    shape = tuple(map(max, x.shape, y.shape))
    if math.prod(shape) > BLOCK:
        return _in_blocks(x, y, shape, axes, ring)
    return _sum(ring.multiply(x, y), axes, ring)


def _in_blocks(x: Array, y: Array, shape: tuple[int, ...], axes: tuple[int, ...], ring: Semiring) -> Array:
    """The same, one index at a time along the longest leading kept axis, so that no large product is made."""
    rank = len(shape)
    summed = {rank + axis for axis in axes}
    free = [axis for axis in range(rank) if axis not in summed and shape[axis] > 1]
    axis = free[0] if free else next(i for i in range(rank) if shape[i] > 1)
    slices = ((slice(None),) * axis + (slice(i, i + 1),) for i in range(shape[axis]))
    parts = (
        multiply_sum(x[at] if x.shape[axis] > 1 else x, y[at] if y.shape[axis] > 1 else y, axes, ring)
        for at in slices
    )
    if not free:
        total = next(parts)
        for part in parts:
            total = ring.add(total, part)
        return total
    place = axis - sum(i < axis for i in summed)
    out = np.empty([shape[i] for i in range(rank) if i not in summed])
    for i, part in enumerate(parts):
        out[(slice(None),) * place + (slice(i, i + 1),)] = part
    return out


def _sum(x: Array, axes: tuple[int, ...], ring: Semiring) -> Array:
    if not axes:
        return x
    summed: Array = ring.add.reduce(x, axis=axes)
    return summed


def _aligned(scope: Scope, union: Scope) -> Index:
    """Index that inserts an axis for every variable of ``union`` that ``scope`` lacks."""
    return tuple(slice(None) if v in scope else None for v in union)


def _missing(scope: Scope, union: Scope) -> tuple[int, ...]:
    """Negative positions in ``union`` of the variables that ``scope`` lacks."""
    return tuple(i - len(union) for i, v in enumerate(union) if v not in scope)
