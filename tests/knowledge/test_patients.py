"""Published patients in the rows: what one adds, to which form it belongs, and what silence says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.knowledge.build import build_network, read_studies
from bayesdx.knowledge.definition import Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.ledger import UNMENTIONED
from bayesdx.knowledge.library import Library
from bayesdx.knowledge.patients import Learnt, Patient, learn_rows, read_patients
from bayesdx.network import Array, Network

MakeFact = Callable[..., Fact]
TREES = ("apple", "pear")
PATTERN = "ct_calcification_pattern"


def patient(name: str, diagnosis: str = "apple", **findings: object) -> Patient:
    return Patient(Case(findings, id=name, diagnosis=diagnosis, metadata={"region": "orchard"}), name)


@pytest.fixture
def facts(make_fact: MakeFact) -> list[Fact]:
    """Enough to keep rim and signal."""
    return [
        make_fact(k=6, n=11),
        make_fact(k=1, n=9, diagnosis="pear", source="s2"),
        make_fact("hypo", 6, 9, finding="signal", source="s3"),
        make_fact("hyper", 6, 9, finding="signal", source="s4", diagnosis="pear"),
        *(make_fact("present", 2, 9, finding="ct_calcification", source=f"c{d}", diagnosis=d) for d in TREES),
        *(make_fact("dense_solid", 2, 9, finding=PATTERN, source=f"c{d}", diagnosis=d) for d in TREES),
    ]


def test_nobody_changes_nothing(orchard: Definition, facts: list[Fact]) -> None:
    learnt = learn_rows(orchard, read_studies(orchard, facts), [])
    assert learnt.rates == {}
    assert [study.source for study in learnt.cells["rim"].by_diagnosis["apple"]] == ["s1"]


def test_a_patient_is_a_study_of_one(orchard: Definition, facts: list[Fact]) -> None:
    """Each stated finding adds ``case_weight`` (0.5) lesions to its state, and silence never to what was stated."""
    learnt = learn_rows(orchard, read_studies(orchard, facts), [patient("p1", rim="present", signal="iso")])
    studies = {s.source: s for s in learnt.cells["rim"].by_diagnosis["apple"] if s.source}
    assert studies.keys() == {"s1", "p1"}
    assert studies["p1"].stated.tolist() == [0.0, 1.0]
    assert studies["p1"].weight == orchard.pooling.case_weight
    alone = learn_rows(orchard, read_studies(orchard, facts), [])
    gained = learnt.cells["rim"].pooled.whole[0, 0] - alone.cells["rim"].pooled.whole[0, 0]
    assert gained.sum() == pytest.approx(orchard.pooling.case_weight)


def test_silence_by_hand(orchard: Definition, facts: list[Fact]) -> None:
    """Not mentioned in k texts: k (1 - least) lesions, least being the smaller of (1 - r_x) / sum theta (1 - r)."""
    people = [patient(f"p{i}", rim="present") for i in range(3)] + [
        patient(f"q{i}", signal="hypo") for i in range(4)
    ]
    learnt = learn_rows(orchard, read_studies(orchard, facts), people)
    rate = learnt.rates["rim"]
    assert rate[1] > rate[0]  # only its presence was ever mentioned
    (silence,) = (s for s in learnt.cells["rim"].by_diagnosis["apple"] if s.sayings[0].kind == UNMENTIONED)
    assert silence.sayings[0].n == pytest.approx(4)
    assert silence.stated == pytest.approx([1, 0])  # of two states, it speaks for the one that is seldom mentioned
    row = learnt.cells["rim"].form_rows[0]
    passed = (1 - rate) / (row @ (1 - rate))
    assert silence.weight == pytest.approx(4 * (1 - passed.min()) * orchard.pooling.case_weight, rel=0.02)


def forms(orchard: Definition) -> Definition:
    """Apples that are hypo or hyper by definition."""
    defined = tuple(
        Form("apple", name, name, unspecified=True, definition={"signal": (name,)}) for name in ("hypo", "hyper")
    )
    return replace(
        orchard, forms=(*defined, *orchard.forms[1:]), pooling=replace(orchard.pooling, definition_strength=50)
    )


def test_patients_belong_to_the_form_that_they_look_like(orchard: Definition, facts: list[Fact]) -> None:
    definition = forms(orchard)
    learnt = learn_rows(definition, read_studies(definition, facts), [patient("p1", signal="hyper", rim="absent")])
    (own,) = (s.own for s in learnt.cells["rim"].by_diagnosis["apple"] if s.source == "p1")
    assert own[1] > 0.9
    assert own.sum() == pytest.approx(1)


def likelihood(network: Network, findings: dict[str, str]) -> float:
    """P(findings | apple), by hand: the sum over its forms."""
    total = 0.0
    for share, form in zip(network.cpts["form"][0], range(len(network.cpts["form"][0])), strict=True):
        rows: list[Array] = [network.cpts[name][form] for name in findings]
        total += share * np.prod(
            [
                row[network.variable(n).state_index(s)]
                for n, s, row in zip(findings, findings.values(), rows, strict=True)
            ]
        )
    return float(total)


def test_patients_make_their_like_more_probable(orchard: Definition, facts: list[Fact]) -> None:
    definition = forms(orchard)
    read = read_studies(definition, facts)
    findings = {"signal": "hyper", "rim": "absent"}
    before = learn_rows(definition, read, [])
    after = learn_rows(definition, read, [patient(f"p{i}", **findings) for i in range(6)])
    assert likelihood(of(definition, after), findings) > 1.3 * likelihood(of(definition, before), findings)


def of(definition: Definition, learnt: Learnt) -> Network:
    return build_network(definition, learnt.cells)


def test_nobody_counts_twice(library: Library) -> None:
    """Where a patient is learnt from, no single case of the same publication and diagnosis is a fact as well."""
    learnt = {(one.source, one.case.diagnosis) for one in library.patients if one.learnt}
    singly = {(f.source, f.diagnosis) for f in library.facts if (f.used or f.used_for_form) and f.kind == "case"}
    assert learnt & singly == set()
    counted = {one.case.id for one in library.patients if one.case.metadata.get("counted_in")}
    assert counted
    assert not counted & {one.case.id for one in library.patients if one.learnt}


def test_without_a_publication_its_patients_are_gone(library: Library) -> None:
    one = next(p for p in library.patients if p.learnt and p.record and p.case.metadata["region"] == "cranial")
    learnt = library.learnt(library.definition("cranial"), {one.source})
    sources = {s.source for cell in learnt.cells.values() for of in cell.by_diagnosis.values() for s in of}
    assert one.source not in sources


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- region: spine\n  diagnosis: x\n", "needs id, region and diagnosis"),
        ("- id: a\n  diagnosis: x\n", "needs id, region and diagnosis"),
        ("- id: a\n  region: spine\n", "needs id, region and diagnosis"),
    ],
)
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_patients(path, {})
