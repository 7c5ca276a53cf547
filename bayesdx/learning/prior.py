"""What a network brings to learning: Dirichlet counts behind its rows, and how far they are trusted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayesdx.learning.settings import TRUST
from bayesdx.network import Array, Network

#: Counts of the vague part of a row: two patients' worth, about the same mean.
VAGUE = 2.0
#: Powers that are tried.
POWERS: tuple[float, ...] = tuple(2.0 ** (k / 2) for k in range(-4, 11))


def prior_counts(network: Network, strength: float) -> dict[str, Array]:
    """Dirichlet counts of every CPT: its own, or rows of ``strength`` counts in all where it has none.

    A CPT that is deterministic (each row one state) stays fixed and is left out.
    """
    found = {}
    for name, cpt in network.cpts.items():
        if name in network.counts:
            found[name] = network.counts[name]
        elif ((cpt > 0).sum(axis=-1) > 1).any():
            found[name] = strength * cpt
    return found


def log_evidence(counts: Array, seen: Array) -> Array:
    """log P(seen) of each row under its Dirichlet counts (…, card), but for the multinomial coefficient: shape
    (…,).

    The Dirichlet-multinomial distribution; ``seen`` need not be whole. States without counts must be unseen.
    """
    from scipy.special import gammaln  # only learning needs it: whoever reads a ledger comes by here as well

    total, n = counts.sum(axis=-1), seen.sum(axis=-1)
    held = counts > 0
    a = np.where(held, counts, 1.0)
    each = np.where(held, gammaln(a + np.where(held, seen, 0.0)) - gammaln(a), 0.0).sum(axis=-1)
    some = np.where(total > 0, total, 1.0)
    return np.asarray(gammaln(some) - gammaln(some + n) + each)


def trusted(counts: Array, seen: Array, trust: float = TRUST) -> Array:
    """Posterior probability (…,) that the counts of a row (…, card) hold, once ``seen`` (…, card) are known."""
    if trust == 1.0:
        return np.ones(counts.shape[:-1])
    odds = np.log(trust) - np.log1p(-trust) + log_evidence(counts, seen) - log_evidence(vague(counts), seen)
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -700, 700))))


def vague(counts: Array) -> Array:
    """The same rows in VAGUE counts at most: what stands in their place where they do not hold."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(counts * np.minimum(1.0, VAGUE / np.where(total > 0, total, 1.0)))


def robust(counts: Array, seen: Array, weight: Array) -> Array:
    """Counts (…, card) that give the mean of the two-part prior once ``seen`` are added to them.

    With A counts of a row, V of its vague part and N seen, the mean moves from the row to what was seen by
    1 - w A / (A + N) - (1 - w) V / (V + N), w being the ``weight`` (…,) of ``trusted``.
    """
    total, least, n = (x.sum(axis=-1) for x in (counts, vague(counts), seen))
    some = total > 0
    a, v = np.where(some, total, 1.0), np.where(some, least, 1.0)
    stays = weight * a / (a + n) + (1.0 - weight) * v / (v + n)
    moves = weight / (a + n) + (1.0 - weight) / (v + n)
    return np.asarray(counts * (stays / moves / a)[..., None])


def discounted(counts: Array, weight: Array, trust: float = TRUST) -> Array:
    """How many counts (…,) stand behind a row: all of them, or fewer where ``weight`` has fallen below
    ``trust``."""
    held = np.minimum(1.0, weight / trust)
    return np.asarray(held * counts.sum(axis=-1) + (1.0 - held) * vague(counts).sum(axis=-1))


def power(counts: Mapping[str, Array], seen: Mapping[str, Array], trust: float = TRUST) -> float:
    """By how much all counts are multiplied to make what was seen most probable: from a quarter to 32 times.

    The empirical Bayes estimate of the power of a power prior (Ibrahim & Chen 2000, Stat Sci 15:46): near 0 where
    the patients differ from what the counts say in most rows, large where they fall as the rows say. 1
    where nothing was seen of any row with counts.
    """
    if not any(seen[name][own.sum(axis=-1) > 0].any() for name, own in counts.items()):
        return 1.0
    totals = []
    for power in POWERS:
        found = 0.0
        for name, own in counts.items():
            held = seen[name].sum(axis=-1) > 0
            if held.any():
                whole = log_evidence(power * own[held], seen[name][held]) + np.log(trust)
                rest = log_evidence(vague(own[held]), seen[name][held])
                found += float(np.logaddexp(whole, rest + np.log1p(-trust) if trust < 1 else -np.inf).sum())
        totals.append(found)
    return POWERS[int(np.argmax(totals))]
