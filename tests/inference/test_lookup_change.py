"""The smallest change of many cases: against a network in which it is made, and the backward pass of one case."""

from __future__ import annotations

import numpy as np
import pytest
from random_networks import LATENT, cases, formed

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.constraints import changes_for, leader_conditions
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.inference import Engine, compile_network
from bayesdx.inference.findings import Codes
from bayesdx.inference.lookup_change import Changes, change_tables, smallest_changes
from bayesdx.loading import load
from bayesdx.network import Array, Network


def changed(network: Network, variable: int, row: int, state: int, value: float) -> Network:
    """The network with one entry of a CPT at ``value``, the others of its row keeping their ratios."""
    name = network.variables[variable].id
    cpt = network.cpts[name].copy()
    entries = cpt.reshape(-1, cpt.shape[-1])[row]
    entries *= (1 - value) / (1 - entries[state])
    entries[state] = value
    return network.with_cpts({name: cpt})


def leaders_then(engine: Engine, codes: Codes, found: Changes, by: float) -> Array:
    """Who leads each case when its change is made by this part of it."""
    network, leaders = engine.network, []
    for case, *entry, value in zip(codes, *found[:4], strict=True):
        v, row, state = (int(i) for i in entry)
        cpt = network.cpts[network.variables[v].id]
        old = float(cpt.reshape(-1, cpt.shape[-1])[row, state])
        other = compile_network(changed(network, v, row, state, old + by * (float(value) - old)))
        leaders.append(int(other.query_batch(case[None]).probabilities[0].argmax()))
    return np.array(leaders)


def one_by_one(engine: Engine, codes: Codes) -> list[tuple[float, ...]]:
    """The same from the backward pass of each case: entry, value, change of log-odds, and who leads then."""
    told: list[tuple[float, ...]] = []
    for case in codes:
        findings = {
            v.id: np.eye(v.cardinality)[code]
            for v, code in zip(engine.network.variables, case.tolist(), strict=True)
            if code >= 0
        }
        functions = one_way(Question(engine, findings, findings))
        first = changes_for(functions, leader_conditions(functions.posterior), 1, engine.network.target)
        if not first:
            told.append((-1, -1, -1, np.nan, np.inf, -1))
            continue
        parameters, i = functions.parameters, first[0].parameter
        variable = engine.network.index[parameters.names[parameters.variable[i]]]
        entry = variable, int(parameters.row[i]), int(parameters.state[i])
        told.append((*entry, first[0].value, first[0].log_odds, first[0].leader))
    return told


def agree(found: Changes, told: list[tuple[float, ...]]) -> None:
    theirs = np.array(told)
    np.testing.assert_array_equal(np.stack(found[:3], axis=1), theirs[:, :3])
    np.testing.assert_allclose(found.value, theirs[:, 3], rtol=1e-8)
    np.testing.assert_allclose(found.log_odds, theirs[:, 4], rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(found.leader, theirs[:, 5])


@pytest.mark.parametrize(("name", "prior"), [("spine", "surgical"), ("cranial", "uniform")])
def test_shipped_networks(name: str, prior: str) -> None:
    """Findings that go with one another are missing in every way; some cases state nothing."""
    engine = compile_network(load(name, prior).network)
    tables = engine.from_lookup(change_tables)
    assert tables is not None
    codes = cases(engine, 40, 5)
    posteriors = engine.query_batch(codes).probabilities
    found = smallest_changes(tables, codes, posteriors)
    agree(found, one_by_one(engine, codes))
    some = np.flatnonzero(found.variable >= 0)[:12]
    entries = Changes(*(column[some] for column in found))
    assert len(set(entries.variable.tolist())) > 2
    leaders = posteriors[some].argmax(axis=1)
    np.testing.assert_array_equal(leaders_then(engine, codes[some], entries, 0.999), leaders)
    np.testing.assert_array_equal(leaders_then(engine, codes[some], entries, 1.001), entries.leader)


def test_networks_with_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that are impossible, CPTs on a part of what is conditioned on, and certain answers."""
    monkeypatch.setattr("bayesdx.inference.lookup.COMPONENT_ENTRIES", 1100)
    looked_up, changes = 0, 0
    for seed in range(80):
        engine = compile_network(formed(np.random.default_rng(seed)))
        tables = engine.from_lookup(change_tables)
        if tables is None:
            continue
        looked_up += 1
        codes = cases(engine, 12, seed, ("d",))
        codes[::2, [engine.network.index[name] for name in ("form", "m")]] = -1
        posteriors = engine.query_batch(codes).probabilities
        found = smallest_changes(tables, codes, posteriors)
        agree(found, one_by_one(engine, codes))
        changes += int((found.variable >= 0).sum())
    assert looked_up > 12
    assert changes > 60


def smallest_by_trying(engine: Engine, codes: Codes) -> Array:
    """The smallest change of log-odds of any entry but those of the target, (n,): P(t, e) is linear in an entry, so
    two networks in which it is otherwise say where another state leads."""

    def joints(network: Network) -> Array:
        answer = compile_network(network).query_batch(codes)
        return answer.probabilities * np.exp(answer.log_likelihood)[:, None]

    network, now = engine.network, joints(engine.network)
    leader, cases = now.argmax(axis=1), np.arange(len(codes))
    least = np.full(len(codes), np.inf)
    for v, variable in enumerate(network.variables):
        cpt = network.cpts[variable.id]
        for (*_, state), old in np.ndenumerate(cpt.reshape(-1, cpt.shape[-1])):
            if variable.id == network.target or not 0 < old < 1:
                continue
            row = _[0]
            low, high = (joints(changed(network, v, row, state, at)) for at in (0.2, 0.6))
            slope = (high - low) / 0.4
            ahead, gain = now[cases, leader][:, None] - now, slope - slope[cases, leader][:, None]
            with np.errstate(all="ignore"):
                value = old + ahead / gain
                moved = np.abs(np.log(value / (1 - value)) - np.log(old / (1 - old)))
            counts = (value > 1e-9) & (value < 1 - 1e-9) & (np.arange(now.shape[1]) != leader[:, None])
            least = np.minimum(least, np.where(counts, moved, np.inf).min(axis=1))
    return least


@pytest.mark.parametrize("seed", range(40))
def test_no_entry_does_it_with_less(seed: int) -> None:
    engine = compile_network(formed(np.random.default_rng(seed)))
    tables = engine.from_lookup(change_tables)
    if tables is None:
        return
    codes = cases(engine, 8, seed, ("d", "form", "m"))
    posteriors = engine.query_batch(codes).probabilities
    codes = codes[posteriors.any(axis=1)]
    found = smallest_changes(tables, codes, posteriors[posteriors.any(axis=1)])
    np.testing.assert_allclose(np.abs(found.log_odds), smallest_by_trying(engine, codes), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("parents", [("form", "d"), ("d", "form")])
def test_a_number_whose_parents_are_form_and_target(parents: tuple[str, ...]) -> None:
    network = formed(np.random.default_rng(9))
    rows = np.random.default_rng(1).dirichlet(np.ones(3), [6 if p == "form" else 3 for p in parents])
    moved = Network(
        "n",
        network.variables,
        {**network.parents, "m": parents},
        {**network.cpts, "m": rows},
        target="d",
    )
    assert compile_network(moved).from_lookup(change_tables) is None


def test_two_that_lead_need_no_change() -> None:
    engine = compile_network(load("cranial", "uniform").network)
    tables = engine.from_lookup(change_tables)
    assert tables is not None
    nothing = np.full((1, len(engine.network.variables)), -1)
    found = smallest_changes(tables, nothing, engine.query_batch(nothing).probabilities)
    agree(found, [(-1, -1, -1, np.nan, np.inf, -1)])
    agree(found, one_by_one(engine, nothing))


def test_a_number_that_no_form_is_a_parent_of() -> None:
    network = load("spine", "uniform").network
    card = network.variable("level").cardinality
    moved = Network(
        network.id,
        network.variables,
        {**network.parents, "level": ()},
        {**network.cpts, "level": np.full(card, 1 / card)},
        target=network.target,
    )
    assert LATENT[0] in network
    assert compile_network(moved).from_lookup(change_tables) is None
