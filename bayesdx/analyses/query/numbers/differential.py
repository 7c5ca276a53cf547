"""The main question: which diagnoses, how sure, and do the findings hang together?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.query.numbers.surprise import SIMULATED, usual_share
from bayesdx.analyses.question import Question
from bayesdx.inference.results import ranking
from bayesdx.network import Network

#: Findings that fewer than this share of a diagnosis' own cases would show are called unusual for it.
UNUSUAL = 0.01
#: Nats from which findings are said to conflict: together they are a third less probable than if independent.
LEAST_CONFLICT = math.log(1.5)
#: A finding that is less improbable than that, given the others, is implied by them.
_IMPLIED = 1e-9


class RankedDiagnosis(NamedTuple):
    """One line of the differential: P(diagnosis | findings), its 95 % interval, and P(diagnosis).

    ``interval`` is None without checks, or when the network holds no counts.
    """

    diagnosis: str
    label: str
    probability: float
    interval: tuple[float, float] | None
    prior: float


class Surprise(NamedTuple):
    """How usual the hard findings are under the leading diagnosis.

    ``share`` estimates the share of the leader's own cases whose findings, in the same variables, are no more
    typical of it than these (``simulated`` cases drawn from the network). ``better`` names diagnoses for which they
    are not unusual, when they are for the leader (see ``bayesdx.analyses.query.numbers.surprise``).
    """

    diagnosis: str
    share: float
    simulated: int
    better: tuple[str, ...] = ()

    @property
    def unusual(self) -> bool:
        return self.share < UNUSUAL


@dataclass(frozen=True, eq=False)
class QueryResult(Answer):
    """The differential of one case.

    ``posterior`` is sorted, highest first, and sums to 1. ``log_likelihood`` is ln P(findings). ``conflict`` is
    ln prod P(finding) / P(findings) (Jensen et al. 1991), without findings that the others imply: positive when
    they go together less often than if they were independent; None with fewer than two findings or without checks.
    ``surprise`` is None without
    hard findings or checks, and in a network whose target has parents.
    """

    question: Question
    posterior: tuple[RankedDiagnosis, ...]
    log_likelihood: float
    conflict: float | None
    surprise: Surprise | None

    @property
    def leader(self) -> RankedDiagnosis:
        return self.posterior[0]

    @property
    def unresolved(self) -> bool:
        """Whether the findings conflict and the leader does not account for it: it is not merely rare.

        Jensen et al. 1991: a rare diagnosis h explains conf(e) <= ln [P(h | e) / P(h)].
        """
        gain = math.log(self.leader.probability / self.leader.prior)
        return self.conflict is not None and self.conflict > max(gain, LEAST_CONFLICT)


def query(question: Question, *, checks: bool = True, seed: int = 0) -> QueryResult:
    """Rank the states of the target given the findings.

    Without ``checks`` the answer is the exact posterior alone, in one query of the engine: no intervals, and
    neither the conflict nor the surprise check, whose cases are simulated from ``seed``.

    Raises ImpossibleFindings when the findings cannot occur together.
    """
    target, answer = question.target, question.answer
    probabilities = answer.probabilities
    priors = question.prior_probabilities
    order = ranking(probabilities)
    conflict = conflict_measure(question) if checks else None
    surprise = _surprise(question, order[0], seed) if checks else None
    intervals = question.intervals if checks else None
    rows = tuple(
        RankedDiagnosis(
            diagnosis=target.states[i],
            label=target.state_label(i),
            probability=float(probabilities[i]),
            interval=None if intervals is None else (float(intervals[i, 0]), float(intervals[i, 1])),
            prior=float(priors[i]),
        )
        for i in order
    )
    return QueryResult(question, rows, answer.log_likelihood, conflict, surprise)


def conflict_measure(question: Question) -> float | None:
    """ln prod_i P(finding_i) / P(findings), in nats, over findings that the others do not imply; None with fewer
    than two findings.

    Jensen, Chamberlain, Nordahl & Jensen 1991, Analysis in HUGIN of data conflict (UAI 1990). What is implied
    agrees with the others by definition: its own rarity would hide how these go together.
    """
    if len(question.findings) < 2:
        return None
    left, log_likelihood = dict(question.findings), question.answer.log_likelihood
    for name, seen in question.findings.items():
        if len(left) > 1 and _may_be_implied(question.network, name):
            rest = {other: weights for other, weights in left.items() if other != name}
            without = question.engine.posterior(rest).log_likelihood
            if log_likelihood > without + math.log(seen.max()) - _IMPLIED:
                left, log_likelihood = rest, without
    alone = (float(question.alone[name] @ weights) for name, weights in left.items())
    return sum(map(math.log, alone)) - log_likelihood


def _may_be_implied(network: Network, name: str) -> bool:
    """Whether anything can leave a variable one state only: a zero in its CPT, or in that of a child."""
    near = [name, *(child for child, parents in network.parents.items() if name in parents)]
    return any((network.cpts[one] == 0.0).any() for one in near)


def _surprise(question: Question, leader: int, seed: int) -> Surprise | None:
    engine, target = question.engine, question.target
    hard = {name: state for name, state in question.hard_findings().items() if name != target.id}
    if not hard or engine.network.parents[target.id]:
        return None

    def share(diagnosis: int) -> float:
        return usual_share(engine, hard, diagnosis, seed)

    found = Surprise(target.states[leader], share(leader), SIMULATED)
    if not found.unusual:
        return found
    prior = question.prior_probabilities
    others = {i: share(i) for i in range(target.cardinality) if i != leader and prior[i] > 0}
    better = sorted((i for i in others if others[i] >= UNUSUAL), key=lambda i: -others[i])
    return found._replace(better=tuple(target.states[i] for i in better))
