"""The application: the page and the service, behind the same walls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from threading import Thread

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.web import batch, fhir, hooks, metrics, openapi, rest
from bayesdx.web.models import Models
from bayesdx.web.page import routes as page_routes
from bayesdx.web.problems import Problem, answer_problem, answer_status, refusal
from bayesdx.web.rest import Service
from bayesdx.web.settings import Settings
from bayesdx.web.stream import LINES
from bayesdx.web.walls import Walls

#: What takes many cases, and so a larger body.
MANY = (batch.PATH, "/v1/evaluate", "/v1/benchmark", "/v1/learn")


def create_app(models: Models, settings: Settings | None = None) -> Starlette:
    """The application that answers about ``models``."""
    service = Service(models, settings or Settings())
    ready: list[bool] = []

    def healthz(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def readyz(request: Request) -> Response:
        if not ready:
            raise Problem("too-many", "the networks are being loaded", headers={"Retry-After": "1"})
        return PlainTextResponse("ready\n")

    def measured(request: Request) -> Response:
        return Response(service.metrics.text(), media_type=metrics.MEDIA_TYPE)

    def begin() -> None:
        warm_up(models)
        ready.append(True)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        Thread(target=begin, daemon=True).start()
        yield

    routes: list[BaseRoute] = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", measured),
        *batch.routes(service),
        *rest.routes(service),
        *fhir.routes(service),
        *hooks.routes(service),
        *openapi.routes(service),
        *page_routes(service),
    ]

    def limit(path: str, media_type: str) -> int | None:
        if path == batch.PATH and media_type == LINES:
            return None
        return service.settings.table if path in MANY else service.settings.body

    return Starlette(
        routes=routes,
        middleware=[Middleware(Walls, settings=service.settings, metrics=service.metrics, limit=limit)],
        exception_handlers={Problem: answer_problem, InputError: answer_input, HTTPException: answer_status},
        lifespan=lifespan,
    )


def answer_input(request: Request, error: Exception) -> Response:
    """The handler of Starlette for bad input that no endpoint has placed."""
    assert isinstance(error, InputError)
    return answer_problem(
        request, refusal("wrong-input", error, error.place if error.place.startswith("/") else "")
    )


def warm_up(models: Models) -> None:
    """Compile the networks and import what a first answer needs."""
    for name in models.names:
        model = models.model(name, None, Case())
        with suppress(InputError):  # a stranger's network need not answer without findings
            for analysis in ("query", "what_if", "explain"):
                model.ask(analysis, Case()).to_dict()
