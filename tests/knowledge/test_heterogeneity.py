"""How far studies differ: against scipy, and on literatures drawn from a known spread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import betabinom

from bayesdx.knowledge.build import Cell, pool_findings
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.heterogeneity import CORRELATIONS, STRENGTHS, estimate, predictive

MakeFact = Callable[..., Fact]


def cells(orchard: Definition, facts: list[Fact]) -> dict[str, Cell]:
    return pool_findings(replace(orchard, background={"rim": 0.5}), facts)


def test_two_studies_by_hand(orchard: Definition, make_fact: MakeFact) -> None:
    """Each study is predicted from the other one and the base: a beta-binomial, but for its coefficient."""
    found = cells(orchard, [make_fact(k=6, n=11), make_fact(k=2, n=8, source="s2")])["rim"]
    table, predicted = predictive(orchard, found)
    assert predicted == 2
    base = found.base[1]
    for row, m in enumerate(STRENGTHS):
        for column, rho in enumerate(CORRELATIONS):
            expected = 0.0
            for (k, n), (other, size) in (((6, 11), (2, 8)), ((2, 8), (6, 11))):
                weight = size / (1 + (size - 1) * rho)
                p = (weight * other / size + m * base) / (weight + m)
                concentration = 1 / rho - 1
                law = betabinom(n, p * concentration, (1 - p) * concentration)
                expected += law.logpmf(k) - np.log([ways(n, k)])[0]
            assert table[row, column] == pytest.approx(expected, abs=1e-6)


def ways(n: int, k: int) -> float:
    return float(np.prod([(n - i) / (i + 1) for i in range(k)]))


@pytest.mark.parametrize("rho", [0.03, 0.35])
def test_a_known_spread_is_found(orchard: Definition, make_fact: MakeFact, rho: float) -> None:
    """Sixty studies of two diagnoses, drawn with a correlation: the estimate is the next value or it."""
    rng = np.random.default_rng(3)
    facts = []
    for diagnosis, p in (("apple", 0.7), ("pear", 0.2)):
        for number in range(30):
            share = rng.beta(p * (1 / rho - 1), (1 - p) * (1 / rho - 1))
            k = int(rng.binomial(30, share))
            facts.append(make_fact(k=k, n=30, diagnosis=diagnosis, source=f"{diagnosis}{number}"))
    found = estimate(orchard, cells(orchard, facts))["rim"].correlation
    at = CORRELATIONS.index(found)
    assert CORRELATIONS[max(at - 1, 0)] <= rho <= CORRELATIONS[min(at + 1, len(CORRELATIONS) - 1)]


def test_words_and_other_sites_are_not_predicted(orchard: Definition, make_fact: MakeFact) -> None:
    facts = [
        make_fact(k=None, n=None, kind="word", value="often"),
        make_fact(k=3, n=9, site="intracranial", source="s2"),
    ]
    assert predictive(orchard, cells(orchard, facts)["rim"])[1] == 0
