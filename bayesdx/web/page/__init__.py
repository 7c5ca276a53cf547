"""The page: findings on the left, and beside them what they mean while one clicks.

The state of a case lives in the browser alone. Each request brings the case along and is forgotten when it is
answered; an answer is a stream of JSON lines that hold fragments of HTML, made and escaped here.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from bayesdx.case import Case
from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.files import parse_json
from bayesdx.network import Variable
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.web.models import Models
from bayesdx.web.page import cases, form, views
from bayesdx.web.page.asked import Asked, asked_of
from bayesdx.web.page.markup import template
from bayesdx.web.page.panel import parts, past_of, target_of
from bayesdx.web.page.told import refused, variables
from bayesdx.web.problems import Problem, refusal
from bayesdx.words.phrases import label_of

#: Findings of which a page shows the first only, until others are searched for.
_LARGE = 40
Endpoint = Callable[[Request], Awaitable[Response]]
Parts = Generator[Mapping[str, Any], None, None]
Result = TypeVar("Result")


def routes(models: Models, local: bool = False) -> list[BaseRoute]:
    """The page at ``/``, what it asks for below ``/page``, and its script and styles below ``/static``.

    ``local``: only who sits at this machine is answered, which the help then says.
    """
    page = _Page(models, local)
    posts: dict[str, Endpoint] = {
        "answer": page.answer,
        "rows": page.rows,
        "view": page.view,
        "report": page.report,
        "read": page.read,
        "write": page.write,
    }
    return [
        Route("/", page.home),
        *(Route(f"/page/{name}", endpoint, methods=["POST"]) for name, endpoint in posts.items()),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]


class _Page:
    def __init__(self, models: Models, local: bool) -> None:
        self._models, self._local = models, local

    async def home(self, request: Request) -> Response:
        return HTMLResponse(await run_in_threadpool(lambda: self._home))

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
            local=self._local,
            target=label_of(target_of(documents[0])),
            first=form.first(documents[0]),
            prior_sets=any(one.prior_sets for one in documents),
            regions={name: Markup(html) for name, html in begin["regions"].items()},
            disclaimer=DISCLAIMER,
        )

    async def answer(self, request: Request) -> Response:
        asked = await self._asked(request)

        def answer() -> Parts:
            model = self._models.model(asked.network, asked.prior, asked.case)
            _note(request, model.network.id, model.network.version, model.prior, len(asked.case.findings))
            past = None
            if asked.before is not None:
                past = past_of(
                    self._models.model(asked.network, asked.before_prior, asked.before), model, asked.before
                )
            return parts(model, asked.case, past, asked.versus, asked.whole, self._models.shipped, self._variables)

        try:
            return await _streamed(answer)
        except Problem as problem:
            impossible = problem.kind == "impossible-findings"
            told = refused(problem.detail, impossible, asked.case, self._variables)
            body = {**problem.body(request.scope.get("request_id", "")), **told}
            return JSONResponse(body, problem.status, media_type="application/problem+json")

    @cached_property
    def _variables(self) -> Mapping[str, Variable]:
        return variables(self._models.document(name) for name in self._models.names)

    async def view(self, request: Request) -> Response:
        asked = await self._asked(request)
        return await _streamed(lambda: views.view(self._models, asked))

    async def rows(self, request: Request) -> Response:
        body = await _body(request)
        words, names = body.get("search", ""), body.get("names", [])
        if not isinstance(words, str) or not isinstance(names, list):
            raise Problem("wrong-input", "'search' is text and 'names' a list")

        def rows() -> str:
            documents = [self._models.document(name) for name in self._models.names]
            found = form.search(documents, words[:200], _LARGE) + [name for name in names if isinstance(name, str)]
            return template("rows.html").render(groups=form.groups(documents, found))

        return JSONResponse({"html": await run_in_threadpool(rows)})

    async def report(self, request: Request) -> Response:
        asked = await self._asked(request)
        text, media = await _worked(lambda: cases.report(self._models, asked))
        return Response(text, media_type=media)

    async def read(self, request: Request) -> Response:
        body = await _body(request)
        text = body.get("text")
        if not isinstance(text, str):
            raise Problem("wrong-input", "'text' is the text of a case file")
        return JSONResponse(await _worked(lambda: cases.read(self._models, text)))

    async def write(self, request: Request) -> Response:
        asked = await self._asked(request)
        return Response(await _worked(lambda: cases.write(asked)), media_type="text/plain")

    async def _asked(self, request: Request) -> Asked:
        body = await _body(request)
        return await _worked(lambda: asked_of(body))


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object of a request; raises Problem for any other."""
    raw = await request.body()
    try:
        found = parse_json(raw.decode(), "request")
    except UnicodeDecodeError:
        raise Problem("bad-json", "the body is not UTF-8") from None
    except RecursionError:
        raise Problem("bad-json", "the body is nested too deeply") from None
    except InputError as error:
        raise Problem("bad-json", str(error)) from None
    if not isinstance(found, dict):
        raise Problem("bad-json", "the body is not a JSON object")
    return found


async def _worked(work: Callable[[], Result]) -> Result:
    """What ``work`` returns, done in a thread; bad input becomes a Problem."""
    try:
        return await run_in_threadpool(work)
    except InputError as error:
        kind = "impossible-findings" if isinstance(error, ImpossibleFindings) else "wrong-input"
        raise refusal(kind, error, "/case") from None


async def _streamed(begin: Callable[[], Parts]) -> Response:
    """JSON lines as they come; what is wrong with the input shows before the first of them."""

    def first() -> tuple[Mapping[str, Any] | None, Parts]:
        lines = begin()
        return next(lines, None), lines

    line, lines = await _worked(first)

    def text() -> Iterator[str]:
        if line is not None:
            yield _line(line)
        try:
            yield from map(_line, lines)
        except InputError as error:
            yield _line({"error": str(error)})

    return _Lines(text(), lines)


class _Lines(StreamingResponse):
    """A stream whose work is closed when it ends, whole or not: what that holds on to is given back at once."""

    def __init__(self, text: Iterator[str], work: Parts) -> None:
        super().__init__(text, media_type="application/x-ndjson")
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._work.close()


def _line(part: Mapping[str, Any]) -> str:
    return json.dumps(part, ensure_ascii=False) + "\n"


def _note(request: Request, network: str, version: str, prior: str, findings: int) -> None:
    """What the audit line of the request may hold."""
    note = request.scope.get("note")
    if note is not None:
        note.update(network=network, version=version, prior=prior, findings=findings)
