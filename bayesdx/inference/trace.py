"""Walk a plan back from its result: the most probable states, or states drawn from the posterior."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.contraction import Compiled, Layout
from bayesdx.inference.plan import Plan, Scope
from bayesdx.network import Array

States = NDArray[np.intp]
#: Which of m joint states to take in each row, from their log weights (size, m) -> (size,).
Choose = Callable[[Array], States]


def most_probable(logs: Array) -> States:
    """The state with the largest weight in each row."""
    best: States = logs.argmax(axis=1)
    return best


def drawing(rng: np.random.Generator) -> Choose:
    """Draw a state in each row with probability proportional to its weight."""

    def choose(logs: Array) -> States:
        cumulative = np.cumsum(np.exp(logs - logs.max(axis=1, keepdims=True)), axis=1)
        threshold = (1.0 - rng.random(len(logs))) * cumulative[:, -1]  # in (0, total]: never a state of weight 0
        drawn: States = (cumulative < threshold[:, None]).sum(axis=1)
        return drawn

    return choose


def trace_back(
    plan: Plan, compiled: Compiled, tables: Sequence[Array], size: int, choose: Choose
) -> dict[int, States]:
    """States (size,) of every variable of the plan, from the logarithms of its forward tables.

    The last variables to be eliminated are chosen first; each step then holds the distribution of the variables
    that it summed out, given those that it kept.
    """
    chosen: dict[int, States] = {}
    for step, union in zip(reversed(plan.steps), reversed(plan.unions), strict=True):
        summed = tuple(v for v in union if v not in step.scope)
        if not summed:
            continue
        shape = [plan.cards[v] for v in summed]
        logs = np.zeros([size, *shape])
        for table in (step.left, step.right):
            if table is not None:
                logs = logs + _rows(tables[table], compiled.layouts[table], chosen, summed)
        picked = np.unravel_index(choose(logs.reshape(size, -1)), shape)
        chosen.update(zip(summed, picked, strict=True))
    return chosen


def _rows(table: Array, layout: Layout, chosen: dict[int, States], summed: Scope) -> Array:
    """Slice of ``table`` at the chosen states, broadcastable to (size, *cards of summed)."""
    rank = 1 + len(summed)

    def axis_index(v: int) -> States:
        at = summed.index(v) + 1 if v in summed else 0
        states = np.arange(layout.dims[layout.scope.index(v)]) if v in summed else chosen[v]
        return states.reshape([-1 if i == at else 1 for i in range(rank)])

    return table.reshape(layout.dims)[tuple(axis_index(v) for v in layout.scope)]
