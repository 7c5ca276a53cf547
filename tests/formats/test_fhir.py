"""Cases from FHIR and to FHIR: real resources are read or refused in a line, and what is written is valid."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fhir_rules import check
from hypothesis import given, settings
from hypothesis import strategies as st

import bayesdx
from bayesdx.case import Case, encode
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.case_file import case_of, read_cases, with_changes
from bayesdx.formats.fhir.outcome import outcome
from bayesdx.formats.fhir.reading import read_case
from bayesdx.formats.fhir.writing import bundle
from bayesdx.loading import load_for
from bayesdx.model import Model

ROOT = Path(__file__).resolve().parents[2]
LOINC, SNOMED, RADLEX = "http://loinc.org", "http://snomed.info/sct", "http://radlex.org"
UCUM = "http://unitsofmeasure.org"
Json = dict[str, Any]


def concept(code: str, system: str = "urn:bayesdx:finding", **more: object) -> Json:
    return {"coding": [{"system": system, "code": code, **more}]}


def state(code: str) -> Json:
    return concept(code, "urn:bayesdx:state")


def observation(finding: str = "mr_dural_tail", **fields: object) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": concept(finding), **fields}


def collected(*resources: Json, **urls: Json) -> Json:
    entries = [{"resource": one} for one in resources]
    entries += [{"fullUrl": url, "resource": one} for url, one in urls.items()]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def issues(case: Case) -> list[str]:
    assert case.origin is not None
    return [str(issue) for issue in case.origin.issues]


@pytest.fixture(scope="module")
def spine() -> Model:
    return bayesdx.load("spine")


PRESENT = {"valueCodeableConcept": state("present")}


@pytest.mark.parametrize(
    ("finding", "fields", "value"),
    [
        ("mr_dural_tail", PRESENT, "present"),
        ("mr_dural_tail", {"valueBoolean": True}, True),
        ("mr_dural_tail", {"valueBoolean": False}, False),
        ("mr_dural_tail", {"valueString": "absent"}, "absent"),
        ("mr_dural_tail", {"valueCodeableConcept": {"text": "present"}}, "present"),
        ("mr_dural_tail", {"valueCodeableConcept": {"coding": [{"code": "present"}]}}, "present"),
        ("mr_dural_tail", {"valueCodeableConcept": concept("RID28473", RADLEX)}, "absent"),
        ("mr_dural_tail", {"valueCodeableConcept": concept("52101004", SNOMED)}, "present"),
        ("mr_dural_tail", {"valueCodeableConcept": concept("2667000", "urn:oid:2.16.840.1.113883.6.96")}, "absent"),
        (
            "mr_dural_tail",
            {
                "valueCodeableConcept": {
                    "coding": [
                        {"system": "http://hospital.example/codes", "code": "77"},
                        {"system": RADLEX, "code": "RID28473"},
                        {"system": SNOMED, "code": "2667000"},
                    ]
                }
            },
            "absent",
        ),
        ("mr_dural_tail", {"interpretation": [concept("POS", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")]}, "present"),  # noqa: E501
        ("mr_dural_tail", {"interpretation": concept("NEG", "http://hl7.org/fhir/v2/0078")}, "absent"),
        ("size_mm", {"valueQuantity": {"value": 4, "unit": "mm", "system": UCUM, "code": "mm"}}, 4),
        ("size_mm", {"valueQuantity": {"value": 1.2, "unit": "cm", "system": UCUM, "code": "cm"}}, 12.0),
        ("size_mm", {"valueQuantity": {"value": 1.2, "unit": "cm"}}, 12.0),
        ("size_mm", {"valueQuantity": {"value": 10, "comparator": "<", "unit": "mm"}}, "<10"),
        ("size_mm", {"valueRange": {"low": {"value": 1, "unit": "cm"}, "high": {"value": 2, "unit": "cm"}}}, "10..20"),  # noqa: E501
        ("size_mm", {"valueRange": {"low": {"value": 31, "unit": "mm"}}}, "31.."),
        ("size_mm", {"valueInteger": 7}, 7),
    ],
)  # fmt: skip
def test_values(finding: str, fields: Json, value: object) -> None:
    case = read_case(observation(finding, **fields))
    assert dict(case.findings) == {finding: value}
    assert issues(case) == []


@pytest.mark.parametrize(
    ("text", "states"),
    [
        ("5..20", ["<10", "10-30"]),
        ("..9", ["<10"]),
        ("31..", [">30"]),
        (">=30", ["10-30", ">30"]),
        ("<= 5", ["<10"]),
    ],
)
def test_ranges_are_the_states_that_they_meet(small: NetworkDocument, text: str, states: list[str]) -> None:
    found = encode(Case(findings={"size_mm": text}), small.network)
    names = small.network.variable("size_mm").states
    assert found.weights["size_mm"].tolist() == [float(name in states) for name in names]


@pytest.mark.parametrize("text", ["20..5", "<0", "5...", "-5..-3"])
def test_ranges_that_are_none(small: NetworkDocument, text: str) -> None:
    with pytest.raises(InputError):
        encode(Case(findings={"size_mm": text}), small.network)


ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


@pytest.mark.parametrize(
    "fields",
    [
        {"dataAbsentReason": concept("not-performed", ABSENT)},
        {"dataAbsentReason": {"text": "not examined"}},
        {"valueCodeableConcept": concept("unknown", ABSENT)},
        {"valueCodeableConcept": concept("UNK", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor")},
        {
            "valueCodeableConcept": {
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
                ]
            }
        },
        {"valueQuantity": {"unit": "mm"}},
    ],
)
def test_what_is_absent_is_not_stated(spine: Model, fields: Json) -> None:
    case = read_case(observation("size_mm", **fields))
    assert dict(case.findings) == {}
    assert spine.query(case).question.findings == {}


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_was_withdrawn_is_not_used_and_said(status: str) -> None:
    case = read_case(
        collected(observation("level", valueString="cervical"), observation(**PRESENT) | {"status": status})
    )
    assert dict(case.findings) == {"level": "cervical"}
    assert issues(case) == [f"Bundle.entry[1].resource: is {status}: not used"]
    with pytest.raises(InputError, match="states no finding"):
        read_case(observation(**PRESENT) | {"status": status})


@pytest.mark.parametrize("status", ["amended", "corrected", "preliminary", "registered", "unknown"])
def test_other_statuses_count(status: str) -> None:
    case = read_case(observation(**PRESENT) | {"status": status})
    assert dict(case.findings) == {"mr_dural_tail": "present"}
    assert bool(issues(case)) == (status == "unknown")


def patient(**fields: object) -> Json:
    return {"resourceType": "Patient", "id": "p1", **fields}


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("Patient/p1", None),
        ("Patient/p1/_history/3", None),
        ("https://ehr.example/fhir/Patient/p1", "https://ehr.example/fhir/Patient/p1"),
        ("Patient/p1", "https://ehr.example/fhir/Patient/p1"),
        ("urn:uuid:5f1a", "urn:uuid:5f1a"),
    ],
)
def test_age_and_sex_of_the_patient(reference: str, url: str | None) -> None:
    born = patient(birthDate="1958-06-02", gender="male", name=[{"family": "Heuvel"}])
    seen = observation(subject={"reference": reference}, effectiveDateTime="2026-06-01T08:00:00Z", **PRESENT)
    whole = collected(seen)
    whole["entry"].append({"resource": born, **({"fullUrl": url} if url else {})})
    case = read_case(whole)
    assert (case.age, case.sex) == (67, "male")
    assert case.origin is not None
    assert case.origin.subject == reference
    kept = repr(case)
    assert "1958" not in kept
    assert "Heuvel" not in kept


def test_a_contained_patient_is_not_referred_to(spine: Model) -> None:
    seen = observation(
        contained=[patient(birthDate="2000-01-01", gender="female")],
        subject={"reference": "#p1"},
        effectivePeriod={"start": "2020-01-01T00:00:00Z"},
        **PRESENT,
    )
    case = read_case(seen)
    assert (case.age, case.sex) == (20, "female")
    answer = spine.query(case).to_fhir()
    check(answer)
    assert answer["subject"] == {"reference": "#patient"}
    assert answer["contained"][0] == {"resourceType": "Patient", "gender": "female", "id": "patient"}


def test_birth_dates_that_say_less() -> None:
    seen = observation(effectiveDateTime="2026-06", **PRESENT)
    case = read_case(collected(seen, patient(birthDate="1990")))
    assert case.age == 36
    assert "may be off by one" in issues(case)[0]
    undated = read_case(collected(observation(**PRESENT), patient(birthDate="1990-01-01")))
    assert "that of today" in issues(undated)[0]
    with pytest.raises(InputError, match=r"birthDate: lies after the examination"):
        read_case(collected(seen, patient(birthDate="2030")))
    with pytest.raises(InputError, match=r"birthDate: '1990-13-01' is no date"):
        read_case(collected(seen, patient(birthDate="1990-13-01")))


def test_the_age_is_that_of_the_findings() -> None:
    weight = observation(effectiveDateTime="2026-06-01") | {"code": {"text": "weight"}}
    case = read_case(
        collected(weight, observation(effectiveDateTime="2020-06-01", **PRESENT), patient(birthDate="1990-01-01"))
    )
    assert case.age == 30


def test_age_as_an_observation() -> None:
    loinc = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("30525-0", LOINC),
        "valueQuantity": {"value": 18, "unit": "months", "system": UCUM, "code": "mo"},
    }
    assert read_case(loinc).age == 1.5


def test_components_and_members(spine: Model) -> None:
    panel = {
        "resourceType": "Observation",
        "status": "final",
        "code": concept("59776-5", LOINC, display="Findings"),
        "component": [
            {"code": concept("level"), "valueCodeableConcept": state("cervical")},
            {"code": concept("size_mm"), "valueQuantity": {"value": 2, "unit": "cm"}},
            {"code": concept("syrinx"), "dataAbsentReason": {"text": "not asked"}},
        ],
        "hasMember": [{"reference": "Observation/m1"}, {"reference": "Observation/elsewhere"}],
    }
    case = read_case(collected(panel, {**observation(**PRESENT), "id": "m1"}))
    assert dict(case.findings) == {"level": "cervical", "size_mm": 20.0, "mr_dural_tail": "present"}
    assert issues(case) == ["Bundle.entry[0].resource.hasMember[1]: 'Observation/elsewhere' is not here: not used"]
    answer = spine.query(case).to_fhir()
    check(answer)
    assert {"reference": "Observation/m1"} in answer["basis"]


def report(**fields: object) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": concept("18748-4", LOINC, display="Diagnostic imaging study"),
        **fields,
    }


def test_reports() -> None:
    inside = {**observation("level", valueString="cervical"), "id": "o1"}
    results = [{"reference": "#o1"}, {"reference": "Observation/o2"}, {"display": "a photograph"}]
    case = read_case(collected(report(contained=[inside], result=results), {**observation(**PRESENT), "id": "o2"}))
    assert dict(case.findings) == {"level": "cervical", "mr_dural_tail": "present"}
    assert len(issues(case)) == 1
    withdrawn = report(contained=[inside], result=results) | {"status": "entered-in-error"}
    rest = read_case(
        collected(withdrawn, {**observation(**PRESENT), "id": "o2"}, observation("syrinx", valueBoolean=True))
    )
    assert dict(rest.findings) == {"syrinx": True}
    with pytest.raises(InputError, match="has no results: its text is not read"):
        read_case(report(conclusion="Large tumour of the clivus."))


# Shapes of the standard's own examples, in our words.
FOREIGN = [
    {  # a laboratory value
        "resourceType": "Observation",
        "id": "f001",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Glucose</div>'},
        "identifier": [{"use": "official", "system": "http://bmc.example/observations", "value": "6323"}],
        "status": "final",
        "code": concept("15074-8", LOINC, display="Glucose [Moles/volume] in Blood"),
        "subject": {"reference": "Patient/f001", "display": "P. v. d. Heuvel"},
        "effectivePeriod": {"start": "2013-04-02T09:30:10+01:00"},
        "issued": "2013-04-03T15:30:10+01:00",
        "performer": [{"reference": "Practitioner/f005"}],
        "valueQuantity": {"value": 6.3, "unit": "mmol/l", "system": UCUM, "code": "mmol/L"},
        "interpretation": [concept("H", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")],
        "referenceRange": [{"low": {"value": 3.1, "unit": "mmol/l", "system": UCUM, "code": "mmol/L"}}],
    },
    {  # components, several codings, a body site
        "resourceType": "Observation",
        "status": "final",
        "category": [concept("vital-signs", "http://terminology.hl7.org/CodeSystem/observation-category")],
        "code": {"coding": [{"system": LOINC, "code": "85354-9"}], "text": "Blood pressure systolic & diastolic"},
        "subject": {"reference": "Patient/example"},
        "effectiveDateTime": "2012-09-17",
        "bodySite": concept("368209003", SNOMED, display="Right arm"),
        "component": [
            {
                "code": concept("8480-6", LOINC),
                "valueQuantity": {"value": 107, "unit": "mmHg", "system": UCUM, "code": "mm[Hg]"},
            },
            {"code": concept("8462-4", LOINC), "dataAbsentReason": concept("not-performed", ABSENT)},
        ],
    },
    {  # text alone
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "eye colour"},
        "valueCodeableConcept": {"text": "blue"},
    },
    {  # sampled data
        "resourceType": "Observation",
        "status": "final",
        "code": concept("131328", "urn:oid:2.16.840.1.113883.6.24", display="MDC_ECG_ELEC_POTL"),
        "device": {"display": "12 lead EKG Device Metric"},
        "valueSampledData": {"origin": {"value": 2048}, "period": 10, "dimensions": 1, "data": "2041 E"},
    },
    {  # a group as the subject, derived from others
        "resourceType": "Observation",
        "status": "final",
        "code": concept("69000-8", LOINC),
        "subject": {"reference": "Group/herd1"},
        "derivedFrom": [{"reference": "Observation/a"}],
        "valueBoolean": True,
    },
    collected({"resourceType": "MedicationRequest", "id": "1", "status": "active", "intent": "order"}),
    {"resourceType": "Bundle", "type": "searchset", "total": 0, "link": [{"relation": "self", "url": "https://x.example"}]},
    {
        "resourceType": "Bundle",
        "type": "batch-response",
        "entry": [{"response": {"status": "200 OK"}}, {"response": {"status": "404"}}],
    },
    report(
        contained=[{"resourceType": "Observation", "id": "r1", "status": "final", "code": {"text": "Reticulocytes"}}],  # noqa: E501
        result=[{"reference": "#r1"}, {"reference": "Observation/f001", "display": "Glucose"}],
        presentedForm=[{"contentType": "application/pdf", "language": "en", "title": "report"}],
    ),
    {"resourceType": "Patient", "id": "example", "active": True},
    {"resourceType": "QuestionnaireResponse", "status": "completed"},
    {"resourceType": "Observatoin", "status": "final"},
    {"resourceType": 7},
    {"resourceType": "Bundle", "type": "history", "entry": []},
]  # fmt: skip


@pytest.mark.parametrize("resource", FOREIGN, ids=lambda one: str(one["resourceType"]))
def test_what_states_no_finding_is_refused_in_a_line(resource: Json) -> None:
    with pytest.raises(InputError) as caught:
        read_case(resource, "file.json")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("file.json: ")
    found = outcome([caught.value])
    check(found)
    json.dumps(found)


@pytest.mark.parametrize("resource", FOREIGN[:5])
def test_foreign_codes_beside_a_finding_are_named(spine: Model, resource: Json) -> None:
    case = read_case(collected(observation(**PRESENT), resource))
    result = spine.query(case)
    answer: Any = result.to_fhir()
    check(answer)
    (told,) = [one for one in answer["contained"] if one["resourceType"] == "OperationOutcome"]
    assert len(told["issue"]) == len(issues(case)) > 0
    assert all(one["severity"] == "warning" for one in told["issue"])
    assert "Bundle.entry[1].resource" in told["issue"][0]["expression"][0]
    assert answer["extension"][0]["valueReference"] == {"reference": "#issues"}
    assert any("is no finding of bayesdx" in note["text"] for note in answer["note"])
    alone = spine.query(read_case(observation(**PRESENT)))
    assert result.posterior == alone.posterior


def test_the_nearest_finding_is_named_by_what_a_code_is_called() -> None:
    seen = observation() | {"code": concept("123", LOINC, display="Dural tail sign"), **PRESENT}
    with pytest.raises(InputError) as caught:
        read_case(seen)
    (issue,) = outcome([caught.value])["issue"]
    assert issue["code"] == "code-invalid"
    assert issue["diagnostics"] == "nearest valid choice: mr_dural_tail"
    assert issue["expression"] == ["Observation.code"]


@pytest.mark.parametrize(
    ("resource", "message", "path"),
    [
        (observation("mr_durl_tail", **PRESENT), "did you mean 'mr_dural_tail'", "Observation.code"),
        (observation(valueString="presnt"), "did you mean 'present'", "Observation.valueString"),
        (
            observation(valueCodeableConcept=concept("X", "http://hospital.example", display="Presence")),
            "did you mean 'present'",
            "Observation.valueCodeableConcept",
        ),
        (
            observation(valueCodeableConcept={"coding": [state("present")["coding"][0], concept("2667000", SNOMED)["coding"][0]]}),  # noqa: E501
            "mean different things",
            "Observation.valueCodeableConcept",
        ),
        (observation("diagnosis", valueString="capnon"), "asked for, not a finding", "Observation.valueString"),
        (observation("size_mm", valueQuantity={"value": 3}), "has no unit", "Observation.valueQuantity"),
        (observation("size_mm", valueQuantity={"value": 3, "unit": "kg"}), "unit 'kg' is not known", "Observation.valueQuantity"),  # noqa: E501
        (observation("size_mm", valueQuantity={"value": 3, "unit": "cm", "code": "kg", "system": UCUM}), "'kg'", "Observation.valueQuantity"),  # noqa: E501
        (observation("size_mm", valueQuantity={"value": "3", "unit": "cm"}), "is text, not a number", "Observation.valueQuantity.value"),  # noqa: E501
        (observation(valuePeriod={"start": "2020"}), "cannot be stated by a Period", "Observation.valuePeriod"),
        (observation(valueCodableConcept=state("present")), "did you mean 'valueCodeableConcept'", "Observation"),
        (observation(valueString="present", valueBoolean=True), "two values", "Observation"),
        (observation(valueString="present", dataAbsentReason={"text": "x"}), "obs-6", "Observation"),
        (observation(valueBoolean="true"), "not true or false", "Observation.valueBoolean"),
        (observation(**PRESENT) | {"status": "finale"}, "did you mean 'final'", "Observation.status"),
        (observation(**PRESENT) | {"status": None}, "has no status", "Observation.status"),
        (observation(**PRESENT) | {"code": {}}, "is empty", "Observation.code"),
        (observation(**PRESENT) | {"code": None}, "has no code", "Observation"),
        (observation(**PRESENT) | {"code": "mr_dural_tail"}, "is text, not an object", "Observation.code"),
        (observation(**PRESENT, component={}), "is a mapping, not a list", "Observation.component"),
        (observation(**PRESENT, modifierExtension=[{"url": "http://x.example/not", "valueBoolean": True}]), "modifier extension 'http://x.example/not'", "Observation.modifierExtension[0]"),  # noqa: E501
        (observation(**PRESENT, implicitRules="http://x.example"), "rules that are not known", "Observation.implicitRules"),  # noqa: E501
        (collected(observation(**PRESENT), observation(valueString="absent")), "given twice", "Bundle.entry[1].resource.valueString"),  # noqa: E501
        (collected(observation(**PRESENT, subject={"reference": "Patient/a"}), observation("syrinx", valueBoolean=True, subject={"reference": "Patient/b"})), "several patients", "Bundle.entry[1].resource.subject"),  # noqa: E501
        ({"resourceType": "Bundle", "type": "collection", "entry": [3]}, "not an object", "Bundle.entry[0]"),
        (collected({"id": "x"}), "has no resourceType", "Bundle.entry[0].resource"),
        (collected(observation(**PRESENT), patient(gender="femal")), "did you mean 'female'", "Bundle.entry[1].resource.gender"),  # noqa: E501
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(spine: Model, resource: Json, message: str, path: str) -> None:
    with pytest.raises(InputError) as caught:
        spine.question(read_case(resource, "file.json"))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    found = outcome([caught.value])
    check(found)
    assert found["issue"][0]["expression"] == [path]


def test_the_same_finding_twice_is_one() -> None:
    case = read_case(collected(observation(**PRESENT), observation(**PRESENT)))
    assert dict(case.findings) == {"mr_dural_tail": "present"}


def test_a_file_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "observations.json"
    path.write_text(json.dumps(observation(**PRESENT)))
    assert dict(read_cases(path)[0].findings) == {"mr_dural_tail": "present"}
    path.write_text(json.dumps([observation(**PRESENT), {"findings": {"level": "cervical"}}]))
    assert [dict(case.findings) for case in read_cases(path)] == [
        {"mr_dural_tail": "present"},
        {"level": "cervical"},
    ]
    path.write_text('<Observation xmlns="http://hl7.org/fhir"><status value="final"/></Observation>')
    with pytest.raises(InputError, match="is FHIR in XML: it is read as JSON"):
        read_cases(path)


def test_a_row_of_a_table_may_be_fhir(spine: Model) -> None:
    rows = [observation(**PRESENT), {"mr_dural_tail": "present"}, observation("mr_durl_tail", **PRESENT)]
    result = spine.query_batch(rows)
    assert list(result.lines) == [1, 2]
    assert result.probabilities[0].tolist() == result.probabilities[1].tolist()
    assert result.errors[0][0] == 3
    assert "did you mean 'mr_dural_tail'" in result.errors[0][1]


# What is written


def test_an_example_goes_there_and_back(spine: Model) -> None:
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        for case in read_cases(path):
            model = load_for(case)
            written = bundle(case, model.document)
            check(written)
            again = read_case(json.loads(json.dumps(written)))
            assert (again.id, again.age, again.sex, again.diagnosis) == (
                case.id,
                case.age,
                case.sex,
                case.diagnosis,
            )
            assert weights(again, model.document) == weights(case, model.document)
            assert issues(again) == []


def weights(case: Case, document: NetworkDocument) -> dict[str, list[float]]:
    found = encode(case, document.network, document.vocabulary).weights
    return {name: (one / one.max()).tolist() for name, one in found.items()}


@st.composite
def cases(draw: st.DrawFn, document: NetworkDocument) -> Case:
    findings: dict[str, object] = {}
    variables = [one for one in document.network.findings if one.id not in ("age_group", "sex")]
    for variable in draw(st.lists(st.sampled_from(variables), unique_by=lambda one: one.id, max_size=8)):
        states = st.sampled_from(variable.states)
        scale = st.floats(1e-3, 10.0).map(lambda number: float(f"{number:.6g}"))
        forms: list[st.SearchStrategy[Any]] = [states, states.map(lambda one: f"not {one}")]
        forms.append(st.dictionaries(states, scale, min_size=2, max_size=variable.cardinality))
        if variable.id == "size_mm":
            forms += [st.integers(0, 200), st.floats(0, 200).map(lambda number: round(number, 2)), st.just("5..20")]
        if set(variable.states) == {"present", "absent"}:
            forms.append(st.booleans())
        findings[variable.id] = draw(st.one_of(forms))
    text = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
    return Case(
        findings=findings,
        id=draw(st.none() | text),
        age=draw(
            st.none() | st.integers(0, 120).map(float) | st.floats(0, 120).map(lambda number: round(number, 2))
        ),
        sex=draw(st.sampled_from([None, "female", "male"])),
        diagnosis=draw(st.none() | st.sampled_from(document.network.variable("diagnosis").states)),
    )


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_case_goes_there_and_back(spine: Model, data: st.DataObject) -> None:
    case = data.draw(cases(spine.document))
    written = bundle(case, spine.document)
    check(written)
    assert written == bundle(copy.deepcopy(case), spine.document)
    again = read_case(json.loads(json.dumps(written)))
    assert (again.id, again.age, again.sex, again.diagnosis) == (case.id, case.age, case.sex, case.diagnosis)
    assert weights(again, spine.document) == weights(case, spine.document)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_answer_is_valid_and_says_what_the_json_says(spine: Model, data: st.DataObject) -> None:
    case = data.draw(cases(spine.document))
    if data.draw(st.booleans()) and (case.findings or case.age is not None or case.sex):
        case = read_case(bundle(case, spine.document))
    result = spine.query(case, checks=data.draw(st.booleans()))
    answer: Any = json.loads(json.dumps(result.to_fhir()))
    check(answer)
    for one, row in zip(answer["prediction"], result.posterior, strict=True):
        assert one["outcome"]["coding"][0]["code"] == row.diagnosis
        assert math.isclose(one["probabilityDecimal"], 100 * row.probability, rel_tol=1e-12)
        told = {part["url"].rpartition(":")[2]: part for part in one["extension"]}
        assert math.isclose(told["prior-probability"]["valueDecimal"], 100 * row.prior, rel_tol=1e-12)
        assert ("probability-interval" in told) == (row.interval is not None)
        if row.interval is not None:
            ends = [told["probability-interval"]["valueRange"][end]["value"] for end in ("low", "high")]
            assert np.allclose(ends, [100 * end for end in row.interval], rtol=1e-12)
    assert math.isclose(sum(one["probabilityDecimal"] for one in answer["prediction"]), 100, abs_tol=1e-6)
    coding = answer["method"]["coding"][0]
    assert (coding["code"], coding["version"]) == (spine.network.id, spine.network.version)
    assert answer["method"]["extension"][0]["valueCoding"]["code"] == "uniform"
    assert answer["note"][0]["text"] == "For research and education; not a medical device."


def test_codes_that_mean_the_same_follow_our_own(spine: Model) -> None:
    answer: Any = spine.query({"findings": {"level": "cervical"}}).to_fhir()
    codes = {one["outcome"]["coding"][0]["code"]: one["outcome"]["coding"] for one in answer["prediction"]}
    assert {"http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl|C3230"} <= {
        f"{one['system']}|{one['code']}" for one in codes["meningioma"]
    }
    assert len(codes["capnon"]) == 1  # no standard code


def test_a_report(spine: Model) -> None:
    import base64

    case = ROOT / "examples" / "c7-radiculopathy.yaml"
    asked = spine.report(str(case))
    answer: Any = asked.to_fhir()
    check(answer)
    form = answer["presentedForm"][0]
    assert form["contentType"] == "text/html"
    assert base64.b64decode(form["data"]).decode("utf-8").startswith("<!DOCTYPE html>")
    kinds = [one["resourceType"] for one in answer["contained"]]
    assert kinds.count("RiskAssessment") == 1
    assert kinds.count("Observation") == len(answer["result"])


def test_other_answers_have_no_form_in_fhir(spine: Model) -> None:
    with pytest.raises(InputError, match="'explain' has no form in FHIR; query and report have one"):
        spine.explain({"findings": {"level": "cervical"}}).to_fhir()


def test_changes_keep_the_patient_and_take_the_basis_of_what_changed() -> None:
    from bayesdx.formats.case_file import with_changes

    whole = collected(
        {**observation(**PRESENT), "id": "o1"}, {**observation("syrinx", valueBoolean=True), "id": "o2"}, patient()
    )
    case = case_of(whole)
    changed = with_changes(case, {"syrinx": "absent"})
    assert changed.origin is not None
    assert changed.origin.subject == "Patient/p1"
    assert dict(changed.origin.basis) == {"mr_dural_tail": "Observation/o1"}


# Spoilt resources


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_spoilt_resources_are_refused_or_read(spine: Model, data: st.DataObject) -> None:
    """Any part of a Bundle put out of its place: an InputError of one line, or a case."""
    whole = bundle(case_of({"age": 40, "sex": "male", "findings": FINDINGS}), spine.document)
    junk: Any = st.sampled_from([None, "", "x", 0, -1.5, True, [], {}, [None], [{}], {"a": 1}, "\ud800", 10**400])
    everywhere = places(whole)
    target, key = everywhere[data.draw(st.integers(0, 1000)) % len(everywhere)]
    target[key] = data.draw(junk)
    try:
        spine.question(read_case(whole, "f")).head()
    except InputError as error:
        refusal = error
    else:
        return
    assert "\n" not in str(refusal)
    check(outcome([refusal]))


FINDINGS = {
    "level": "cervical",
    "size_mm": 4,
    "mr_t2_signal": {"hyper": 1, "hypo": 2},
    "mr_enhancement": "not none",
}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value: container and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@pytest.mark.parametrize(
    ("system", "code", "value"),
    [
        ("http://terminology.hl7.org/CodeSystem/v2-0136", "Y", "present"),
        ("http://terminology.hl7.org/CodeSystem/v2-0136", "N", "absent"),
        (LOINC, "LA9633-4", "present"),
        (LOINC, "LA32-8", "absent"),
    ],
)
def test_yes_and_no_as_hospitals_code_them(system: str, code: str, value: str) -> None:
    case = read_case(observation(valueCodeableConcept=concept(code, system)))
    assert dict(case.findings) == {"mr_dural_tail": value}


def test_what_a_withdrawn_panel_contains_is_withdrawn() -> None:
    inside = {**observation("level", valueString="cervical"), "id": "o1"}
    panel = observation(contained=[inside], hasMember=[{"reference": "#o1"}]) | {"status": "entered-in-error"}
    case = read_case(collected(panel, observation("syrinx", valueBoolean=True)))
    assert dict(case.findings) == {"syrinx": True}


def test_proven_diagnoses() -> None:
    status = concept("confirmed", "http://terminology.hl7.org/CodeSystem/condition-ver-status")
    code = concept("C3230", "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl")
    condition = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}, "code": code}
    proven = read_case(collected(observation(**PRESENT), {**condition, "verificationStatus": status}))
    assert (proven.diagnosis, issues(proven)) == ("meningioma", [])
    suspected = read_case(collected(observation(**PRESENT), condition))
    assert suspected.diagnosis is None
    assert "Bundle.entry[1].resource: is not read" in issues(suspected)[0]


def test_what_is_not_used_is_told_up_to_a_number() -> None:
    weights = [observation() | {"code": {"text": f"weight {number}"}} for number in range(80)]
    case = read_case(collected(observation(**PRESENT), *weights))
    assert len(issues(case)) == 51
    assert issues(case)[-1] == "Bundle: and 30 more parts are not used"


def test_a_case_travels() -> None:
    import pickle

    case = read_case(collected(observation(**PRESENT), observation() | {"code": {"text": "weight"}}, patient()))
    assert pickle.loads(pickle.dumps(case)) == copy.deepcopy(case) == case


def test_findings_are_of_patients() -> None:
    with pytest.raises(InputError, match=r"Observation.subject: findings are about a patient, not a Device"):
        read_case(observation(**PRESENT, subject={"reference": "Device/1"}))
    noted = read_case(observation(**PRESENT, focus=[{"reference": "RelatedPerson/1"}]))
    assert issues(noted) == ["Observation.focus: is not read: the finding is taken as the patient's"]


def level_of(subject: str) -> dict[str, Any]:
    code = {"coding": [{"system": "urn:bayesdx:finding", "code": "level"}]}
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "subject": {"reference": subject},
        "code": code,
        "valueString": "lumbar",
    }


@pytest.mark.parametrize(
    ("subject", "sex"),
    [("http://b.org/Patient/1", "male"), ("Patient/1", "male"), ("http://a.org/Patient/1", None)],
)
def test_the_patient_of_another_server_is_another_patient(subject: str, sex: str | None) -> None:
    patient = {"resourceType": "Patient", "id": "1", "gender": "male"}
    entries = [{"fullUrl": "http://b.org/Patient/1", "resource": patient}, {"resource": level_of(subject)}]
    assert read_case({"resourceType": "Bundle", "type": "collection", "entry": entries}).sex == sex


def test_a_sex_that_the_senders_patient_does_not_have_is_in_the_evidence() -> None:
    patient = {"resourceType": "Patient", "id": "1", "gender": "male"}
    entries = [{"resource": patient}, {"resource": level_of("Patient/1")}]
    case = read_case({"resourceType": "Bundle", "type": "collection", "entry": entries})
    written = json.dumps(load_for(case).query(with_changes(case, {"sex": "female"})).to_fhir())
    assert "female" in written
    assert "female" not in json.dumps(load_for(case).query(case).to_fhir())


def test_age_and_sex_that_observations_state_too() -> None:
    """What agrees with the Patient is taken once; what does not is refused."""
    dated = {"effectiveDateTime": "2026-02-01"}
    about = {"resourceType": "Patient", "gender": "female", "birthDate": "1980-01-01"}

    def read(**stated: str) -> Case:
        others = [observation(name, valueCodeableConcept=state(value), **dated) for name, value in stated.items()]
        return read_case(collected(about, observation(**PRESENT, **dated), *others))

    assert (read().age, read().sex) == (46, "female")
    agreed = read(sex="female", age_group="40-59")
    assert agreed.age is None
    assert (agreed.findings["age_group"], agreed.findings["sex"]) == ("40-59", "female")
    with pytest.raises(InputError, match=r"gender: does not fit the sex"):
        read(sex="male")
    with pytest.raises(InputError, match=r"birthDate: does not fit the age group"):
        read(age_group="60+")


@pytest.mark.parametrize(
    ("resource", "told"),
    [
        (
            observation(**PRESENT, interpretation=[{"text": "negative"}]),
            "Observation.interpretation: is not used: the value says it",
        ),
        (
            {**collected(observation(**PRESENT)), "link": [{"relation": "next", "url": "https://example.org/2"}]},
            "Bundle.link: is a page of several: what follows is not here",
        ),
        (
            collected(observation(**PRESENT), {"resourceType": "Observation", "status": "final",
                      "code": {"coding": [{"code": "syrinx"}]}, "valueBoolean": True}),
            "Bundle.entry[1].resource.code: 'syrinx' has no system, and is not used: that of bayesdx is "
            "urn:bayesdx:finding",
        ),
    ],
)  # fmt: skip
def test_what_is_not_used_is_told(resource: Json, told: str) -> None:
    assert issues(read_case(resource)) == [told]


def test_text_for_a_state_may_have_capitals() -> None:
    case = read_case(observation(valueCodeableConcept={"text": "Absent"}))
    assert case.findings == {"mr_dural_tail": "absent"}


def test_a_unit_and_a_code_of_another_one_are_refused() -> None:
    twice = {"value": 12, "unit": "cm", "system": UCUM, "code": "mm"}
    with pytest.raises(InputError, match=r"has two units: 'cm', and 'mm' by its code"):
        read_case(observation("size_mm", valueQuantity=twice))
    assert read_case(observation("size_mm", valueQuantity={**twice, "unit": "mm"})).findings == {"size_mm": 12}
