"""Where numbers come from, and networks without one publication: on the shipped knowledge."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from sensitivity_networks import hard

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Literature, literature_of
from bayesdx.analyses.sensitivity.numbers.studies import leave_one_out, predicted_effects
from bayesdx.data import data_path
from bayesdx.inference import compile_network
from bayesdx.knowledge.library import open_library
from bayesdx.network import Network


@pytest.fixture(scope="module")
def literature() -> Literature:
    library = open_library()
    definition = library.definition("spine")
    return Literature(library, definition, library.cells(definition))


@pytest.fixture(scope="module")
def network(literature: Literature) -> Network:
    return literature.library.document(literature.definition).network


def question(network: Network, **stated: str) -> Question:
    return Question(compile_network(network), hard(network, **stated), dict(stated))


def test_counts_are_those_of_the_table(literature: Literature) -> None:
    """Dural tail in meningioma, counted again from the rows of facts.csv."""
    others = {w for f in literature.definition.forms if f.id == "meningioma.epidural" for w in (f.name, *f.also)}
    found: dict[str, tuple[float, float]] = {}
    with data_path("priors", "facts.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            used = not row["exclude"] and row["diagnosis"] == "meningioma" and row["finding"] == "mr_dural_tail"
            spinal = row["site"] in literature.definition.sites and row["form"] not in others
            if used and spinal and row["kind"] in ("count", "percent", "case"):
                present = float(row["k"]) if row["state"] == "present" else float(row["n"]) - float(row["k"])
                k, n = found.get(row["source"], (0.0, 0.0))
                found[row["source"]] = (k + present, n + float(row["n"]))
    k, n = (sum(pair[i] for pair in found.values()) for i in range(2))
    assert n > 0
    origin = literature.origin("mr_dural_tail", "meningioma.intradural", "present")
    assert origin.lesions == (k, n)
    assert origin.summary.startswith(f"{k:.0f} of {n:.0f} lesions in {len(found)} sources; ")
    assert set(found) <= set(origin.sources)
    other = literature.origin("mr_dural_tail", "meningioma.intradural", "absent")
    assert other.lesions == (n - k, n)


def test_silence_and_assumptions_are_said(literature: Literature) -> None:
    silent = next(
        literature.origin(name, form.id, "present")
        for name, cell in literature.cells.items()
        for form in literature.definition.forms
        if "present" in literature.definition.findings[name].states and not cell.studies[form.diagnosis]
    )
    assert silent.summary == "no source: the average of all diagnoses"
    assert silent.sources == ()
    mineral = literature.origin("mineralisation", "meningioma.intradural", "dense")
    assert "how the mineral lies, from its pattern" in mineral.assumptions
    assert (
        "how it goes with mineralisation"
        in literature.origin("mr_t2_signal", "meningioma.intradural", "hypo").assumptions
    )
    assert (
        "holds by definition of the entity"
        in literature.origin("compartment", "meningioma.intradural", "extradural").assumptions
    )


def test_every_origin_can_be_said(literature: Literature, network: Network) -> None:
    for name in [*literature.cells, "mineralisation", "form"]:
        for form in network.variable("form").states[::7]:
            for state in network.variable(name).states[::2]:
                origin = literature.origin(name, form, state)
                assert origin.summary
                assert literature.references(origin.sources).keys() == set(origin.sources)


def test_network_without_a_source_is_the_one_built_without_it(literature: Literature, network: Network) -> None:
    findings = {"level": "cervical", "mr_t2_signal": "hyper", "mr_dural_tail": "present", "epicentre": "dura"}
    asked = question(network, **findings)
    effects = predicted_effects(asked, literature, asked.engine.posterior(asked.findings).probabilities)
    source = max(effects, key=lambda key: effects[key])
    expected = literature.library.document(literature.definition, lambda fact: fact.source != source).network
    expected = expected.with_cpts({"form": network.cpts["form"]})
    found = literature.without(source, network, findings)
    assert findings.keys() <= found.cpts.keys()
    for name in found.cpts:
        np.testing.assert_allclose(found.cpts[name], expected.cpts[name], atol=1e-12)


def test_leave_one_out(literature: Literature, network: Network) -> None:
    asked = question(network, level="cervical", mr_t2_signal="hyper", mr_dural_tail="present", sex="male")
    steps: list[tuple[int, int]] = []
    found = leave_one_out(asked, literature, 4, lambda done, total: steps.append((done, total)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert found.behind > 100
    posterior = asked.engine.posterior(asked.findings).probabilities
    leader = int(posterior.argmax())
    moved = []
    for one in found.checked:
        expected = compile_network(literature.without(one.source, network, asked.findings)).posterior(
            asked.findings
        )
        np.testing.assert_allclose(one.posterior, expected.probabilities)
        moved.append(abs(expected.probabilities[leader] - posterior[leader]))
    assert moved == sorted(moved, reverse=True)
    assert all(int(one.posterior.argmax()) != leader for one in found.changing(leader) if one.posterior is not None)


def test_predicted_effects_find_the_publication_that_matters(literature: Literature, network: Network) -> None:
    """The prediction ranks sources much as leaving them out does."""
    asked = question(
        network, level="lumbar", compartment="dumbbell", mr_enhancement="homogeneous", age_group="18-39"
    )
    posterior = asked.engine.posterior(asked.findings).probabilities
    effects = predicted_effects(asked, literature, posterior)
    ranked = sorted(effects, key=lambda key: -effects[key])
    chosen = [*ranked[:4], *ranked[len(ranked) // 2 : len(ranked) // 2 + 4]]
    leader = int(posterior.argmax())
    exact = []
    for key in chosen:
        answer = compile_network(literature.without(key, network, asked.findings)).posterior(asked.findings)
        exact.append(abs(float(answer.probabilities[leader] - posterior[leader])))
    assert np.mean(exact[:4]) > 3 * np.mean(exact[4:])


def test_other_networks_have_no_literature(network: Network) -> None:
    from dataclasses import replace

    assert literature_of(replace(network, version="other")) is None
    assert literature_of(replace(network, id="mine")) is None
    found = literature_of(network)
    assert found is not None
    assert found.study_correlation == found.definition.pooling.study_correlation
