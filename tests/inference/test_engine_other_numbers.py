"""The same plan with other numbers, and slopes in batches: against engines of their own and enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import Problem, down_to, joint_weights, problems

from bayesdx.errors import ImpossibleFindings
from bayesdx.inference import compile_network
from bayesdx.network import Array, Network, Variable

CLOSE = {"rtol": 1e-9, "atol": 1e-10}


def redrawn(network: Network, rng: np.random.Generator, size: int) -> dict[str, Array]:
    """Tables (size, *cpt) for about half of the variables; what is impossible stays so, the rest is positive."""
    drawn = {}
    for variable in network.variables:
        if rng.random() < 0.5:
            cpt = network.cpts[variable.id]
            table = np.where(cpt > 0, rng.random((size, *cpt.shape)) + 0.05, 0.0)
            drawn[variable.id] = table / table.sum(axis=-1, keepdims=True)
    return drawn


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 10**6))
def test_with_cpts_is_the_engine_of_the_changed_network(problem: Problem, seed: int) -> None:
    network = problem.network
    other = {name: tables[0] for name, tables in redrawn(network, np.random.default_rng(seed), 1).items()}
    moved = problem.engine().with_cpts(other).with_cpts({})
    joint = joint_weights(network, problem.findings, {**network.cpts, **other})
    target = network.variables[0].id
    if joint.sum() == 0:
        with pytest.raises(ImpossibleFindings):
            moved.derivatives(problem.findings, target)
        return
    found = moved.posterior(problem.findings, target)
    np.testing.assert_allclose(found.probabilities, down_to(joint, [0]) / joint.sum(), **CLOSE)
    fresh = compile_network(network.with_cpts(other)).derivatives(problem.findings, target)
    again = moved.derivatives(problem.findings, target)
    rng = np.random.default_rng(seed)
    weights = rng.random(network.variables[0].cardinality) * (rng.random(network.variables[0].cardinality) < 0.7)
    slopes = moved.joint_slopes(problem.findings, weights, target)
    for variable in network.variables:
        expected = fresh.target_cpt[variable.id]
        np.testing.assert_allclose(again.target_cpt[variable.id], expected, **CLOSE)
        np.testing.assert_allclose(slopes[variable.id], np.tensordot(weights, expected, 1), **CLOSE)


@settings(max_examples=60, deadline=None)
@given(problems(), st.integers(0, 10**6))
def test_draws_of_the_joint_and_of_slopes(problem: Problem, seed: int) -> None:
    network, findings, target = problem.network, problem.findings, problem.network.variables[0].id
    rng = np.random.default_rng(seed)
    drawn = redrawn(network, rng, 3)
    sets = [{**network.cpts, **{name: tables[i] for name, tables in drawn.items()}} for i in range(3)]
    size = 3 if drawn else 1
    likelihoods = [joint_weights(network, findings, one) for one in sets[:size]]
    if min(joint.sum() for joint in likelihoods) == 0:
        return
    engine, card = problem.engine(), network.variables[0].cardinality
    states = sorted(rng.choice(card, rng.integers(1, card + 1), replace=False).tolist())
    found = np.exp(engine.joint_draws(findings, drawn, states, target))
    expected = np.array([down_to(joint, [0]) for joint in likelihoods])
    np.testing.assert_allclose(found, expected[:, states], **CLOSE)
    np.testing.assert_allclose(np.exp(engine.joint_draws(findings, drawn, target=target)), expected, **CLOSE)
    weights = rng.random((2, card))
    slopes = engine.slope_draws(findings, drawn, weights[:, None], target)
    for i, one in enumerate(sets[:size]):
        derivatives = compile_network(network.with_cpts({k: one[k] for k in drawn})).derivatives(findings, target)
        for name, found_slopes in slopes.items():
            by_entry = np.tensordot(weights, derivatives.target_cpt[name], 1)
            possible = network.cpts[name] > 0  # slopes by impossible entries are not promised
            if found_slopes.shape[-1] < by_entry.shape[-1]:
                seen = np.flatnonzero(findings[name])
                by_entry, possible = by_entry[..., seen], possible[..., seen]
            np.testing.assert_allclose(found_slopes[:, i, possible], by_entry[:, possible], **CLOSE)


def test_states_that_belong_to_one_state_of_their_parent() -> None:
    """Forms of a diagnosis: of their drawn CPT only the possible entries are read. Against sums by hand."""
    rng = np.random.default_rng(3)
    owner, n = np.array([0, 0, 1, 0]), 50
    belongs = owner == np.arange(2)[:, None]
    variables = (
        Variable("d", ("a", "b")),
        Variable("form", ("a1", "a2", "b1", "a3")),
        Variable("sign", ("no", "yes")),
    )
    parents = {"d": (), "form": ("d",), "sign": ("form",)}
    cpts = {"d": np.array([0.7, 0.3]), "form": np.where(belongs, 1 / belongs.sum(axis=1)[:, None], 0.0)}
    cpts["sign"] = rng.dirichlet([1, 1], 4)
    engine = compile_network(Network("forms", variables, parents, cpts, target="d"))
    share, sign = np.ones((n, 4)), rng.dirichlet([1, 1], (n, 4))
    share[:, owner == 0] = rng.dirichlet([1, 2, 3], n)
    drawn = {"form": np.where(belongs, share[:, None], rng.random((n, 2, 4))), "sign": sign}
    findings = {"sign": np.array([0.0, 1.0])}
    by_form = cpts["d"][owner] * share * sign[:, :, 1]
    joint = by_form @ belongs.T
    np.testing.assert_allclose(np.exp(engine.joint_draws(findings, drawn)), joint, **CLOSE)
    np.testing.assert_allclose(np.exp(engine.joint_draws(findings, drawn, [1])), joint[:, 1:], **CLOSE)
    np.testing.assert_allclose(
        engine.posterior_draws(findings, drawn), joint / joint.sum(axis=1, keepdims=True), **CLOSE
    )
    weights = np.array([[1.0, 1.0], [0.0, 1.0], [2.0, 0.5]])
    slopes = engine.slope_draws(findings, drawn, weights[:, None])
    total = joint.sum(axis=1)[:, None]
    by_share = weights[:, None, owner] * cpts["d"][owner] * sign[:, :, 1] / total
    by_sign = weights[:, None, owner] * cpts["d"][owner] * share / total
    np.testing.assert_allclose(slopes["form"][..., owner, np.arange(4)], by_share, **CLOSE)
    np.testing.assert_allclose(slopes["sign"][..., 0], by_sign, **CLOSE)
