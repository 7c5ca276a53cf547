"""Before and after: the differentials of a case and of the same case with other findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.question import Question
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class Comparison(Answer):
    """Two posteriors (card of the target,) of one network, side by side.

    ``changed`` maps the findings that differ to ``(before, after)`` as stated, None where not stated. The
    log-likelihoods are ln P(findings) of each.
    """

    before: Question
    after: Question
    posterior_before: Array
    posterior_after: Array
    log_likelihood_before: float
    log_likelihood_after: float

    @property
    def changed(self) -> Mapping[str, tuple[object, object]]:
        """Findings that differ: what was stated before and what is stated after."""
        old, new = self.before.stated, self.after.stated
        names = dict.fromkeys((*old, *new))
        return {n: (old.get(n), new.get(n)) for n in names if old.get(n) != new.get(n)}

    @property
    def order(self) -> list[int]:
        """Diagnoses (indices), the most probable in either posterior first."""
        highest = np.maximum(self.posterior_before, self.posterior_after)
        return [int(i) for i in np.argsort(-highest, kind="stable")]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of both cases, each once."""
        return tuple(dict.fromkeys((*self.before.warnings, *self.after.warnings)))


def compare(after: Question, before: Question) -> Comparison:
    """Ask two questions of the same network; raises ImpossibleFindings when either cannot be."""
    old, new = before.answer, after.answer
    return Comparison(before, after, old.probabilities, new.probabilities, old.log_likelihood, new.log_likelihood)
