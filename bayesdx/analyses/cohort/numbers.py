"""What became of a cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.values import ByValue

#: Rows that are wrong of which a summary tells.
SHOWN = 20


@dataclass(frozen=True, eq=False)
class CohortSummary(Answer, ByValue):
    """How many rows of the tables in ``table`` were scored into the folder ``output``, and how many left out.

    ``parts`` is the number of files that hold the answers, of which ``reused`` were there before. ``examples`` are
    the first rows that are wrong: file, number, and why. ``seconds`` is the time of the run, ``rate`` its rows a
    second, and ``outside`` the share of the time of its workers that did not go into inference but into reading,
    encoding and writing; None when nothing was to do. ``warnings`` came up while the network was read; those of
    a row stand beside its answer. ``asked`` names network, version and prior set.
    """

    table: str
    output: str
    parts: int
    reused: int
    scored: int
    left_out: int
    examples: tuple[tuple[str, int, str], ...]
    seconds: float
    rate: float
    outside: float | None
    warnings: tuple[str, ...]
    asked: Mapping[str, object]
