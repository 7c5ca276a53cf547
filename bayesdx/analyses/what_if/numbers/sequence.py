"""In which order to look: next steps, greedy or with a look-ahead of two, until it is sure or not worth it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.information import divergence
from bayesdx.analyses.question import Question
from bayesdx.analyses.what_if.numbers.costs import Costs, done_examinations, examinations_of, gain_per_cost
from bayesdx.analyses.what_if.numbers.outcomes import EXACT_OUTCOMES, Outcomes, Prospects, mean, total
from bayesdx.inference.results import leading

#: Simulated patients behind an order of steps, once its outcomes are more than that.
PATIENTS = 400
#: The best single steps among which the look-ahead seeks the best pair.
LOOK_AHEAD = 8
#: Id of the step that takes all findings that cost nothing together.
FREE = "free"


@dataclass(frozen=True)
class StoppingRules:
    """When to stop: a diagnosis has probability ``certain``, or no step brings ``information`` bits and ``worth``
    bits per unit of cost.
    """

    certain: float = 0.95
    information: float = 0.01
    worth: float = 0.0

    def worthwhile(self, gain: float, cost: float | None) -> bool:
        """Whether a step that is expected to bring ``gain`` bits is worth its cost."""
        return gain >= self.information and gain >= self.worth * (cost or 0.0)


@dataclass(frozen=True)
class Step:
    """One step: an examination or a finding.

    ``reached`` is the chance that the search gets to it; ``gain`` what it is then expected to bring, in bits, with
    its standard error (0 when exact); ``certain`` the chance that a diagnosis is probable enough once it is done,
    and ``leader_change`` that another one leads than now.
    """

    id: str
    findings: tuple[str, ...]
    cost: float | None
    reached: float = 1.0
    gain: float = 0.0
    gain_error: float = 0.0
    certain: float = 0.0
    leader_change: float = 0.0


@dataclass(frozen=True)
class StepSequence:
    """An order of steps, by ``method`` (``greedy`` or ``look-ahead``), and why it ends there.

    ``stopped`` is ``certain`` (a diagnosis has probability ``rules.certain`` in the share ``sure`` of the
    outcomes), ``worthless`` (nothing that is left is worth its cost) or ``asked`` (so many steps were asked for).
    """

    method: str
    steps: tuple[Step, ...]
    stopped: str
    rules: StoppingRules
    sure: float = 0.0

    @property
    def expected_cost(self) -> float:
        """Cost of the steps that are reached; 0 without costs."""
        return sum(step.reached * (step.cost or 0.0) for step in self.steps)

    @property
    def expected_information(self) -> float:
        """Bits that the steps that are reached bring."""
        return sum(step.reached * step.gain for step in self.steps)


@dataclass(frozen=True, eq=False)
class _Reached:
    """Where a search stands: outcomes so far, which of them go on (m,), and who leads where it ended (m,)."""

    outcomes: Outcomes
    live: NDArray[np.bool_]
    leader: NDArray[np.intp]

    @property
    def share(self) -> float:
        """Chance that the search goes on."""
        return total(self.live, self.outcomes)


def sequences(
    question: Question,
    names: Sequence[str],
    costs: Costs | None,
    steps: int,
    rules: StoppingRules,
    seed: int = 0,
) -> tuple[StepSequence, StepSequence]:
    """Up to ``steps`` next steps among the findings ``names``: greedy, and with a look-ahead of two.

    Without ``costs`` a step is one finding; with them it is an examination or a finding that they name, or all
    together that costs nothing. Greedy takes the step of the highest expected gain (per cost); the look-ahead
    takes the first of the pair of the highest joint gain (per joint cost). A search that has reached certainty
    takes no further steps, so gains and costs count where the search still goes on.
    """
    prospects = Prospects(question, PATIENTS, seed)
    choices = _choices(question, names, costs)
    greedy = _sequence("greedy", prospects, choices, steps, rules, _greedy)
    return greedy, _sequence("look-ahead", prospects, choices, steps, rules, _look_ahead)


def _choices(question: Question, names: Sequence[str], costs: Costs | None) -> list[Step]:
    network = question.engine.network
    variables = [network.variable(name) for name in names]
    if costs is None:
        return [Step(v.id, (v.id,), None) for v in variables]
    done = done_examinations(question)
    steps = [
        Step(e.id, shown, costs.of_examination(e, done))
        for e in examinations_of(network)
        if (e.id in costs.examinations or costs.of_parts(e, done)) and not set(e.shows) <= done
        if (shown := tuple(v.id for v in variables if v.examination in e.shows))
    ]
    named = [v for v in variables if v.id in costs.findings]
    steps += [Step(v.id, (v.id,), costs.findings[v.id]) for v in named]
    free = tuple(v.id for v in variables if costs.of_finding(v, done) == 0)
    together = [Step(FREE, free, 0.0)] if free else []
    return [step for step in steps if step.cost] + together


Choose = Callable[[Prospects, _Reached, list[Step], StoppingRules], Step | None]


def _sequence(
    method: str, prospects: Prospects, choices: list[Step], size: int, rules: StoppingRules, choose: Choose
) -> StepSequence:
    now = prospects.now
    reached = _Reached(now, now.posterior.max(axis=1) < rules.certain, leading(now.posterior))
    first = int(reached.leader[0])
    taken: list[Step] = []
    seen: set[str] = set()
    while len(taken) < size:
        if reached.share <= 1 - rules.certain:
            return StepSequence(method, tuple(taken), "certain", rules, 1 - reached.share)
        left = [replace(step, findings=tuple(n for n in step.findings if n not in seen)) for step in choices]
        left = [_valued(prospects, reached, step) for step in left if step.findings]
        step = choose(prospects, reached, left, rules)
        if step is None:
            return StepSequence(method, tuple(taken), "worthless", rules)
        reached = _advanced(prospects, reached, step, rules)
        sure_by_now = total(~reached.live, reached.outcomes)
        changed = total(reached.leader != first, reached.outcomes)
        taken.append(replace(step, certain=sure_by_now, leader_change=changed))
        seen.update(step.findings)
    return StepSequence(method, tuple(taken), "asked", rules)


def _greedy(_prospects: Prospects, _reached: _Reached, left: list[Step], rules: StoppingRules) -> Step | None:
    worthwhile = [step for step in left if rules.worthwhile(step.gain, step.cost)]
    return max(worthwhile, key=_rank, default=None)


def _look_ahead(prospects: Prospects, reached: _Reached, left: list[Step], rules: StoppingRules) -> Step | None:
    best = sorted(left, key=_rank, reverse=True)[:LOOK_AHEAD]
    pairs = {_together(prospects, reached, pair): pair[0] for pair in combinations(best, 2)}
    worthwhile = [pair for pair in pairs if rules.worthwhile(pair.gain, pair.cost)]
    if not worthwhile:
        return _greedy(prospects, reached, best, rules)
    return pairs[max(worthwhile, key=_rank)]


def _rank(step: Step) -> tuple[bool, float]:
    return gain_per_cost(step.gain, step.cost)


def _together(prospects: Prospects, reached: _Reached, pair: tuple[Step, Step]) -> Step:
    """Two steps as one."""
    a, b = pair
    cost = None if a.cost is None or b.cost is None else a.cost + b.cost
    names = tuple(dict.fromkeys(a.findings + b.findings))
    return _valued(prospects, reached, Step(f"{a.id}+{b.id}", names, cost))


def _valued(prospects: Prospects, reached: _Reached, step: Step) -> Step:
    """The step with its chance of being reached and its gain there."""
    before = reached.outcomes
    rows = len(before.codes)
    limit = EXACT_OUTCOMES if rows == 1 else 10 * PATIENTS
    after = prospects.after(before, step.findings, limit)
    gains = divergence(after.posterior, before.posterior[after.parent]) * reached.live[after.parent]
    gain, error = mean(gains, after)
    share = reached.share
    return replace(step, reached=share, gain=gain / share, gain_error=error / share)


def _advanced(prospects: Prospects, reached: _Reached, step: Step, rules: StoppingRules) -> _Reached:
    after = prospects.after(reached.outcomes, step.findings, PATIENTS)
    goes_on = reached.live[after.parent]
    leader = np.where(goes_on, leading(after.posterior), reached.leader[after.parent])
    return _Reached(after, goes_on & (after.posterior.max(axis=1) < rules.certain), leader)
