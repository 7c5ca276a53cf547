"""A joint table with given margins and a given association."""

from __future__ import annotations

import numpy as np

from bayesdx.network import Array

#: No cell of an association is exactly impossible: facts, not assumptions, may say "never".
SMALLEST = 1e-4


def fit_margins(association: Array, first: Array, second: Array, *, iterations: int = 200) -> Array:
    """Joint distributions with margins ``first`` (…, a) and ``second`` (…, b): shape (…, a, b).

    ``association`` (a, b) > 0 gives the odds ratios, which iterative proportional fitting keeps while it fits
    the margins (Deming & Stephan 1940, Ann Math Stat 11:427). Rows are exact, columns to about 1e-9.
    """
    joint = np.broadcast_to(np.maximum(association, SMALLEST), (*first.shape[:-1], *association.shape)).copy()
    tiny = np.finfo(float).tiny
    for _ in range(iterations):
        joint *= (second / np.maximum(joint.sum(axis=-2), tiny))[..., None, :]
        rows = joint.sum(axis=-1)
        joint *= (first / np.maximum(rows, tiny))[..., :, None]
        if np.abs(rows - first).max() < 1e-10:
            break
    return joint
