"""Query constraints: which change of one parameter makes the answer satisfy a condition (Chan & Darwiche 2002).

A condition on the posterior is linear in P(t, e): ``P(a) >= p`` is w . P(t, e) >= 0 with w = 1_a - p, and
``P(a) >= r P(b)`` has w = 1_a - r 1_b. Along a sensitivity function w . P(t, e) is a straight line, so the value
of the parameter from which the condition holds is found in closed form.

Chan H, Darwiche A. When do numbers really matter? J Artif Intell Res 2002;17:265-287.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.sensitivity.numbers.one_way import SIDES, Indices, OneWay, Side
from bayesdx.formats.conditions import parse_condition
from bayesdx.inference.logs import TIE
from bayesdx.inference.lookup_change import twin
from bayesdx.inference.results import leading
from bayesdx.network import Array, Variable

#: Ties so near to an end at which the findings are impossible, as a share of the way to it, are rounding errors.
_MARGIN = 1e-8


@dataclass(frozen=True, eq=False)
class Constraint:
    """The condition ``weights`` (T,) . P(t, e) >= 0; ``text`` says it as it was asked for."""

    text: str
    weights: Array


@dataclass(frozen=True, slots=True)
class Change:
    """A new ``value`` for parameter number ``parameter`` that makes a condition hold.

    ``log_odds`` is the change of its log-odds; ``distance`` is that between the two networks, the difference of
    the largest and the smallest logarithm of the ratio of their joint probabilities (Chan & Darwiche 2002, 2005):
    the log-odds of no query whatsoever change by more. ``leader`` is the diagnosis that leads (or ties) then.
    """

    parameter: int
    value: float
    log_odds: float
    distance: float
    leader: int


def parse_constraint(text: str, target: Variable) -> Constraint:
    """Read ``a >= p``, ``a >= r * b`` or ``a >= b`` (or with <=); raises InputError that shows the form."""
    return Constraint(*parse_condition(text, target))


def threshold(found: OneWay, conditions: Sequence[Array], side: Side) -> Array:
    """Value (N,) of each parameter at which, moved to ``side``, it first makes one of ``conditions`` (T,) hold.

    NaN-free: infinite where no admissible value does it, and the parameter's own value where one holds already. A
    value at which the findings are impossible is none: all P(t, e) reach 0 there.
    """
    parameters, up = found.parameters, side == "up"
    weights = np.reshape(conditions, (-1, len(found.posterior)))
    level, slope = weights @ found.start, weights @ found.slope(side)
    level = np.where(np.abs(level) <= TIE * (np.abs(weights) @ found.start), 0.0, level)
    condition, which = np.nonzero((level < 0) & (slope > 1e-15 if up else slope < -1e-15))  # few move a condition
    end = found.high if up else found.low
    margin = np.where(found.impossible(side), _MARGIN * np.abs(end - parameters.value), 0.0)
    x = parameters.value[which] - level[condition, which] / slope[condition, which]
    inside = x < (end - margin)[which] if up else x > (end + margin)[which]
    nearest = np.where((level >= 0).any(axis=0), parameters.value, np.inf if up else -np.inf)
    (np.minimum if up else np.maximum).at(nearest, which[inside], x[inside])
    return np.where(np.isinf(nearest), np.inf, nearest)


def log_odds_change(found: OneWay, x: Array) -> Array:
    """Change of the parameters' log-odds (N,) when they take the values ``x``, infinite for ``x`` infinite.

    Also infinite for entries that are 0 or 1: what holds by definition is not moved by a finite amount.
    """
    value = found.parameters.value
    possible = np.isfinite(x) & (value > 0) & (value < 1) & (x > 0) & (x < 1)
    old, new = np.where(possible, value, 0.5), np.where(possible, x, 0.5)
    change = np.log(new) - np.log1p(-new) - np.log(old) + np.log1p(-old)
    return np.where(possible, change, np.where(x > value, np.inf, -np.inf))


def changes_for(
    found: OneWay, conditions: Sequence[Array], limit: int | None = None, without: str | None = None
) -> tuple[Change, ...]:
    """Smallest change of every single parameter that makes one of the conditions (T,) hold, smallest first.

    Sorted by the size of the change of log-odds, at most ``limit`` of them. Left out are parameters without a
    finite change, those of the variable ``without``, and of the two entries of a row, which say the same, the one
    that is a finding's absence.
    """
    n = len(found.parameters)
    best, value, change = np.full(n, np.inf), found.parameters.value.copy(), np.zeros(n)
    for side in SIDES:  # log-odds grow with the parameter: the nearest of a side is the smallest change
        x = threshold(found, conditions, side)
        moved = log_odds_change(found, x)
        better = (np.abs(moved) < best) & (x != found.parameters.value)  # what holds by itself needs no change
        best, value, change = (
            np.where(better, *pair) for pair in ((np.abs(moved), best), (x, value), (moved, change))
        )
    best[_twins(found)] = np.inf
    if without is not None:
        best[found.parameters.variable == found.parameters.names.index(without)] = np.inf
    order = np.argsort(np.round(best, 9), kind="stable")  # which of two equal changes comes first is not by chance
    chosen = order[np.isfinite(best[order])][:limit]
    return tuple(_change(found, i, float(value[i]), float(change[i])) for i in chosen.tolist())


def _twins(found: OneWay) -> NDArray[np.bool_]:
    """Mask (N,) of one entry of each row of two states."""
    parameters = found.parameters
    twins = np.array([twin(parameters.network.variable(name).states) for name in parameters.names])
    return np.asarray(parameters.state == twins[parameters.variable])


def leader_conditions(posterior: Array) -> list[Array]:
    """One condition (T,) for each other diagnosis: that it be at least as probable as the leader."""
    unit = np.eye(len(posterior))
    leader = int(leading(posterior))
    return [unit[t] - unit[leader] for t in range(len(posterior)) if t != leader]


def admissible(found: OneWay, which: Indices) -> Array:
    """Interval (len(which), 2) of values of each parameter within which the leader stays ahead."""
    low, high = found.low.copy(), found.high.copy()
    conditions = leader_conditions(found.posterior)
    up, down = threshold(found, conditions, "up"), threshold(found, conditions, "down")
    high = np.where(np.isfinite(up), np.minimum(high, up), high)
    low = np.where(np.isfinite(down), np.maximum(low, down), low)
    return np.stack([low[which], high[which]], axis=1)


def _change(found: OneWay, i: int, x: float, log_odds: float) -> Change:
    value = found.parameters.value[i]
    beyond = value + (x - value) * (1 + 1e-9)  # just past the tie
    leader = int(found.at(i, float(np.clip(beyond, found.low[i], found.high[i]))).argmax())
    return Change(i, x, log_odds, network_distance(found, i, x), leader)


def network_distance(found: OneWay, i: int, x: float) -> float:
    """Distance of the networks before and after parameter ``i`` becomes ``x`` (Chan & Darwiche 2005).

    ln max - ln min over the row of new to old, for a row whose parents' states are possible. Under proportional
    co-variation that is the change of the log-odds of the parameter itself.
    """
    from bayesdx.analyses.sensitivity.numbers.covariation import covariation

    old = found.parameters.row_values(i)
    paths, state = covariation(old[None], found.scheme), int(found.parameters.state[i])
    move = x - old[state]
    new = paths.start[0, state] + (paths.up if move > 0 else paths.down)[0, state] * move
    new = np.where(np.abs(new) < 1e-15, 0.0, new)
    present = (old > 0) | (new > 0)
    if ((old == 0) != (new == 0))[present].any():
        return float("inf")
    ratio = np.log(new[present] / old[present])
    return float(ratio.max() - ratio.min())
