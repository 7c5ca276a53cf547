"""Refusals as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from bayesdx.errors import InputError, printable

#: Every type of refusal, with its status and its title; ``/v1/docs`` describes them under their names.
TYPES = {
    "bad-json": (400, "The body is not JSON"),
    "no-key": (401, "A key is needed"),
    "foreign-origin": (403, "The request comes from a page of another host"),
    "not-found": (404, "There is nothing here"),
    "wrong-method": (405, "This address is not asked in this way"),
    "not-acceptable": (406, "The answer is not to be had in this form"),
    "too-slow": (408, "The request did not arrive in time"),
    "too-large": (413, "The request is too large"),
    "wrong-media-type": (415, "The body is of another type"),
    "wrong-host": (421, "This server does not go by that name"),
    "wrong-input": (422, "Something that is asked for is not valid"),
    "impossible-findings": (422, "The findings cannot occur together"),
    "defect": (500, "A defect of the server"),
    "too-many": (503, "The server is busy"),
    "ending": (503, "The server is ending"),
    "too-long": (503, "The answer takes too long"),
}
#: What a refusal below this address is, and its form.
FHIR_PATH, FHIR = "/fhir/", "application/fhir+json"
#: The code of an issue in FHIR (IssueType) by type of refusal; ``processing`` for the rest.
ISSUES = {
    "bad-json": "structure",
    "no-key": "login",
    "foreign-origin": "forbidden",
    "wrong-host": "forbidden",
    "not-found": "not-found",
    "wrong-method": "not-supported",
    "not-acceptable": "not-supported",
    "wrong-media-type": "not-supported",
    "wrong-input": "invalid",
    "impossible-findings": "business-rule",
    "too-large": "too-long",
    "too-slow": "timeout",
    "too-long": "timeout",
    "too-many": "throttled",
    "ending": "transient",
    "defect": "exception",
}
#: Characters of a message or a name that an answer repeats at most.
SHOWN = 400
#: Valid choices that an answer lists at most.
CHOICES = 200


class Problem(Exception):
    """A request that is refused: a ``kind`` of ``TYPES``, what is wrong in one line, and where.

    ``errors`` have a JSON ``pointer`` into the body, a ``message``, and where they are known the nearest valid
    ``suggestion`` and all ``choices``.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        errors: Sequence[Mapping[str, object]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind, self.errors, self.headers = kind, list(errors), dict(headers or {})
        self.detail = clipped(detail)
        self.status, self.title = TYPES[kind]

    def body(self, request_id: str = "") -> dict[str, object]:
        """The object that the client gets."""
        found: dict[str, object] = {
            "type": f"/v1/docs#{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail or self.title,
        }
        if request_id:
            found["instance"] = f"urn:bayesdx:request:{request_id}"
        if self.errors:
            found["errors"] = self.errors
        return found

    def issues(self) -> list[Mapping[str, object]]:
        """The same as issues of an OperationOutcome (FHIR)."""
        code = ISSUES.get(self.kind, "processing")
        return [{"severity": "error", "code": code, "details": {"text": self.detail or self.title}}]

    def response(self, request_id: str = "") -> Response:
        """The same as a response."""
        text = json.dumps(self.body(request_id), indent=2) + "\n"
        return Response(text, self.status, self.headers, "application/problem+json")


def clipped(text: str) -> str:
    """Text on one line, cut where it is long."""
    text = printable(text)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def error_of(error: InputError, pointer: str) -> dict[str, object]:
    """An entry of ``errors``: what is wrong at a pointer, and what may stand there instead."""
    entry: dict[str, object] = {"pointer": clipped(pointer), "message": clipped(error.message)}
    if error.hint is not None:
        if error.hint.closest is not None:
            entry["suggestion"] = error.hint.closest
        entry["choices"] = list(error.choices[:CHOICES])
    return entry


def refusal(kind: str, error: InputError, pointer: str) -> Problem:
    """What is wrong with one part of the body."""
    entry = error_of(error, pointer)
    hint = f"; {error.hint}" if error.hint else ""
    return Problem(kind, f"{error.message}{hint}", [entry])


def pointer_to(*keys: object) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in keys)


def response_to(problem: Problem, scope: Scope) -> Response:
    """A refusal in the form of the address that was asked: an OperationOutcome below ``/fhir``."""
    if str(scope.get("path", "")).startswith(FHIR_PATH):
        body = {"resourceType": "OperationOutcome", "issue": problem.issues()}
        text = json.dumps(body, indent=2) + "\n"
        return Response(text, problem.status, problem.headers, FHIR)
    return problem.response(scope.get("request_id", ""))


def answer_problem(request: Request, problem: Exception) -> Response:
    """The handler of Starlette for ``Problem``."""
    assert isinstance(problem, Problem)
    return response_to(problem, request.scope)


def answer_status(request: Request, error: Exception) -> Response:
    """The handler of Starlette for statuses that it comes to itself: no such route, another method."""
    status = getattr(error, "status_code", 500)
    kinds = {status: kind for kind, (status, _) in reversed(TYPES.items())}
    if status not in kinds:
        return Response(HTTPStatus(status).phrase + "\n", status, getattr(error, "headers", None))
    return response_to(Problem(kinds[status], headers=getattr(error, "headers", None)), request.scope)
