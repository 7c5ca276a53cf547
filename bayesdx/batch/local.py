"""The processes of one machine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread

from bayesdx.batch.parts import Across, Found, Part
from bayesdx.errors import InputError

#: Parts that are asked for at a time for each process: enough that none waits, and few results that wait.
AHEAD = 4


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
            asked: dict[Future[Found], Part] = {}
            waiting = iter(list(left))
            try:
                while True:
                    asked |= {pool.submit(work, part): part for part in islice(waiting, AHEAD * size - len(asked))}
                    if not asked:
                        break
                    for future in wait(asked, return_when=FIRST_COMPLETED).done:
                        done = future.result()
                        del left[asked.pop(future)]
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
