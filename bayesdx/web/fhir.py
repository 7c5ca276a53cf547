"""The service below ``/fhir/R4``: FHIR resources in, FHIR resources out, refusals as OperationOutcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bayesdx.analyses.answer import json_text
from bayesdx.case import mistakes
from bayesdx.cells import clipped
from bayesdx.errors import InputError, nearest
from bayesdx.formats.fhir.outcome import outcome
from bayesdx.formats.fhir.reading import read_case
from bayesdx.formats.fhir.structure import Element, Malformed
from bayesdx.model import Model
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.web.problems import FHIR, Problem
from bayesdx.web.rest import JSON, Service, check_media_type, chosen, parsed
from bayesdx.web.work import Advance

BASE = "/fhir/R4"
#: The analysis behind the operation ``$evaluate`` of each resource.
OPERATIONS = {"RiskAssessment": "query", "DiagnosticReport": "report"}
#: When what the CapabilityStatement says was written.
DATE = "2026-11-29"
#: How deep resources may be nested: a Bundle in Parameters takes more than a case does.
DEPTH = 32
#: What may stand in the address, or among Parameters, beside a resource.
OPTIONS = ("network", "prior")


class Refusal(Problem):
    """What is wrong with resources, one by one."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        super().__init__("bad-json" if isinstance(errors[0], Malformed) else "wrong-input", str(errors[0]))
        self.found = errors

    def issues(self) -> list[Mapping[str, object]]:
        found: list[Mapping[str, object]] = outcome(self.found)["issue"]
        return found


def routes(service: Service) -> list[Route]:
    """The operations, and what the service says of itself."""

    def metadata(request: Request) -> Response:
        offered(request)
        return Response(json_text(capabilities()), media_type=FHIR)

    return [
        Route(f"{BASE}/metadata", metadata),
        *(
            Route(path_of(resource), evaluate(service, analysis), methods=["POST"], name=f"fhir-{analysis}")
            for resource, analysis in OPERATIONS.items()
        ),
    ]


def path_of(resource: str) -> str:
    """The address of an operation."""
    return f"{BASE}/{resource}/$evaluate"


def offered(request: Request) -> None:
    """Raise Problem for whoever takes no JSON."""
    asked = request.query_params.get("_format", "json")
    if asked not in ("json", FHIR, JSON, "application/fhir json"):  # a plus sign in an address is a space
        raise Problem("not-acceptable", f"the answer is to be had as {FHIR}")
    chosen(request.headers.get("accept", "*/*"), [FHIR, JSON])


def evaluate(service: Service, analysis: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of an operation: reads resources, has them answered in a thread, and sends a resource."""

    async def answer(request: Request) -> Response:
        offered(request)
        check_media_type(request, FHIR, JSON)
        named = {key: value for key, value in request.query_params.items() if key != "_format"}
        sent = await request.body()

        def work_out(advance: Advance) -> str:
            value = parsed(sent, DEPTH)
            try:
                resource, options = asked_of(value, named)
                advance(0)
                return json_text(answer_to(service, analysis, resource, options, about))
            except InputError as error:
                raise Refusal([error]) from None

        def about(model: Model, findings: int) -> None:
            service.about(request, model, 1, findings)

        work = service.long if analysis == "report" else service.quick
        return Response(await work.run(request.receive, work_out), media_type=FHIR)

    return answer


def asked_of(value: object, named: Mapping[str, str]) -> tuple[Mapping[str, Any], dict[str, str]]:
    """The resource that states a case, and network and prior set, of the body and of the address."""
    if not isinstance(value, Mapping):
        raise Malformed("a FHIR resource is a JSON object")
    for key in named:
        if key not in OPTIONS:
            raise InputError(f"there is no parameter '{clipped(key)}'", nearest(key[:100], OPTIONS))
    if value.get("resourceType") != "Parameters":
        return value, dict(named)
    options, resources = dict(named), []
    whole = Element(value, "Parameters")
    whole.understood()
    for one in whole.elements("parameter"):
        one.understood()
        name = one.text("name") or ""
        inner = one.element("resource")
        if inner is not None:
            resources.append(inner.fields)
        elif name in OPTIONS and name not in options:
            given = [one.text(key) for key in ("valueString", "valueCode", "valueId") if one.has(key)]
            if len(given) != 1 or given[0] is None:
                raise Malformed("is given by one valueString", place=one.place)
            options[name] = given[0]
        else:
            what = "is given twice" if name in options else "is not known"
            raise InputError(f"parameter '{clipped(name)}' {what}", nearest(name[:100], OPTIONS), one.place)
    if len(resources) == 1:
        return resources[0], options
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}, options


def answer_to(
    service: Service,
    analysis: str,
    resource: Mapping[str, Any],
    options: Mapping[str, str],
    about: Callable[[Model, int], object],
) -> dict[str, object]:
    """The resource that answers; raises InputError or Problem."""
    case = read_case(resource, "body")
    service.settings.check_findings(case.findings)
    model = service.models.model(options.get("network"), options.get("prior"), case)
    about(model, len(case.findings))
    wrong = mistakes(case, model.network, model.document.vocabulary)
    if wrong:
        raise Refusal([error for _, error in wrong])
    answer = model.report(case) if analysis == "report" else model.query(case)
    return answer.to_fhir()


def capabilities() -> dict[str, object]:
    """The CapabilityStatement of the service."""
    resources = [
        {
            "type": resource,
            "operation": [
                {
                    "name": "evaluate",
                    "definition": f"urn:bayesdx:operation:{resource}-evaluate",
                    "documentation": f"A Bundle, Observation or DiagnosticReport in, a {resource} out; "
                    "'network' and 'prior' in the address or in Parameters.",
                }
            ],
        }
        for resource in OPERATIONS
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "bayesdx", "version": version("bayesdx")},
        "implementation": {"description": f"bayesdx. {DISCLAIMER}"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "resource": resources}],
    }


def described() -> dict[str, Any]:
    """The paths below ``/fhir`` in the OpenAPI document."""

    def content(schema: Mapping[str, object]) -> dict[str, Any]:
        return {FHIR: {"schema": schema}}

    def resource(*names: str) -> dict[str, Any]:
        kind = {"const": names[0]} if len(names) == 1 else {"enum": list(names)}
        return {"type": "object", "required": ["resourceType"], "properties": {"resourceType": kind}}

    refused = {"description": "A refusal.", "content": content(resource("OperationOutcome"))}
    parameters = [
        {"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in OPTIONS
    ]
    taken = resource("Bundle", "Observation", "DiagnosticReport", "Parameters")
    paths: dict[str, Any] = {
        path_of(name): {
            "post": {
                "operationId": f"fhir-{analysis}",
                "summary": f"A case as FHIR R4: the answer is a {name}.",
                "description": f"The answer is that of `bayesdx {analysis} --format fhir`.",
                "parameters": parameters,
                "requestBody": {"required": True, "content": content(taken)},
                "responses": {
                    "200": {"description": "The answer.", "content": content(resource(name))},
                    "4XX": refused,
                    "5XX": refused,
                },
            }
        }
        for name, analysis in OPERATIONS.items()
    }
    paths[f"{BASE}/metadata"] = {
        "get": {
            "operationId": "fhir-metadata",
            "summary": "What the service below /fhir/R4 can do.",
            "description": "A CapabilityStatement.",
            "responses": {
                "200": {"description": "The statement.", "content": content(resource("CapabilityStatement"))},
                "4XX": refused,
                "5XX": refused,
            },
        }
    }
    return paths
