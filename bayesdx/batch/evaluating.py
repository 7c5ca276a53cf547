"""Tables of proven cases against a network: sums of each part, added up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.cohort.numbers import SHOWN
from bayesdx.analyses.evaluate.numbers.figures import Evaluation
from bayesdx.analyses.evaluate.numbers.sums import Sums, added, evaluation, sums_of
from bayesdx.batch.local import processes
from bayesdx.batch.parts import Across, Part, in_order, parts_of
from bayesdx.batch.proven import parted, reader_of, truths
from bayesdx.batch.reading import read_part
from bayesdx.batch.scoring import Spec, scorer_of, wrong_rows
from bayesdx.model import Model


class Evaluated(NamedTuple):
    """The sums of a part, how many of its rows are wrong, and the first of these (file, row, error)."""

    part: Part
    sums: Sums
    wrong: int
    examples: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class EvaluatePart:
    """The work of one part: it is read, answered and set against what was proven."""

    spec: Spec

    def __call__(self, part: Part) -> Evaluated:
        scorer = scorer_of(self.spec)
        network, reader = self.spec.model.network, reader_of(scorer.encoder)
        sums, wrong = nothing(self.spec), 0
        examples: list[tuple[str, int, str]] = []
        for batch in read_part(part):
            rest, told = parted(batch, scorer.encoder)
            encoded, answer = scorer.read(rest)
            truth = truths(told, network, reader, encoded)
            right = encoded.fault < 0
            sums = added(sums, sums_of(answer.probabilities[right], truth[right]))
            wrong += int((~right).sum())
            examples += wrong_rows(batch, encoded, SHOWN - len(examples))
        return Evaluated(part, sums, wrong, tuple(examples))


def nothing(spec: Spec) -> Sums:
    """The sums over no case."""
    return sums_of(np.empty((0, spec.target.cardinality)), np.empty(0, dtype=np.intp))


def evaluate_cohort(
    location: str,
    model: Model,
    across: Across | None = None,
    advance: Callable[[Evaluated], object] = lambda evaluated: None,
) -> Evaluation:
    """The figures of the cases in the tables of a folder (or one), in memory that does not grow with them.

    What was proven stands in the column of the target. A row without is wrong; nothing is left out as a case's own
    publication. ``across`` does the work, by default in processes on this machine. Raises InputError for a table
    that cannot be read, and when no case can be answered.
    """
    spec, parts = Spec(model), parts_of(location)
    total = nothing(spec)
    wrong, examples = 0, list[tuple[str, int, str]]()
    for one in in_order((across or processes())(EvaluatePart(spec), parts), parts):
        total = added(total, one.sums)
        wrong += one.wrong
        examples += one.examples[: SHOWN - len(examples)]
        advance(one)
    found = evaluation(total, spec.target.states, wrong, examples)
    learnt = {one.name: one.cases for one in model.network.learnt}
    return replace(found, network=model.network.id, prior=model.prior, learnt=learnt, face=ANALYSES["evaluate"])
