"""Which findings disagree: the conflict measure, traced.

The conflict of findings e_1 … e_n is conf(e) = ln [ prod P(e_i) / P(e) ]: positive when they go together less often
than if they were independent (Jensen, Chamberlain, Nordahl & Jensen 1991, Analysis in HUGIN of data conflict).
A rare diagnosis can explain a conflict: it does when conf(e) <= ln [ P(h | e) / P(h) ].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

from bayesdx.analyses.explain.numbers.weights import Context
from bayesdx.analyses.query.numbers.differential import LEAST_CONFLICT, conflict_measure
from bayesdx.analyses.question import Question


@dataclass(frozen=True)
class Conflict:
    """The conflict of the findings, in nats, and its parts.

    ``findings`` holds, largest first, the conflict of each finding with all others together,
    ln [ P(e_i) / P(e_i | others) ]; ``pairs`` the pairs of findings that conflict with each other,
    ln [ P(e_i) P(e_j) / P(e_i, e_j) ] > 0, largest first. ``gain`` is ln [ P(leader | e) / P(leader) ].
    """

    total: float
    gain: float
    findings: tuple[tuple[str, float], ...]
    pairs: tuple[tuple[str, str, float], ...]

    @property
    def explained(self) -> bool:
        """Whether there is no conflict to speak of, or the leading diagnosis accounts for it."""
        return self.total <= max(self.gain, LEAST_CONFLICT)


def trace_conflict(question: Question, context: Context, leader: int) -> Conflict | None:
    """Conflict of the whole, of each finding and of each pair; None with fewer than two findings."""
    weights = context.weights
    total = conflict_measure(question)
    if total is None:
        return None
    marginals = question.alone
    alone = {name: math.log(float(marginals[name] @ w)) for name, w in weights.items()}
    findings = [(name, alone[name] + math.log(float(context.tables[name].sum()))) for name in weights]
    pairs = []
    for first, second in combinations(weights, 2):
        together = context.together[frozenset((first, second))]
        pairs.append((first, second, alone[first] + alone[second] - together))
    prior = float(question.prior_probabilities[leader])
    return Conflict(
        total=total,
        gain=math.log(float(context.posterior[leader]) / prior),
        findings=tuple(sorted(findings, key=lambda part: -part[1])),
        pairs=tuple(sorted((pair for pair in pairs if pair[2] > 0.0), key=lambda pair: -pair[2])),
    )
