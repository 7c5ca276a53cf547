"""Intervals against first order worked out by brute force, closed forms and drawn CPTs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_networks import WAYS, compiled, down_to, joint_weights, random_findings, random_network

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference import Engine, compile_network
from bayesdx.inference.draws import posterior_draws
from bayesdx.inference.intervals import STANDARD_ERRORS, posterior_intervals, spread
from bayesdx.network import Array, Network, Variable


def counted(network: Network, rng: np.random.Generator) -> Network:
    """The network with counts behind most of its CPTs, of another size in every row."""
    known = {
        name: cpt * np.exp(rng.uniform(-2, 5, (*cpt.shape[:-1], 1)))
        for name, cpt in network.cpts.items()
        if rng.random() < 0.8
    }
    return replace(network, counts=known)


def by_hand(network: Network, findings: Mapping[str, Array], target: str) -> Array:
    """Variances (3, card) of ln P(t, e), ln P(not t, e) and their difference, entry by entry."""
    axes = [network.index[target]]
    joint = down_to(joint_weights(network, findings), axes)
    found = np.zeros((3, len(joint)))
    for name, counts in network.counts.items():
        cpt = network.cpts[name]
        slopes = np.empty((*cpt.shape, len(joint)))
        for entry in np.ndindex(cpt.shape):
            alone = np.zeros(cpt.shape)
            alone[entry] = 1.0
            slopes[entry] = down_to(joint_weights(network, findings, {**network.cpts, name: alone}), axes)
        for t, p in enumerate(joint):
            others = joint.sum() - p
            if not 0 < p < joint.sum():
                continue
            it, rest = slopes[..., t] / p, (slopes.sum(axis=-1) - slopes[..., t]) / others
            for i, g in enumerate((it, rest, it - rest)):
                for row in np.ndindex(cpt.shape[:-1]):
                    theta = cpt[row]
                    covariance = (np.diag(theta) - np.outer(theta, theta)) / (counts[row].sum() + 1)
                    found[i, t] += g[row] @ covariance @ g[row]
    return found


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(2, 5),
    zeros=st.booleans(),
    share=st.floats(0, 0.8),
    way=st.sampled_from(WAYS),
)
def test_variances_equal_brute_force(seed: int, size: int, zeros: bool, share: float, way: str) -> None:
    rng = np.random.default_rng(seed)
    network = counted(random_network(rng, size, zeros=zeros, target=True), rng)
    findings = random_findings(rng, network, share)
    engine = compiled(network, way)
    try:
        posterior = engine.posterior(findings).probabilities
    except ImpossibleFindings:
        assume(False)
    found = np.array(spread(engine, findings, posterior))
    np.testing.assert_allclose(found, by_hand(network, findings, "v0"), rtol=1e-6, atol=1e-9)
    low, high = posterior_intervals(engine, findings, posterior).T
    assert (low <= posterior + 1e-12).all()
    assert (posterior <= high + 1e-12).all()
    assert (low >= 0).all()
    assert (high <= 1).all()
    certain = (posterior == 0) | (posterior == 1)
    np.testing.assert_array_equal(low[certain], posterior[certain])
    np.testing.assert_array_equal(high[certain], posterior[certain])


def coin(counts: list[list[float]], prior: tuple[float, ...] = (0.5, 0.5)) -> Engine:
    """As many diagnoses as rows, and one finding x."""
    table = np.array(counts)
    names = tuple("abcdefgh"[: len(table)])
    variables = (Variable("d", names), Variable("x", tuple(f"s{i}" for i in range(table.shape[1]))))
    cpts = {"d": np.array(prior), "x": table / table.sum(axis=1, keepdims=True)}
    return compile_network(Network("coin", variables, {"x": ("d",)}, cpts, {"x": table}, target="d"))


def interval(engine: Engine, weights: list[float], state: int = 0) -> tuple[float, float]:
    findings = {"x": np.array(weights)}
    low, high = posterior_intervals(engine, findings, engine.posterior(findings).probabilities)[state].tolist()
    return low, high


def test_by_hand() -> None:
    # P(a | x) = 3/4; var ln P(x | a) = (1 - 3/5) / (3/5) / 11, of P(x | b) = (1 - 1/5) / (1/5) / 6
    va, vb = (2 / 3) / 11, 4 / 6
    error, median = math.sqrt(va + vb), math.log(3) + (vb - va) / 2
    expected = [1 / (1 + math.exp(-(median + side * STANDARD_ERRORS * error))) for side in (-1, 1)]
    engine = coin([[6.0, 4.0], [1.0, 4.0]])
    assert interval(engine, [1.0, 0.0]) == pytest.approx(expected, abs=1e-12)
    # of two, the interval of one is that of the other turned round
    low, high = interval(engine, [1.0, 0.0], 1)
    assert (1 - high, 1 - low) == pytest.approx(expected, abs=1e-12)


def test_draws_of_many_counts_agree() -> None:
    """Where counts are many, first order is all: the log-odds of drawn posteriors have the same variance."""
    counts = 2000 * np.array([[0.2, 0.3, 0.5], [0.4, 0.3, 0.3], [0.1, 0.1, 0.8]])
    engine = coin(counts.tolist(), (0.5, 0.3, 0.2))
    findings = {"x": np.array([1.0, 0.5, 0.0])}
    posterior = engine.posterior(findings).probabilities
    drawn = posterior_draws(engine, findings, 20_000)
    observed = (np.log(drawn) - np.log1p(-drawn)).var(axis=0)
    np.testing.assert_allclose(spread(engine, findings, posterior).odds, observed, rtol=0.05)


def test_states_that_are_alike_may_be_taken_together() -> None:
    apart, together = coin([[2.0, 3.0, 4.0], [1.0, 1.0, 5.0]]), coin([[2.0, 7.0], [1.0, 6.0]])
    assert interval(apart, [0.0, 1.0, 1.0]) == pytest.approx(interval(together, [0.0, 1.0]), abs=1e-12)
    assert interval(apart, [1.0, 0.0, 0.0]) == pytest.approx(interval(together, [1.0, 0.0]), abs=1e-12)


def test_more_counts_narrow_the_interval() -> None:
    for a, b in ((0.3, 0.6), (0.3, 0.03), (0.01, 0.9)):
        ends = []
        for n in (1e-4, 0.1, 1, 2, 3, 5, 10, 100, 1000):
            low, high = interval(coin([[n * a, n * (1 - a)], [n * b, n * (1 - b)]]), [1.0, 0.0])
            assert low < a / (a + b) < high
            ends.append((low, -high))
        assert sorted(ends) == ends
        assert [low for low, _ in ends] == sorted(low for low, _ in ends)
        assert [high for _, high in ends] == sorted(high for _, high in ends)


def test_the_ends_of_what_can_be_written() -> None:
    """Posteriors beyond the range of floating point, and findings that settle everything, give no NaN."""
    least = 1e-308
    for weights in ([1.0, 0.0], [0.0, 1.0], [1.0, 1.0]):
        engine = coin([[1.0, least], [least, 1.0], [1.0, 1.0]], (1 - 1e-15, 1e-15, 0.0))
        findings = {"x": np.array(weights)}
        found = posterior_intervals(engine, findings, engine.posterior(findings).probabilities)
        assert np.isfinite(found).all()
    settled = {"d": np.array([0.0, 1.0, 0.0])}
    found = posterior_intervals(engine, settled, engine.posterior(settled).probabilities)
    np.testing.assert_array_equal(found, [[0, 0], [1, 1], [0, 0]])


def test_slopes_beyond_floating_point_leave_a_number() -> None:
    """A diagnosis that is ruled out by one finding while eighty others speak for it."""
    names = tuple(f"f{i}" for i in range(80))
    signs = [Variable(name, ("no", "yes")) for name in ("x", *names)]
    variables = (Variable("d", ("a", "b", "c")), *signs)
    rules_out = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    row = np.array([[0.01, 0.99], [0.9, 0.1], [0.993, 0.007]])
    cpts = {"d": np.full(3, 1 / 3), "x": rules_out, **dict.fromkeys(names, row)}
    counts = {name: 10 * table for name, table in cpts.items() if name != "d"}
    engine = compile_network(Network("n", variables, {f: ("d",) for f in ("x", *names)}, cpts, counts, target="d"))
    findings = dict.fromkeys(("x", *names), np.array([0.0, 1.0]))
    found = posterior_intervals(engine, findings, engine.posterior(findings).probabilities)
    assert np.isfinite(found).all()
    assert found[1] == pytest.approx([1, 1])


def test_impossible_findings_have_no_interval() -> None:
    variables = (Variable("d", ("a", "b")), Variable("x", ("no", "yes")))
    cpts = {"d": np.array([0.5, 0.5]), "x": np.array([[1.0, 0.0], [1.0, 0.0]])}
    engine = compile_network(Network("n", variables, {"x": ("d",)}, cpts, {"x": 3 * cpts["x"]}, target="d"))
    with pytest.raises(ImpossibleFindings):
        posterior_intervals(engine, {"x": np.array([0.0, 1.0])}, np.array([0.3, 0.7]))


def test_many_states_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    engine = coin(rng.uniform(0.5, 9, (8, 3)).tolist(), (0.125,) * 8)
    findings = {"x": np.array([1.0, 0.0, 0.0])}
    posterior = engine.posterior(findings).probabilities
    whole = posterior_intervals(engine, findings, posterior)
    monkeypatch.setattr("bayesdx.inference.intervals.HELD", 50)
    np.testing.assert_allclose(posterior_intervals(engine, findings, posterior), whole, rtol=1e-12)
