"""Evidence, trust and contradictions, against scipy's distributions and formulas written out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom, combine_pvalues, dirichlet_multinomial

from bayesdx.learning.conflict import SIMULATED, Contradiction, contradicted_throughout, contradictions, surprise
from bayesdx.learning.prior import (
    POWERS,
    VAGUE,
    discounted,
    log_evidence,
    power,
    prior_counts,
    robust,
    trusted,
    vague,
)
from bayesdx.network import Array, Network, Variable

counts_of = st.lists(st.floats(0.2, 20), min_size=3, max_size=3).map(np.array)
seen_of = st.lists(st.integers(0, 30), min_size=3, max_size=3).map(lambda row: np.array(row, float))


@given(counts_of, seen_of)
def test_evidence_against_scipy(counts: Array, seen: Array) -> None:
    """Two samples of one size: the coefficient, which differs, is put back."""
    whole = dirichlet_multinomial.logpmf(seen.astype(int), counts, int(seen.sum())) if seen.sum() else 0.0
    coefficient = dirichlet_multinomial.logpmf(seen.astype(int), np.full(3, 1e8), int(seen.sum())) - float(
        -seen.sum() * np.log(3)
    )
    if seen.sum():
        assert log_evidence(counts, seen) == pytest.approx(whole - coefficient, abs=1e-3)
    else:
        assert log_evidence(counts, seen) == pytest.approx(0.0)


def test_evidence_ignores_impossible_states() -> None:
    assert log_evidence(np.array([2.0, 0.0, 3.0]), np.array([1.0, 0.0, 4.0])) == pytest.approx(
        float(log_evidence(np.array([2.0, 3.0]), np.array([1.0, 4.0])))
    )


@given(counts_of, seen_of, st.sampled_from([0.5, 0.8, 0.95]))
def test_the_robust_mean_is_that_of_two_parts(counts: Array, seen: Array, trust: float) -> None:
    """w (a + n) / (A + N) + (1 - w) (v + n) / (V + N), with w by Bayes' rule from the evidence of both."""
    rest = counts * min(1.0, VAGUE / counts.sum())
    evidence = trust * np.exp(log_evidence(counts, seen)), (1 - trust) * np.exp(log_evidence(rest, seen))
    weight = evidence[0] / sum(evidence)
    assert trusted(counts, seen, trust) == pytest.approx(weight)
    np.testing.assert_allclose(vague(counts), rest)
    n = seen.sum()
    expected = weight * (counts + seen) / (counts.sum() + n) + (1 - weight) * (rest + seen) / (rest.sum() + n)
    mixed = robust(counts, seen, np.asarray(weight))
    np.testing.assert_allclose((mixed + seen) / (mixed + seen).sum(), expected, atol=1e-10)
    assert discounted(counts, np.asarray(weight), trust) <= counts.sum() + 1e-9


def test_trust_falls_where_patients_differ() -> None:
    counts = np.array([9.0, 1.0])
    agree, differ = np.array([9.0, 1.0]), np.array([1.0, 9.0])
    assert trusted(counts, agree) > 0.8 > trusted(counts, differ)
    assert trusted(counts, np.zeros(2)) == pytest.approx(0.8)
    assert trusted(counts, differ, 1.0) == 1.0


def test_the_power_grows_with_agreement() -> None:
    rng = np.random.default_rng(1)
    rows = rng.dirichlet(np.full(4, 2.0), 60)
    same = np.array([rng.multinomial(20, row) for row in rows], float)
    own = np.array([rng.multinomial(20, rng.dirichlet(8 * row)) for row in rows], float)
    found = [power({"x": 8 * rows}, {"x": seen}) for seen in (same, own)]
    assert found[0] == max(POWERS)
    assert 0.5 <= found[1] <= 2.0


def test_where_nothing_is_seen_counts_stay_as_they_are() -> None:
    assert power({"x": np.array([[8.0, 2.0]])}, {"x": np.zeros((1, 2))}) == 1.0
    assert power({"x": np.zeros((1, 2))}, {"x": np.array([[5.0, 1.0]])}) == 1.0
    assert power({}, {}) == 1.0


@pytest.mark.parametrize(("counts", "seen"), [([8.0, 2.0], [3, 9]), ([1.0, 1.0], [5, 5]), ([30.0, 10.0], [9, 3])])
def test_surprise_of_two_states_against_the_beta_binomial(counts: list[float], seen: list[int]) -> None:
    chances = betabinom.pmf(np.arange(sum(seen) + 1), sum(seen), *counts)
    far = np.abs(np.arange(sum(seen) + 1) / sum(seen) - counts[0] / sum(counts))
    expected = chances[far >= far[seen[0]] - 1e-9].sum()
    found = surprise(np.array(counts), np.array(seen, float), np.random.default_rng(0))
    assert found == pytest.approx(expected, abs=4 * np.sqrt(0.25 / SIMULATED))


def test_surprise_of_counts_that_are_next_to_nothing() -> None:
    """Every draw is one state or the other, as the mean has it: the chance of the state is its mean."""
    found = surprise(np.array([3e-4, 7e-4]), np.array([12.0, 0.0]), np.random.default_rng(0))
    assert found == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / SIMULATED))


def test_a_planted_contradiction_comes_first() -> None:
    rng = np.random.default_rng(2)
    rows = rng.dirichlet(np.full(3, 2.0), 40)
    seen = np.array([rng.multinomial(25, row) for row in rows], float)
    seen[17] = 25 * np.eye(3)[rows[17].argmin()]
    found = contradictions({"x": 10 * rows}, {"x": seen}, rng)
    assert (found[0].variable, found[0].row) == ("x", (17,))
    assert found[0].p < 1e-3
    assert len(found) == 40


def test_counts_of_a_network() -> None:
    """Its own where it has them, so many for each other row; what is certain is not learnt."""
    variables = tuple(Variable(name, ("0", "1")) for name in "abc")
    cpts = {"a": np.array([0.3, 0.7]), "b": np.array([[0.2, 0.8], [0.5, 0.5]]), "c": np.eye(2)}
    network = Network("n", variables, {"b": ("a",), "c": ("a",)}, cpts, {"b": np.array([[1.0, 4.0], [3.0, 3.0]])})
    found = prior_counts(network, 10.0)
    assert found.keys() == {"a", "b"}
    assert found["a"].tolist() == [3.0, 7.0]
    assert found["b"].tolist() == [[1.0, 4.0], [3.0, 3.0]]


def test_rows_together_against_scipy() -> None:
    """Fisher's combination: three rows of chance 0.001 say more than one; two do not count."""
    rows = [Contradiction("x", (i,), 0.001, np.ones(2)) for i in range(3)]
    alone = [Contradiction("y", (0,), 0.0003, np.ones(2)), Contradiction("z", (0,), 0.4, np.ones(2))]
    assert combine_pvalues([0.001] * 3).pvalue * 3 < 1e-3
    assert contradicted_throughout([*rows, *alone], ["x", "y", "z"]) == ("x",)
    assert contradicted_throughout([*rows[:2], *alone], ["x", "y", "z"]) == ()
    assert contradicted_throughout(rows, ["y"]) == ()
