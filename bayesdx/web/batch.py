"""Many cases in one request: JSON, lines of JSON or an Arrow stream in, the same or another of them out.

Lines are scored while they arrive, a bounded number at a time, and answered as soon as they are scored.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.batch.numbers import BatchResult, columns_of
from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.model import Model
from bayesdx.web import rest
from bayesdx.web.problems import Problem
from bayesdx.web.requests import NetworkBody
from bayesdx.web.rest import Service, check_media_type, from_query, wrong_input
from bayesdx.web.work import Advance

PATH = "/v1/batch"
LINES = "application/x-ndjson"
#: Lines that are scored together, and the bytes that they may have.
ROWS, BYTES = 512, 1 << 20
#: Different warnings that are counted; whoever writes cases could make up any number.
WARNINGS = 50


def routes(service: Service) -> list[Route]:
    """The route of the table's batch, which also takes lines."""
    whole = rest.endpoint(service, ANALYSES["batch"])
    streams = asyncio.Semaphore(service.settings.long_threads * 2)

    async def batch(request: Request) -> Response | Stream:
        if check_media_type(request, "application/json", LINES) == "application/json":
            return await whole(request)
        asked = from_query(request, NetworkBody)
        assert isinstance(asked, NetworkBody)
        try:
            model = asked.model(service.models, Case())
        except InputError as error:
            raise wrong_input(error, asked) from None
        if streams.locked():
            raise Problem("too-many", "too many streams at once: ask again", headers={"Retry-After": "5"})
        return Stream(service, request, model, streams)

    return [Route(PATH, batch, methods=["POST"], name="batch")]


@dataclass
class Stream:
    """The answer to lines of cases: lines of posteriors, as they are written by ``bayesdx batch -o FILE.jsonl``.

    A line that is wrong is answered by ``{"line", "error"}`` in its place. The last line sums up: ``scored``,
    ``left_out`` and ``warnings``, with the network, its version and the prior set. Without it the answer is not
    whole.
    """

    service: Service
    request: Request
    model: Model
    streams: asyncio.Semaphore
    scored: int = 0
    left_out: int = 0
    warnings: Counter[str] = field(default_factory=Counter)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.streams:
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES.encode())]}
            )
            async for chunk in self._chunks(receive):
                text = await self.service.long.run(None, partial(self._answered, chunk))
                await self._send(send, text, more=True)
            summary = {"scored": self.scored, "left_out": self.left_out, "warnings": dict(self.warnings)}
            last = {**summary, **self.model.head()}
            await self._send(send, json.dumps(last, ensure_ascii=False) + "\n", more=False)
            self.service.about(self.request, self.model, 0, None)

    async def _send(self, send: Send, text: str, more: bool) -> None:
        """Send, to a client that reads."""
        message = {"type": "http.response.body", "body": text.encode("utf-8", "replace"), "more_body": more}
        await asyncio.wait_for(send(message), self.service.settings.idle)

    async def _chunks(self, receive: Receive) -> AsyncIterator[list[tuple[int, bytes | None]]]:
        """Lines with their numbers as they arrive, at most ROWS together; None for one that is too long."""
        chunk: list[tuple[int, bytes | None]] = []
        held = 0
        async for line in numbered_lines(receive, self.service.settings.line):
            chunk.append(line)
            held += len(line[1] or b"")
            if len(chunk) >= ROWS or held >= BYTES:
                yield chunk
                chunk, held = [], 0
        if chunk:
            yield chunk

    def _answered(self, lines: list[tuple[int, bytes | None]], advance: Advance) -> str:
        """The answer to some lines, in their order."""
        rows = [(number, self._row(line)) for number, line in lines if line is None or line.strip()]
        written: list[tuple[int, str]] = []
        for result in self.model.score(iter(rows)):
            written += answers(result)
            self.scored += len(result.lines)
            self.left_out += len(result.errors)
            for warning, times in result.warnings.items():
                if warning in self.warnings or len(self.warnings) < WARNINGS:
                    self.warnings[warning] += times
            self.service.metrics.query(self.model.network.id, self.model.prior, len(result.lines))
        return "".join(text for _, text in sorted(written, key=lambda pair: pair[0]))

    def _row(self, line: bytes | None) -> dict[str, object] | InputError:
        settings = self.service.settings
        if line is None:
            return InputError(f"is longer than {settings.line:,} bytes")
        try:
            row = rest.parsed(line, settings.depth)
        except Problem as problem:
            return InputError(problem.detail)
        if not isinstance(row, dict):
            return InputError("a row is a mapping of finding to state")
        stated = row.get("findings", row)
        if isinstance(stated, dict) and len(stated) > settings.findings:
            return InputError(f"a case has at most {settings.findings} findings here")
        return row


def answers(result: BatchResult) -> Iterator[tuple[int, str]]:
    """The lines of a result, each with its number."""
    columns = columns_of(result.states)
    for row in result.rows():
        yield int(str(row[0])), json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n"
    for line, message in result.errors:
        yield line, json.dumps({"line": line, "error": message}, ensure_ascii=False) + "\n"


async def numbered_lines(receive: Receive, longest: int) -> AsyncIterator[tuple[int, bytes | None]]:
    """Lines of a body with their numbers; None for one that is longer than ``longest`` bytes."""
    number, held, dropping, more = 1, b"", False, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        *whole, held = (held + message.get("body", b"")).split(b"\n")
        for line in whole:
            yield number, None if dropping or len(line) > longest else line
            number, dropping = number + 1, False
        if len(held) > longest:
            held, dropping = b"", True
    if held or dropping:
        yield number, None if dropping else held
