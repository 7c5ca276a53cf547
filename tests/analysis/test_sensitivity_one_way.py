"""One-way sensitivity functions against hand-worked examples, other libraries and changed networks."""

from __future__ import annotations

import numpy as np
import pytest
from example_networks import example_network
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from sensitivity_networks import (
    ask,
    fill,
    hard,
    moved_row,
    pyagrum_posterior,
    to_pyagrum,
    two_node,
    with_row,
)

from bayesdx.analyses.sensitivity.numbers.covariation import SCHEMES, covariation
from bayesdx.analyses.sensitivity.numbers.one_way import literature_interval, one_way, posterior_at_ends
from bayesdx.errors import InputError
from bayesdx.inference import compile_network
from bayesdx.network import Array, Network, Variable


def test_two_nodes_by_hand() -> None:
    """P(yes | +) with prevalence x is 0.9 x / (0.9 x + 0.05 (1 - x)) = 0.9 x / (0.85 x + 0.05)."""
    network = two_node()
    found = one_way(ask(network, hard(network, test="positive")))
    i = found.parameters.find("disease", 0, 0)
    a, b, c, d = found.coefficients(i, 0)
    np.testing.assert_allclose(np.array([a, b, c, d]) / d, np.array([0.9, 0, 0.85, 0.05]) / 0.05, atol=1e-12)
    # the derivative is (a d - b c) / (c x + d)^2 = 0.045 / 0.135^2
    assert found.derivative()[0, i] == pytest.approx(0.045 / 0.135**2)
    assert found.at(i, 0.5)[0] == pytest.approx(0.45 / 0.475)


def test_two_nodes_false_positive_rate() -> None:
    """With P(+ | no) = x the posterior is 0.09 / (0.9 x + 0.09); with the sensitivity x, x / (x + 0.45)."""
    network = two_node()
    found = one_way(ask(network, hard(network, test="positive")))
    x = np.linspace(0, 1, 11)
    np.testing.assert_allclose(found.at(found.parameters.find("test", 1, 0), x)[0], 0.09 / (0.9 * x + 0.09))
    np.testing.assert_allclose(found.at(found.parameters.find("test", 0, 0), x[1:])[0], x[1:] / (x[1:] + 0.45))


def test_vertex_is_where_the_slope_is_one() -> None:
    """Of a rectangular hyperbola the vertex is the point whose tangent has slope 1 or -1."""
    network = two_node()
    found = one_way(ask(network, hard(network, test="positive")))
    i = found.parameters.find("disease", 0, 0)
    a, b, c, d = found.coefficients(i, 0)
    distance = found.vertex_proximity()[0, i]
    slopes = [(a * d - b * c) / (c * (0.1 + side * distance) + d) ** 2 for side in (-1, 1)]
    assert min(abs(abs(slope) - 1) for slope in slopes) < 1e-9


def test_straight_line_has_no_vertex() -> None:
    """Without findings the posterior of a root is linear in its prior."""
    found = one_way(ask(two_node(), {}))
    assert np.isinf(found.vertex_proximity()[:, found.parameters.find("disease", 0, 0)]).all()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_asia_against_pgmpy(scheme: str) -> None:
    from pgmpy.inference import VariableElimination

    from bayesdx.formats.convert import to_pgmpy

    network = with_target(example_network("asia"), "lung")
    findings = hard(network, xray="yes", dysp="yes", asia="no")
    found = one_way(ask(network, findings), scheme)
    stated = {name: network.variable(name).states[int(w.argmax())] for name, w in findings.items()}
    for i in range(0, len(found.parameters), 3):
        if found.high[i] - found.low[i] < 1e-9:
            continue
        x = float(found.low[i] + 0.37 * (found.high[i] - found.low[i]))
        changed = changed_network(network, found, i, x)
        try:
            answer = VariableElimination(to_pgmpy(changed)).query(["lung"], evidence=stated, show_progress=False)
        except ValueError:
            continue
        expected = [answer.get_value(lung=state) for state in network.variable("lung").states]
        if np.isfinite(expected).all():
            np.testing.assert_allclose(found.at(i, x), expected, atol=1e-9)


PUBLIC = {
    "hepar2": ("Cirrhosis", ("fatigue", "bilirubin", "ascites", "platelet", "spleen", "age")),
    "pathfinder": ("Fault", ("F1", "F5", "F12", "F40", "F70", "F100")),
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_networks_against_finite_differences(name: str) -> None:
    """Secants of pyAgrum's posterior on both sides of a parameter, for parameters that matter and others."""
    target, seen = PUBLIC[name]
    network = with_target(example_network(name), target)
    rng = np.random.default_rng(3)
    sample = compile_network(network).sample({}, 1, rng)[0]
    findings = {v: np.eye(network.variable(v).cardinality)[sample[network.index[v]]] for v in seen}
    found = one_way(ask(network, findings))
    derivative = found.derivative()
    strength = np.abs(derivative).max(axis=0)
    inside = np.flatnonzero((found.parameters.value > 1e-3) & (found.parameters.value < 1 - 1e-3))
    strongest = inside[np.argsort(-strength[inside])[:6]]
    chosen = [*strongest.tolist(), *rng.choice(inside, 4, replace=False).tolist()]
    net = to_pyagrum(network)
    for i in chosen:
        variable = found.parameters.names[found.parameters.variable[i]]
        value, step = float(found.parameters.value[i]), 1e-4
        ends = []
        for x in (value - step, value + step):
            fill(net, network, variable, changed_network(network, found, i, x).cpts[variable])
            ends.append(pyagrum_posterior(net, findings, target))
            np.testing.assert_allclose(found.at(i, x), ends[-1], atol=1e-7)
        fill(net, network, variable, network.cpts[variable])
        np.testing.assert_allclose((ends[1] - ends[0]) / (2 * step), derivative[:, i], rtol=1e-3, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(SCHEMES), st.booleans())
def test_changed_networks(seed: int, scheme: str, zeros: bool) -> None:
    """Small random networks, deterministic entries among them, asked again after the change."""
    rng = np.random.default_rng(seed)
    network = random_diagnostic(rng, zeros)
    findings = {"a": np.eye(3)[rng.integers(3)], "b": rng.random(4)}
    if compile_network(network).marginals({}).probabilities["a"] @ findings["a"] == 0:
        return
    found = one_way(ask(network, findings), scheme)
    for i in rng.choice(len(found.parameters), 6, replace=False).tolist():
        x = float(found.low[i] + rng.random() * (found.high[i] - found.low[i]))
        if found.high[i] - found.low[i] < 1e-9:
            continue
        expected = compile_network(changed_network(network, found, i, x)).posterior(findings).probabilities
        np.testing.assert_allclose(found.at(i, x), expected, atol=1e-9)
        ends = posterior_at_ends(found, np.column_stack([found.parameters.value, np.full(len(found.low), x)]))
        np.testing.assert_allclose(ends[:, i, 1], expected, atol=1e-9)
        side = "up" if x > found.parameters.value[i] else "down"
        for t in range(3):
            a, b, c, d = found.coefficients(i, t, side)
            assert (a * x + b) / (c * x + d) == pytest.approx(expected[t], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6), st.sampled_from(SCHEMES), st.floats(0, 1))
def test_rows_stay_distributions(weights: list[float], scheme: str, part: float) -> None:
    row = np.array(weights) + 1e-3
    row /= row.sum()
    paths = covariation(row[None], scheme)
    for i in range(len(row)):
        x = paths.low[0, i] + part * (paths.high[0, i] - paths.low[0, i])
        slope = (paths.up if x > row[i] else paths.down)[0, i]
        new = paths.start[0, i] + slope * (x - row[i])
        assert new.sum() == pytest.approx(1)
        assert new[i] == pytest.approx(x)
        assert (new > -1e-12).all()
        if scheme == "order-preserving":
            assert (np.diff(new[np.argsort(row, kind="stable")]) > -1e-9).all()


def test_certain_entries_and_single_states() -> None:
    """An entry at 1 hands its probability out in equal parts; a variable with one state does not move."""
    paths = covariation(np.array([[1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(paths.down[0, 0], [1.0, -0.5, -0.5])
    np.testing.assert_allclose(paths.up[0, 1], [-1.0, 1.0, 0.0])
    single = covariation(np.array([[1.0]]))
    assert single.low == single.high == 1.0


def test_irrelevant_parameters_are_left_out() -> None:
    network = with_target(example_network("asia"), "lung")
    found = one_way(ask(network, hard(network, smoke="yes")))
    assert set(found.parameters.names) == {"smoke", "lung"}


def test_literature_interval_is_the_beta_marginal() -> None:
    counts = np.array([[3.0, 5.0, 2.0], [0.0, 1.0, 4.0]])
    network = Network(
        "n",
        (Variable("d", ("x", "y")), Variable("f", ("p", "q", "r"))),
        {"f": ("d",)},
        {"d": np.array([0.5, 0.5]), "f": counts / counts.sum(axis=1, keepdims=True)},
        {"f": counts},
        target="d",
    )
    found = one_way(ask(network, {"f": np.eye(3)[1]}))
    numbers = np.array([found.parameters.find("f", 0, 1), found.parameters.find("f", 1, 0), 0])
    ends = literature_interval(found.parameters, numbers)
    np.testing.assert_allclose(ends[0], beta.ppf([0.025, 0.975], 5, 5))
    np.testing.assert_allclose(ends[1], [0, 0])  # a zero count is certain
    np.testing.assert_allclose(ends[2], [0.5, 0.5])  # so is a number without counts


def test_unknown_scheme() -> None:
    with pytest.raises(InputError, match="did you mean 'proportional'"):
        one_way(ask(two_node(), {}), "proportionl")


def with_target(network: Network, target: str) -> Network:
    """The network asked for ``target``, its rows summing to 1 exactly."""
    from dataclasses import replace

    cpts = {i: t / t.sum(axis=-1, keepdims=True) for i, t in network.cpts.items()}
    return replace(network, cpts=cpts, target=target)


def changed_network(network: Network, found: object, i: int, x: float) -> Network:
    from bayesdx.analyses.sensitivity.numbers.one_way import OneWay

    assert isinstance(found, OneWay)
    p = found.parameters
    name = p.names[p.variable[i]]
    row = moved_row(np.array(p.row_values(i)), int(p.state[i]), x, found.scheme)
    return with_row(network, name, int(p.row[i]), np.maximum(row, 0.0) / np.maximum(row, 0.0).sum())


def random_diagnostic(rng: np.random.Generator, zeros: bool) -> Network:
    """d -> h -> (a, b), d -> a: a latent variable and an uncertain finding."""

    def table(*shape: int) -> Array:
        made = rng.random(shape) + 0.02
        if zeros:
            made *= rng.random(shape) > 0.3
            made[..., 0] += made.sum(axis=-1) == 0
        return np.asarray(made / made.sum(axis=-1, keepdims=True))

    variables = tuple(Variable(name, tuple("pqrs"[:card])) for name, card in zip("dhab", (3, 2, 3, 4), strict=True))
    parents = {"h": ("d",), "a": ("d", "h"), "b": ("h",)}
    prior = rng.random(3) + 0.1
    cpts = {"d": prior / prior.sum(), "h": table(3, 2), "a": table(3, 2, 3), "b": table(2, 4)}
    return Network("random", variables, parents, cpts, target="d")
