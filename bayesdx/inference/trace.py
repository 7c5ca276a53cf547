"""Walk a plan back from its result: the most probable states, or states drawn from the posterior."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.contraction import Compiled, Layout
from bayesdx.inference.logs import FLOOR
from bayesdx.inference.plan import Plan, Scope
from bayesdx.network import Array

States = NDArray[np.intp]
#: Which of m joint states to take, from log weights (rows, m) and the row (size,) of each answer: (size,).
Choose = Callable[[Array, States], States]


def most_probable(logs: Array, row: States) -> States:
    """The state with the largest weight in each row."""
    best: States = logs.argmax(axis=1)[row]
    return best


def drawing(rng: np.random.Generator) -> Choose:
    """Draw a state in each row with probability proportional to its weight."""

    def choose(logs: Array, row: States) -> States:
        largest = np.maximum(logs.max(axis=1, keepdims=True), FLOOR)  # finite in rows that no answer takes
        cumulative = np.cumsum(np.exp(logs - largest), axis=1)
        threshold = (1.0 - rng.random(len(row))) * cumulative[row, -1]  # in (0, total]: never of weight 0
        drawn: States = np.zeros(len(row), dtype=np.intp)
        for column in cumulative.T[:-1]:
            drawn += column[row] < threshold
        return drawn

    return choose


def trace_back(
    plan: Plan, compiled: Compiled, tables: Sequence[Array], size: int, choose: Choose
) -> dict[int, States]:
    """States (size,) of every variable of the plan, from the logarithms of its forward tables.

    The last variables to be eliminated are chosen first; each step then holds the distribution of the variables
    that it summed out, given those that it kept. It is worked out once for every state of the latter, or for every
    answer, whichever are fewer.
    """
    chosen: dict[int, States] = {}
    for step, union in zip(reversed(plan.steps), reversed(plan.unions), strict=True):
        summed = tuple(v for v in union if v not in step.scope)
        if not summed:
            continue
        kept_shape = [plan.cards[v] for v in step.scope]
        given: Mapping[int, States] = chosen
        row = np.arange(size)
        if math.prod(kept_shape) <= size:
            row = np.zeros(size, dtype=np.intp)
            for v, card in zip(step.scope, kept_shape, strict=True):
                row = row * card + chosen[v]
            grid = np.indices(kept_shape).reshape(len(kept_shape), math.prod(kept_shape))
            given = dict(zip(step.scope, grid, strict=True))
        logs = np.zeros([1] * (1 + len(summed)))
        for table in (step.left, step.right):
            if table is not None:
                logs = logs + _rows(tables[table], compiled.layouts[table], given, summed)
        picked = choose(logs.reshape(len(logs), -1), row)
        chosen.update(zip(summed, np.unravel_index(picked, [plan.cards[v] for v in summed]), strict=True))
    return chosen


def _rows(table: Array, layout: Layout, given: Mapping[int, States], summed: Scope) -> Array:
    """Slices of ``table`` at the ``given`` states, broadcastable to (rows, *cards of summed)."""
    rank = 1 + len(summed)

    def axis_index(v: int) -> States:
        at = summed.index(v) + 1 if v in summed else 0
        states = np.arange(layout.dims[layout.scope.index(v)]) if v in summed else given[v]
        return states.reshape([-1 if i == at else 1 for i in range(rank)])

    return table.reshape(layout.dims)[tuple(axis_index(v) for v in layout.scope)]
