"""A client of a server in this process."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2 as httpx


class Client:
    """Asks an application in this process; every request has a loop of its own."""

    def __init__(self, app: Any, host: str = "http://127.0.0.1:8000") -> None:
        self.app, self.host = app, host

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=self.host, timeout=60) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, json: object = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, **({"json": json} if json is not None else {}), **options)
