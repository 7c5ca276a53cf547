"""Changes of one parameter that satisfy a condition, and the distance between the networks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensitivity_networks import ask, hard, moved_row, two_node, with_row
from test_sensitivity_one_way import changed_network, random_diagnostic

from bayesdx.analyses.sensitivity.numbers.constraints import (
    admissible,
    changes_for,
    leader_conditions,
    parse_constraint,
)
from bayesdx.analyses.sensitivity.numbers.covariation import SCHEMES
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.analyses.sensitivity.sentences import describe_parameter
from bayesdx.errors import InputError
from bayesdx.inference import compile_network
from bayesdx.network import Array, Network, Variable


def fire_alarm() -> Network:
    """The fire alarm network with which Chan & Darwiche (2002) introduce query constraints."""

    def binary(p: float) -> list[float]:
        return [p, 1 - p]

    names = ("tampering", "fire", "smoke", "alarm", "leaving", "report")
    return Network(
        "fire",
        tuple(Variable(name, ("yes", "no")) for name in names),
        {"smoke": ("fire",), "alarm": ("fire", "tampering"), "leaving": ("alarm",), "report": ("leaving",)},
        {
            "tampering": np.array(binary(0.02)),
            "fire": np.array(binary(0.01)),
            "smoke": np.array([binary(0.9), binary(0.01)]),
            "alarm": np.array([[binary(0.5), binary(0.99)], [binary(0.85), binary(0.0001)]]),
            "leaving": np.array([binary(0.88), binary(0.001)]),
            "report": np.array([binary(0.75), binary(0.01)]),
        },
        target="tampering",
    )


def test_between_diagnoses_that_are_next_to_impossible() -> None:
    """What is small is no rounding error: the change makes the condition hold, and a smaller one does not."""
    low = [1e-6, 2e-6]
    rows = np.array([[0.9, 0.1], *([p, 1 - p] for p in low)])
    variables = (Variable("d", ("a", "b", "c")), *(Variable(f"f{i}", ("present", "absent")) for i in range(3)))
    parents = {f"f{i}": ("d",) for i in range(3)}
    network = Network(
        "n", variables, parents, {"d": np.array([0.4, 0.3, 0.3]), **dict.fromkeys(parents, rows)}, target="d"
    )
    question = ask(network, hard(network, f0="present", f1="present", f2="present"))
    found = one_way(question)
    assert found.posterior[1] < found.posterior[2] < 1e-15
    change = changes_for(found, [parse_constraint("b >= c", network.variable("d")).weights])[0]
    for part, holds in ((0.999, False), (1.001, True)):
        value = float(found.parameters.value[change.parameter])
        moved = changed_network(network, found, change.parameter, value + part * (change.value - value))
        then = ask(moved, question.findings).posterior
        assert (then[1] >= then[2]) == holds


def test_published_example() -> None:
    """P(tampering | report, no smoke) is 0.50; for 0.65 the paper's two changes: 0.02 to 0.036, 0.01 to 0.0047."""
    network = fire_alarm()
    found = one_way(ask(network, hard(network, report="yes", smoke="no")))
    assert found.posterior[0] == pytest.approx(0.501, abs=1e-3)
    wanted = parse_constraint("yes >= 0.65", network.variable("tampering"))
    changes = changes_for(found, [wanted.weights])
    assert [describe_parameter(found.parameters, c.parameter) for c in changes] == [
        "prior of yes",
        "report: yes given leaving no",
    ]
    assert [c.value for c in changes] == [pytest.approx(0.0364, abs=1e-4), pytest.approx(0.0047, abs=1e-4)]
    assert abs(changes[0].log_odds) < abs(changes[1].log_odds)


def test_by_hand() -> None:
    """0.9 x / (0.85 x + 0.05) = 0.8 at x = 0.04 / 0.22; the odds then grow from 1/9 to 2/9."""
    network = two_node()
    found = one_way(ask(network, hard(network, test="positive")))
    changes = changes_for(found, [parse_constraint("yes >= 80%", network.variable("disease")).weights])
    prior = next(c for c in changes if c.parameter == found.parameters.find("disease", 0, 0))
    assert prior.value == pytest.approx(0.04 / 0.22)
    assert prior.log_odds == pytest.approx(np.log(2))
    assert prior.distance == pytest.approx(np.log(2))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(SCHEMES[::2]))
def test_condition_holds_from_the_change_on(seed: int, scheme: str) -> None:
    """At the change the leader and the new one are level; just before it the leader still leads."""
    rng = np.random.default_rng(seed)
    network = random_diagnostic(rng, zeros=False)
    findings = {"a": np.eye(3)[rng.integers(3)], "b": rng.random(4)}
    found = one_way(ask(network, findings), scheme)
    leader = int(found.posterior.argmax())
    for change in changes_for(found, leader_conditions(found.posterior), 5):
        value = float(found.parameters.value[change.parameter])
        at = answer(changed_network(network, found, change.parameter, change.value), findings)
        assert at[change.leader] == pytest.approx(at[leader], abs=1e-9)
        assert at.max() == pytest.approx(at[leader], abs=1e-9)
        before = value + 0.99 * (change.value - value)
        assert answer(changed_network(network, found, change.parameter, before), findings).argmax() == leader


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_leader_stays_within_the_admissible_interval(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_diagnostic(rng, zeros=True)
    findings = {"b": rng.random(4)}
    found = one_way(ask(network, findings))
    leader = int(found.posterior.argmax())
    numbers = rng.choice(len(found.parameters), 5, replace=False)
    for i, (low, high) in zip(numbers.tolist(), admissible(found, numbers).tolist(), strict=True):
        assert low <= found.parameters.value[i] <= high
        inside = found.at(i, np.linspace(low, high, 21))
        assert (inside[leader] >= inside.max(axis=0) - 1e-9).all()
        for beyond in (low - 1e-4, high + 1e-4):
            if found.low[i] < beyond < found.high[i] and abs(beyond - found.parameters.value[i]) > 2e-4:
                assert found.at(i, beyond)[leader] < found.at(i, beyond).max()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(SCHEMES))
def test_distance_against_enumeration(seed: int, scheme: str) -> None:
    """ln max - ln min of new to old over all joint states; and the log-odds of no query change by more."""
    rng = np.random.default_rng(seed)
    network = random_diagnostic(rng, zeros=False)
    found = one_way(ask(network, {"a": np.eye(3)[0]}), scheme)
    for change in changes_for(found, leader_conditions(found.posterior), 4):
        name = found.parameters.names[found.parameters.variable[change.parameter]]
        row, state = int(found.parameters.row[change.parameter]), int(found.parameters.state[change.parameter])
        new_row = moved_row(np.array(found.parameters.row_values(change.parameter)), state, change.value, scheme)
        changed = with_row(network, name, row, new_row)
        ratio = np.log(joint(changed) / joint(network))
        assert change.distance == pytest.approx(float(ratio.max() - ratio.min()), abs=1e-9)
        for findings in ({"a": np.eye(3)[0]}, {"b": np.eye(4)[2]}, {}):
            old, new = answer(network, findings), answer(changed, findings)
            moved = np.abs(np.log(new / (1 - new)) - np.log(old / (1 - old)))
            assert (moved <= change.distance + 1e-9).all()


def test_order_and_finiteness() -> None:
    """Smallest change of log-odds first, equal ones to nine digits in the order of the entries; entries that are
    certain by definition are never proposed."""
    network = random_diagnostic(np.random.default_rng(5), zeros=True)
    found = one_way(ask(network, {"a": np.ones(3)}))
    changes = changes_for(found, leader_conditions(found.posterior))
    order = [(round(abs(change.log_odds), 9), change.parameter) for change in changes]
    assert order == sorted(order)
    assert all(0 < found.parameters.value[change.parameter] < 1 for change in changes)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("x >= 0.5", [0.5, -0.5, -0.5]),
        ("P(x) >= 50%", [0.5, -0.5, -0.5]),
        ("y <= 0.2", [0.2, -0.8, 0.2]),
        ("x >= 2 * y", [1, -2, 0]),
        ("x>=y", [1, -1, 0]),
        ("P(z) <= 0.5 * P(x)", [0.5, 0, -1]),
    ],
)
def test_parse(text: str, weights: list[float]) -> None:
    np.testing.assert_allclose(parse_constraint(text, Variable("d", ("x", "y", "z"))).weights, weights)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", "cannot be read; write"),
        ("x >= 1.5", "is not a probability"),
        ("capnom >= 0.5", "did you mean 'capnon'"),
        ("capnon >= 2 * meningoma", "did you mean 'meningioma'"),
    ],
)
def test_parse_errors(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_constraint(text, Variable("d", ("capnon", "meningioma")))


def answer(network: Network, findings: dict[str, Array]) -> Array:
    return compile_network(network).posterior(findings).probabilities


def joint(network: Network) -> Array:
    """P of every joint state, in one row."""
    values = []
    for states in itertools.product(*(range(v.cardinality) for v in network.variables)):
        at = dict(zip((v.id for v in network.variables), states, strict=True))
        values.append(
            np.prod([network.cpts[v][(*(at[p] for p in network.parents[v]), at[v])] for v in network.cpts])
        )
    return np.array(values)
