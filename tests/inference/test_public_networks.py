"""The engine against pyAgrum and pgmpy on public networks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyagrum
import pytest
from example_networks import example_network

from bayesdx.inference import compile_network
from bayesdx.network import Array, Network

NAMES = (
    *("asia", "alarm", "child", "insurance", "hepar2", "hailfinder", "win95pts", "andes"),
    *("pathfinder", "water", "mildew", "barley", "pigs", "diabetes"),
)


def normalised(network: Network) -> Network:
    """Rows that sum to 1 exactly: files print seven digits, and a method that skips a row sum would differ."""
    return network.with_cpts({i: t / t.sum(axis=-1, keepdims=True) for i, t in network.cpts.items()})


def to_pyagrum(network: Network) -> Any:
    net = pyagrum.BayesNet()
    for variable in network.variables:
        net.add(pyagrum.RangeVariable(variable.id, "", 0, variable.cardinality - 1))
    for child, parents in network.parents.items():
        for parent in parents:
            net.addArc(parent, child)
    for variable in network.variables:
        cpt, family = net.cpt(variable.id), (*network.parents[variable.id], variable.id)
        table = network.cpts[variable.id].transpose([family.index(name) for name in reversed(cpt.names)])
        cpt.fillWith(table.ravel().tolist())
    return net


def drawn_findings(network: Network, rng: np.random.Generator, count: int) -> dict[str, Array]:
    """Hard findings of a case drawn from the network; every third is uncertain, every fifth negative."""
    states: dict[str, int] = {}
    for name in network.topological_order:
        row = network.cpts[name][tuple(states[p] for p in network.parents[name])]
        states[name] = int(rng.choice(len(row), p=row / row.sum()))
    findings = {}
    for i, name in enumerate(rng.choice(list(states), count, replace=False).tolist()):
        weights = np.eye(network.variable(name).cardinality)[states[name]]
        if i % 3 == 2:
            weights = 0.2 + 0.8 * weights
        elif i % 5 == 4:
            weights = 1.0 - np.roll(weights, 1)
        findings[name] = weights
    return findings


@pytest.mark.parametrize("name", NAMES)
def test_marginals_as_in_pyagrum(name: str) -> None:
    network = normalised(example_network(name))
    engine = compile_network(network)
    peer = pyagrum.LazyPropagation(to_pyagrum(network))
    rng = np.random.default_rng(3)
    size = len(network.variables)
    for count in {max(size // 10, 1), size // 4}:
        findings = drawn_findings(network, rng, count)
        found = engine.marginals(findings)
        peer.setEvidence({i: w.tolist() for i, w in findings.items()})
        peer.makeInference()
        for variable in network.variables:
            expected = peer.posterior(variable.id).toarray()
            np.testing.assert_allclose(found.probabilities[variable.id], expected, rtol=0, atol=1e-9)
        target = network.variables[int(rng.integers(size))].id
        posterior = engine.posterior(findings, target)
        np.testing.assert_allclose(posterior.probabilities, found.probabilities[target], rtol=0, atol=1e-9)
        assert posterior.log_likelihood == pytest.approx(found.log_likelihood, rel=1e-9)
        assert engine.log_likelihood(findings) == pytest.approx(np.log(peer.evidenceProbability()), rel=1e-9)


@pytest.mark.parametrize("name", ["asia", "alarm", "insurance", "win95pts"])
def test_marginals_as_in_pgmpy(name: str) -> None:
    from pgmpy.inference import VariableElimination

    from bayesdx.formats.convert import to_pgmpy

    network = normalised(example_network(name))
    findings = drawn_findings(network, np.random.default_rng(1), 2)  # the first two are hard
    stated = {i: network.variable(i).states[int(w.argmax())] for i, w in findings.items()}
    found = compile_network(network).marginals(findings).probabilities
    peer = VariableElimination(to_pgmpy(network))
    for variable in network.variables[::4]:
        if variable.id not in stated:
            answer = peer.query([variable.id], evidence=stated, show_progress=False)
            expected = [answer.get_value(**{variable.id: state}) for state in variable.states]
            np.testing.assert_allclose(found[variable.id], expected, rtol=0, atol=1e-9)


def test_most_probable_explanation_as_in_pgmpy() -> None:
    from pgmpy.inference import VariableElimination

    from bayesdx.formats.convert import to_pgmpy

    network = example_network("asia")
    findings = {"xray": np.array([1.0, 0.0]), "dysp": np.array([0.0, 1.0])}
    found = compile_network(network).most_probable_explanation(findings)
    stated = {"xray": "yes", "dysp": "no"}
    others = [v.id for v in network.variables if v.id not in stated]
    expected = VariableElimination(to_pgmpy(network)).map_query(others, evidence=stated, show_progress=False)
    assert {i: network.variable(i).states[found.states[i]] for i in others} == expected


def test_the_target_of_any_network_gets_a_batch() -> None:
    network = example_network("alarm")
    engine = compile_network(network)
    rng = np.random.default_rng(0)
    codes = engine.sample({}, 40, rng)
    codes[rng.random(codes.shape) < 0.7] = -1
    found = engine.query_batch(codes, target="HYPOVOLEMIA")
    for row, answer in zip(codes, found.probabilities, strict=True):
        seen = {v.id: np.eye(v.cardinality)[k] for v, k in zip(network.variables, row, strict=True) if k >= 0}
        np.testing.assert_allclose(engine.posterior(seen, "HYPOVOLEMIA").probabilities, answer, atol=1e-12)


def test_derivatives_by_finite_differences_on_alarm() -> None:
    """P(e) is linear in a CPT entry: two points give its slope."""
    network = normalised(example_network("alarm"))
    findings = drawn_findings(network, np.random.default_rng(2), 8)
    slopes = compile_network(network).derivatives(findings).cpt["CATECHOL"]
    table = network.cpts["CATECHOL"]
    rows = [(0, 1, 0, 1), (2, 0, 1, 0)]
    for row in rows:
        moved = []
        for shift in (-0.01, 0.01):
            changed = table.copy()
            changed[row] += [shift, -shift]
            likelihood = compile_network(network.with_cpts({"CATECHOL": changed})).log_likelihood(findings)
            moved.append(np.exp(likelihood))
        ((low, high),) = pairwise(moved)
        base = np.exp(compile_network(network).log_likelihood(findings))
        expected = (high - low) / 0.02 / base
        assert slopes[row] @ [1.0, -1.0] == pytest.approx(expected, rel=1e-8, abs=1e-10)
