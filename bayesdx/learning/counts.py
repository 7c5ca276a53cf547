"""Counts before and counts learnt -> the counts of a network: what the record of its learning says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from bayesdx.learning.prior import discounted, power, robust, trusted
from bayesdx.learnt import Learning, LearntSet
from bayesdx.network import Array


def seen_counts(counts: Mapping[str, Array], information: Mapping[str, Array]) -> dict[str, Array]:
    """Expected counts of each row, as far as the cases hold them."""
    return {name: table * information[name][..., None] for name, table in counts.items()}


def weighed(
    prior: Mapping[str, Array], seen: Mapping[str, Array], trust: float, target: str | None
) -> tuple[float, dict[str, Array], dict[str, Array]]:
    """How far prior counts hold for patients that were ``seen``: the power of all, the trust in each row, and
    counts.

    The counts are those which, with what was seen, give the mean of each row. The case mix, the row of a ``target``
    without parents, has no part in the power: it is each hospital's own.
    """
    findings = {name: a for name, a in prior.items() if name != target}
    factor = power(findings, seen, trust) if trust < 1.0 else 1.0  # what holds in any case is added as it is
    scaled = {name: a if name == target else factor * a for name, a in prior.items()}
    weights = {name: trusted(a, seen[name], trust) for name, a in scaled.items()}
    return factor, weights, {name: robust(a, seen[name], weights[name]) for name, a in scaled.items()}


def effective(
    prior: Mapping[str, Array], sets: Iterable[LearntSet], trust: float, target: str | None
) -> dict[str, Array]:
    """Dirichlet counts of each CPT from those before and what was learnt.

    The mean is that of the two-part prior of ``robust`` and the expected counts. A row has as many counts in all as
    stand behind it: of those before as many as are trusted, of the expected ones as many as the cases hold.
    """
    counts, seen = added_up(prior, sets)
    factor, weights, mixed = weighed(prior, seen, trust, target)
    found = {}
    for name, a in prior.items():
        sums = mixed[name] + counts[name]
        total = sums.sum(axis=-1, keepdims=True)
        least = a if name == target else min(factor, 1.0) * a
        size = (discounted(least, weights[name], trust) + seen[name].sum(axis=-1))[..., None]
        found[name] = np.asarray(sums * np.where(total > 0, size / np.where(total > 0, total, 1.0), 1.0))
    return found


def added_up(prior: Mapping[str, Array], sets: Iterable[LearntSet]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Expected counts of all sets together, and the part of them that the cases hold, by variable."""
    counts = {name: np.zeros_like(a) for name, a in prior.items()}
    seen = {name: np.zeros_like(a) for name, a in prior.items()}
    for one in sets:
        for name in one.counts:
            counts[name] = counts[name] + one.counts[name]
            seen[name] = seen[name] + one.counts[name] * one.information[name][..., None]
    return counts, seen


def divided(learning: Learning, target: str | None) -> dict[str, tuple[Array, Array]]:
    """Each learnt CPT as the sum of two parts: of what was known before, and of what was learnt."""
    counts, seen = added_up(learning.before, learning.sets)
    _, _, mixed = weighed(learning.before, seen, learning.trust, target)
    found = {}
    for name, before in mixed.items():
        total = (before + counts[name]).sum(axis=-1, keepdims=True)
        total = np.where(total > 0, total, 1.0)
        found[name] = (np.asarray(before / total), np.asarray(counts[name] / total))
    return found
