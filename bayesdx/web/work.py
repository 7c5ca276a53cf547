"""Work that is done in threads: a bounded number at once, a bounded number in line, given up when nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic
from typing import Any, TypeVar

from starlette.types import Receive

from bayesdx.web.problems import Problem

Result = TypeVar("Result")
Advance = Callable[[int], object]


class Abandoned(Exception):
    """Raised in a thread whose answer nobody waits for any more."""


class Work:
    """``threads`` that work at once, and room for ``waiting`` more; an answer may take ``seconds``.

    A thread cannot be stopped from outside: what takes long calls the ``advance`` that it is given at each step of
    its progress, which raises Abandoned once the client is gone or the time is up. Until then it keeps its place.
    """

    def __init__(self, threads: int, waiting: int, seconds: float) -> None:
        self._pool = ThreadPoolExecutor(threads, "bayesdx")  # starts its threads when they are needed
        self._room = threads + waiting
        self._seconds = seconds
        self.taken = 0

    async def run(self, receive: Receive | None, function: Callable[[Advance], Result]) -> Result:
        """What ``function(advance)`` returns; ``receive`` tells when the client has gone, unless it
        is read by others.

        Raises Problem when there is no room, when the time is up, and when the client is gone.
        """
        if self.taken >= self._room:
            raise Problem("too-many", "too many requests at once: ask again", headers={"Retry-After": "1"})
        given_up = Event()
        end = monotonic() + self._seconds

        def advance(steps: int) -> None:
            if given_up.is_set() or monotonic() > end:
                raise Abandoned

        def work() -> Result:
            advance(0)  # it may have waited in line
            return function(advance)

        loop = asyncio.get_running_loop()
        self.taken += 1
        done = self._pool.submit(work)
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
        answer = asyncio.wrap_future(done)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            both: set[asyncio.Future[Any]] = {answer, gone}
            await asyncio.wait(both, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                kind = "too-slow" if gone.done() else "too-long"
                raise Problem(kind, f"no answer within {self._seconds:g} seconds" if kind == "too-long" else "")
            return answer.result()
        except Abandoned:
            raise Problem("too-long", f"no answer within {self._seconds:g} seconds") from None
        finally:
            given_up.set()
            gone.cancel()
            answer.cancel()

    def close(self) -> None:
        """Take no more work."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _leave(self) -> None:
        self.taken -= 1


async def _disconnected(receive: Receive | None) -> None:
    """Wait until the client is gone, or for ever where others read what it sends."""
    if receive is None:
        await asyncio.Event().wait()
        return
    while (await receive())["type"] != "http.disconnect":
        pass
