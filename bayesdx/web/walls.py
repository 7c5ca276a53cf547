"""What every request passes: whom the server answers, how much it reads, what it says of itself and notes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from time import perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bayesdx.web.metrics import Metrics
from bayesdx.web.problems import Problem, response_to
from bayesdx.web.settings import Settings

POLICY = (
    "default-src 'self'; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
#: Bytes a second that a body arrives with at least, after the time that a client may be idle.
PACE = 16 << 10
#: Asked by whoever watches over the server, who has no key.
OPEN = ("/healthz", "/readyz")
_REQUEST_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Walls:
    """Middleware around the whole application.

    ``limit`` says how many bytes a body may have, by path and media type, None for any number.
    What handlers put into the scope under ``note`` (network, version, prior set, number of findings) goes into the
    line that is written for each request; nothing else of a request does.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        metrics: Metrics,
        limit: Callable[[str, str], int | None],
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._app, self._settings, self._metrics, self._limit = app, settings, metrics, limit
        self._write = write or (lambda line: print(line, file=sys.stderr, flush=True))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = headers.get("x-request-id", "")
        scope["request_id"] = asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex
        note: dict[str, object] = {}
        scope["note"] = note
        begun, status = perf_counter(), 0

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    own[name] = value
                own.setdefault("Cache-Control", "no-store")
                own["X-Request-ID"] = scope["request_id"]
                if not scope["body_read"]:
                    own["Connection"] = "close"
            await send(message)

        self._metrics.in_flight += 1
        try:
            body = self._body(scope, headers, receive)
            try:
                self._admit(scope, headers, note)
                await self._app(scope, body, reply)
            except Problem as problem:
                if not status:
                    await response_to(problem, scope)(scope, body, reply)
            except asyncio.CancelledError:
                if not status:
                    await response_to(Problem("ending"), scope)(scope, body, reply)
                raise
            except Exception as error:
                note["defect"] = _place(error)
                if status:
                    raise ConnectionAbortedError from None  # half an answer is none
                await response_to(Problem("defect"), scope)(scope, body, reply)
        finally:
            self._metrics.in_flight -= 1
            method = scope["method"] if scope["method"] in METHODS else "_OTHER"
            route = getattr(scope.get("route"), "path", "unmatched")
            seconds = perf_counter() - begun
            self._metrics.request(method, route, status, seconds)
            if self._settings.audit:
                self._audit(scope, headers, method, route, status, seconds, note)

    def _admit(self, scope: Scope, headers: Headers, note: dict[str, object]) -> None:
        """Raise Problem for whoever is not answered."""
        settings = self._settings
        host = headers.get("host", "")
        if settings.hosts is not None and _name(host) not in settings.hosts:
            raise Problem("wrong-host", "the Host header names another server")
        reads, link = scope["method"] in ("GET", "HEAD"), headers.get("sec-fetch-mode") == "navigate"
        if not (reads and link):
            origin = headers.get("origin")
            own = headers.get("x-forwarded-host", host) if settings.behind_proxy else host
            foreign = origin is not None and origin.partition("://")[2].lower() != own.lower()
            if foreign or headers.get("sec-fetch-site") in ("cross-site", "same-site"):
                raise Problem("foreign-origin", "pages of other hosts are not answered")
        if scope["path"] in OPEN:
            return
        if settings.keys:
            note["key"] = key_id(headers.get("authorization", ""), settings.keys)
            if note["key"] is None:
                challenge = {"WWW-Authenticate": 'Bearer realm="bayesdx", Basic realm="bayesdx", charset="UTF-8"'}
                raise Problem(
                    "no-key", "send 'Authorization: Bearer KEY' with a key of this server", headers=challenge
                )
        if self._metrics.in_flight > settings.clients:
            raise Problem("too-many", "too many requests at once: ask again", headers={"Retry-After": "1"})

    def _body(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """The messages of the body: not more bytes than allowed, and not slower than PACE."""
        limit = self._limit(scope["path"], media_type(headers))
        length = headers.get("content-length", "")
        announced = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else 0
        read, waited = 0, 0.0
        scope["body_read"] = not length.strip("0") and "transfer-encoding" not in headers

        async def receive_some() -> Message:
            nonlocal read, waited
            if scope["body_read"]:
                return await receive()
            if limit is not None and announced > limit:
                raise _too_large(limit)
            idle, begun = self._settings.idle, perf_counter()
            try:
                message = await asyncio.wait_for(receive(), min(idle, max(idle + read / PACE - waited, 0.01)))
            except TimeoutError:
                raise Problem("too-slow", "the body did not arrive in time") from None
            waited += perf_counter() - begun
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                scope["body_read"] = not message.get("more_body", False)
                if limit is not None and read > limit:
                    scope["body_read"] = False
                    raise _too_large(limit)
            return message

        return receive_some

    def _audit(
        self,
        scope: Scope,
        headers: Headers,
        method: str,
        route: str,
        status: int,
        seconds: float,
        note: Mapping[str, object],
    ) -> None:
        trace = headers.get("traceparent", "")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "request": scope["request_id"],
            "traceparent": trace if _TRACE_PARENT.fullmatch(trace) else None,
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            **note,
        }
        self._write(json.dumps({key: value for key, value in line.items() if value is not None}))


def key_id(authorization: str, keys: Mapping[str, str]) -> str | None:
    """The id of the key in an Authorization header, None when it is none of ``keys`` (SHA-256 hashes by id).

    A browser asks for the key itself when it is challenged, and sends it as the password of Basic authentication.
    Every hash is compared, in constant time.
    """
    scheme, _, sent = authorization.partition(" ")
    sent = sent.strip()
    if scheme.lower() == "basic":
        try:
            sent = base64.b64decode(sent, validate=True).decode().partition(":")[2]
        except ValueError:
            return None
    elif scheme.lower() != "bearer":
        return None
    digest = hashlib.sha256(sent.encode("utf-8", "surrogateescape")).hexdigest()
    found = [name for name, known in keys.items() if hmac.compare_digest(digest, known)]
    return found[0] if found else None


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return name.lower().rstrip(".")


def media_type(headers: Headers) -> str:
    """The type of a body, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(limit: int) -> Problem:
    return Problem("too-large", f"a body here has at most {limit:,} bytes")


def _place(error: BaseException) -> str:
    """Where a defect showed itself, without a word of what was asked."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {PurePath(last.filename).name}:{last.lineno}"
