"""Weight of evidence: what each finding says for one diagnosis against another.

The weight of finding e_i in context is the log-likelihood ratio

    W(a : b) = 10 log10 [ P(e_i | a, e without e_i) / P(e_i | b, e without e_i) ]    in decibans,

the amount by which e_i moves the log-odds of a against b once every other finding is known (Good 1950,
Probability and the Weighing of Evidence; Good 1985, Bayesian Statistics 2:249-270).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.inference.logs import TIE
from bayesdx.inference.results import leading
from bayesdx.network import Array

Pair = tuple[int, int]

#: The waterfall takes the findings in the order in which they are learned; within a kind, in the network's order.
ORDER_OF_KINDS = ("clinical", "location", "ct", "mr")
#: Weights up to this many decibans, a likelihood ratio that is 1.3 with one decimal, say next to nothing.
NEGLIGIBLE = 10 * math.log10(1.35)
#: How far from 1 a probability may be and still count as certain.
_CERTAIN = 1e-9


def decibans(first: float, second: float) -> float:
    """10 log10 (first / second); infinite when one of them is zero, 0 when both are.

    >>> decibans(0.2, 0.02), decibans(0.0, 0.0), decibans(0.0, 1.0)
    (10.0, 0.0, -inf)
    """
    if first == second:
        return 0.0
    if first == 0.0 or second == 0.0:
        return math.inf if second == 0.0 else -math.inf
    return 10.0 * (math.log10(first) - math.log10(second))


@dataclass(frozen=True, eq=False)
class Context:
    """The findings of a case and what one backward pass says about every variable.

    ``tables[v]`` has shape (card of the target, card of v) and holds P(target, v, findings without v) divided by
    P(findings): the derivative of P(target, findings) by the likelihood weights of v (Darwiche 2003). ``weights``
    are the findings, scaled so that the largest weight of each is 1. ``together`` holds ln P(e_i, e_j) of each two
    findings. ``posterior`` (card of the target,).
    """

    weights: Mapping[str, Array]
    together: Mapping[frozenset[str], float]
    tables: Mapping[str, Array]
    posterior: Array
    log_likelihood: float

    def given(self, variable: str, diagnosis: int) -> Array:
        """P(variable | diagnosis, findings without it), shape (card of the variable,)."""
        row = self.tables[variable][diagnosis]
        return np.asarray(row / row.sum())


def context_of(question: Question) -> Context:
    """Ask the engine once; raises ImpossibleFindings when the findings cannot occur together."""
    largest = {name: float(w.max()) for name, w in question.findings.items()}
    weights = {name: np.asarray(w / largest[name]) for name, w in question.findings.items()}
    answer = question.answer
    tables = {name: joint * largest.get(name, 1.0) for name, joint in question.joints.items()}
    log_likelihood = answer.log_likelihood - sum(map(math.log, largest.values()))
    return Context(weights, _together(question, weights), tables, answer.probabilities, log_likelihood)


def _together(question: Question, weights: Mapping[str, Array]) -> dict[frozenset[str], float]:
    """ln P(e_i, e_j) of each two findings, of certain ones from one batch where they are looked up."""
    engine, hard, pairs = question.engine, question.hard_findings(), list(combinations(weights, 2))
    if not engine.tabulated or len(hard) < len(weights):
        return {frozenset(two): engine.log_likelihood({name: weights[name] for name in two}) for two in pairs}
    codes = np.full((len(pairs), len(question.network.variables)), -1)
    for row, two in enumerate(pairs):
        codes[row, [question.network.index[name] for name in two]] = [hard[name] for name in two]
    found = engine.query_batch(codes, target=question.target.id).log_likelihood.tolist()
    return {frozenset(two): log_likelihood for two, log_likelihood in zip(pairs, found, strict=True)}


@dataclass(frozen=True, eq=False)
class FindingWeight:
    """What one finding says for diagnosis a against diagnosis b, all other findings given.

    ``implies`` names other findings of the case that this one entails (a pattern of calcification entails
    calcification): they have no weight of their own beside it, and are weighed and left out together with it.
    ``likelihoods`` are P(finding | a, other findings) and P(finding | b, other findings); their ratio is the
    likelihood ratio, whose logarithm ``decibans`` is. ``alone`` are P(finding | a) and P(finding | b) without the
    other findings. ``without`` are P(a) and P(b) given the other findings only; ``leader_without`` is the
    diagnosis that would lead then. An uncertain finding has the expected relative weight in place of P(finding).
    """

    finding: str
    implies: tuple[str, ...]
    stated: object
    decibans: float
    likelihoods: tuple[float, float]
    alone: tuple[float, float]
    without: tuple[float, float]
    leader_without: str

    @property
    def ratio(self) -> float:
        """The likelihood ratio of a against b."""
        return float(10.0 ** (self.decibans / 10.0))

    @property
    def decibans_alone(self) -> float:
        """The weight if there were no other findings."""
        return decibans(*self.alone)


@dataclass(frozen=True, eq=False)
class Rung:
    """One step of the waterfall: the weight of a finding given those before it, and where that leads.

    ``log_odds`` are the log-odds of a against b after the step, in decibans; ``probabilities`` P(a) and P(b). The
    first step is the prior: its ``finding`` is None and its weight the prior log-odds.
    """

    finding: str | None
    stated: object
    decibans: float
    log_odds: float
    probabilities: tuple[float, float]


def finding_weights(question: Question, context: Context, pair: Pair) -> tuple[FindingWeight, ...]:
    """The weight of every finding, the strongest for a first. Does not depend on the order of the findings."""
    engine, states = question.engine, question.target.states
    prior, leader = question.prior_probabilities, int(leading(context.posterior))
    rows = []
    for head, implied in implications(question, context).items():
        group = {name: context.weights[name] for name in (head, *implied)}
        rest = {name: w for name, w in context.weights.items() if name not in group}
        without, alone = engine.posterior(rest), engine.posterior(group)
        gain = math.exp(context.log_likelihood - without.log_likelihood)
        likelihoods = [gain * float(context.posterior[t] / without.probabilities[t]) for t in pair]
        by_itself = [math.exp(alone.log_likelihood) * float(alone.probabilities[t] / prior[t]) for t in pair]
        rows.append(
            FindingWeight(
                finding=head,
                implies=implied,
                stated=question.stated.get(head),
                decibans=decibans(likelihoods[0], likelihoods[1]),
                likelihoods=(likelihoods[0], likelihoods[1]),
                alone=(by_itself[0], by_itself[1]),
                without=(float(without.probabilities[pair[0]]), float(without.probabilities[pair[1]])),
                leader_without=states[_leader(without.probabilities, leader)],
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.decibans, engine.network.index[row.finding])))


def _leader(posterior: Array, now: int) -> int:
    """The state that leads, which is that of ``now`` where others are merely as probable."""
    return now if posterior[now] >= posterior.max() * (1 - TIE) else int(leading(posterior))


def implications(question: Question, context: Context) -> dict[str, tuple[str, ...]]:
    """Findings in the order of the network, each with those that it entails; the entailed ones are no keys.

    A finding entails another when the other has probability 1 given it alone.
    """
    network = question.engine.network
    names = sorted(context.weights, key=lambda name: network.index[name])
    entailed_by: dict[str, str] = {}
    alone = {name: math.log(float(question.alone[name] @ context.weights[name])) for name in names}
    for head in names:
        for other in names:
            if other in (head, *entailed_by) or entailed_by.get(head) == other:
                continue
            if math.exp(context.together[frozenset((head, other))] - alone[head]) > 1.0 - _CERTAIN:
                entailed_by[other] = head
    groups: dict[str, list[str]] = {name: [] for name in names if name not in entailed_by}
    for name in entailed_by:
        head = name
        while head in entailed_by:
            head = entailed_by[head]
        groups[head].append(name)
    return {head: tuple(implied) for head, implied in groups.items()}


def waterfall(question: Question, context: Context, pair: Pair) -> tuple[Rung, ...]:
    """From the prior to the posterior log-odds, one finding after the other; the weights sum to the posterior's.

    A step's weight is conditional on the steps before it, so unlike the weights in context it depends on the
    order: clinical findings, location, CT, MR.
    """
    prior = question.prior_probabilities
    steps = [_step(None, None, prior, pair, 0.0)]
    given: dict[str, Array] = {}
    for name in in_order(question, list(context.weights)):
        given[name] = context.weights[name]
        after = question.engine.posterior(given).probabilities
        steps.append(_step(name, question.stated.get(name), after, pair, steps[-1].log_odds))
    return tuple(steps)


def in_order(question: Question, names: Sequence[str]) -> list[str]:
    """Findings in the order in which they are learned."""
    network = question.engine.network

    def place(name: str) -> tuple[int, int]:
        kind = network.variable(name).kind
        known = ORDER_OF_KINDS.index(kind) if kind in ORDER_OF_KINDS else len(ORDER_OF_KINDS)
        return known, network.index[name]

    return sorted(names, key=place)


def _step(finding: str | None, stated: object, belief: Array, pair: Pair, before: float) -> Rung:
    a, b = (float(belief[i]) for i in pair)
    log_odds = decibans(a, b)
    return Rung(finding, stated, log_odds - before, log_odds, (a, b))
