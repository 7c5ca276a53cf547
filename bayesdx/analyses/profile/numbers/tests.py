"""Do the findings of a cohort have the distribution that the network says? Many tests, judged together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesdx.network import Array

#: Expected cases of a class of a chi-square test at least (Cochran 1954, Biometrics 10:417-451).
EXPECTED = 5.0


def chi_square(seen: Array, shares: Array) -> tuple[float, int]:
    """Pearson's statistic of counts ``seen`` (card,) against probabilities ``shares`` (card,), and its degrees of
    freedom.

    The rarest states are taken together until EXPECTED cases are expected of each class; no degree of freedom is
    left where there are too few cases for two classes.
    """
    expected = seen.sum() * shares
    classes: list[tuple[float, float]] = []
    held, awaited = 0.0, 0.0
    for state in np.argsort(expected, kind="stable").tolist():
        held, awaited = held + float(seen[state]), awaited + float(expected[state])
        if awaited >= EXPECTED:
            classes.append((held, awaited))
            held, awaited = 0.0, 0.0
    return sum((o - e) ** 2 / e for o, e in classes), max(len(classes) - 1, 0)


def chance(statistic: float, freedom: int) -> float:
    """Probability of such a statistic, or a larger one, if the probabilities hold."""
    from scipy.special import chdtrc  # takes a while to import

    return float(chdtrc(freedom, statistic))


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
