"""The adaptive questionnaire: which finding to ask for next, and where the answers lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.question import Question
from bayesdx.analyses.what_if.numbers.costs import Costs, gain_per_cost
from bayesdx.analyses.what_if.numbers.sequence import StoppingRules
from bayesdx.analyses.what_if.numbers.worth import FindingValue, finding_values
from bayesdx.errors import InputError
from bayesdx.network import Array

Put = Callable[[Mapping[str, object]], Question]


@dataclass(frozen=True)
class Reply:
    """A finding that was asked, its value as in a case file (None when skipped), and its expected information."""

    finding: str
    value: object
    information: float


@dataclass(frozen=True, eq=False)
class Questionnaire(Answer):
    """A case, and how it came about. Immutable: every answer makes a new one, which knows the one before.

    ``put`` asks the model about a case (a mapping like a case file); it raises InputError for a bad value. A
    finding is asked once: neither one that the case states, be it uncertain, nor one that was skipped.
    """

    put: Put
    case: Mapping[str, object]
    question: Question
    posterior: Array
    rules: StoppingRules = field(default_factory=StoppingRules)
    costs: Costs | None = None
    answers: tuple[Reply, ...] = ()
    previous: Questionnaire | None = None

    @cached_property
    def open(self) -> tuple[FindingValue, ...]:
        """The findings that can be asked, what costs nothing first, then by information per cost."""
        skipped = {answer.finding for answer in self.answers}
        values, _ = finding_values(self.question, self.posterior, self.costs)
        kept = [v for v in values if v.variable.id not in skipped and v.variable.id not in self.question.findings]
        kept.sort(key=lambda value: gain_per_cost(value.information, value.cost), reverse=True)
        return tuple(value for value in kept if self.rules.worthwhile(value.information, value.cost))

    @property
    def stopped(self) -> str | None:
        """Why nothing more is asked: ``certain`` or ``worthless``; None while there is something to ask."""
        if self.posterior.max() >= self.rules.certain:
            return "certain"
        return None if self.open else "worthless"

    @property
    def next(self) -> FindingValue | None:
        """What to ask next; None when stopped."""
        return None if self.stopped else self.open[0]

    def answered(self, value: FindingValue, stated: object) -> Questionnaire:
        """The questionnaire after an answer, written as in a case file; None skips the finding.

        Raises InputError for a bad value, and ImpossibleFindings when it contradicts the findings.
        """
        name = value.variable.id
        answers = (*self.answers, Reply(name, stated, value.information))
        if stated is None:
            return replace(self, answers=answers, previous=self)
        case = _with_finding(self.case, name, stated)
        question = self.put(case)
        return replace(
            self, case=case, question=question, posterior=question.posterior, answers=answers, previous=self
        )

    def undone(self) -> Questionnaire:
        """The questionnaire before the last answer; raises InputError at the start."""
        if self.previous is None:
            raise InputError("there is no answer to undo")
        return self.previous


def begin(
    put: Put, case: Mapping[str, object], rules: StoppingRules | None = None, costs: Costs | None = None
) -> Questionnaire:
    """A questionnaire about a case (a mapping like a case file, which may be empty)."""
    question = put(case)
    return Questionnaire(put, case, question, question.posterior, rules or StoppingRules(), costs)


def _with_finding(case: Mapping[str, object], name: str, stated: object) -> dict[str, object]:
    """The case with one more finding; an age in years and the sex have keys of their own."""
    if name == "age_group" and isinstance(stated, Real):
        return {**case, "age": stated}
    if name == "sex" and isinstance(stated, str):
        return {**case, "sex": stated}
    findings = case.get("findings")
    return {**case, "findings": {**(findings if isinstance(findings, Mapping) else {}), name: stated}}
