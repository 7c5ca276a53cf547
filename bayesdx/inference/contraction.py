"""Run a plan: one forward pass, one backward pass, over arrays with optional leading batch axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayesdx.inference.plan import Plan, Scope
from bayesdx.network import Array


@dataclass(frozen=True, slots=True)
class Tables:
    """Scaled tables: the i-th table is ``values[i] * exp(log_scales[i])``; values (…batch, *scope)."""

    values: list[Array]
    log_scales: list[Array]


def forward(plan: Plan, leaves: Sequence[Array]) -> Tables:
    """All tables of the plan, leaves first; the last one is the plan's result."""
    values, scales = [], []
    for leaf, scope in zip(leaves, plan.leaves, strict=True):
        value, scale = _scaled(leaf, len(scope))
        values.append(value)
        scales.append(scale)
    for step in plan.steps:
        product = _contract(
            values[step.left], plan.scope(step.left), values[step.right], plan.scope(step.right), step.scope
        )
        value, scale = _scaled(product, len(step.scope))
        values.append(value)
        scales.append(scale + scales[step.left] + scales[step.right])
    return Tables(values, scales)


def backward(plan: Plan, tables: Tables, seed: Array) -> Tables:
    """Derivatives of ``sum(seed * result)`` by every table: reverse-mode differentiation, free of division."""
    count = len(tables.values)
    values: list[Array] = [seed] * count
    scales: list[Array] = [np.zeros(())] * count
    for i in range(count - 1, len(plan.leaves) - 1, -1):
        step = plan.steps[i - len(plan.leaves)]
        for mine, other in ((step.left, step.right), (step.right, step.left)):
            scope = plan.scope(mine)
            product = _contract(values[i], step.scope, tables.values[other], plan.scope(other), scope)
            value, scale = _scaled(product, len(scope))
            values[mine] = value
            scales[mine] = scale + scales[i] + tables.log_scales[other]
    return Tables(values, scales)


def _contract(x: Array, x_scope: Scope, y: Array, y_scope: Scope, kept: Scope) -> Array:
    label = {v: i for i, v in enumerate(dict.fromkeys((*x_scope, *y_scope, *kept)))}
    known = {*x_scope, *y_scope}
    out = [label[v] for v in kept if v in known]
    product: Array = np.einsum(
        x, [..., *(label[v] for v in x_scope)], y, [..., *(label[v] for v in y_scope)], [..., *out]
    )
    return product


def _scaled(value: Array, rank: int) -> tuple[Array, Array]:
    """``value`` divided by its largest entry (over the last ``rank`` axes), and the logarithm of that entry."""
    axes = tuple(range(value.ndim - rank, value.ndim))
    largest = value.max(axis=axes, keepdims=True) if rank else value
    largest = np.where(largest > 0, largest, 1.0)
    return value / largest, np.log(largest).reshape(value.shape[: value.ndim - rank])
