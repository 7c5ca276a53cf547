"""What if: what each finding that is not yet seen may show, and what that would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.information import entropy, mutual_information
from bayesdx.analyses.question import Question
from bayesdx.analyses.what_if.numbers.costs import Costs, done_examinations
from bayesdx.analyses.what_if.numbers.examinations import ExaminationValue, examination_values
from bayesdx.analyses.what_if.numbers.outcomes import PATIENTS, Prospects
from bayesdx.analyses.what_if.numbers.sequence import StepSequence, StoppingRules, sequences
from bayesdx.errors import InputError, nearest
from bayesdx.inference.results import leading, ranking
from bayesdx.network import Array, Variable, named

#: Decimals in which values are compared: rounding puts no finding or state before another.
DECIMALS = 12
#: A finding is settled when the chance of its state falls short of 1 by no more than rounding.
SETTLED = 1e-12
#: Chance from which a state is expected at all: what would move the leader most but is never seen helps nobody.
LIKELY = 0.05
#: Diagnoses that JSON lists under each state.
TOP = 5


@dataclass(frozen=True, eq=False)
class FindingValue:
    """What seeing one finding may bring. k is the number of its states.

    ``predictive`` (k,) is P(state | findings); ``posteriors`` (k, card of the target) is P(target | findings,
    state), zero where the state is impossible. ``information`` is the mutual information of the finding and the
    target given the findings, in bits. ``leader_change`` is the chance that another diagnosis leads afterwards;
    ``strongest`` the state that would move the probability of the present leader most, of those that are LIKELY
    enough to be met with. ``stated`` is what the case says of it, when that leaves several states open. ``cost`` is
    None without costs.
    """

    variable: Variable
    target: Variable
    predictive: Array
    posteriors: Array
    information: float
    leader_change: float
    strongest: int
    stated: object = None
    cost: float | None = None

    @property
    def information_per_cost(self) -> float | None:
        """Bits per unit of cost; None without costs, and for what costs nothing."""
        return self.information / self.cost if self.cost else None

    def leader_under(self, state: int) -> int:
        """The diagnosis (index) that leads when the finding shows ``state``."""
        return int(leading(self.posteriors[state]))

    def top(self, state: int, size: int = TOP) -> list[tuple[str, float]]:
        """The first diagnoses under ``state``: label and probability."""
        return [(self.target.state_label(i), p) for i, p in ranked(self.posteriors[state], size)]


@dataclass(frozen=True, eq=False)
class WhatIf(Answer):
    """What is missing in a case and what it is worth.

    ``posterior`` (card of the target,) is that of the findings now, ``entropy`` its uncertainty in bits, the most
    that any finding can take away. ``findings`` are those not yet seen, the most informative first; ``settled``
    those that the others imply, with their state. ``examinations`` take their missing findings together;
    ``sequences`` are orders of next steps.
    """

    question: Question
    posterior: Array
    entropy: float
    findings: tuple[FindingValue, ...]
    settled: Mapping[str, str]
    examinations: tuple[ExaminationValue, ...]
    sequences: tuple[StepSequence, ...]
    costs: Costs | None
    warnings: tuple[str, ...]

    @property
    def leader(self) -> int:
        """The diagnosis (index) that leads now."""
        return int(leading(self.posterior))

    def finding(self, name: str) -> FindingValue:
        """The value of one finding; raises InputError that says why it has none, or names the nearest."""
        name = named(name, self.question.network.index)
        for value in self.findings:
            if value.variable.id == name:
                return value
        variable = self.question.engine.network.variable(name)
        if name in self.settled:
            raise InputError(f"finding '{name}' is settled by the other findings: {self.settled[name]}")
        if name in self.question.findings:
            raise InputError(f"finding '{name}' is known already: {self.question.stated.get(name)}")
        names = [value.variable.id for value in self.findings]
        raise InputError(f"'{variable.id}' is no finding that is still open", nearest(name, names))


def what_if(
    question: Question,
    *,
    kind: str | None = None,
    examination: str | None = None,
    finding: str | None = None,
    costs: Costs | None = None,
    steps: int = 0,
    rules: StoppingRules | None = None,
    patients: int = PATIENTS,
    seed: int = 0,
) -> WhatIf:
    """The worth of every finding that is not yet seen, of whole examinations, and the next ``steps``.

    ``kind``, ``examination`` and ``finding`` narrow down which findings are looked at; a single finding gets no
    examinations. A finding that is stated as uncertain or negative is still open: what it was taken for counts,
    and the value is that of settling it. ``patients`` are simulated where an enumeration is too long.

    Raises ImpossibleFindings, and InputError for a filter that names nothing.
    """
    posterior = question.posterior
    values, settled = finding_values(question, posterior, costs)
    whole = WhatIf(question, posterior, entropy(posterior), values, settled, (), (), costs, question.warnings)
    if finding is not None:
        one = whole.finding(finding)
        return WhatIf(question, posterior, whole.entropy, (one,), {}, (), (), costs, question.warnings)
    kept = _filtered(question, values, kind, examination)
    names = [value.variable.id for value in kept]
    return WhatIf(
        question,
        posterior,
        whole.entropy,
        kept,
        settled,
        examination_values(Prospects(question, patients, seed), names, costs),
        sequences(question, names, costs, steps, rules or StoppingRules(), seed) if steps else (),
        costs,
        question.warnings,
    )


def finding_values(
    question: Question, posterior: Array, costs: Costs | None = None
) -> tuple[tuple[FindingValue, ...], dict[str, str]]:
    """Value of every open finding, the most informative first, and the state of those that are settled.

    ``posterior`` is P(target | findings). The joint P(target, finding | findings) of each is exact.
    """
    network, target = question.engine.network, question.target
    hard = question.hard_findings()
    done = done_examinations(question)
    leader = int(leading(posterior))
    values: list[FindingValue] = []
    settled: dict[str, str] = {}
    for variable in network.findings:
        if variable.id in hard:
            continue
        joint = question.joints[variable.id] * question.findings.get(variable.id, 1.0)
        predictive = joint.sum(axis=0)
        if predictive.max() >= 1 - SETTLED:
            settled[variable.id] = variable.states[int(predictive.argmax())]
            continue
        posteriors = np.divide(joint, predictive, out=np.zeros_like(joint), where=predictive > 0).T
        changed = (leading(posteriors) != leader) & (predictive > 0)
        moved = np.where(predictive >= LIKELY, np.abs(posteriors[:, leader] - posterior[leader]), -1.0)
        values.append(
            FindingValue(
                variable=variable,
                target=target,
                predictive=predictive,
                posteriors=posteriors,
                information=mutual_information(joint),
                leader_change=min(1.0, float(predictive[changed].sum())),
                strongest=int(moved.round(DECIMALS).argmax()),
                stated=question.stated.get(variable.id),
                cost=None if costs is None else costs.of_finding(variable, done),
            )
        )
    return tuple(sorted(values, key=lambda value: -round(value.information, DECIMALS))), settled


def ranked(posterior: Array, size: int) -> list[tuple[int, float]]:
    """Index and probability of the ``size`` most probable states, the highest first."""
    order = ranking(posterior)[:size]
    return [(int(i), float(posterior[i])) for i in order]


def _filtered(
    question: Question, values: tuple[FindingValue, ...], kind: str | None, examination: str | None
) -> tuple[FindingValue, ...]:
    findings = question.engine.network.findings
    for word, chosen, known in (
        ("kind", kind, {v.kind for v in findings}),
        ("examination", examination, {v.examination for v in findings}),
    ):
        if chosen is not None and chosen not in known:
            raise InputError(f"no finding of {word} '{chosen}'; {nearest(chosen, sorted(known - {''}))}")
    return tuple(
        value
        for value in values
        if kind in (None, value.variable.kind) and examination in (None, value.variable.examination)
    )
