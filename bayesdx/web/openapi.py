"""The service described: an OpenAPI 3.1 document made from forms and schemas of the analyses, and a page of it."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bayesdx.analyses import ANALYSES
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.web import arrow, fhir, hooks, stream
from bayesdx.web.problems import FHIR, TYPES
from bayesdx.web.requests import BODIES
from bayesdx.web.requests.case import CaseBody
from bayesdx.web.rest import Service, method_of, path_of

REF = "#/components/schemas/{name}"
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Kind of problem: its place on the page of the documentation."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, in one line."},
        "instance": {"type": "string", "description": "The request, as the server's log names it."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "message": {"type": "string"},
                    "suggestion": {"type": "string", "description": "The nearest valid choice."},
                    "choices": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
REFUSED = {
    "description": "A request that is refused, or cannot be answered now.",
    "content": {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}},
}
LINES = {
    "schema": {
        "type": "string",
        "description": "Lines of JSON: cases, or posteriors, errors of single lines, and a last line that sums up.",
    }
}


def routes(service: Service) -> list[Route]:
    """The document and its page."""

    def shown(request: Request) -> Response:
        return Response(json.dumps(document(), indent=2) + "\n", media_type="application/json")

    def page(request: Request) -> Response:
        return Response(html(), media_type="text/html")

    def style(request: Request) -> Response:
        return Response(files("bayesdx.web").joinpath("docs.css").read_bytes(), media_type="text/css")

    return [Route("/v1/openapi.json", shown), Route("/v1/docs", page), Route("/v1/docs.css", style)]


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the service."""
    forms = {analysis: BODIES.get(analysis.folder, CaseBody) for analysis in ANALYSES.values() if analysis.served}
    _, components = msgspec.json.schema_components(set(forms.values()), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for analysis, form in forms.items():
        answer = json.loads(files("bayesdx.analyses").joinpath(analysis.folder, "schema.json").read_text("utf-8"))
        name = "Answer-" + answer.pop("$id").removeprefix("bayesdx:").replace("/", "-")
        components[name] = {key: value for key, value in answer.items() if key != "$schema"}
        asked = _parameters(components[form.__name__]) if method_of(analysis) == "GET" else _body(form.__name__)
        operation = {
            "operationId": analysis.folder,
            "summary": str(form.__doc__).strip().splitlines()[0],
            "description": f"The answer is that of `bayesdx {analysis.command} --json`.",
            **asked,
            "responses": {
                "200": {
                    "description": "The answer.",
                    "content": {
                        "application/json": {"schema": {"$ref": REF.format(name=name)}},
                        **{
                            kind: {"schema": {"type": "object" if kind == FHIR else "string"}}
                            for kind in form.forms()
                        },
                    },
                },
                "4XX": REFUSED,
                "5XX": REFUSED,
            },
        }
        if analysis.folder == "batch":
            _also_lines(operation)
        paths[path_of(analysis)] = {method_of(analysis).lower(): operation}
    paths.update({**fhir.described(), **hooks.described()})
    for name in {form.__name__ for analysis, form in forms.items() if method_of(analysis) == "GET"}:
        del components[name]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "bayesdx",
            "version": version("bayesdx"),
            "summary": "Bayesian differential diagnosis of calcified lesions of the spine, skull base and brain",
            "description": f"{DISCLAIMER} Nothing of a case is stored or logged.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Case": _case(), "Problem": PROBLEM},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _case() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A case as in a case file. Other keys are kept as metadata and never used.",
        "properties": {
            "id": {"type": ["string", "number", "null"]},
            "age": {"description": "Years, from 0 to 120."},
            "sex": {"description": "female or male."},
            "findings": {
                "type": ["object", "null"],
                "maxProperties": 100,
                "description": "By finding a state, 'not STATE', a number, or weights as {state: weight}.",
            },
        },
    }


def _body(form: str) -> dict[str, Any]:
    schema = {"$ref": REF.format(name=form)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _parameters(form: dict[str, Any]) -> dict[str, Any]:
    found = []
    for name, schema in form.get("properties", {}).items():
        place = "path" if name == "network" else "query"
        found.append({"name": name, "in": place, "required": place == "path", "schema": schema})
    return {"parameters": found} if found else {}


def _also_lines(operation: dict[str, Any]) -> None:
    """A batch also takes lines and Arrow streams; network and prior set then stand in the address."""
    for media_type, content in ((stream.LINES, LINES), (arrow.MEDIA_TYPE, {})):
        operation["requestBody"]["content"][media_type] = content
        operation["responses"]["200"]["content"][media_type] = content
    names = ("network", "prior")
    operation["parameters"] = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": {"type": "string"},
            "description": "With lines and Arrow streams.",
        }
        for name in names
    ]


@cache
def html() -> str:
    """The documentation as a page that needs nothing from elsewhere."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    found = document()
    environment = Environment(loader=PackageLoader("bayesdx.web", ""), autoescape=True, undefined=StrictUndefined)
    operations = [
        {"method": method.upper(), "path": path, "fields": list(_fields(operation, found)), **operation}
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
    ]
    return environment.get_template("docs.html").render(
        info=found["info"],
        operations=operations,
        problems=TYPES,
        schemas=found["components"]["schemas"],
        dumps=_dumps,
    )


def _dumps(value: object) -> str:
    return json.dumps(value, indent=2)


def _fields(operation: dict[str, Any], found: dict[str, Any]) -> Any:
    """Name, type, whether it must be there, and meaning of everything that can be asked."""
    for parameter in operation.get("parameters", ()):
        said = parameter.get("description", "In the path." if parameter["in"] == "path" else "In the address.")
        yield parameter["name"], _type(parameter["schema"]), parameter["required"], said
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content:
        form = content["schema"]
        if "$ref" in form:
            form = found["components"]["schemas"][form["$ref"].rpartition("/")[2]]
        for name, schema in form["properties"].items():
            yield name, _type(schema), name in form.get("required", ()), schema.get("description", "")


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return " or ".join(map(json.dumps, schema["enum"]))
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    kind = schema.get("type", "any")
    return f"{kind} of {_type(schema['items'])}" if kind == "array" and schema.get("items") else str(kind)
