"""Before and after: the differentials of a case and of the same case with other findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class Comparison:
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

    def __str__(self) -> str:
        from bayesdx.analyses.what_if.page import comparison_text

        return comparison_text(self)

    def __rich__(self) -> object:
        from rich.text import Text

        return Text.from_ansi(str(self))

    def _repr_html_(self) -> str:
        from bayesdx.report.whatif_html import comparison_html

        return comparison_html(self)

    def to_dict(self) -> dict[str, object]:
        """The object that ``bayesdx what-if --set … --json`` prints (schema what-if-comparison/1)."""
        target = self.before.target
        return {
            "schema": "what-if-comparison/1",
            **self.before.head(),
            "findings_after": dict(self.after.stated),
            "changed": [
                {"finding": name, "before": before, "after": after}
                for name, (before, after) in self.changed.items()
            ],
            "posterior": [
                {
                    "diagnosis": target.states[i],
                    "label": target.state_label(i),
                    "before": float(self.posterior_before[i]),
                    "after": float(self.posterior_after[i]),
                }
                for i in self.order
            ],
            "log_likelihood_before": self.log_likelihood_before,
            "log_likelihood_after": self.log_likelihood_after,
            "warnings": list(self.warnings),
        }


def compare(before: Question, after: Question) -> Comparison:
    """Ask two questions of the same network; raises ImpossibleFindings when either cannot be."""
    old, new = (question.engine.posterior(question.findings) for question in (before, after))
    return Comparison(before, after, old.probabilities, new.probabilities, old.log_likelihood, new.log_likelihood)
