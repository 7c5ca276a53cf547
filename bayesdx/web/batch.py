"""Many cases in one request: a JSON object, lines of JSON, or an Arrow stream, each answered in kind.

Lines are scored while they arrive, a bounded number at a time, and answered as soon as they are scored; an Arrow
stream is read whole and answered piece by piece.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.batch.numbers import BatchResult, columns_of
from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.formats.table import NumberedRow
from bayesdx.model import Model
from bayesdx.web import arrow, rest
from bayesdx.web.problems import Problem
from bayesdx.web.requests.body import OfNetwork
from bayesdx.web.rest import Service, check_media_type, from_query, wrong_input
from bayesdx.web.stream import LINES, Stream
from bayesdx.web.work import Advance

PATH = "/v1/batch"
#: Lines that are scored together, and the bytes that they may have.
ROWS, BYTES = 512, 1 << 20
#: Different warnings that are counted; whoever writes cases could make up any number.
WARNINGS = 50

Line = tuple[int, bytes | None]


def routes(service: Service) -> list[Route]:
    """The route of the table's batch, which also takes lines and Arrow streams."""
    whole = rest.endpoint(service, ANALYSES["batch"])
    room = asyncio.Semaphore(service.settings.long_threads * 2)

    async def batch(request: Request) -> Response | Stream:
        media_type = check_media_type(request, "application/json", LINES, arrow.MEDIA_TYPE)
        if media_type == "application/json":
            return await whole(request)
        asked = from_query(request, OfNetwork)
        try:
            scoring = Scoring(service, asked.model(service.models, Case()))
        except InputError as error:
            raise wrong_input(error, asked) from None
        if room.locked():
            raise Problem("too-many", "too many streams at once: ask again", headers={"Retry-After": "5"})
        service.about(request, scoring.model, 0, None)
        if media_type == LINES:
            return Stream(LINES, within(room, scoring.lines(request.receive)), service.settings.idle)
        pieces = within(room, scoring.arrow(await request.body()))
        first = await anext(pieces)  # which tells whether it can be read
        return Stream(arrow.MEDIA_TYPE, pieces, service.settings.idle, first)

    return [Route(PATH, batch, methods=["POST"], name="batch")]


async def within(room: asyncio.Semaphore, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The same pieces, in a place of the room from the first to the last."""
    async with room:
        async for piece in pieces:
            yield piece


@dataclass
class Scoring:
    """Scores the rows of one stream, and counts."""

    service: Service
    model: Model
    scored: int = 0
    left_out: int = 0
    warnings: Counter[str] = field(default_factory=Counter)

    async def lines(self, receive: Receive) -> AsyncIterator[bytes]:
        """Lines of posteriors for lines of cases, as ``bayesdx batch -o FILE.jsonl`` writes them.

        A line that is wrong is answered by ``{"line", "error"}`` in its place. The last line sums up: ``scored``,
        ``left_out`` and ``warnings``, with the network, its version and the prior set. Without it the answer is
        not whole.
        """
        async for chunk in self._chunks(receive):
            yield await self.service.long.run(None, partial(self._answered, chunk))
        summary = {"scored": self.scored, "left_out": self.left_out, "warnings": dict(self.warnings)}
        yield _line({**summary, **self.model.head()}).encode()

    async def arrow(self, sent: bytes) -> AsyncIterator[bytes]:
        """Pieces of an Arrow stream of posteriors for one of cases; raises Problem for what is none."""
        chunks, written = arrow.read_batches(sent), arrow.Posteriors(self.model)

        def step(advance: Advance) -> bytes | None:
            rows = next(chunks, None)
            return None if rows is None else b"".join(map(written.piece, self._scored(rows)))

        while (piece := await self.service.long.run(None, step)) is not None:
            yield piece
        yield written.end()

    async def _chunks(self, receive: Receive) -> AsyncIterator[list[Line]]:
        """Lines with their numbers as they arrive, at most ROWS together; None for one that is too long."""
        chunk: list[Line] = []
        held = 0
        async for line in numbered_lines(receive, self.service.settings.line):
            chunk.append(line)
            held += len(line[1] or b"")
            if len(chunk) >= ROWS or held >= BYTES:
                yield chunk
                chunk, held = [], 0
        if chunk:
            yield chunk

    def _answered(self, lines: list[Line], advance: Advance) -> bytes:
        """The answer to some lines, in their order."""
        rows = [(number, self._row(line)) for number, line in lines if line is None or line.strip()]
        written = [one for result in self._scored(rows) for one in answers(result)]
        return "".join(text for _, text in sorted(written)).encode("utf-8", "replace")

    def _scored(self, rows: Iterable[NumberedRow]) -> Iterator[BatchResult]:
        for result in self.model.score(iter(rows)):
            self.scored += len(result.lines)
            self.left_out += len(result.errors)
            for warning, times in result.warnings.items():
                if warning in self.warnings or len(self.warnings) < WARNINGS:
                    self.warnings[warning] += times
            self.service.metrics.query(self.model.network.id, self.model.prior, len(result.lines))
            yield result

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
        if isinstance(stated, dict):
            try:
                settings.check_findings(stated)
            except InputError as error:
                return error
        return row


def answers(result: BatchResult) -> Iterator[tuple[int, str]]:
    """The lines of a result, each with its number."""
    columns = columns_of(result.states)
    for row in result.rows():
        yield int(str(row[0])), _line(dict(zip(columns, row, strict=True)))
    for line, message in result.errors:
        yield line, _line({"line": line, "error": message})


def _line(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


async def numbered_lines(receive: Receive, longest: int) -> AsyncIterator[Line]:
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
