"""How the other entries of a CPT row answer when one of them moves: co-variation schemes (Renooij 2014).

Renooij S. Co-variation for sensitivity analysis in Bayesian networks: properties, consequences and alternatives.
Int J Approx Reason 2014;55:1022-1042.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesdx.errors import InputError, nearest
from bayesdx.network import Array

SCHEMES = ("proportional", "uniform", "order-preserving")


@dataclass(frozen=True, eq=False, slots=True)
class Covariation:
    """Straight paths of whole rows: entry i of a row of k moves, entry j answers.

    ``start`` (rows, k, k)   value of j when i has its own value: the row itself, but for the uniform scheme
    ``up``, ``down`` (rows, k, k)   d theta_j / d theta_i while i grows, while it shrinks; 1 where i = j
    ``low``, ``high`` (rows, k)     the values between which i may move
    """

    start: Array
    up: Array
    down: Array
    low: Array
    high: Array


def check_scheme(scheme: str) -> None:
    """Raise InputError for an unknown scheme."""
    if scheme not in SCHEMES:
        raise InputError(f"no co-variation '{scheme}'", nearest(scheme, SCHEMES))


def covariation(rows: Array, scheme: str = "proportional") -> Covariation:
    """The scheme's paths for CPT ``rows`` (rows, k).

    ``proportional`` keeps the ratios of the other entries (they share equally where the moving entry is 1);
    ``uniform`` makes the others equal, but for those that are impossible; ``order-preserving`` keeps the order of
    all entries, up to ties. Raises InputError for an unknown scheme.
    """
    check_scheme(scheme)
    n, k = rows.shape
    start = np.broadcast_to(rows[:, None, :], (n, k, k))
    if k == 1:
        return Covariation(start, np.zeros((n, 1, 1)), np.zeros((n, 1, 1)), rows, rows)
    if scheme == "order-preserving":
        return _order_preserving(rows, start)
    identity = np.eye(k, dtype=bool)
    if scheme == "uniform":
        open_ = (rows[:, None, :] > 0) & ~identity
        open_ |= ~open_.any(axis=2, keepdims=True) & ~identity  # where the moving entry is 1, all of them
        shares = open_ / open_.sum(axis=2, keepdims=True)
        start = np.where(identity, start, shares * (1.0 - rows)[:, :, None])
        direction = np.where(identity, 1.0, -shares)
    else:
        others = 1.0 - rows[:, :, None]
        certain = others <= 0.0
        shares = np.where(certain, 1.0 / (k - 1), rows[:, None, :] / np.where(certain, 1.0, others))
        direction = np.where(identity, 1.0, -shares)
    return Covariation(start, direction, direction, np.zeros((n, k)), np.ones((n, k)))


def _order_preserving(rows: Array, start: Array) -> Covariation:
    """Each side is the straight path from the row to the last row that keeps its order.

    Growing, entry i can reach 1 / (1 + successors), where its successors equal it and the smaller entries are 0;
    shrinking, it can reach 0 with the smaller entries, while the larger ones keep their ratios. The largest entry
    shrinks until all are equal, an end that the scheme leaves open.
    """
    k = rows.shape[1]
    order = np.argsort(rows, axis=1, kind="stable")
    place = np.argsort(order, axis=1)  # place[i] = number of entries before i
    before = place[:, None, :] < place[:, :, None]
    after = place[:, None, :] > place[:, :, None]
    high = 1.0 / (k - place)
    end_up = np.where(before, 0.0, high[:, :, None])
    behind = np.where(after, rows[:, None, :], 0.0).sum(axis=2)
    last = place == k - 1
    low = np.where(last, 1.0 / k, 0.0)
    shares = rows[:, None, :] / np.where(behind > 0, behind, 1.0)[:, :, None]
    end_down = np.where(after, shares, 0.0)
    end_down = np.where(last[:, :, None], 1.0 / k, end_down)
    moves_up = high - rows > 1e-12
    moves_down = rows - low > 1e-12
    up = (end_up - start) / np.where(moves_up, high - rows, 1.0)[:, :, None]
    down = (start - end_down) / np.where(moves_down, rows - low, 1.0)[:, :, None]
    high, low = np.where(moves_up, high, rows), np.where(moves_down, low, rows)
    return Covariation(
        start, np.where(moves_up[:, :, None], up, 0.0), np.where(moves_down[:, :, None], down, 0.0), low, high
    )
