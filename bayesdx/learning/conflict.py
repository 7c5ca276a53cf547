"""Which rows the cases contradict: the prior predictive check of Box (1980), row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

from bayesdx.inference.draws import dirichlet_draws
from bayesdx.network import Array

#: Simulated samples of each row: p values down to 1 in so many.
SIMULATED = 4000
#: Rows with fewer patients than this cannot contradict anything.
FEWEST = 3.0
#: Rows of a finding that must contradict it together, and the chance, over all findings, below which they do.
ROWS = 3
TOGETHER = 1e-3


class Contradiction(NamedTuple):
    """A row whose cases would be a surprise: ``p`` is the chance of shares as far off as those seen, or farther.

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

    Samples of as many patients are drawn from the Dirichlet-multinomial distribution of the prior counts (Box 1980,
    J R Stat Soc A 143:383). ``seen`` need not be whole; the samples are.
    """
    found = []
    for name, counts in prior.items():
        for row in np.argwhere((seen[name].sum(axis=-1) >= FEWEST) & (counts.sum(axis=-1) > 0)).tolist():
            at = tuple(row)
            found.append(Contradiction(name, at, surprise(counts[at], seen[name][at], rng), seen[name][at]))
    return tuple(sorted(found, key=lambda one: (one.p, one.variable, one.row)))


def contradicted_throughout(found: Iterable[Contradiction], findings: Collection[str]) -> tuple[str, ...]:
    """The ``findings`` that are contradicted in row after row, as when they are coded otherwise: in order of names.

    Fisher's combination of the chances of a finding's rows (1925), at least ROWS of them; the chance is multiplied
    by the number of findings (Bonferroni).
    """
    logs: dict[str, list[float]] = {}
    for one in found:
        if one.variable in findings:
            logs.setdefault(one.variable, []).append(float(np.log(one.p)))
    return tuple(
        name
        for name, of in sorted(logs.items())
        if len(of) >= ROWS and chdtrc(2 * len(of), -2 * sum(of)) * len(logs) < TOGETHER
    )


def surprise(counts: Array, seen: Array, rng: np.random.Generator) -> float:
    """Chance of a sample as far from the mean of Dirichlet ``counts`` (card,) as ``seen`` (card,), or farther.

    How far is Pearson's statistic of the shares. That of expected counts, which are not whole, varies less than
    that of a sample, so the chance is no smaller than it should be.
    """
    n, mean = round(float(seen.sum())), counts / counts.sum()
    drawn = rng.multinomial(n, dirichlet_draws(counts, SIMULATED, rng)) / n
    held = mean > 0

    def far(shares: Array) -> Array:
        return np.asarray(((shares - mean)[..., held] ** 2 / mean[held]).sum(axis=-1))

    return float((1 + (far(drawn) >= far(seen / seen.sum()) - 1e-9).sum()) / (1 + SIMULATED))
