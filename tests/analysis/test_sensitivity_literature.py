"""Where numbers come from, and networks without one publication: on the shipped knowledge."""

from __future__ import annotations

import csv
from collections.abc import Collection
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sensitivity_networks import hard

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Publications, literature_of
from bayesdx.analyses.sensitivity.numbers.studies import leave_one_out
from bayesdx.analyses.sensitivity.sentences import origin_summary
from bayesdx.data import data_path
from bayesdx.formats.case_file import read_cases
from bayesdx.inference import compile_network
from bayesdx.knowledge.build import build_network, pool_studies
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.library import open_library
from bayesdx.knowledge.patients import Learnt
from bayesdx.knowledge.without import cpts_without, without
from bayesdx.loading import load
from bayesdx.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return load("spine", "uniform").network


@pytest.fixture(scope="module")
def literature(network: Network) -> Publications:
    found = literature_of(network)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def definition() -> Definition:
    return open_library().definition("spine")


def form(network: Network, name: str) -> int:
    return network.variable("form").state_index(name)


def question(network: Network, **stated: str) -> Question:
    return Question(compile_network(network), hard(network, **stated), dict(stated))


def test_counts_are_those_of_the_table(literature: Publications, network: Network, definition: Definition) -> None:
    """Dural tail in meningioma, counted again from the rows of facts.csv."""
    others = {w for f in definition.forms if f.id == "meningioma.epidural" for w in (f.name, *f.also)}
    found: dict[str, tuple[float, float]] = {}
    with data_path("priors", "facts.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            used = not row["exclude"] and row["diagnosis"] == "meningioma" and row["finding"] == "mr_dural_tail"
            spinal = row["site"] in definition.sites and row["form"] not in others
            if used and spinal and row["kind"] in ("count", "percent", "case"):
                present = float(row["k"]) if row["state"] == "present" else float(row["n"]) - float(row["k"])
                k, n = found.get(row["source"], (0.0, 0.0))
                found[row["source"]] = (k + present, n + float(row["n"]))
    k, n = (sum(pair[i] for pair in found.values()) for i in range(2))
    assert n > 0
    origin = literature.origin("mr_dural_tail", form(network, "meningioma.intradural"), "present")
    assert origin.lesions == (k, n)
    assert origin_summary(origin).startswith(f"{k:.0f} of {n:.0f} lesions in {len(found)} sources; ")
    assert set(found) <= set(origin.sources)
    other = literature.origin("mr_dural_tail", form(network, "meningioma.intradural"), "absent")
    assert other.lesions == (n - k, n)


def test_silence_and_assumptions_are_said(literature: Publications, network: Network) -> None:
    silent = literature.origin("mr_dural_tail", form(network, "osteochondroma"), "present")
    assert origin_summary(silent) == "no source: the average of all diagnoses"
    assert silent.sources == ()
    mineral = literature.origin("mineralisation", form(network, "meningioma.intradural"), "dense")
    assert "pattern" in mineral.assumptions
    assert (
        "mineralisation"
        in literature.origin("mr_t2_signal", form(network, "meningioma.intradural"), "hypo").assumptions
    )
    assert (
        "definition"
        in literature.origin("compartment", form(network, "meningioma.intradural"), "extradural").assumptions
    )


def test_every_origin_can_be_said(literature: Publications, network: Network) -> None:
    for name in [*literature.ledger.lines, "mineralisation", "form"]:
        for form in range(0, network.variable("form").cardinality, 7):
            for state in network.variable(name).states[::2]:
                origin = literature.origin(name, form, state)
                assert origin_summary(origin)
                assert literature.references(origin.sources).keys() == set(origin.sources)


@cache
def everything(name: str) -> Learnt:
    library = open_library()
    return library.learnt(library.definition(name))


def built_without(name: str, keys: Collection[str]) -> Network:
    """The network of all studies but those of some sources."""
    kept = {
        finding: {d: tuple(s for s in studies if s.source not in keys) for d, studies in read.items()}
        for finding, read in everything(name).read.items()
    }
    definition = open_library().definition(name)
    return build_network(definition, pool_studies(definition, kept), forms=load(name).network.cpts["form"])


@pytest.mark.parametrize("name", ["spine", "cranial"])
def test_networks_without_a_source_are_those_built_without_it(name: str) -> None:
    """Twelve sources of each network at random; what the other patients and texts say stays as it is."""
    network = load(name).network
    literature = literature_of(network)
    assert literature is not None
    known = sorted(literature.ledger.references)
    keys = np.random.default_rng(7).choice(known, 12, replace=False).tolist()
    found = cpts_without(literature.ledger, network, [(key,) for key in keys], network.counts)
    assert found.keys() == network.counts.keys() - {"form"}
    column = cpts_without(literature.ledger, network, [(key,) for key in keys], found, dict.fromkeys(found, 1))
    for number, key in enumerate(keys):
        expected = built_without(name, {key})
        for variable in found:
            np.testing.assert_allclose(found[variable][number], expected.cpts[variable], atol=1e-9)
            np.testing.assert_allclose(column[variable][number, ..., 1], expected.cpts[variable][..., 1], atol=1e-9)


def test_network_without_several_sources(network: Network, literature: Publications) -> None:
    keys = tuple(sorted(literature.ledger.references)[::97])
    expected = built_without("spine", keys)
    found = without(literature.ledger, network, keys)
    for name in expected.counts:
        np.testing.assert_allclose(found.cpts[name], expected.cpts[name], atol=1e-9)
    assert found.counts.keys() & expected.counts.keys() == {"form"}


def test_leave_one_out(network: Network, literature: Publications, definition: Definition) -> None:
    asked = question(network, level="cervical", mr_t2_signal="hyper", mr_dural_tail="present", sex="male")
    found = leave_one_out(asked, literature, 4)
    used = {"level", "mr_t2_signal", "mr_dural_tail", "sex", "ct_calcification", "ct_calcification_pattern"}
    read = everything("spine").read
    assert found.behind == len({s.source for f in used for of in read[f].values() for s in of if s.source})
    leader = int(asked.engine.posterior(asked.findings).probabilities.argmax())
    for one in found.checked:
        expected = compile_network(built_without("spine", {one.source})).posterior(asked.findings).probabilities
        np.testing.assert_allclose(one.posterior, expected, atol=1e-9)
    changing = found.changing(leader)
    assert found.checked[: len(changing)] == changing
    assert all(int(one.posterior.argmax()) != leader for one in changing)


def test_a_source_that_holds_the_runner_up_down_is_found() -> None:
    """Of all publications behind a near-level case, the one that moves it least and yet changes the leader."""
    cases = read_cases(data_path("priors", "cases", "development.yaml"))
    case = next(one for one in cases if one.id == "boray146_rib5")
    model = load("spine", "uniform")
    literature = literature_of(model.network)
    assert literature is not None
    asked = model.question(case)
    posterior = asked.engine.posterior(asked.findings).probabilities
    changing = leave_one_out(asked, literature).changing(int(posterior.argmax()))
    assert len(changing) > 1
    last = changing[-1]
    built = built_without("spine", {last.source})
    answer = last.posterior
    assert answer == pytest.approx(compile_network(built).posterior(asked.findings).probabilities, abs=1e-9)
    assert answer.argmax() != posterior.argmax()


def test_other_networks_have_no_literature(network: Network) -> None:
    assert literature_of(replace(network, version="other")) is None
    assert literature_of(replace(network, id="mine")) is None
    assert literature_of(replace(network, id="../spine")) is None


def test_study_correlation(literature: Publications, definition: Definition) -> None:
    assert literature.study_correlation("level") == definition.spread("level").correlation
    assert literature.study_correlation("mineralisation") == definition.spread("ct_calcification").correlation
