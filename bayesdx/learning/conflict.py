"""Which rows the cases contradict: the prior predictive check of Box (1980), row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from bayesdx.learning.prior import log_evidence
from bayesdx.network import Array

#: Simulated samples of each row: p values down to 1 in so many.
SIMULATED = 4000
#: Rows with fewer patients than this cannot contradict anything.
FEWEST = 3.0


class Contradiction(NamedTuple):
    """A row whose cases would be a surprise: ``p`` is the chance of counts as improbable as those seen, or more.

    ``row`` indexes the parents' states in the CPT of ``variable``; ``seen`` (card,) are counts.
    """

    variable: str
    row: tuple[int, ...]
    p: float
    seen: Array


def contradictions(
    prior: Mapping[str, Array], seen: Mapping[str, Array], rng: np.random.Generator
) -> tuple[Contradiction, ...]:
    """Every row with counts and at least ``FEWEST`` patients, the least probable first.

    Samples of as many patients are drawn from the Dirichlet-multinomial distribution of the prior counts; the
    statistic is their probability under it (Box 1980, J R Stat Soc A 143:383). ``seen`` need not be whole; the
    samples are.
    """
    found = []
    for name, counts in prior.items():
        for row in np.argwhere((seen[name].sum(axis=-1) >= FEWEST) & (counts.sum(axis=-1) > 0)).tolist():
            at = tuple(row)
            found.append(Contradiction(name, at, surprise(counts[at], seen[name][at], rng), seen[name][at]))
    return tuple(sorted(found, key=lambda one: (one.p, one.variable, one.row)))


def surprise(counts: Array, seen: Array, rng: np.random.Generator) -> float:
    """Chance of a sample as improbable as ``seen`` (card,), or more, under Dirichlet ``counts`` (card,)."""
    n = round(float(seen.sum()))
    rows = rng.standard_gamma(counts, (SIMULATED, len(counts)))
    drawn = rng.multinomial(n, rows / rows.sum(axis=1, keepdims=True)).astype(float)
    expected = log_evidence(counts, seen) - _log_orders(seen)
    simulated = log_evidence(np.broadcast_to(counts, drawn.shape), drawn) - _log_orders(drawn)
    return float((1 + (simulated <= expected + 1e-9).sum()) / (1 + SIMULATED))


def _log_orders(seen: Array) -> Array:
    """The part of minus the log multinomial coefficient that depends on how a sample of one size falls."""
    return np.asarray(gammaln(seen + 1.0).sum(axis=-1))
