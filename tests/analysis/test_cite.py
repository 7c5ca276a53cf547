"""What is cited adds up, and is what the engine answers."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Mapping

import numpy as np
import pytest

from bayesdx.analyses.cite.numbers import LikelihoodCitation, cite_likelihood
from bayesdx.analyses.cite.page import adding_up
from bayesdx.case import Case
from bayesdx.data import data_path
from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.knowledge.build import form_shares
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.ledger import ledger_of
from bayesdx.knowledge.library import open_library
from bayesdx.knowledge.parts import Part, parts_of
from bayesdx.knowledge.studies import Study
from bayesdx.loading import load
from bayesdx.model import Model
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


def pairs() -> list[tuple[str, str]]:
    """Every network and finding that is shipped."""
    return [(name, finding.id) for name in ("spine", "cranial") for finding in load(name).network.findings]


@pytest.mark.parametrize(("name", "finding"), pairs())
def test_the_terms_of_every_likelihood_add_up(models: Mapping[str, Model], name: str, finding: str) -> None:
    """Facts, words, definition, association, mineralisation and base sum to what the engine answers."""
    engine = models[name].engine
    network = engine.network
    target = network.variable("diagnosis")
    ledger = ledger_of(network)
    assert ledger is not None
    for number, diagnosis in enumerate(target.states):
        parts = parts_of(ledger, network, finding, diagnosis)
        expected = engine.posterior({"diagnosis": np.eye(target.cardinality)[number]}, finding).probabilities
        np.testing.assert_allclose(sum(part.adds for part in parts), expected, atol=1e-9)
        assert sum(part.share for part in parts) == pytest.approx(1, abs=1e-9)
        for part in parts:
            assert part.kind in (
                "fact",
                "word",
                "unmentioned",
                "definition",
                "association",
                "mineralisation",
                "base",
                "contamination",
            )
            assert part.kind == "association" or (part.adds >= 0).all()
            assert part.entry is None or part.entry.diagnosis == number
        for column in (adding_up([part.share for part in parts]), *map(adding_up, _by_state(parts))):
            printed = [float(text.rstrip("%")) for text in column]
            assert sum(printed[:-1]) == pytest.approx(printed[-1], abs=1e-9)
        assert column[-1] == f"{expected[-1]:.1%}"
        assert adding_up([part.share for part in parts])[-1] == "100.0%"


def _by_state(parts: tuple[Part, ...]) -> list[list[float]]:
    return [[float(part.adds[state]) for part in parts] for state in range(len(parts[0].adds))]


@pytest.mark.parametrize("cell", CELLS)
def test_terms_are_those_of_the_pooled_facts(
    models: Mapping[str, Model], cited: dict[tuple[str, str, str], LikelihoodCitation], cell: tuple[str, str, str]
) -> None:
    """Per source, what it adds equals the row with its pooled counts less the row of all else, worked out anew."""
    citation, (name, finding, diagnosis) = cited[cell], cell
    library = open_library()
    definition = library.definition(name)
    pooled = library.learnt(definition).cells[finding]
    pooling, strength = definition.pooling, definition.spread(finding).strength
    clean = 1 - definition.contamination(finding)
    rho = pooling.word_correlation
    forms = [(f, form) for f, form in enumerate(definition.forms) if form.diagnosis == diagnosis]
    order = [name for name, _ in definition.diagnoses]
    studies = pooled.by_diagnosis[diagnosis]
    whole = [(study, 1.0) for study in studies if study.whole]
    adds: dict[str, Array] = {}
    for f, form in forms:
        own = [(study, part) for study in studies if (part := float(study.own[f]))]
        kept = pooling.unusual_strength * pooling.unusual_kept if form.unusual else pooling.form_strength
        share = form_shares(definition)[order.index(diagnosis), f]
        total = discounted([study for study, _ in whole], rho)
        for group, scale in ((own, 1.0), (whole, kept / (total + strength) if form.name else 0.0)):
            copied = 1 + max(sum(study.word for study, _ in group) - 1, 0) * rho
            for study, part in group:
                weight = clean * part * scale * study.weight / (copied if study.word else 1)
                said = heard(definition, finding, study, pooled.pooled.completing[0])
                row = weight * said / pooled.form_counts[f].sum()
                adds[study.source] = adds.get(study.source, 0) + row * share
    adds.pop("", None)
    for source, expected in adds.items():
        if finding == "ct_calcification_pattern":  # pooled for calcified lesions, which all of these forms are not
            continue
        found = sum(term.adds for term in citation.terms if term.source == source)
        np.testing.assert_allclose(found, expected, atol=1e-5)  # the file has six digits of each count
    assert {term.source for term in citation.facts} == set(adds)
    assert list(shares := [term.share for term in citation.facts]) == sorted(shares, reverse=True)


def heard(definition: Definition, finding: str, study: Study, completing: Array) -> Array:
    """What a study says of the states: in order, each tells half of ``neighbours`` of those beside it."""
    said = study.distribution(completing)
    if finding not in definition.ordered:
        return said
    stated, part = study.stated, definition.pooling.neighbours / 2
    beside = np.append(stated[1:], 0) + np.append(0, stated[:-1])
    ends = np.arange(len(stated)) % (len(stated) - 1) == 0
    return said + part * beside - part * stated * np.where(ends, 1, 2)


def discounted(studies: list[Study], rho: float) -> float:
    """Effective sample size of studies, words discounted for copying."""
    words = [study.weight for study in studies if study.word]
    return sum(s.weight for s in studies if not s.word) + sum(words) / (1 + max(len(words) - 1, 0) * rho)


def test_no_pattern_without_calcification(models: Mapping[str, Model]) -> None:
    """No source speaks of the pattern in schwannoma: the share that is not calcified is not the base."""
    engine = models["spine"].engine
    citation = cite_likelihood(engine, "ct_calcification_pattern", (), "schwannoma")
    calcified = enumerated(engine, "ct_calcification", "schwannoma")[1]
    shares = {term.kind: term.share for term in citation.terms}
    whatever = open_library().definition("spine").contamination("ct_calcification_pattern")
    parts = {"base": calcified * (1 - whatever), "contamination": calcified * whatever}
    assert shares == pytest.approx({**parts, "mineralisation": 1 - calcified})
    assert citation.facts == ()
    mineral = next(term for term in citation.terms if term.kind == "mineralisation")
    assert mineral.adds[citation.variable.state_index("not_applicable")] == pytest.approx(1 - calcified)


def test_a_definition_is_a_term(models: Mapping[str, Model]) -> None:
    """Three lesions of each form of meningioma arise from the dura, or from it and the epidural space."""
    citation = cite_likelihood(models["spine"].engine, "epicentre", ("dura",), "meningioma")
    term = next(term for term in citation.terms if term.kind == "definition")
    definition = open_library().definition("spine")
    clean = 1 - definition.contamination("epicentre")
    assert term.weight == pytest.approx(clean * definition.pooling.definition_strength)
    assert [citation.variable.states[i] for i in np.flatnonzero(term.adds)] == ["dura", "epidural_space"]
    moved = next(term for term in citation.terms if term.kind == "association")
    assert moved.share == pytest.approx(0, abs=1e-6)
    assert np.abs(moved.adds).max() > 1e-3


@pytest.mark.parametrize(("name", "finding", "diagnosis"), CELLS)
def test_the_row_as_published(
    cited: dict[tuple[str, str, str], LikelihoodCitation], name: str, finding: str, diagnosis: str
) -> None:
    """Contaminated with the base again, it is the row of the network: exactly where nothing shifts the base."""
    citation = cited[name, finding, diagnosis]
    whatever = open_library().definition(name).contamination(finding)
    assert citation.as_published.sum() == pytest.approx(1)
    if finding in ("mr_dural_tail", "age_group", "ct_calcification"):
        assert citation.contamination == pytest.approx(whatever, abs=1e-6)
        again = (1 - whatever) * citation.as_published + whatever * citation.base
        np.testing.assert_allclose(citation.probabilities, again, atol=1e-6)
    elif (
        finding == "ct_calcification_pattern"
    ):  # without calcification there is no pattern, whatever is stated of it
        at = citation.variable.state_index("not_applicable")
        assert citation.as_published[at] == pytest.approx(citation.probabilities[at])
    else:
        rest = citation.probabilities - (1 - citation.contamination) * citation.as_published
        assert (rest >= -1e-12).all()
        assert citation.contamination <= whatever + 1e-6


def test_printed_parts_add_up() -> None:
    assert adding_up([0.1234, 0.4567, -0.0456, 0.4655]) == ["12.3%", "45.7%", "-4.6%", "46.6%", "100.0%"]
    assert adding_up([]) == ["0.0%"]


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
    said = {(s.source, s.states, s.says) for s in citation.facts}
    for r in rows:
        states = tuple(r["state"].split("|"))
        if r["kind"] in ("count", "percent") and set(states) & set(citation.variable.states):
            assert (r["source"], states, f"{float(r['k']):g} of {float(r['n']):g}") in said
    assert {s.source for s in citation.facts if s.source} == set(citation.references)
    assert all(citation.references.values())


def test_the_interval_of_a_binary_finding_without_forms(models: Mapping[str, Model]) -> None:
    """Where a diagnosis has one form, the row is a Dirichlet: by hand, 2.4 standard errors of its log-odds."""
    engine = models["spine"].engine
    network = engine.network
    single = next(i for i, row in enumerate(network.cpts["form"]) if (row > 0).sum() == 1)
    diagnosis, form = network.variable("diagnosis").states[single], int(network.cpts["form"][single].argmax())
    b, a = network.counts["sex"][form]
    citation = cite_likelihood(engine, "sex", ("male",), diagnosis)
    n = a + b
    # var ln P(male) = (b / a) / (n + 1), of ln P(female) (a / b) / (n + 1), of the log-odds n^2 / (a b (n + 1))
    error, median = math.sqrt(n * n / (a * b * (n + 1))), math.log(a / b) + (a / b - b / a) / (n + 1) / 2
    expected = [1 / (1 + math.exp(-(median + side * 2.4 * error))) for side in (-1, 1)]
    assert citation.intervals[1] == pytest.approx(expected, abs=1e-9)


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
    library = open_library()
    known = {(f.source, f.finding, f.diagnosis) for f in library.facts if f.used or f.used_for_form}
    for patient in library.patients:
        known |= {(patient.source, name, patient.case.diagnosis) for name in (*patient.case.findings, "age_group")}
    for row in citation.sources:
        assert row.reference
        assert row.likelihoods
        for finding, diagnosis in row.likelihoods:
            assert finding in {*FINDINGS, "age_group"}
            assert diagnosis in leaders
            assert (row.source, finding, diagnosis) in known


def test_case_without_findings(models: Mapping[str, Model]) -> None:
    assert models["spine"].cite(Case({})).sources == ()
