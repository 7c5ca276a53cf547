"""Expected counts and observed information, against sums over all states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_networks import drawn, families, small_network

import bayesdx.inference.expected as expected
from bayesdx.inference import compile_network
from bayesdx.learning.sample import Sample
from bayesdx.network import Array, Network, Variable


def shares(information: dict[str, tuple[Array, Array]]) -> dict[str, Array]:
    return {name: held / np.where(cases > 0, cases, 1.0) for name, (held, cases) in information.items()}


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 0.8]), st.booleans())
def test_against_all_states(seed: int, missing: float, zero: bool) -> None:
    network = small_network(seed, zero=zero)
    sample = drawn(network, 40, missing, seed)
    rng = np.random.default_rng(seed)
    sample = Sample(sample.codes, {"d": rng.uniform(0.1, 1.0, (40, 3))}, rng.uniform(0.5, 2.0, 40))
    posteriors, log_likelihood = families(network, sample)
    engine = compile_network(network)
    counts, found = engine.expected_counts(sample.codes, sample.weights, sample.sizes)
    np.testing.assert_allclose(found, log_likelihood, atol=1e-10)
    information = shares(engine.observed_information(sample.codes, sample.weights, sample.sizes))
    for name, table in counts.items():
        each = posteriors[name]
        np.testing.assert_allclose(table, np.einsum("n,n...->...", sample.sizes, each), atol=1e-9)
        theta = np.where(network.cpts[name] > 0, network.cpts[name], 1.0)
        there = each.sum(axis=-1)
        complete = (each / theta).sum(axis=-1) - there
        observed = (each**2 / theta).sum(axis=-1) - there**2
        certain = complete < 1e-9 * there
        part = np.where(certain, there, observed / np.where(certain | (complete == 0), 1.0, complete))
        patients = np.einsum("n,n...->...", sample.sizes, there)
        held = np.einsum("n,n...,n...->...", sample.sizes, there, part)
        some = patients > 1e-9
        np.testing.assert_allclose(information[name][some], held[some] / patients[some], atol=1e-7)


@pytest.mark.parametrize("rare", [0, 2, 10, 100])
def test_patients_that_state_a_value_count_however_common_it_is(rare: int) -> None:
    """Of 200 cases 100 state the variable: half of the information, whichever state they state."""
    network = Network("n", (Variable("a", ("yes", "no")),), {}, {"a": np.array([0.95, 0.05])})
    codes = np.repeat([[0], [1], [-1]], [100 - rare, rare, 100], axis=0)
    assert shares(compile_network(network).observed_information(codes))["a"] == pytest.approx(0.5)


def test_a_state_that_is_certain_is_known() -> None:
    network = Network("n", (Variable("a", ("yes", "no")),), {}, {"a": np.array([1.0, 0.0])})
    assert shares(compile_network(network).observed_information(np.zeros((5, 1), int)))["a"] == pytest.approx(1.0)


def test_complete_cases_hold_all_information_and_missing_ones_none() -> None:
    network = small_network(1)
    engine = compile_network(network)
    whole = shares(engine.observed_information(drawn(network, 200, 0.0, 1).codes))
    assert all(part == pytest.approx(1.0) for name in whole for part in whole[name].ravel())
    codes = drawn(network, 200, 0.0, 1).codes
    codes[:, network.index["d"]] = -1
    assert "d" not in engine.observed_information(codes)  # nothing below it, nothing of it
    codes[0, network.index["d"]] = 1
    part = shares(engine.observed_information(codes))["d"]
    assert 0 < part.max() < 0.05


def test_parts_of_a_batch_and_underflow(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_network(3)
    sample = drawn(network, 57, 0.4, 3)
    engine = compile_network(network)
    whole, log_likelihood = engine.expected_counts(sample.codes)
    monkeypatch.setattr(expected, "CHUNK_BYTES", 1)
    expected._plan.cache_clear()
    parts, again = engine.expected_counts(sample.codes)
    monkeypatch.setattr(expected, "SAFE", 2.0)  # every pass in logarithms
    logs, once_more = engine.expected_counts(sample.codes)
    expected._plan.cache_clear()
    for name in whole:
        np.testing.assert_allclose(parts[name], whole[name], atol=1e-9)
        np.testing.assert_allclose(logs[name], whole[name], atol=1e-9)
    np.testing.assert_allclose([again, once_more], [log_likelihood] * 2, atol=1e-10)


def test_an_impossible_case_adds_nothing() -> None:
    network = small_network(5, zero=True)
    engine = compile_network(network)
    codes = np.array([[0, 0, 1, -1], [1, 2, 0, 1]])
    counts, log_likelihood = engine.expected_counts(codes)
    assert log_likelihood[0] == -np.inf
    assert np.isfinite(log_likelihood[1])
    assert counts["a"] == pytest.approx([0.0, 1.0])
