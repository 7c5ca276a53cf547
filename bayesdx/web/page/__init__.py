"""The page: findings on the left, and beside them what they mean while one clicks.

The state of a case lives in the browser alone. Each request brings the case along and is forgotten when it is
answered; an answer is a stream of JSON lines that hold fragments of HTML, made and escaped here.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.network import Variable
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.web.page import cases, form, proposal, views
from bayesdx.web.page.asked import Asked, Read, Sought
from bayesdx.web.page.markup import template
from bayesdx.web.page.panel import parts, past_of, target_of
from bayesdx.web.page.told import refused, variables
from bayesdx.web.problems import Problem
from bayesdx.web.rest import Service, from_body, wrong_input
from bayesdx.web.stream import LINES, Stream
from bayesdx.web.work import Work
from bayesdx.words.phrases import label_of

#: Findings of which a page shows the first only, until others are searched for.
_LARGE = 40
Endpoint = Callable[[Request], Awaitable[ASGIApp]]
Parts = Generator[Mapping[str, Any], None, None]
Result = TypeVar("Result")


def routes(service: Service) -> list[BaseRoute]:
    """The page at ``/``, what it asks for below ``/page``, and its script and styles below ``/static``."""
    page = _Page(service)
    posts: dict[str, Endpoint] = {
        "answer": page.answer,
        "rows": page.rows,
        "view": page.view,
        "read": page.read,
        "write": page.write,
        "propose": page.propose,
    }
    return [
        Route("/", page.home),
        *(Route(f"/page/{name}", endpoint, methods=["POST"]) for name, endpoint in posts.items()),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]


class _Page:
    def __init__(self, service: Service) -> None:
        self._service, self._models = service, service.models

    async def home(self, request: Request) -> Response:
        return HTMLResponse(await self._service.quick.run(None, lambda advance: self._home))

    @cached_property
    def _home(self) -> str:
        documents = [self._models.document(name) for name in self._models.names]
        size = sum(len(group.rows) for group in form.groups(documents))
        names = form.search(documents, "", _LARGE) if size > form.ROWS else None
        nothing = Case()
        model = self._models.model(None, None, nothing)
        begin = next(parts(model, nothing, None, None, whole=False, cited=self._models.shipped))
        networks = [(one.network.id, one.network.label or one.network.id) for one in documents]
        return template("page.html").render(
            groups=form.groups(documents, names),
            size=size,
            large=size > form.ROWS,
            networks=networks,
            example=cases.EXAMPLE if self._models.shipped and len(networks) > 1 else None,
            shipped=self._models.shipped,
            local=self._service.settings.local,
            target=label_of(target_of(documents[0])),
            first=form.first(documents[0]),
            prior_sets=any(one.prior_sets for one in documents),
            regions={name: Markup(html) for name, html in begin["regions"].items()},
            disclaimer=DISCLAIMER,
        )

    async def answer(self, request: Request) -> ASGIApp:
        asked = await from_body(self._service, request, Asked)

        def begin() -> Parts:
            model = self._models.model(asked.network, asked.prior, asked.case)
            self._service.about(request, model, 1, len(asked.case.findings))
            past = None
            if asked.before is not None:
                past = past_of(
                    self._models.model(asked.network, asked.before_prior, asked.before), model, asked.before
                )
            return parts(model, asked.case, past, asked.versus, asked.whole, self._models.shipped, self._variables)

        try:
            return await self._streamed(request, asked, self._service.quick, begin)
        except Problem as problem:
            if problem.status != 422:
                raise
            impossible = problem.kind == "impossible-findings"
            told = refused(problem.detail, impossible, asked.case, self._variables)
            body = {**problem.body(request.scope.get("request_id", "")), **told}
            return JSONResponse(body, problem.status, media_type="application/problem+json")

    @cached_property
    def _variables(self) -> Mapping[str, Variable]:
        return variables(self._models.document(name) for name in self._models.names)

    async def view(self, request: Request) -> ASGIApp:
        asked = await from_body(self._service, request, Asked)
        work = self._service.long if asked.view in views.LONG else self._service.quick
        return await self._streamed(request, asked, work, lambda: views.view(self._models, asked))

    async def rows(self, request: Request) -> Response:
        sought = await from_body(self._service, request, Sought)

        def rows() -> str:
            documents = [self._models.document(name) for name in self._models.names]
            found = form.search(documents, sought.search[:200], _LARGE) + sought.names
            return template("rows.html").render(groups=form.groups(documents, found))

        return JSONResponse({"html": await self._worked(request, sought, rows)})

    async def read(self, request: Request) -> Response:
        asked = await from_body(self._service, request, Read)
        return JSONResponse(await self._worked(request, asked, lambda: cases.read(self._models, asked.text)))

    async def write(self, request: Request) -> Response:
        asked = await from_body(self._service, request, Asked)
        return Response(await self._worked(request, asked, lambda: cases.write(asked)), media_type="text/plain")

    async def propose(self, request: Request) -> Response:
        asked = await from_body(self._service, request, Asked)
        return JSONResponse(await self._worked(request, asked, lambda: proposal.propose(self._models, asked)))

    async def _worked(self, request: Request, asked: Struct, work: Callable[[], Result]) -> Result:
        """What ``work`` returns, done in a thread; bad input becomes a Problem."""
        return await self._service.quick.run(request.receive, lambda advance: _refusing(asked, work))

    async def _streamed(self, request: Request, asked: Asked, work: Work, begin: Callable[[], Parts]) -> Stream:
        """JSON lines as they come; what is wrong with the input shows before the first of them."""

        def first() -> tuple[bytes, Parts]:
            lines = begin()
            return _line(next(lines)), lines

        line, lines = await work.run(request.receive, lambda advance: _refusing(asked, first))
        return Stream(LINES, _pieces(request, work, lines), self._service.settings.idle, line)


def _refusing(asked: Struct, work: Callable[[], Result]) -> Result:
    """What ``work`` returns; raises Problem for bad input."""
    try:
        return work()
    except InputError as error:
        raise wrong_input(error, asked) from None


async def _pieces(request: Request, work: Work, lines: Parts) -> AsyncGenerator[bytes, None]:
    """The further lines, each worked out in a thread; none is begun for who has gone."""
    try:
        while (part := await work.run(request.receive, lambda advance: next(lines, None))) is not None:
            yield _line(part)
    except InputError as error:
        yield _line({"error": str(error)})
    except Problem as problem:
        yield _line({"error": problem.detail or problem.title})
    finally:
        with suppress(ValueError):  # it is still at work for who has gone: at its end it is closed as well
            lines.close()


def _line(part: Mapping[str, Any]) -> bytes:
    return (json.dumps(part, ensure_ascii=False) + "\n").encode()
