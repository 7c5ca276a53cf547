"""Intervals of many cases against those of one case at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_networks import LATENT, cases, formed, random_network

from bayesdx.inference import Engine, compile_network
from bayesdx.inference.findings import Codes
from bayesdx.inference.intervals import batch_intervals, posterior_intervals
from bayesdx.inference.lookup_spread import spread_tables
from bayesdx.loading import load
from bayesdx.network import Array, Network


def one_by_one(engine: Engine, codes: Codes, posteriors: Array, weights: dict[str, Array]) -> Array:
    network, found = engine.network, []
    for row, posterior in zip(range(len(codes)), posteriors, strict=True):
        findings = {name: table[row] for name, table in weights.items()}
        for variable, state in zip(network.variables, codes[row].tolist(), strict=True):
            if state >= 0:
                findings[variable.id] = np.eye(variable.cardinality)[state] * findings.get(variable.id, 1.0)
        found.append(posterior_intervals(engine, findings, posterior))
    return np.array(found)


@pytest.mark.parametrize("name", ["spine", "cranial"])
@pytest.mark.parametrize("prior", ["known", "counted"])
def test_shipped_networks(name: str, prior: str) -> None:
    """Looked up; findings that go with one another are missing in every way."""
    network = load(name, "uniform").network
    if prior == "counted":
        counts = np.random.default_rng(3).gamma(1.0, 5.0, len(network.cpts["diagnosis"])) + 0.1
        network = network.with_cpts({"diagnosis": counts / counts.sum()}, {"diagnosis": counts})
    engine = compile_network(network)
    assert engine.from_lookup(spread_tables) is not None
    codes = cases(engine, 60, 1)
    posteriors = engine.query_batch(codes).probabilities
    found = batch_intervals(engine, posteriors, codes)
    np.testing.assert_allclose(found, one_by_one(engine, codes, posteriors, {}), rtol=1e-9, atol=1e-12)
    assert ((found[..., 0] <= posteriors + 1e-12) & (posteriors <= found[..., 1] + 1e-12)).all()


def test_uncertain_findings_beside_certain_ones() -> None:
    engine = compile_network(load("spine", "uniform").network)
    codes = cases(engine, 8, 2, (*LATENT, "sex"))
    weights = {"sex": np.tile([1.0, 1.0], (8, 1))}
    weights["sex"][::2] = [1.0, 0.3]
    weights["diagnosis"] = np.ones((8, 40))
    weights["diagnosis"][1, :5] = 0.2
    posteriors = engine.query_batch(codes, weights).probabilities
    found = batch_intervals(engine, posteriors, codes, weights)
    np.testing.assert_allclose(found, one_by_one(engine, codes, posteriors, weights), rtol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_other_networks(seed: int) -> None:
    """Of any shape, with counts behind their CPTs: one by one."""
    rng = np.random.default_rng(seed)
    plain = random_network(rng, 5, zeros=bool(seed % 2))
    counts = {name: cpt * rng.uniform(1, 30, (*cpt.shape[:-1], 1)) for name, cpt in plain.cpts.items()}
    network = replace(plain, counts=counts, target=plain.variables[0].id)
    engine = compile_network(network)
    codes = cases(engine, 12, seed, (network.variables[0].id,))
    posteriors = engine.query_batch(codes).probabilities
    found = batch_intervals(engine, posteriors, codes)
    np.testing.assert_allclose(found, one_by_one(engine, codes, posteriors, {}), rtol=1e-9)


def test_networks_with_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings that go with one another, on all or on some of what is conditioned on, counted or not."""
    monkeypatch.setattr("bayesdx.inference.lookup.COMPONENT_ENTRIES", 1100)
    looked_up = 0
    for seed in range(60):
        engine = compile_network(formed(np.random.default_rng(seed)))
        looked_up += engine.from_lookup(spread_tables) is not None
        codes = cases(engine, 15, seed, ("d",))
        codes[::2, [engine.network.index[name] for name in ("form", "m")]] = -1
        posteriors = engine.query_batch(codes).probabilities
        found = batch_intervals(engine, posteriors, codes)
        np.testing.assert_allclose(
            found, one_by_one(engine, codes, posteriors, {}), rtol=1e-6, atol=1e-9, err_msg=str(seed)
        )
    assert looked_up > 20


def test_what_is_certain_or_impossible_stays() -> None:
    engine = compile_network(load("spine", "uniform").network)
    index = engine.network.index
    codes = np.full((2, len(index)), -1)
    codes[0, index["diagnosis"]] = 3
    codes[1, [index["ct_calcification"], index["ct_calcification_pattern"]]] = [
        0,
        1,
    ]  # a pattern of no calcification
    posteriors = engine.query_batch(codes).probabilities
    assert posteriors[0, 3] == 1.0
    assert not posteriors[1].any()
    found = batch_intervals(engine, posteriors, codes)
    np.testing.assert_array_equal(found, np.repeat(posteriors[..., None], 2, axis=2))


def test_counts_that_no_form_is_a_parent_of() -> None:
    network: Network = load("spine", "uniform").network
    card = network.variable("level").cardinality
    moved = replace(
        network,
        parents={**network.parents, "level": ()},
        cpts={**network.cpts, "level": np.full(card, 1 / card)},
        counts={**network.counts, "level": np.full(card, 2.0)},
    )
    engine = compile_network(moved)
    assert engine.from_lookup(spread_tables) is None
    codes = cases(engine, 5, 4)
    posteriors = engine.query_batch(codes).probabilities
    found = batch_intervals(engine, posteriors, codes)
    np.testing.assert_allclose(found, one_by_one(engine, codes, posteriors, {}), rtol=1e-9)
