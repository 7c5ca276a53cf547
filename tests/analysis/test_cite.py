"""What is cited adds up, and is what the engine answers."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import beta

from bayesdx.analyses.cite.numbers import LikelihoodCitation, cite_likelihood
from bayesdx.case import Case
from bayesdx.data import data_path
from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.knowledge.library import open_library
from bayesdx.knowledge.studies import pool
from bayesdx.model import Model, load
from bayesdx.network import Array

CELLS = [
    ("spine", "mr_dural_tail", "meningioma"),
    ("spine", "ct_calcification_pattern", "capnon"),
    ("spine", "age_group", "synovial_cyst"),
    ("spine", "level", "metastasis"),
    ("cranial", "mr_t2_signal", "epidermoid_dermoid"),
    ("cranial", "ct_calcification", "meningioma"),
]


@pytest.fixture(scope="module")
def models() -> Mapping[str, Model]:
    return {name: load(name) for name in ("spine", "cranial")}


@pytest.fixture(scope="module")
def cited(models: Mapping[str, Model]) -> dict[tuple[str, str, str], LikelihoodCitation]:
    return {(n, f, d): cite_likelihood(models[n].engine, f, (), d) for n, f, d in CELLS}


def enumerated(engine: Engine, finding: str, diagnosis: str) -> Array:
    """P(finding | diagnosis) by summing over every state of the finding's ancestors."""
    network = engine.network
    names = [finding]
    for name in names:
        names += [parent for parent in network.parents[name] if parent not in names]
    names.reverse()
    total = np.zeros(network.variable(finding).cardinality)
    wanted = network.variable("diagnosis").state_index(diagnosis)
    hidden = [name for name in names if name not in ("diagnosis", finding)]
    for states in itertools.product(*(range(network.variable(name).cardinality) for name in hidden)):
        at = {"diagnosis": wanted, **dict(zip(hidden, states, strict=True))}
        weight = 1.0
        for name in hidden:
            weight *= network.cpts[name][tuple(at[p] for p in (*network.parents[name], name))]
        if weight:
            total += weight * network.cpts[finding][tuple(at[p] for p in network.parents[finding])]
    return total


@pytest.mark.parametrize("cell", CELLS)
def test_probabilities(
    models: Mapping[str, Model], cited: dict[tuple[str, str, str], LikelihoodCitation], cell: tuple[str, str, str]
) -> None:
    citation = cited[cell]
    expected = enumerated(models[cell[0]].engine, cell[1], cell[2])
    assert citation.probabilities == pytest.approx(expected, abs=1e-8)
    assert citation.probabilities.sum() == pytest.approx(1)
    low, high = citation.intervals.T
    assert (low <= citation.probabilities).all()
    assert (citation.probabilities <= high).all()
    assert citation.base.sum() == pytest.approx(1)


@pytest.mark.parametrize("cell", CELLS)
def test_shares_add_up(
    models: Mapping[str, Model], cited: dict[tuple[str, str, str], LikelihoodCitation], cell: tuple[str, str, str]
) -> None:
    """Weights sum to the pooled counts, shares and the base's share to 1, in the ratio of the weights."""
    citation = cited[cell]
    library = open_library()
    definition = library.definition(cell[0])
    studies = library.cells(definition)[cell[1]].studies[cell[2]]
    counts = pool(studies, citation.variable.cardinality, definition.pooling.word_correlation)
    weights = np.array([s.weight for s in citation.statements])
    assert weights.sum() == pytest.approx(counts.sum())
    assert sum(citation.shares) + citation.base_share == pytest.approx(1)
    m = definition.pooling.base_strength
    assert citation.base_share == pytest.approx(m / (m + counts.sum()))
    assert np.array(citation.shares) == pytest.approx(weights / (m + counts.sum()))
    assert list(weights) == sorted(weights, reverse=True)


@pytest.mark.parametrize("cell", CELLS)
def test_facts_are_those_of_the_table(
    cited: dict[tuple[str, str, str], LikelihoodCitation], cell: tuple[str, str, str]
) -> None:
    """Every counted row is named with its k and n, and every source with its reference."""
    citation = cited[cell]
    with data_path("priors", "facts.csv").open(newline="") as table:
        rows = [r for r in csv.DictReader(table) if (r["finding"], r["diagnosis"]) == cell[1:] and not r["exclude"]]
    if cell[1] == "level":
        rows = [r for r in rows if r["site"] in ("spinal", "any")]
    said = {(s.source, s.states, s.says) for s in citation.statements}
    for r in rows:
        states = tuple(r["state"].split("|"))
        if r["kind"] in ("count", "percent") and set(states) & set(citation.variable.states):
            assert (r["source"], states, f"{float(r['k']):g} of {float(r['n']):g}") in said
    assert {s.source for s in citation.statements} == set(citation.references)
    assert all(citation.references.values())


def test_the_interval_of_a_binary_finding_without_forms(models: Mapping[str, Model]) -> None:
    """Where a diagnosis has one form, the row is a Dirichlet: the interval is that of the Beta distribution."""
    engine = models["spine"].engine
    network = engine.network
    single = next(
        i
        for i, row in enumerate(network.cpts["form"])
        if (row > 0).sum() == 1 and network.variable("diagnosis").states[i] != "other"
    )
    diagnosis, form = network.variable("diagnosis").states[single], int(network.cpts["form"][single].argmax())
    counts = network.counts["sex"][form]
    citation = cite_likelihood(engine, "sex", ("male",), diagnosis)
    expected = beta.ppf([0.025, 0.975], counts[1], counts[0])
    assert citation.intervals[1] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("finding", "states", "diagnosis", "message"),
    [
        ("mr_dural_tal", (), "meningioma", "mr_dural_tail"),
        ("mr_dural_tail", ("presnt",), "meningioma", "present"),
        ("mr_dural_tail", (), "meningoma", "meningioma"),
        ("form", (), "meningioma", "'form' is not a finding"),
        ("mineralisation", (), "meningioma", "'mineralisation' is not a finding"),
        ("diagnosis", (), "meningioma", "'diagnosis' is not a finding"),
    ],
)
def test_refused(
    models: Mapping[str, Model], finding: str, states: tuple[str, ...], diagnosis: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        cite_likelihood(models["spine"].engine, finding, states, diagnosis)


def test_a_network_that_is_not_shipped(small_path: str) -> None:
    with pytest.raises(InputError, match="was not built from the facts of this installation"):
        cite_likelihood(load(small_path).engine, "mr_dural_tail", (), "meningioma")


FINDINGS = {"level": "thoracic", "compartment": "intradural_extramedullary", "mr_dural_tail": "present"}


def test_case(models: Mapping[str, Model]) -> None:
    """Shares fall and sum to 1 at most; every source stands for a fact about the case."""
    model = models["spine"]
    citation = model.cite(Case(FINDINGS, id="m", age=60))
    shares = [row.share for row in citation.sources]
    assert shares == sorted(shares, reverse=True)
    assert 0.9 < sum(shares) <= 1 + 1e-12
    leaders = [row.diagnosis for row in model.query(Case(FINDINGS, age=60)).posterior[:5]]
    assert list(citation.diagnoses) == leaders
    known = {(f.source, f.finding, f.diagnosis) for f in open_library().facts if f.used or f.used_for_form}
    for row in citation.sources:
        assert row.reference
        assert row.likelihoods
        for finding, diagnosis in row.likelihoods:
            assert finding in {*FINDINGS, "age_group"}
            assert diagnosis in leaders
            assert (row.source, finding, diagnosis) in known


def test_case_without_findings(models: Mapping[str, Model]) -> None:
    assert models["spine"].cite(Case({})).sources == ()
