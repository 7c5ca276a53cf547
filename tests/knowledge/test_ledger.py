"""The ledger files, read without our reader: their rows add up to the counts of the networks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from bayesdx.data import data_path
from bayesdx.knowledge.build import build_network
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.ledger import ledger_of, ledger_text
from bayesdx.knowledge.library import NETWORKS
from bayesdx.knowledge.parts import finding_rows
from bayesdx.knowledge.patients import Learnt
from bayesdx.loading import load
from bayesdx.network import Array


def lines(name: str) -> list[dict[str, Any]]:
    text = data_path("networks", "ledger", f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def added_up(account: dict[str, Any], forms: int) -> Array:
    """Counts (forms, states) by hand: what studies add, what holds by definition, the base and what moves it."""
    completing, base = np.array(account["completing"]), np.array(account["base"])
    rows = np.zeros((forms, len(base)))
    for form, (wanting, whatever) in enumerate(zip(account["base_counts"], account["contamination"], strict=True)):
        rows[form] = (wanting + whatever) * (base + account["shift"].get(str(form), 0.0))
    for key in ("definition", "moved"):
        for form, counts in account[key].items():
            rows[int(form)] += counts
    for study in account["studies"]:
        said = np.array(study["states"], float)
        for number, share in study["open"]:
            at = account["sets"][number]
            said[at] += share * completing[at] / completing[at].sum()
        assert said.sum() == pytest.approx(1)
        for form, counts in study["adds"].items():
            rows[int(form)] += counts * said
    return rows


@pytest.mark.parametrize("name", NETWORKS)
def test_the_rows_of_the_file_add_up_to_the_counts(
    name: str, definitions: dict[str, Definition], learnt: dict[str, Learnt]
) -> None:
    """To 1e-9 to those of the build, and to the six digits that the network file has."""
    first, *accounts = lines(name)
    network = load(name).network
    assert (first["network"], first["version"]) == (name, network.version)
    cells = learnt[name].cells
    built = build_network(definitions[name], cells)
    assert [account["finding"] for account in accounts] == list(cells)
    direct = 0
    for account in accounts:
        finding = account["finding"]
        rows = added_up(account, network.variable("form").cardinality)
        whatever = definitions[name].contamination(finding) * rows.sum(axis=1)
        np.testing.assert_allclose(account["contamination"], whatever, rtol=1e-9)
        expected = cells[finding].form_counts
        if finding in ("compartment", "epicentre"):  # they exclude each other in part, so the network moves both
            expected = finding_rows(built, finding) * expected.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(rows, expected, rtol=1e-9, atol=1e-12)
        if network.parents[finding] == ("form",):
            direct += 1
            counts = definitions[name].pooling.reliance * rows  # what intervals rest on
            np.testing.assert_allclose(counts, built.counts[finding], rtol=1e-9)
            np.testing.assert_allclose(counts, network.counts[finding], rtol=6e-6)
    assert direct > 25


@pytest.mark.parametrize("name", NETWORKS)
def test_every_source_has_a_reference(name: str) -> None:
    first, *accounts = lines(name)
    named = {study["source"] for account in accounts for study in account["studies"]}
    assert named - {""} == first["references"].keys()
    assert all(first["references"].values())


def test_the_reader_keeps_everything() -> None:
    ledger = ledger_of(load("spine").network)
    assert ledger is not None
    assert ledger_text(ledger) == data_path("networks", "ledger", "spine.jsonl").read_text(encoding="utf-8")
