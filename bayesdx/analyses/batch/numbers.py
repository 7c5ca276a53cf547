"""The posterior of many cases at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.answer import Answer
from bayesdx.errors import IMPOSSIBLE, InputError
from bayesdx.files import place_of
from bayesdx.inference import Engine
from bayesdx.inference.results import leading
from bayesdx.network import Array
from bayesdx.values import ByValue

#: Rows that are wrong of which the summary of a table tells, however many there are.
LISTED = 1000


@dataclass(frozen=True, eq=False)
class BatchResult(Answer, ByValue):
    """Posteriors of n cases.

    ``probabilities`` has shape (n, card of the target) and rows that sum to 1, columns as in ``states``;
    ``log_likelihood`` (n,) is ln P(findings). ``lines`` and ``ids`` (n,) say where each case stands in its table.
    ``errors`` lists ``(line, message)`` of the rows that were left out; ``warnings`` counts rows by warning.
    ``asked`` names network, version and prior set.
    """

    states: tuple[str, ...]
    lines: tuple[int, ...]
    ids: tuple[str | None, ...]
    probabilities: Array
    log_likelihood: Array
    errors: tuple[tuple[int, str], ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)
    asked: Mapping[str, object] = field(default_factory=dict)

    @property
    def scored(self) -> int:
        return len(self.lines)

    @property
    def left_out(self) -> int:
        return len(self.errors)

    @property
    def leaders(self) -> list[str]:
        """The most probable state of each case."""
        return [self.states[i] for i in leading(self.probabilities).tolist()] if self.lines else []

    def rows(self) -> Iterable[tuple[object, ...]]:
        """One flat row a case, as in ``columns_of``."""
        numbers = np.column_stack([self.probabilities, self.log_likelihood]).tolist()
        for line, name, leader, values in zip(self.lines, self.ids, self.leaders, numbers, strict=True):
            yield (line, name, leader, *values)


@dataclass(frozen=True, eq=False)
class BatchSummary(Answer, ByValue):
    """How many rows of a table were scored and how many left out, and what was wrong with the first ``LISTED`` of
    these; ``asked`` as in BatchResult."""

    table: str
    scored: int
    left_out: int
    errors: tuple[tuple[int, str], ...]
    warnings: Mapping[str, int]
    asked: Mapping[str, object]


def columns_of(states: Sequence[str], others: Collection[str] = ()) -> tuple[str, ...]:
    """Columns of a table of posteriors: where the case stands, the leader, each probability, ln P(findings).

    A state that has the name of another column (one of ``others``, too) stands under ``P(state)``.
    """
    own = ("line", "id", "leader", "log_likelihood")
    named: list[str] = []
    for state in states:
        name = state
        while name in own or name in others or (name != state and name in states):
            name = f"P({name})"
        named.append(name)
    return (*own[:3], *named, own[3])


def nothing_scored(table: str, errors: Sequence[tuple[int, str]]) -> InputError:
    """What is wrong with a table of which no row can be scored."""
    place = place_of(table)
    if not errors:
        return InputError("no row can be scored: the table has none", place=place)
    line, message = errors[0]
    return InputError(f"no row can be scored; line {line}: {message}", place=place)


def query_batch(
    engine: Engine,
    codes: NDArray[np.int64],
    weights: Mapping[str, Array],
    lines: Sequence[int],
    ids: Sequence[str | None],
) -> BatchResult:
    """Score n cases: ``codes`` (n, n_variables) state indices, -1 missing; ``weights[v]`` (n, card of v).

    A case whose findings are impossible together is left out and listed in ``errors``.
    """
    network = engine.network
    states = network.variable(str(network.target)).states
    if not len(codes):
        return BatchResult(states, (), (), np.empty((0, len(states))), np.empty(0))
    answer = engine.query_batch(codes, weights)
    possible = ~answer.impossible
    kept = np.flatnonzero(possible).tolist()
    impossible = np.flatnonzero(~possible).tolist()
    return BatchResult(
        states=states,
        lines=tuple(lines[i] for i in kept),
        ids=tuple(ids[i] for i in kept),
        probabilities=answer.probabilities[possible],
        log_likelihood=answer.log_likelihood[possible],
        errors=tuple((lines[i], IMPOSSIBLE) for i in impossible),
    )
