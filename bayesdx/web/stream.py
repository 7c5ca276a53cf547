"""Answers in pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

#: JSON, one object a line.
LINES = "application/x-ndjson"


@dataclass
class Stream:
    """An answer in pieces, to a client that reads each of them within ``idle`` seconds.

    ``first`` is there already; the generator of the others is closed when the answer ends, whole or not.
    """

    media_type: str
    pieces: AsyncGenerator[bytes, None]
    idle: float
    first: bytes = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self.pieces) as pieces:
            headers = [(b"content-type", self.media_type.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await self._send(send, self.first, more=True)
            async for piece in pieces:
                await self._send(send, piece, more=True)
            await self._send(send, b"", more=False)

    async def _send(self, send: Send, piece: bytes, more: bool) -> None:
        message = {"type": "http.response.body", "body": piece, "more_body": more}
        await asyncio.wait_for(send(message), self.idle)
