"""The processes of one machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread

from bayesdx.batch.parts import Across, Found, Part
from bayesdx.errors import InputError


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(count: int | None = None) -> Across:
    """Do the parts in ``count`` processes, one for each processor unless it is said.

    When one of them is killed, the parts that are not done are begun again. Raises InputError when that happens
    and nothing was done in between.
    """

    def across(work: Callable[[Part], Found], parts: Sequence[Part]) -> Iterator[Found]:
        left = dict.fromkeys(parts)
        while left:
            before = len(left)
            size = min(count or processors(), len(left))
            pool = ProcessPoolExecutor(size, mp_context=get_context("spawn"), initializer=_follow)
            try:
                asked: dict[Future[Found], Part] = {pool.submit(work, part): part for part in left}
                for future in as_completed(asked):
                    done = future.result()
                    del left[asked[future]]
                    yield done
            except BrokenProcessPool:
                if len(left) == before:
                    message = (
                        "a process that scores was ended before it was done: by the system, for want of memory?"
                    )
                    raise InputError(message) from None
            finally:
                pool.shutdown(cancel_futures=True)

    return across


def _follow() -> None:
    """A worker ends with the process that began it: at once when that is killed, after its part on Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
    os._exit(1)
