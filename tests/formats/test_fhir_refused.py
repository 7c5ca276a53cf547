"""FHIR in which something would be dropped or mixed up in silence: refused, or named."""

from __future__ import annotations

from typing import Any

import pytest

from bayesdx.errors import InputError
from bayesdx.formats.case_file import case_of
from bayesdx.formats.fhir.reading import read_case

Json = dict[str, Any]
NULL = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
NEGATIVE = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
CONFIRMED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def coded(code: str, system: str = "urn:bayesdx:state") -> Json:
    return {"coding": [{"system": system, "code": code}]}


def seen(finding: str = "level", state: str = "cervical", **fields: object) -> Json:
    """An Observation of a finding, and more fields."""
    value = {} if any(name.startswith("value") for name in fields) else {"valueCodeableConcept": coded(state)}
    code = coded(finding, "urn:bayesdx:finding")
    return {"resourceType": "Observation", "status": "final", "code": code, **value, **fields}


def patient(name: str, **fields: object) -> Json:
    return {"resourceType": "Patient", "id": name, "gender": "female", **fields}


def bundle(*entries: Json, **fields: object) -> Json:
    wrapped = [one if "resource" in one or "fullUrl" in one else {"resource": one} for one in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": wrapped, **fields}


def of(reference: str) -> Json:
    return {"subject": {"reference": reference}}


def identified(value: str) -> Json:
    return {"subject": {"identifier": {"system": "urn:mrn", "value": value}}}


def at(url: str, resource: Json) -> Json:
    return {"fullUrl": url, "resource": resource}


TAIL = ("mr_dural_tail", "present")


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (bundle(seen(**identified("1")), seen(*TAIL, **identified("2"))), "several patients"),
        (bundle(seen(subject={"display": "A"}), seen(*TAIL, subject={"display": "B"})), "several patients"),
        (
            bundle(
                at("http://a.org/fhir/Observation/1", seen(**of("Patient/1"))),
                at("http://b.org/fhir/Observation/1", seen(*TAIL, **of("Patient/1"))),
            ),
            "several patients",
        ),
        (
            bundle(patient("p"), patient("p", gender="male"), seen(**of("Patient/p"))),
            "here twice, and not the same",
        ),
        (
            bundle(at("urn:uuid:1", seen()), at("urn:uuid:1", seen(*TAIL))),
            "'urn:uuid:1' is here twice, and not the same",
        ),
        (
            bundle(
                seen(**of("Patient/1")),
                {
                    "resourceType": "Condition",
                    "verificationStatus": coded("confirmed", CONFIRMED),
                    "code": coded("meningioma", "urn:bayesdx:diagnosis"),
                    **of("Patient/2"),
                },
            ),
            "several patients",
        ),
        (seen(**of("Device/1/_history/2")), "not a Device"),
        (seen(subject={"reference": "#d"}, contained=[{"resourceType": "Device", "id": "d"}]), "not a Device"),
        (seen(**of("Group/1")), "not a Group"),
        (
            bundle({"resourceType": "Composition", "status": "entered-in-error"}, seen()),
            "the document is entered-in-error",
        ),
        (seen("size_mm", valueQuantity={"value": 10**400, "unit": "cm"}), "no finite number"),
        (seen("size_mm", valueQuantity={"value": float("nan"), "unit": "mm"}), "no finite number"),
        (seen("size_mm", valueInteger=12.5), "no whole number"),
        (seen("size_mm", valueRange={"low": {"value": 5, "comparator": "<", "unit": "mm"}}), "no comparator"),
        (
            seen(
                "mr_t2_signal",
                valueCodeableConcept={"coding": [*coded("UNK", NULL)["coding"], *coded("hypo")["coding"]]},
            ),
            "a state, and that it is not known",
        ),
        (
            seen(
                "mr_t2_signal",
                valueCodeableConcept={
                    "extension": [
                        {"url": "urn:bayesdx:extension:ruled-out", "valueCoding": coded(one)["coding"][0]}
                        for one in ("hypo", "hyper")
                    ]
                },
            ),
            "in several ways",
        ),
        (
            seen("mr_dural_tail", valueCodeableConcept={**coded("present"), "text": "absent"}),
            "its text says 'absent', and its coding 'present'",
        ),
        (
            seen(*TAIL, interpretation=[coded("NEG", NEGATIVE)]),
            "says the opposite of the value",
        ),
        (bundle(seen(), {"resourceType": "Bundle", "fullUrl": "urn:x"}), "has no field 'resourceType'"),
        (bundle(seen(), {"fullUrl": "urn:uuid:2"}), "has no resource"),
        (bundle(seen(), type="collecton"), "did you mean 'collection'?"),
        (
            bundle(seen(), {"resourceType": "DiagnosticReport", "status": "final", "results": []}),
            "did you mean 'result'?",
        ),
        (seen(id="a b/../c"), "is no id"),
        (seen(valueString=" "), "is blank"),
    ],
)
def test_what_is_refused(resource: Json, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_case(resource)
    assert message in str(caught.value)


def test_a_resource_without_its_type_is_no_case_file() -> None:
    with pytest.raises(InputError, match="has no resourceType"):
        case_of({key: value for key, value in seen().items() if key != "resourceType"})


def test_a_relative_reference_is_to_the_server_that_it_comes_from() -> None:
    case = read_case(
        bundle(
            at("http://a.org/fhir/Patient/1", patient("1")),
            at("http://b.org/fhir/Patient/1", patient("1", gender="male")),
            at("http://b.org/fhir/Observation/9", seen(**of("Patient/1"))),
        )
    )
    assert case.sex == "male"


def test_a_patient_may_be_known_by_an_identifier() -> None:
    known = patient("p", identifier=[{"system": "urn:mrn", "value": "1"}])
    assert read_case(bundle(known, seen(**identified("1")))).sex == "female"
    other = read_case(bundle(known, seen(**identified("2"))))
    assert other.sex is None
    assert other.origin is not None
    assert "is not whom the findings are about" in str(other.origin.issues[0])


def test_a_patient_beside_the_one_meant_is_named() -> None:
    case = read_case(bundle(patient("p"), patient("q", gender="male"), seen(**of("Patient/p"))))
    assert case.sex == "female"
    assert case.origin is not None
    assert [one.place for one in case.origin.issues] == ["Bundle.entry[1].resource"]


def test_members_of_what_only_a_withdrawn_report_has_are_left_out() -> None:
    case = read_case(
        bundle(
            seen(),
            {
                "resourceType": "DiagnosticReport",
                "status": "entered-in-error",
                "result": [{"reference": "Observation/panel"}],
            },
            {
                "resourceType": "Observation",
                "id": "panel",
                "status": "final",
                "code": coded("panel", "urn:bayesdx:finding"),
                "hasMember": [{"reference": "Observation/tail"}],
            },
            seen(*TAIL, id="tail"),
        )
    )
    assert dict(case.findings) == {"level": "cervical"}


def test_a_value_that_no_code_has_stands_in_the_text() -> None:
    case = read_case(seen("mr_t2_signal", valueCodeableConcept={**coded("OTH", NULL), "text": "hypo"}))
    assert dict(case.findings) == {"mr_t2_signal": "hypo"}


def test_text_and_what_the_sender_says_are_named() -> None:
    case = read_case(
        bundle(
            seen(note=[{"text": "erratum"}]),
            {"resourceType": "OperationOutcome", "issue": [{"code": "security", "diagnostics": "3 are kept back"}]},
        )
    )
    assert case.origin is not None
    said = " ".join(map(str, case.origin.issues))
    assert "is text, and not read" in said
    assert "3 are kept back" in said
