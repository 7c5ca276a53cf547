"""Do the findings of a cohort have the distribution that the network says? Many tests, judged together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesdx.network import Array

#: Expected cases of a class of a chi-square test at least (Cochran 1954, Biometrics 10:417-451).
EXPECTED = 5.0


def classes_of(seen: Array, shares: Array) -> tuple[Array, Array]:
    """Counts ``seen`` (card,) and probabilities ``shares`` (card,) of a finding's states in classes (k,).

    The rarest states are taken together until EXPECTED cases are expected of each class, and what is left at the
    end with the last; there is one class where there are too few cases to compare.
    """
    n, held = float(seen.sum()), np.stack([seen, shares], axis=1)
    classes: list[Array] = []
    awaited = np.zeros(2)
    for state in np.argsort(shares, kind="stable").tolist():
        awaited = awaited + held[state]
        if n * awaited[1] >= EXPECTED:
            classes.append(awaited)
            awaited = np.zeros(2)
    last = [classes.pop() + awaited] if classes else [awaited]
    found = np.stack([*classes, *last])
    return found[:, 0], found[:, 1]


def chi_square(seen: Array, shares: Array) -> float:
    """Pearson's statistic of counts (k,) against probabilities (k,)."""
    expected = seen.sum() * shares
    return float(((seen - expected) ** 2 / expected).sum())


def chance(seen: Array, shares: Array) -> float:
    """Probability that the count of some class (k,) is as far from what is expected, if the probabilities hold.

    Each class against all others by the exact binomial distribution, both tails at the same distance; the smallest
    chance counts k times (Bonferroni), that of two classes once. Chances of so many tests are judged where the
    distribution of Pearson's statistic is far from chi-square, also with many cases of each class expected.
    """
    from scipy.special import bdtr, bdtrc  # takes a while to import

    n = round(float(seen.sum()))
    mirrored = 2.0 * n * shares - seen  # as far on the other side
    slack = 1e-9 * n
    low = np.where(seen <= mirrored, seen, np.floor(mirrored + slack))
    high = np.where(seen <= mirrored, np.ceil(mirrored - slack), seen)
    below = np.where(low < 0, 0.0, bdtr(np.clip(low, 0, n), n, shares))
    above = np.where(high > n, 0.0, np.where(high < 1, 1.0, bdtrc(np.clip(high - 1, 0, n), n, shares)))
    tests = len(seen) if len(seen) > 2 else 1
    return float(min(tests * np.where(low >= high, 1.0, below + above).min(), 1.0))


def effect(statistic: float, freedom: int, n: float) -> float:
    """Cohen's w (1988, Statistical Power Analysis, chapter 7), without what chance adds to it: 0.1 is called small,
    0.3 medium, 0.5 large."""
    return float(np.sqrt(max(statistic - freedom, 0.0) / n))


def holm(chances: Sequence[float]) -> list[float]:
    """The chances of Holm (1979, Scand J Stat 6:65-70): when all below a are told, one of these is wrong at most
    with probability a, however the tests depend on each other."""
    order = np.argsort(chances, kind="stable")
    factors = np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(factors * np.asarray(chances)[order]), 1.0)
    return [float(one) for one in adjusted]
