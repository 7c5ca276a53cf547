"""Maximum a posteriori estimates of CPTs from incomplete cases (EM: Dempster et al. 1977; Lauritzen 1995).

Each row theta of a CPT has Dirichlet counts a as its prior, of global and local parameter independence
(Spiegelhalter & Lauritzen 1990), and EM climbs

    sum_n w_n log P(e_n | theta) + sum over rows of sum_x a_x log theta_x

With complete data its maximum is the mean of the updated counts, (a + n) / (A + N): the counts are those whose mean
is the row, so the density that they stand for here is Dirichlet(a + 1). Where all counts of a network are 0 it is
the maximum of the likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import ROUNDS, TOLERANCE
from bayesdx.learning.storage import few
from bayesdx.network import Array

#: Concentration of the Dirichlet distribution around a prior row from which another start is drawn.
_SPREAD = 4.0

Advance = Callable[[int], object]


@dataclass(frozen=True, eq=False)
class Fit:
    """What EM found. ``counts`` are the expected counts of each CPT that was learnt, in its shape.

    ``objective`` holds a value for each round, the last one that of ``engine``, whose CPTs are the estimates.
    ``rounds`` counts those of other starts, too.
    """

    engine: Engine
    counts: Mapping[str, Array]
    objective: tuple[float, ...]
    converged: bool
    rounds: int


def fit(
    engine: Engine,
    sample: Sample,
    prior: Mapping[str, Array],
    *,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
    advance: Advance = lambda _: None,
) -> Fit:
    """EM from the CPTs of ``engine``; those of ``prior`` are learnt, its counts (>= 0) in their shape.

    A state with probability 0 stays impossible, and a row on which neither counts nor cases bear stays as it is.
    Raises InputError for cases that are impossible in the network, and for counts of a state that is.
    """
    for name, own in prior.items():
        if (own[engine.network.cpts[name] == 0.0] > 0.0).any():
            raise InputError(f"the prior counts of '{name}' hold a state that is impossible in the network")
    stated = sample.stated(engine.network)
    held = [sample.distinct()] if few(len(sample)) else None
    objective: list[float] = []
    while True:
        counts, log_likelihood = expected(engine, held or sample.parts(), stated)
        learnt = {name: counts[name] if name in counts else np.zeros_like(a) for name, a in prior.items()}
        objective.append(log_likelihood + log_prior(engine, prior))
        advance(1)
        risen = objective[-1] - objective[-2] if len(objective) > 1 else math.inf
        converged = risen < tolerance * max(sample.size, 1.0)
        if converged or len(objective) > rounds:
            return Fit(engine, learnt, tuple(objective), converged, len(objective))
        engine = engine.with_cpts(
            {name: updated(engine.network.cpts[name], a, learnt[name]) for name, a in prior.items()}
        )


def expected(engine: Engine, parts: Iterable[Sample], stated: Collection[str]) -> tuple[dict[str, Array], float]:
    """Expected counts of each CPT over the cases of all parts, and their log-likelihood: sums over the parts.

    ``stated`` are the variables that some case of some part states. Raises InputError for an impossible case.
    """
    total: dict[str, Array] = {}
    log_likelihood = 0.0
    for part in parts:
        counts, found = engine.expected_counts(part.codes, part.weights, part.sizes, stated)
        if np.isneginf(found).any():
            raise InputError("a case is impossible in the network")
        total = {name: total[name] + table if name in total else table for name, table in counts.items()}
        log_likelihood += float(part.sizes @ found)
    return total, log_likelihood


def updated(row: Array, prior: Array, counts: Array) -> Array:
    """The mean of prior counts and counts together, row by row; the old ``row`` where both are 0."""
    sums = prior + counts
    total = sums.sum(axis=-1, keepdims=True)
    return np.asarray(np.where(total > 0, sums / np.where(total > 0, total, 1.0), row))


def log_prior(engine: Engine, prior: Mapping[str, Array]) -> float:
    """sum_x a_x log theta_x over all rows; states without counts add nothing."""
    found = 0.0
    for name, counts in prior.items():
        held = counts > 0
        found += float(counts[held] @ np.log(engine.network.cpts[name][held]))
    return found


def best_fit(
    engine: Engine,
    sample: Sample,
    prior: Mapping[str, Array],
    *,
    restarts: int = 0,
    seed: int = 0,
    tolerance: float = TOLERANCE,
    rounds: int = ROUNDS,
    advance: Advance = lambda _: None,
) -> Fit:
    """``fit`` from the network itself and from ``restarts`` random starts: the one with the highest objective.

    With latent variables the objective has several maxima. A start draws each row from a Dirichlet distribution
    around its own, so that impossible states stay so; equal seeds give equal answers.
    """
    found = fit(engine, sample, prior, tolerance=tolerance, rounds=rounds, advance=advance)
    rng = np.random.default_rng(seed)
    for _ in range(restarts):
        start = engine.with_cpts({name: _near(engine.network.cpts[name], rng) for name in prior})
        other = fit(start, sample, prior, tolerance=tolerance, rounds=rounds, advance=advance)
        best = other if other.objective[-1] > found.objective[-1] else found
        found = replace(best, rounds=found.rounds + other.rounds)
    return found


def _near(rows: Array, rng: np.random.Generator) -> Array:
    drawn = rng.standard_gamma(_SPREAD * rows) + 1e-3 * rows
    return np.asarray(drawn / drawn.sum(axis=-1, keepdims=True))
