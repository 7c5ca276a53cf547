"""How far all numbers may move together: both bounds against every corner of the ball of small networks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import down_to, joint_weights, random_findings, random_network
from sensitivity_networks import ask, hard

from bayesdx.analyses.sensitivity.numbers.certain import Bounds, entrywise_size
from bayesdx.analyses.sensitivity.numbers.robustness import LARGEST_FACTOR, worst_case
from bayesdx.inference import compile_network
from bayesdx.network import Array, Network, Variable

#: d -> a -> c <- b, d -> e <- c: rows wanted by both diagnoses, in several contexts, and an unrelated pair.
PARENTS = {"a": ("d",), "b": (), "c": ("a", "b"), "e": ("c",), "x": (), "y": ("x",)}


def binary_network(rng: np.random.Generator, target: str = "d") -> Network:
    cpts = {"d": rng.dirichlet([3, 3])}
    for name, parents in PARENTS.items():
        cpts[name] = rng.dirichlet([2, 2], size=[2] * len(parents))
    return Network("n", tuple(Variable(i, ("no", "yes")) for i in "dabcexy"), PARENTS, cpts, target=target)


def corner_margins(network: Network, findings: Mapping[str, Array], names: list[str], factor: float) -> Array:
    """ln of the odds of the other state of a binary target in every corner of the ball of ``names``' rows."""
    rows = [(name, i) for name in names for i in range(network.cpts[name].size // 2)]
    bits = np.array(list(itertools.product((False, True), repeat=len(rows))))
    tables = {name: np.repeat(network.cpts[name][None], len(bits), axis=0) for name in names}
    for (name, i), raised in zip(rows, bits.T, strict=True):
        pair = tables[name].reshape(len(bits), -1, 2)[:, i]
        pair *= np.where(raised[:, None], [1.0, factor], [factor, 1.0])
        pair /= pair.sum(axis=1, keepdims=True)
    operands: list[object] = []
    for name in "dabcexy":
        axes = [network.index[i] for i in (*network.parents[name], name)]
        operands += [tables[name], [9, *axes]] if name in tables else [network.cpts[name], axes]
    for name, weight in findings.items():
        operands += [weight, [network.index[name]]]
    target = str(network.target)
    joint = np.einsum(*operands, [9, network.index[target]], optimize=True)
    leader = int(down_to(joint_weights(network, findings), [network.index[target]]).argmax())
    return np.asarray(np.log(joint[:, 1 - leader] / joint[:, leader]))


def worst_by_corners(network: Network, findings: Mapping[str, Array], names: list[str]) -> float:
    """ln of the factor at which some corner makes the two states level, by bisection."""
    low, high = 0.0, math.log(LARGEST_FACTOR)
    if corner_margins(network, findings, names, LARGEST_FACTOR).max() < 0:
        return math.inf
    for _ in range(14):
        middle = (low + high) / 2
        beaten = corner_margins(network, findings, names, math.exp(middle)).max() >= 0
        low, high = (low, middle) if beaten else (middle, high)
    return (low + high) / 2


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from("dae"), st.booleans())
def test_bounds_meet_at_the_worst_corner(seed: int, target: str, apart: bool) -> None:
    """All corners of all rows that can matter; a pair of variables that nothing ties to the target does not."""
    rng = np.random.default_rng(seed)
    network = binary_network(rng, target)
    findings = hard(network, **{name: "yes" for name in "de" if name != target})
    findings["c"] = rng.random(2) + 0.1
    if apart:
        findings |= hard(network, y="no")
    found = worst_case(ask(network, findings))
    exact = worst_by_corners(network, findings, list("dabce"))
    assert found.kind == "exact"
    if found.factor is None:
        assert exact == math.inf
        assert found.at_least == pytest.approx(LARGEST_FACTOR)
    else:
        assert math.log(found.at_least) <= exact + 1e-3
        assert math.log(found.factor) == pytest.approx(exact, abs=1e-3, rel=2e-3)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.floats(1.05, 4.0), st.booleans())
def test_bounds_hold_in_random_corners(seed: int, factor: float, zeros: bool) -> None:
    """P(t, e) lies between its bounds, which lie within those of entries that move on their own."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, 6, zeros=zeros, target=True)
    findings = random_findings(rng, network, 0.5)
    if not joint_weights(network, findings).any():
        return
    bounds = Bounds(network, findings, "v0")
    one = {name: np.ones((1, *table.shape)) for name, table in network.cpts.items()}
    high = {name: factor * table for name, table in one.items()}
    with np.errstate(divide="ignore"):
        exact = np.log(down_to(joint_weights(network, findings), [0]))
        np.testing.assert_allclose(bounds.log_joint(one, one, 1)[0], exact, atol=1e-9)
        np.testing.assert_allclose(bounds.log_joint(one, one, -1)[0], exact, atol=1e-9)
        upper, lower = (bounds.log_joint(one, high, sign)[0] for sign in (1, -1))
        ends = []
        for sign in (1, -1):
            odds = factor**sign
            cpts = {name: t * odds / (1 + (odds - 1) * t) for name, t in network.cpts.items()}
            ends.append(np.log(down_to(joint_weights(network, findings, cpts), [0])))
        assert (upper <= ends[0] + 1e-9).all()
        assert (lower >= ends[1] - 1e-9).all()
        for _ in range(20):
            moved = {}
            for name, table in network.cpts.items():
                lifted = table * np.where(rng.random(table.shape) < 0.5, factor, 1.0)
                moved[name] = lifted / lifted.sum(axis=-1, keepdims=True)
            joint = np.log(down_to(joint_weights(network, findings, moved), [0]))
            assert (joint <= upper + 1e-9).all()
            assert (joint >= lower - 1e-9).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_never_wider_than_entry_by_entry(seed: int, zeros: bool) -> None:
    """Several diagnoses: at least what entries that move on their own allow, and no corner beats it."""
    rng = np.random.default_rng(seed)
    network = random_network(rng, 7, zeros=zeros, target=True)
    findings = {name: weights for name, weights in random_findings(rng, network, 0.4).items() if name != "v0"}
    if not joint_weights(network, findings).any():
        return
    engine = compile_network(network)
    posterior = engine.posterior(findings).probabilities
    leader = int(posterior.argmax())
    rivals = [t for t in np.flatnonzero(posterior).tolist() if t != leader]
    found = worst_case(ask(network, findings))
    assert found.factor is None or found.at_least <= found.factor
    if not rivals:
        return
    loose = entrywise_size(engine, findings, "v0", leader, rivals, math.log(LARGEST_FACTOR))
    assert math.log(found.at_least) >= loose * (1 - 3e-3) - 1e-9
    inside = found.at_least * (1 - 1e-6)
    for _ in range(30):
        moved = {}
        for name, table in network.cpts.items():
            lifted = table * np.where(rng.random(table.shape) < 0.5, max(inside, 1.0), 1.0)
            moved[name] = lifted / lifted.sum(axis=-1, keepdims=True)
        joint = down_to(joint_weights(network, findings, moved), [0])
        assert joint[leader] >= joint.max() * (1 - 1e-9)


def test_what_the_findings_separate_does_not_matter() -> None:
    """x -> y beside a diagnosis with one finding: what is seen of y changes nothing of the answer."""
    rng = np.random.default_rng(4)
    network = binary_network(rng)
    alone = worst_case(ask(network, hard(network, a="yes")))
    beside = worst_case(ask(network, hard(network, a="yes", y="no")))
    assert alone.kind == beside.kind == "exact"
    assert beside.factor == pytest.approx(alone.factor)
    assert beside.at_least == pytest.approx(alone.at_least)
