"""How far the counts leave a posterior open: error bars from the derivatives by every CPT row.

A CPT row with counts alpha is a Dirichlet(alpha) variable, independent of the other rows (Spiegelhalter &
Lauritzen 1990, Networks 20:579-605). To first order the variance of the logarithm of a probability is the sum over
rows of g' C g, g its derivatives by the entries of the row and C their covariance (Van Allen, Singh, Greiner &
Hooper 2008, Artif Intell 172:483-513, of the probability itself). A variable without counts is known exactly.

What is estimated is the mean of P(t, e). Were that log-normal with variance v, its median would lie at exp(-v / 2)
of it; the interval is laid around those medians.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.findings import Findings, one_hot
from bayesdx.inference.results import Spread
from bayesdx.network import Array

if TYPE_CHECKING:
    from bayesdx.inference import Engine

#: Standard errors of the log-odds to each side. Studies differ by more than their sizes explain, and first order is
#: not all: with the 1.96 of a normal variable an interval of the leader would hold the truth in about 88 of 100
#: literatures, with this in 95 (scripts/simulate_intervals.py).
STANDARD_ERRORS = 2.4

#: What is less probable is impossible here: squares of derivatives over it would leave the range of floating point.
LEAST = 1e-100

#: Variances that are rounding alone, in sums of numbers about 1.
ROUNDING = 1e-13

#: Derivatives that are held at a time, so that memory does not grow with the states of the target.
HELD = 1 << 22


def posterior_intervals(engine: Engine, findings: Findings, posterior: Array, target: str | None = None) -> Array:
    """The 95 % interval of every state of ``posterior``, P(target | findings) (card,); shape (card, 2).

    It holds the estimate. A probability of 0 or 1 stays as it is. Raises ImpossibleFindings.
    """
    return ends(posterior, spread(engine, findings, posterior, target))


def batch_intervals(
    engine: Engine,
    posteriors: Array,
    codes: NDArray[np.integer],
    weights: Mapping[str, Array] | None = None,
    target: str | None = None,
) -> Array:
    """The same of n cases, shape (n, card, 2), from their ``posteriors`` (n, card).

    ``codes`` and ``weights`` as for ``Engine.query_batch``. Looked up where the network allows and the findings are
    certain, else worked out case by case. Zero in a case that is impossible.
    """
    network = engine.network
    name = network.variable(target or str(network.target)).id
    soft = dict(weights or {})
    slow = posteriors.any(axis=1) & (codes[:, network.index[name]] < 0)
    found = np.repeat(posteriors[..., None], 2, axis=2)
    from bayesdx.inference.lookup_spread import spread_tables, spreads  # a single query needs nothing of it

    tables = engine.from_lookup(spread_tables, name)
    if tables is not None:
        uncertain = [(table != table[:, :1]).any(axis=1) for table in soft.values()]
        quick = np.flatnonzero(slow & ~np.any([np.zeros(len(codes), bool), *uncertain], axis=0))
        slow[quick] = False
        for part, variances in spreads(tables, codes[quick]):
            p = posteriors[quick[part]]
            unsure = (p > LEAST) & (_rest(p) > LEAST)
            moving = (np.where(unsure & (one > ROUNDING), one, 0.0) for one in variances)
            found[quick[part]] = ends(p, Spread(*moving))
    for row in np.flatnonzero(slow).tolist():
        findings = {v: table[row] for v, table in soft.items()}
        for at in np.flatnonzero(codes[row] >= 0).tolist():
            name_at, card = network.variables[at].id, network.variables[at].cardinality
            findings[name_at] = one_hot(card, int(codes[row, at])) * findings.get(name_at, 1.0)
        found[row] = posterior_intervals(engine, findings, posteriors[row], name)
    return found


def ends(posterior: Array, found: Spread) -> Array:
    """The ends of intervals (…, 2) of posteriors (…,) whose logarithms have these variances."""
    error = np.sqrt(found.odds)
    reach = STANDARD_ERRORS * error
    # in log-odds from the estimate; damped where the error is large, so that the estimate stays well inside
    median = np.clip((found.without - found.with_it) / 2.0, -found.odds / 2.0, found.odds / 2.0)
    median /= np.maximum(error / STANDARD_ERRORS, 1.0)
    with np.errstate(divide="ignore", over="ignore"):
        middle = np.log(posterior) - np.log(_rest(posterior)) + median
        found_ends: Array = 1.0 / (1.0 + np.exp(-(middle[..., None] + reach[..., None] * [-1.0, 1.0])))
    return found_ends


def spread(engine: Engine, findings: Findings, posterior: Array, target: str | None = None) -> Spread:
    """The variances that the counts leave; 0 where a state of ``posterior`` (card,) is certain or impossible."""
    network = engine.network
    name = network.variable(target or str(network.target)).id
    p, rest = posterior, _rest(posterior)
    unsure = np.flatnonzero((p > LEAST) & (rest > LEAST))
    cpts = {v: network.cpts[v] for v in network.ancestral([name, *findings]) if v in network.counts}
    found = np.zeros((3, len(p)))
    for states in _portions(unsure, sum(table.size for table in cpts.values())):
        # P(t, e), P(e), and P(not t, e) of a likely state: as a difference of the two it would be rounded away
        likely = np.flatnonzero(p[states] > 0.5)
        units = np.eye(len(p))[states]
        weights = np.concatenate([units, np.ones((1, len(p))), 1.0 - units[likely]])
        copies = {v: np.broadcast_to(cpt, (len(weights), *cpt.shape)) for v, cpt in cpts.items()}
        for v, slopes in engine.slope_draws(findings, copies, weights[None], name).items():
            by_state, whole, apart = np.split(slopes[0], [len(states), len(states) + 1])
            others = whole - by_state
            others[likely] = apart
            axes = (-1, *[1] * (whole.ndim - 1))
            logs = by_state / p[states].reshape(axes), others / rest[states].reshape(axes)
            three = (*logs, logs[0] - logs[1])
            found[:, states] += _variances(three, network.cpts[v], network.counts[v], findings.get(v))
    return Spread(*found)


def _rest(p: Array) -> Array:
    """P(not t) (…, T), without the cancellation of 1 - p."""
    return np.asarray(p @ (1.0 - np.eye(p.shape[-1])))


def _portions(states: NDArray[np.intp], entries: int) -> Iterator[NDArray[np.intp]]:
    """``states`` so many at a time as derivatives by so many ``entries`` may be held; none without entries."""
    step = max(1, HELD // max(entries, 1))
    for start in range(0, len(states) if entries else 0, step):
        yield states[start : start + step]


def _variances(slopes: tuple[Array, ...], cpt: Array, counts: Array, weights: Array | None) -> list[Array]:
    """For each of the ``slopes`` g (states, *cpt) the sum over rows of g' C g, shape (states,).

    C = (diag(theta) - theta theta') / (n + 1). Of a hard finding a slope is given for the state that was seen only;
    by the others it is 0.
    """
    share = 1.0 / (counts.sum(axis=-1) + 1.0)
    if slopes[0].shape[1:] != cpt.shape and weights is not None:
        theta = cpt[..., int(np.flatnonzero(weights)[0])]
        by_row = (theta * (1.0 - theta) * share).ravel()
        moving = np.flatnonzero(by_row)  # by the others a slope may be beyond what can be squared
        return [g.reshape(len(g), -1)[:, moving] ** 2 @ by_row[moving] for g in slopes]
    possible = np.flatnonzero(cpt)  # few entries of a large table, when a state belongs to one state of its parent
    theta, row = cpt.ravel()[possible], possible // cpt.shape[-1]
    starts, lengths = np.unique(row, return_index=True, return_counts=True)[1:]
    by_entry = theta * share.ravel()[row]
    found = []
    for g in slopes:
        entry = g.reshape(len(g), -1)[:, possible]
        mean = np.add.reduceat(entry * theta, starts, axis=1)
        found.append((entry - np.repeat(mean, lengths, axis=1)) ** 2 @ by_entry)
    return found
