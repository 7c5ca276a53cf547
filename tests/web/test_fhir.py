"""The service below /fhir/R4 and /cds-services."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from conftest import Serve
from fhir_rules import check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_client import Client

PATH = "/fhir/R4/RiskAssessment/$evaluate"
FHIR = "application/fhir+json"


def observation(finding: str, value: str, **fields: object) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "urn:bayesdx:finding", "code": finding}]},
        "valueCodeableConcept": {"coding": [{"system": "urn:bayesdx:state", "code": value}]},
        **fields,
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1950-01-01", "name": [{"family": "Sundström"}]}
CASE = bundle(
    PATIENT,
    observation("level", "cervical", subject={"reference": "Patient/p"}, effectiveDateTime="2020-05-01"),
    observation("mr_t2_signal", "hyper", subject={"reference": "Patient/p"}),
)


def send(client: Client, body: object, path: str = PATH, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content=content, headers={"Content-Type": FHIR, **headers})


def refused(answer: Any, status: int, code: str) -> str:
    assert answer.status_code == status
    assert answer.headers["content-type"] == FHIR
    check(answer.json())
    (issue, *_) = answer.json()["issue"]
    assert issue["code"] == code
    return str(issue["details"]["text"])


def test_the_answer_is_that_of_the_other_routes(small_client: Client) -> None:
    answer = send(small_client, CASE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == FHIR
    check(answer.json())
    assert answer.json()["subject"] == {"reference": "Patient/p"}
    case = {"age": 70, "findings": {"level": "cervical", "mr_t2_signal": "hyper"}}
    plain = small_client.post("/v1/query", json={"case": case}).json()
    told = {one["outcome"]["coding"][0]["code"]: one["probabilityDecimal"] for one in answer.json()["prediction"]}
    assert told == {row["diagnosis"]: 100 * row["probability"] for row in plain["posterior"]}
    same = small_client.post("/v1/query", json={"case": CASE}).json()
    assert same["posterior"] == plain["posterior"]


def test_a_plain_case_is_answered_in_fhir(small_client: Client) -> None:
    case = {"age": 70, "findings": {"level": "cervical"}}
    for path, kind in (("/v1/query", "RiskAssessment"), ("/v1/report", "DiagnosticReport")):
        answer = small_client.post(path, json={"case": case}, headers={"Accept": FHIR})
        assert answer.headers["content-type"] == FHIR
        check(answer.json())
        assert answer.json()["resourceType"] == kind


def test_network_and_prior_set(shipped: Client) -> None:
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "findings", "resource": CASE}, {"name": "prior", "valueString": "surgical"}],
    }
    told = send(shipped, parameters)
    assert told.json() == send(shipped, CASE, f"{PATH}?network=spine&prior=surgical").json()
    assert told.json()["method"]["extension"][0]["valueCoding"]["code"] == "surgical"
    apart = {
        "resourceType": "Parameters",
        "parameter": [{"name": "observation", "resource": one["resource"]} for one in CASE["entry"]],
    }
    assert send(shipped, apart).json()["prediction"] == send(shipped, CASE).json()["prediction"]


def test_a_report(small_client: Client) -> None:
    answer = send(small_client, CASE, "/fhir/R4/DiagnosticReport/$evaluate")
    assert answer.status_code == 200
    check(answer.json())


def test_what_the_service_says_of_itself(small_client: Client) -> None:
    answer = small_client.get("/fhir/R4/metadata")
    assert answer.status_code == 200
    check(answer.json())
    assert answer.json()["fhirVersion"] == "4.0.1"


def test_refusals(small_client: Client) -> None:
    assert "not valid JSON" in refused(send(small_client, b"{"), 400, "structure")
    refused(send(small_client, [1]), 400, "structure")
    refused(send(small_client, observation("level", "cervical") | {"status": None}), 400, "structure")
    text = refused(send(small_client, bundle(observation("levl", "cervical"))), 422, "code-invalid")
    assert text == "unknown finding 'levl'; did you mean 'level'?"
    refused(send(small_client, CASE, f"{PATH}?prior=no"), 422, "code-invalid")
    refused(send(small_client, CASE, f"{PATH}?netwrk=spine"), 422, "code-invalid")
    refused(send(small_client, CASE, **{"Content-Type": "application/fhir+xml"}), 415, "not-supported")
    refused(send(small_client, CASE, Accept="application/fhir+xml"), 406, "not-supported")
    refused(send(small_client, CASE, "/fhir/R4/Patient"), 404, "not-found")
    refused(small_client.get(PATH), 405, "not-supported")
    refused(send(small_client, b" " * (2 << 20)), 413, "too-long")
    nested: Any = {}
    for _ in range(50):
        nested = {"extension": [nested]}
    refused(send(small_client, {"resourceType": "Observation", **nested}), 400, "structure")


def test_everything_that_is_wrong_is_named(small_client: Client) -> None:
    body = bundle(observation("levl", "cervical"), observation("mr_t2_signal", "hypr"))
    issues = send(small_client, body).json()["issue"]
    assert [issue["expression"] for issue in issues] == [
        ["Bundle.entry[0].resource.code"],
        ["Bundle.entry[1].resource.valueCodeableConcept"],
    ]
    assert [issue["diagnostics"].rpartition(" ")[2] for issue in issues] == ["level", "hyper"]


def test_impossible_findings(small_client: Client) -> None:
    body = bundle(observation("ct_calcification", "absent"), observation("ct_calcification_pattern", "dense_solid"))
    assert "impossible together" in refused(send(small_client, body), 422, "business-rule")


def test_media_types_as_they_are_written(small_client: Client) -> None:
    for written in (
        "application/fhir+json; charset=UTF-8",
        "application/fhir+json;fhirVersion=4.0",
        "application/json",
    ):
        assert send(small_client, CASE, **{"Content-Type": written}).status_code == 200
    assert send(small_client, CASE, Accept="application/json, */*;q=0.5").status_code == 200


def test_the_same_walls(serve: Serve) -> None:
    client = serve(keys={"ward": hashlib.sha256(b"secret").hexdigest()})
    refused(send(client, CASE), 401, "login")
    assert send(client, CASE, Authorization="Bearer secret").status_code == 200
    client.host = "http://elsewhere.example"
    refused(send(client, CASE), 421, "forbidden")


def test_nothing_of_the_patient_is_logged(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    client = serve(audit=True)
    assert "Sundstr" not in send(client, CASE).text
    send(client, bundle(PATIENT, observation("levl", "cervical")))
    lines = capsys.readouterr().err.splitlines()
    assert [json.loads(line)["route"] for line in lines] == [PATH, PATH]
    assert json.loads(lines[0])["findings"] == 2
    assert not any(word in line for line in lines for word in ("Sundstr", "1950", "Patient/p", "levl", "cervical"))


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_json_is_answered(small_client: Client, data: st.DataObject) -> None:
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    kinds = st.sampled_from(["Observation", "Bundle", "DiagnosticReport", "Parameters", "Patient", "x"])
    names = st.sampled_from(
        ["status", "code", "coding", "system", "entry", "resource", "valueQuantity", "parameter", "name", "subject"]
    )
    value = st.recursive(leaves, lambda part: st.lists(part) | st.dictionaries(names, part), max_leaves=12)
    answer = send(small_client, {"resourceType": data.draw(kinds), **data.draw(st.dictionaries(names, value))})
    assert answer.status_code in (200, 400, 422)
    check(answer.json())


def stating(finding: str, value: str) -> dict[str, object]:
    code = {"coding": [{"system": "urn:bayesdx:finding", "code": finding}]}
    return {"resourceType": "Observation", "status": "final", "code": code, "valueString": value}


def test_a_case_in_fhir_has_no_more_findings_than_another(shipped: Client) -> None:
    many = [{"resource": stating(f"finding{number}", "present")} for number in range(101)]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": many}
    hook = {"hook": "patient-view", "prefetch": {"observations": bundle}}
    for path, body in (
        ("/v1/query", {"case": bundle}),
        ("/fhir/R4/RiskAssessment/$evaluate", bundle),
        ("/cds-services/differential", hook),
    ):
        refused = shipped.post(path, json=body)
        assert (refused.status_code, "at most 100 findings" in refused.text) == (422, True), path


def test_findings_that_are_impossible_together_are_called_so(shipped: Client) -> None:
    pair = (("ct_calcification", "absent"), ("ct_calcification_pattern", "central"))
    prefetch = {name: stating(name, value) for name, value in pair}
    refused = shipped.post("/cds-services/differential", json={"hook": "patient-view", "prefetch": prefetch})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("impossible-findings")


def test_cds_hooks(small_client: Client) -> None:
    (service,) = small_client.get("/cds-services").json()["services"]
    assert service.keys() >= {"hook", "id", "description", "prefetch"}
    call = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/a", "patientId": "p"},
        "prefetch": {"patient": PATIENT, "observations": CASE},
    }
    path = f"/cds-services/{service['id']}"
    (card,) = small_client.post(path, json=call).json()["cards"]
    assert len(card["summary"]) < 140
    assert card["indicator"] == "info"
    assert card["source"]["label"]
    assert "not a medical device" in card["detail"]
    other = {**call, "context": {**call["context"], "patientId": "q"}}
    assert "about Patient/p, and the hook about Patient/q" in small_client.post(path, json=other).json()["detail"]
    foreign = {"resourceType": "Observation", "status": "final", "valueBoolean": True,
               "code": {"coding": [{"system": "http://radlex.org", "code": "RID1"}]}}  # fmt: skip
    more = {"resourceType": "Bundle", "type": "collection", "entry": [*CASE["entry"], {"resource": foreign}]}
    (told,) = small_client.post(path, json={**call, "prefetch": {**call["prefetch"], "observations": more}}).json()[
        "cards"
    ]
    assert "is no finding of bayesdx: it is not used" in told["detail"]
    assert "it is not used" not in card["detail"]
    nothing = {**call, "prefetch": {"patient": PATIENT, "observations": None}}
    assert small_client.post(path, json=nothing).json() == {"cards": []}
    for wrong in ({}, {**call, "hook": "order-sign"}, {"hook": "patient-view"}, [1]):
        assert small_client.post(path, json=wrong).status_code == 422


def test_everything_that_is_wrong_with_a_case_in_fhir_is_told(small_client: Client) -> None:
    wrong = bundle(stating("level", "cervicl"), stating("mr_t2_signal", "hyper"), stating("mr_t1", "hyper"))
    (first, second) = small_client.post("/v1/query", json={"case": wrong}).json()["errors"]
    assert first["message"].startswith("Bundle.entry[0].resource")
    assert second["message"].startswith("Bundle.entry[2].resource")
    issues = send(small_client, wrong).json()["issue"]
    assert [one["expression"][0].split(".resource")[0] for one in issues] == ["Bundle.entry[0]", "Bundle.entry[2]"]
