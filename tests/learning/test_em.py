"""EM against closed forms, another EM by sums over all states, and pyAgrum."""

from __future__ import annotations

import numpy as np
import pytest
from bench_learning import by_pyagrum
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import drawn, families, small_network

from bayesdx.errors import InputError
from bayesdx.inference import compile_network
from bayesdx.learning.em import best_fit, fit
from bayesdx.learning.sample import Sample
from bayesdx.network import Array, Network, Variable


def one_variable(counts: list[float]) -> Network:
    mean = np.array(counts) / sum(counts)
    return Network("one", (Variable("x", ("yes", "no")),), {}, {"x": mean}, {"x": np.array(counts)})


def test_the_example_of_hugin() -> None:
    """(0.5, 0.5) with a count of 10 and five times yes: (0.667, 0.333) with a count of 15 (adaptation tutorial)."""
    network = one_variable([5.0, 5.0])
    found = fit(compile_network(network), Sample(np.zeros((5, 1), np.int64)), network.counts)
    assert found.engine.network.cpts["x"] == pytest.approx([2 / 3, 1 / 3])
    assert found.counts["x"] == pytest.approx([5.0, 0.0])
    assert (network.counts["x"] + found.counts["x"]).sum() == pytest.approx(15.0)


def test_the_rule_of_netica() -> None:
    """exper' = exper + degree, prob' = (prob exper + degree) / exper': a case of weight 2.5 of the second state."""
    network = one_variable([3.0, 1.0])
    sample = Sample(np.ones((1, 1), np.int64), {}, np.array([2.5]))
    found = fit(compile_network(network), sample, network.counts)
    assert found.engine.network.cpts["x"][1] == pytest.approx((0.25 * 4 + 2.5) / (4 + 2.5))


@settings(max_examples=10)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 4.0]))
def test_complete_cases_have_a_closed_form(seed: int, strength: float) -> None:
    network = small_network(seed, counts=strength)
    sample = drawn(network, 300, 0.0, seed)
    prior = network.counts or {name: np.zeros_like(table) for name, table in network.cpts.items()}
    found = fit(compile_network(network), sample, prior)
    for name, table in prior.items():
        counts = np.zeros_like(table)
        columns = [sample.codes[:, network.index[v]] for v in (*network.parents[name], name)]
        np.add.at(counts, tuple(columns), 1.0)
        total = (table + counts).sum(axis=-1, keepdims=True)
        expected = np.where(total > 0, (table + counts) / np.where(total > 0, total, 1.0), network.cpts[name])
        np.testing.assert_allclose(found.engine.network.cpts[name], expected, atol=1e-12)


def by_hand(network: Network, sample: Sample, prior: dict[str, Array], rounds: int) -> tuple[Network, list[float]]:
    """EM by sums over all states."""
    values = []
    for _ in range(rounds):
        posteriors, log_likelihood = families(network, sample)
        values.append(
            float(sample.sizes @ log_likelihood)
            + sum(float((a * np.log(network.cpts[name])).sum(where=a > 0)) for name, a in prior.items())
        )
        sums = {name: a + np.einsum("n,n...->...", sample.sizes, posteriors[name]) for name, a in prior.items()}
        network = network.with_cpts({name: s / s.sum(axis=-1, keepdims=True) for name, s in sums.items()})
    return network, values


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_incomplete_cases_against_another_em(seed: int) -> None:
    network = small_network(seed, counts=3.0)
    sample = drawn(network, 60, 0.5, seed)
    sample = Sample(sample.codes, {"b": np.random.default_rng(seed).uniform(0.2, 1, (60, 3))}, sample.sizes)
    prior = dict(network.counts)
    found = fit(compile_network(network), sample, prior, tolerance=1e-12, rounds=30)
    _, values = by_hand(network, sample, prior, len(found.objective))
    np.testing.assert_allclose(found.objective, values, rtol=1e-9)
    assert (np.diff(found.objective) > -1e-9).all()
    last, _ = by_hand(network, sample, prior, len(found.objective) - 1)
    for name, table in found.engine.network.cpts.items():
        np.testing.assert_allclose(table, last.cpts[name], atol=1e-9)


def test_a_latent_variable_and_restarts() -> None:
    """A hidden cause of three signs: the best of several starts is at least as high, and a seed gives the same."""
    variables = tuple(Variable(name, ("0", "1")) for name in "hxyz")
    parents = {name: ("h",) for name in "xyz"}
    truth = np.array([[0.9, 0.1], [0.2, 0.8]])
    network = Network("latent", variables, parents, {"h": np.array([0.4, 0.6]), **dict.fromkeys("xyz", truth)})
    sample = drawn(network, 400, 0.0, 0)
    sample.codes[:, 0] = -1
    flat = network.with_cpts({"h": np.array([0.5, 0.5]), **dict.fromkeys("xyz", np.full((2, 2), 0.5))})
    prior = {name: np.ones_like(table) for name, table in network.cpts.items()}
    stuck = fit(compile_network(flat), sample, prior)  # at a saddle: both causes alike
    first, again = (best_fit(compile_network(flat), sample, prior, restarts=3, seed=7) for _ in range(2))
    assert first.objective[-1] > stuck.objective[-1] + 10
    assert first.objective == again.objective
    cause = first.engine.network.cpts["x"]
    assert abs(cause[0, 0] - cause[1, 0]) == pytest.approx(0.7, abs=0.12)


def test_zeros_and_rows_without_cases_stay() -> None:
    network = small_network(2, zero=True)
    sample = drawn(network, 30, 0.3, 2)
    prior = {name: np.zeros_like(table) for name, table in network.cpts.items() if name != "b"}
    found = fit(compile_network(network), sample, prior).engine.network
    assert found.cpts["c"][0, 0].tolist() == [1.0, 0.0]
    np.testing.assert_array_equal(found.cpts["b"], network.cpts["b"])  # not to be learnt
    with pytest.raises(InputError, match="impossible"):
        fit(compile_network(network), sample, {"c": np.ones((2, 3, 2))})


def test_weights_count_like_copies() -> None:
    network = small_network(4, counts=2.0)
    sample = drawn(network, 25, 0.4, 4)
    twice = Sample(np.concatenate([sample.codes, sample.codes]))
    weighed = Sample(sample.codes, {}, np.full(25, 2.0))
    found = [fit(compile_network(network), s, network.counts).engine.network for s in (twice, weighed)]
    for name in network.cpts:
        np.testing.assert_allclose(found[0].cpts[name], found[1].cpts[name], atol=1e-12)


def test_against_pyagrum() -> None:
    """EM with a count of 1 for each state, from the same start: the same objective and the same CPTs."""
    network = small_network(8)
    sample = drawn(network, 200, 0.3, 8)
    prior = {name: np.ones_like(cpt) for name, cpt in network.cpts.items()}
    start = network.with_cpts({name: np.full_like(c, 1 / c.shape[-1]) for name, c in network.cpts.items()})
    _, _, theirs = by_pyagrum(start, sample, 1e-9)
    ours = best_fit(compile_network(start), sample, prior, restarts=3, tolerance=1e-10)
    value = by_hand(network.with_cpts(theirs), sample, prior, 1)[1][0]
    assert ours.objective[-1] >= value - 1e-4
    near = fit(compile_network(network.with_cpts(theirs)), sample, prior, tolerance=1e-10)
    assert near.objective[-1] == pytest.approx(value, abs=1e-3)  # theirs is a fixed point of ours
    for name, cpt in theirs.items():
        np.testing.assert_allclose(near.engine.network.cpts[name], cpt, atol=5e-3)
