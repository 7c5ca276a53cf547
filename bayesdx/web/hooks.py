"""CDS Hooks: one service, which reads a patient's Observations and answers with a card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bayesdx.analyses.answer import json_text
from bayesdx.analyses.query.fhir import leading
from bayesdx.analyses.query.numbers.differential import QueryResult
from bayesdx.analyses.query.sentences import warnings
from bayesdx.case import Case
from bayesdx.cells import clipped
from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.formats.fhir.outcome import Refused
from bayesdx.formats.fhir.reading import read_case
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.web.fhir import DEPTH
from bayesdx.web.problems import Problem, refusal
from bayesdx.web.rest import JSON, Service, check_media_type, parsed
from bayesdx.web.work import Advance

PATH, NAME = "/cds-services", "differential"
#: Diagnoses that a card names, and the characters that its summary may have.
NAMED, SUMMARY = 5, 139
OFFERED = {
    "services": [
        {
            "hook": "patient-view",
            "id": NAME,
            "title": "Differential diagnosis of a calcified lesion",
            "description": f"Ranks the diagnoses that the coded findings of a patient leave. {DISCLAIMER}",
            "prefetch": {
                "patient": "Patient/{{context.patientId}}",
                "observations": "Observation?patient={{context.patientId}}&category=imaging,exam",
            },
        }
    ]
}


def routes(service: Service) -> list[Route]:
    """The list of services, and the one that there is."""

    def services(request: Request) -> Response:
        return Response(json_text(OFFERED), media_type=JSON)

    async def called(request: Request) -> Response:
        check_media_type(request, JSON)
        sent = await request.body()

        def work_out(advance: Advance) -> str:
            value = parsed(sent, DEPTH)
            try:
                return json_text({"cards": cards(service, request, value)})
            except InputError as error:
                kind = "impossible-findings" if isinstance(error, ImpossibleFindings) else "wrong-input"
                raise refusal(kind, InputError(str(error)), "/prefetch") from None

        return Response(await service.quick.run(request.receive, work_out), media_type=JSON)

    return [Route(PATH, services), Route(f"{PATH}/{NAME}", called, methods=["POST"], name="cds-differential")]


def cards(service: Service, request: Request, value: object) -> list[dict[str, object]]:
    """One card with the differential; none where no finding of the patient is known to bayesdx."""
    if not isinstance(value, Mapping) or value.get("hook") != "patient-view":
        raise Problem("wrong-input", "this service is called by the hook patient-view")
    prefetch: Any = value.get("prefetch")
    if not isinstance(prefetch, Mapping):
        raise Problem("wrong-input", "send 'prefetch': resources are not fetched from here")
    entries = [{"resource": resource} for resource in prefetch.values() if resource is not None]
    try:
        case = read_case({"resourceType": "Bundle", "type": "collection", "entry": entries}, "prefetch")
    except Refused:
        return []
    _check_patient(value.get("context"), case, prefetch)
    if not case.findings:
        return []
    service.settings.check_findings(case.findings)
    model = service.models.model(None, None, case)
    service.about(request, model, 1, len(case.findings))
    result = model.query(case)
    return [_card(result)]


def _check_patient(context: object, case: Case, prefetch: Mapping[str, object]) -> None:
    """Raise Problem where what was prefetched is of another patient than the one whose chart is open."""
    asked = context.get("patientId") if isinstance(context, Mapping) else None
    resources = [one for one in prefetch.values() if isinstance(one, Mapping)]
    sent = [one.get("id") for one in resources if one.get("resourceType") == "Patient"]
    subject = f"/{case.origin.subject}" if case.origin and case.origin.subject else ""
    if "/Patient/" in subject:
        sent.append(subject.partition("/Patient/")[2].partition("/")[0])
    for other in sent:
        if isinstance(asked, str) and isinstance(other, str) and other != asked:
            named = f"Patient/{clipped(other)}, and the hook about Patient/{clipped(asked)}"
            raise Problem("wrong-input", f"'prefetch' is about {named}")


def _card(result: QueryResult) -> dict[str, object]:
    summary = f"Most probable: {leading(result.posterior[:1])}"
    rows = "\n".join(f"- {leading([row])}" for row in result.posterior[:NAMED])
    count = len(result.question.findings)
    told = [f"From {count} finding{'s' * (count != 1)}.", *warnings(result), *map(str, _issues(result)), DISCLAIMER]
    return {
        "summary": summary if len(summary) <= SUMMARY else f"{summary[: SUMMARY - 1]}…",
        "indicator": "info",
        "source": {"label": f"bayesdx, network {result.question.network.id}"},
        "detail": "\n\n".join((rows, *told)),
    }


def _issues(result: QueryResult) -> Sequence[InputError]:
    """What of the resources was not used."""
    return result.question.origin.issues if result.question.origin else ()


def described() -> dict[str, Any]:
    """The paths of CDS Hooks in the OpenAPI document."""

    def content(schema: Mapping[str, object]) -> dict[str, Any]:
        return {JSON: {"schema": schema}}

    def holds(name: str, kind: str) -> dict[str, Any]:
        return {"type": "object", "required": [name], "properties": {name: {"type": kind}}}

    problem = {"$ref": "#/components/schemas/Problem"}
    refused = {"description": "A refusal.", "content": {"application/problem+json": {"schema": problem}}}
    call = holds("prefetch", "object")
    call["properties"]["hook"] = {"const": "patient-view"}
    call["required"].append("hook")
    return {
        PATH: {
            "get": {
                "operationId": "cds-services",
                "summary": "The services that there are for CDS Hooks.",
                "description": "One service: its hook, and the prefetch that it asks for.",
                "responses": {
                    "200": {"description": "The services.", "content": content(holds("services", "array"))},
                    "4XX": refused,
                    "5XX": refused,
                },
            }
        },
        f"{PATH}/{NAME}": {
            "post": {
                "operationId": "cds-differential",
                "summary": "A patient's Observations as CDS Hooks prefetches them.",
                "description": "The answer is one card with the differential, or none.",
                "requestBody": {"required": True, "content": content(call)},
                "responses": {
                    "200": {"description": "The cards.", "content": content(holds("cards", "array"))},
                    "4XX": refused,
                    "5XX": refused,
                },
            }
        },
    }
