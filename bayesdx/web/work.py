"""Work that is done in threads: a bounded number at once, a bounded number in line, given up when nobody waits."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, TypeVar

from starlette.types import Receive

from bayesdx.web.problems import Problem

Result = TypeVar("Result")
Advance = Callable[[int], object]
Job = tuple[Future[Any], Callable[[], Any]]


class Abandoned(Exception):
    """Raised in a thread whose answer nobody waits for any more."""


class Work:
    """``threads`` that work at once, and room for ``waiting`` more; an answer may take ``seconds``.

    A thread cannot be stopped from outside: what takes long calls the ``advance`` that it is given at each step of
    its progress, which raises Abandoned once the client is gone or the time is up. Until then it keeps its place.
    """

    def __init__(self, threads: int, waiting: int, seconds: float) -> None:
        self._threads, self._room, self._seconds = threads, threads + waiting, seconds
        self._lock = Lock()
        self._jobs: SimpleQueue[Job | None] | None = None
        self.taken = 0

    async def run(self, receive: Receive | None, function: Callable[[Advance], Result]) -> Result:
        """What ``function(advance)`` returns; ``receive`` tells when the client has gone, unless it
        is read by others.

        Raises Problem when there is no room, when the time is up, and when the client is gone.
        """
        given_up = Event()
        end = monotonic() + self._seconds

        def advance(steps: int) -> None:
            if given_up.is_set() or monotonic() > end:
                raise Abandoned

        def work() -> Result:
            advance(0)  # it may have waited in line
            return function(advance)

        answer = asyncio.wrap_future(self._submit(work))
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

    def _submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Put work in line; raises Problem when there is no room."""
        with self._lock:
            if self.taken >= self._room:
                raise Problem("too-many", "too many requests at once: ask again", headers={"Retry-After": "1"})
            self.taken += 1
            if self._jobs is None:
                jobs: SimpleQueue[Job | None] = SimpleQueue()
                self._jobs = jobs
                for _ in range(self._threads):  # daemons, so that the end of the process waits for none of them
                    Thread(target=_work_off, args=(jobs,), daemon=True).start()
                    weakref.finalize(self, jobs.put, None)
        done: Future[Result] = Future()
        done.add_done_callback(self._leave)
        self._jobs.put((done, work))
        return done

    def _leave(self, done: Future[Any]) -> None:
        with self._lock:
            self.taken -= 1


def _work_off(jobs: SimpleQueue[Job | None]) -> None:
    while _done(jobs.get()):
        pass  # and holds on to nothing of a job while it waits for the next


def _done(job: Job | None) -> bool:
    """Do a job; False when there are no more."""
    if job is None:
        return False
    done, work = job
    if done.set_running_or_notify_cancel():
        try:
            done.set_result(work())
        except BaseException as error:  # whoever waits gets it
            done.set_exception(error)
    return True


async def _disconnected(receive: Receive | None) -> None:
    """Wait until the client is gone, or for ever where others read what it sends."""
    if receive is None:
        await asyncio.Event().wait()
        return
    while (await receive())["type"] != "http.disconnect":
        pass
