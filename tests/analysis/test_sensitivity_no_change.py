"""No change of leader where there is none: irrelevant numbers, ends at which the findings become impossible."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import down_to, joint_weights, random_findings, random_network
from sensitivity_networks import ask, hard

from bayesdx.analyses.sensitivity.numbers.constraints import admissible, changes_for, leader_conditions
from bayesdx.analyses.sensitivity.numbers.one_way import Parameters, one_way, posterior_at_ends
from bayesdx.analyses.sensitivity.numbers.tornado import parse_span, tornado
from bayesdx.errors import ImpossibleFindings
from bayesdx.network import Array, Network, Variable


def ward() -> Network:
    """A ward that has nothing to do with the disease, and a test of it."""
    return Network(
        "n",
        (
            Variable("d", ("flu", "cold", "none")),
            Variable("ward", ("a", "b", "c")),
            Variable("t", ("pos", "neg")),
        ),
        {"t": ("d",)},
        {
            "d": np.array([0.03, 0.25, 0.72]),
            "ward": np.array([0.02, 0.97, 0.01]),
            "t": np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9]]),
        },
        target="d",
    )


@pytest.mark.parametrize("seen", [{"ward": "b"}, {"ward": "b", "t": "pos"}])
def test_numbers_of_an_independent_finding_change_nothing(seen: dict[str, str]) -> None:
    network = ward()
    with np.errstate(all="raise"):
        found = one_way(ask(network, hard(network, **seen)))
        changes = changes_for(found, leader_conditions(found.posterior))
        names = {found.parameters.names[found.parameters.variable[change.parameter]] for change in changes}
        assert names == {"d", *(set(seen) - {"ward"})}
        i = found.parameters.find("ward", 0, 1)
        np.testing.assert_array_equal(admissible(found, np.array([i])), [[0.0, 1.0]])
        ends = posterior_at_ends(found, np.stack([found.low, found.high], axis=1))
    np.testing.assert_allclose(ends[:, i], np.stack([found.posterior] * 2, axis=1), atol=1e-12)
    np.testing.assert_allclose(found.at(i, 1e-6), found.posterior, atol=1e-9)
    with pytest.raises(ImpossibleFindings):
        found.at(i, 0.0)


def test_bars_to_an_end_at_which_the_findings_are_impossible() -> None:
    """P(ward = b) = 0 leaves no posterior: the bar does not move there, and is none."""
    network = ward()
    question = ask(network, hard(network, ward="b", t="pos"))
    with np.errstate(all="raise"):
        bars = tornado(question, one_way(question), parse_span("0-1"))
    assert bars
    assert {bar.group.name for bar in bars} == {"d", "t"}
    for bar in bars:
        np.testing.assert_allclose([bar.at_low.sum(), bar.at_high.sum()], 1.0)


def moved(network: Network, name: str, row: int, state: int, x: float) -> Array:
    """The CPT of ``name`` with one entry at ``x``, the others of its row in their old ratios."""
    table = np.array(network.cpts[name])
    entries = table.reshape(-1, table.shape[-1])[row]
    others = np.arange(len(entries)) != state
    entries[others] *= (1 - x) / (1 - entries[state])
    entries[state] = x
    return table


def after(network: Network, findings: dict[str, Array], parameters: Parameters, i: int, x: float) -> Array:
    """P(target, findings), by enumeration, once parameter ``i`` is ``x``."""
    name = parameters.names[parameters.variable[i]]
    table = moved(network, name, int(parameters.row[i]), int(parameters.state[i]), x)
    return down_to(joint_weights(network, findings, {**network.cpts, name: table}), [0])


def test_random_networks() -> None:
    """A thousand networks: every change that is named changes the leader, and every one that does is named.

    By enumeration of the changed network, on both sides of the value that is named and near both ends. The 20
    smallest changes of each network, and five parameters of which no change is named.
    """
    rng = np.random.default_rng(11)
    asked = checked = quiet = 0
    while asked < 1000:
        network = random_network(rng, int(rng.integers(2, 6)), zeros=bool(rng.random() < 0.3), target=True)
        findings = random_findings(rng, network, 0.6)
        findings.pop("v0", None)
        joint = down_to(joint_weights(network, findings), [0])
        if joint.sum() == 0 or np.diff(np.sort(joint / joint.sum()))[-1] < 1e-6:
            continue
        asked += 1
        with np.errstate(all="raise"):
            found = one_way(ask(network, findings))
            changes = changes_for(found, leader_conditions(found.posterior))
        parameters, leader = found.parameters, int(joint.argmax())

        parts = (network, findings, parameters)
        for change in changes[:20]:
            i, value = change.parameter, float(parameters.value[change.parameter])
            before, beyond = (
                after(*parts, i, value + (change.value - value) * share) for share in (1 - 1e-6, 1 + 1e-6)
            )
            assert before[leader] == before.max()
            assert beyond[leader] < beyond.max() == beyond[change.leader]
            checked += 1
        named = {change.parameter for change in changes}
        value = parameters.value
        free = np.flatnonzero((value > 0) & (value < 1) & ~np.isin(np.arange(len(value)), list(named)))
        others = [i for i in rng.permutation(free).tolist() if not twin(found.parameters, i, named)]
        for i in others[:5]:
            for x in (1e-5, 1 - 1e-5):
                reached = after(*parts, i, x)
                assert reached[leader] >= reached.max() * (1 - 1e-9)
                quiet += 1
    assert min(checked, quiet) > 3000


def twin(parameters: Parameters, i: int, named: set[int]) -> bool:
    """Whether the other entry of a row of two is named, which says the same."""
    if len(parameters.row_values(i)) != 2:
        return False
    state = int(parameters.state[i])
    return i + (1 if state == 0 else -1) in named
