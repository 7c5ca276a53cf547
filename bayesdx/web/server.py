"""The server: one socket, one process, and connections that may not linger."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from starlette.types import ASGIApp
from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from bayesdx.errors import InputError
from bayesdx.web.settings import Settings

#: Connections that are open at once, of which most are idle; beyond that the server says that it is busy.
CONNECTIONS = 512
#: Seconds that a connection may stay open without a request, and that a shutdown waits for answers.
KEEP_ALIVE, GRACE = 5, 3


class Connection(H11Protocol):
    """A connection that is cut when the head of a request, or the reading of an answer, takes too long.

    The walls of the application see to bodies; before a head is whole and after an answer has been handed over,
    nothing but the connection itself is there.
    """

    seconds = 10.0
    _cut: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast(asyncio.Transport, transport))
        self._begin()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:  # the head is whole
            self._end()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:  # and no further request was in line
            self._begin()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._end()
        self._cut = self.loop.call_later(self.seconds, self.transport.abort)

    def _end(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
            self._cut = None


class Announcing(Server):
    """A server that says when it listens."""

    def __init__(self, config: Config, listening: Callable[[], object]) -> None:
        super().__init__(config)
        self._listening = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening()


def share_memory() -> None:
    """Have all threads take memory from two pools, as far as the C library is glibc.

    It gives every thread one of its own, and each keeps what its largest answer took: twice the memory for the same
    work (mallopt(-8), M_ARENA_MAX).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(-8, 2)


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; raises InputError for a port that is in use and an address that is not ours."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} of {host} is in use: name another with --port") from None
        raise InputError(f"cannot listen at {host}, port {port} ({error.strerror})") from None
    return bound


def serve(app: ASGIApp, bound: socket.socket, settings: Settings, listening: Callable[[], object]) -> None:
    """Answer until interrupted; ``listening`` is called once requests are taken."""
    share_memory()
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # what is worth saying, the audit says
    limited: type[Any] = type("Limited", (Connection,), {"seconds": settings.idle})
    config = Config(
        app,
        http=limited,
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=16 << 10,
    )
    try:
        Announcing(config, listening).run(sockets=[bound])
    except KeyboardInterrupt:
        pass  # how it is meant to end
    finally:
        bound.close()
