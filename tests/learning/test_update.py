"""Learnt networks: taken back, added up, written and read, and cited."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_networks import drawn, small_network

from bayesdx.analyses.evaluate.numbers.scoring import evaluate_cases
from bayesdx.data import data_path
from bayesdx.document import NetworkDocument, PriorSet
from bayesdx.errors import InputError
from bayesdx.formats.case_file import read_cases
from bayesdx.formats.network_json import document_text, network_from_dict, read_network
from bayesdx.inference import compile_network
from bayesdx.knowledge.ledger import ledger_of
from bayesdx.knowledge.parts import parts_of
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import Settings
from bayesdx.learning.update import applied, learn_document, merged, without_set
from bayesdx.loading import load
from bayesdx.network import Network

CERTAIN = Settings(trust=1.0)


def document(network: Network) -> NetworkDocument:
    return NetworkDocument(replace(network, version="v1", label="Small"))


def test_complete_cases_are_counted() -> None:
    before = document(small_network(1, counts=5.0))
    sample = drawn(before.network, 100, 0.0, 1)
    after, learnt = learn_document(before, sample, "here", CERTAIN)
    assert all(part == pytest.approx(1.0) for part in learnt.information["a"].ravel())
    a = before.network.counts["a"] * learnt.power**0  # the target keeps its counts whatever the power
    seen = np.bincount(sample.codes[:, 0], minlength=2)
    np.testing.assert_allclose(after.network.counts["a"], a + seen)
    assert after.network.learnt_from() == {"learnt": [{"name": "here", "cases": 100.0}]}
    assert "100 cases of 'here'" in after.network.label
    assert after.network.version.startswith("v1+")


def test_the_version_tells_cases_and_settings_but_no_rounding() -> None:
    before = document(small_network(2, counts=5.0))
    sample = drawn(before.network, 80, 0.3, 1)

    def version(cases: Sample = sample, settings: Settings = CERTAIN) -> str:
        return learn_document(before, cases, "one", settings)[0].network.version

    known = version()
    assert known == version()
    other = sample.codes.copy()
    other[0, 0] = 1 - max(other[0, 0], 0)
    weights = {"a": np.tile([1.0, 0.5], (80, 1))}
    after, _ = learn_document(before, drawn(before.network, 60, 0.3, 2), "two", CERTAIN)
    known_less = document(small_network(2, counts=4.0))
    versions = [
        learn_document(known_less, sample, "one", CERTAIN)[0].network.version,
        version(Sample(other)),
        version(Sample(sample.codes, weights)),
        version(Sample(sample.codes, {}, np.full(80, 2.0))),
        version(settings=replace(CERTAIN, fixed=frozenset({"b"}))),
        version(settings=replace(CERTAIN, trust=0.5)),
        without_set(learn_document(after, sample, "one", CERTAIN)[0], "two").network.version,
    ]
    assert len({known, *versions}) == 8

    learnt, _ = learn_document(before, sample, "one", CERTAIN)
    learning = learnt.network.learning
    assert learning is not None
    (one,) = learning.sets
    rounded = replace(one, counts={name: table * 1.01 for name, table in one.counts.items()})
    assert applied(before, replace(learning, sets=(rounded,))).network.version == known
    assert network_from_dict(json.loads(document_text(learnt))).network.version == known
    without = json.loads(document_text(learnt))
    del without["learning"]["sets"][0]["digest"]
    with pytest.raises(InputError, match="digest"):
        network_from_dict(without)


def test_taking_back_restores_the_network() -> None:
    before = document(small_network(2, counts=5.0))
    one, _ = learn_document(before, drawn(before.network, 80, 0.3, 1), "one", Settings())
    both, _ = learn_document(one, drawn(before.network, 60, 0.3, 2), "two", Settings())
    assert document_text(without_set(without_set(both, "two"), "one")) == document_text(before)
    again = without_set(both, "two").network
    for name in before.network.cpts:
        np.testing.assert_allclose(again.counts[name], one.network.counts[name], atol=1e-9)
    with pytest.raises(InputError, match="has not learnt from 'three'; choose from: one, two"):
        without_set(both, "three")
    with pytest.raises(InputError, match="has learnt nothing"):
        without_set(before, "one")
    with pytest.raises(InputError, match="already"):
        learn_document(one, drawn(before.network, 5, 0.0, 3), "one", Settings())


def test_sites_add_up_exactly_for_complete_cases() -> None:
    before = document(small_network(3, counts=4.0))
    first, second = (drawn(before.network, n, 0.0, n) for n in (70, 50))
    north, _ = learn_document(before, first, "north", Settings())
    south, _ = learn_document(before, second, "south", Settings())
    added = merged([north, south]).network
    whole, _ = learn_document(before, Sample(np.concatenate([first.codes, second.codes])), "all", Settings())
    for name in before.network.cpts:
        np.testing.assert_allclose(added.counts[name], whole.network.counts[name], atol=1e-9)
    assert merged([south, north]).network.version == added.version != whole.network.version
    with pytest.raises(InputError, match="count twice"):
        merged([north, north])
    with pytest.raises(InputError, match="same network"):
        merged([north, learn_document(document(small_network(4, counts=4.0)), second, "south", Settings())[0]])
    with pytest.raises(InputError, match="must have learnt"):
        merged([north, before])


def test_written_and_read(tmp_path: Path) -> None:
    network = replace(small_network(5), counts={})
    priors = {"even": PriorSet("even", network.cpts["a"], label="Even", default=True)}
    before = NetworkDocument(replace(network, version="v1"), priors)
    after, _ = learn_document(before, drawn(network, 50, 0.4, 5), "here", Settings(strength=6.0))
    assert after.default_prior is not None
    assert after.default_prior.name == "learnt"
    path = tmp_path / "learnt.json"
    path.write_text(document_text(after), encoding="utf-8")
    read = read_network(path)
    assert document_text(read) == path.read_text(encoding="utf-8")
    for name, table in after.network.cpts.items():
        np.testing.assert_allclose(read.network.cpts[name], table, atol=2e-6)
    back = without_set(read, "here")
    assert document_text(back) == document_text(before)


def test_missing_values_add_no_counts() -> None:
    """A sign that is never stated keeps its row and its counts, however many cases there are."""
    before = document(small_network(6, counts=5.0))
    sample = drawn(before.network, 200, 0.0, 6)
    sample.codes[:, before.network.index["d"]] = -1
    after, _ = learn_document(before, sample, "here", CERTAIN)
    np.testing.assert_allclose(after.network.cpts["d"], before.network.cpts["d"], atol=1e-9)
    assert after.network.counts["d"].sum() <= before.network.counts["d"].sum() + 1e-9
    kept, _ = learn_document(before, sample, "here", Settings(fixed=frozenset("b")))
    np.testing.assert_array_equal(kept.network.cpts["b"], before.network.cpts["b"])


def test_what_a_learnt_likelihood_rests_on() -> None:
    """The terms of cite still add up to the row, cases learnt from among them."""
    model = load("spine")
    network = model.network
    codes = compile_network(network).sample({}, 60, np.random.default_rng(0))
    for name in ("form", "mineralisation"):
        codes[:, network.index[name]] = -1
    after, _ = learn_document(model.document, Sample(codes), "here", Settings(restarts=0, tolerance=1e-3))
    engine, ledger = compile_network(after.network), ledger_of(after.network)
    assert ledger is not None
    target = after.network.variable("diagnosis")
    shares = []
    for finding in ("sex", "epicentre", "mr_t2_signal", "axial_position", "ct_calcification_pattern"):
        for i in (0, 6, 15):
            row = engine.posterior({"diagnosis": np.eye(target.cardinality)[i]}, finding).probabilities
            parts = parts_of(ledger, after.network, finding, target.states[i])
            np.testing.assert_allclose(np.sum([part.adds for part in parts], axis=0), row, atol=2e-6)
            shares += [part.share for part in parts if part.kind == "learnt"]
    assert len(shares) == 15
    assert 0 < np.mean(shares) < 0.6


def test_publications_are_not_left_out_of_a_learnt_network(tmp_path: Path) -> None:
    """A case whose publication is among the facts is scored with it, or not at all."""
    model = load("spine")
    codes = np.full((3, len(model.network.variables)), -1)
    codes[:, 0] = [0, 1, 2]
    after, _ = learn_document(model.document, Sample(codes), "here", Settings(restarts=0))
    path = tmp_path / "spine.json"
    path.write_text(document_text(after), encoding="utf-8")
    cases = read_cases(data_path("examples", "seed_cases.yaml"))
    with pytest.raises(InputError, match="--own-source"):
        evaluate_cases(cases, network=str(path))
    scored = evaluate_cases(cases, network=str(path), own_source=True)
    assert (scored.n, scored.learnt) == (len(cases), {"here": 3.0})


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (("trust",), "a"),
        (("trust",), 0),
        (("trust",), float("nan")),
        (("sets",), [3]),
        (("sets", 0, "cases"), None),
        (("sets", 0, "cases"), -1),
        (("before", "b", "-1"), [1, 2, 3]),
        (("before", "b", "9"), [1, 2, 3]),
        (("before", "b", "0"), [1, 2]),
        (("before", "b"), [1, 2]),
        (("before", "a", "0"), [10**400, 1]),
        (("sets", 0, "information", "b", "0"), 5),
    ],
)
def test_what_a_file_says_it_learnt_is_checked(at: tuple[Any, ...], value: object) -> None:
    network = small_network(7, counts=5.0)
    after, _ = learn_document(document(network), drawn(network, 20, 0.2, 7), "here", CERTAIN)
    data = json.loads(document_text(after))
    place = data["learning"]
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    with pytest.raises(InputError, match=r"^file: "):
        network_from_dict(data, "file")


def test_learning_again_keeps_to_what_was_begun() -> None:
    before = document(small_network(8, counts=5.0))
    one, _ = learn_document(before, drawn(before.network, 20, 0.2, 8), "one", CERTAIN)
    with pytest.raises(InputError, match="with a trust"):
        learn_document(one, drawn(before.network, 20, 0.2, 9), "two", Settings(trust=0.5))
    with pytest.raises(InputError, match="keeps the prior counts it began with"):
        learn_document(one, drawn(before.network, 20, 0.2, 9), "two", Settings(trust=1.0, strength=3.0))
    with pytest.raises(InputError, match="has learnt 'b' already"):
        learn_document(one, drawn(before.network, 20, 0.2, 9), "two", Settings(trust=1.0, fixed=frozenset("b")))


def test_the_prior_set_in_force_is_the_one_that_learnt() -> None:
    model = load("spine", "surgical")
    codes = np.full((3, len(model.network.variables)), -1)
    codes[:, 0] = [0, 1, 2]
    after, _ = learn_document(model.document, Sample(codes), "here", Settings(restarts=0))
    assert after.network.learning is not None
    assert after.network.learning.prior == "surgical"
