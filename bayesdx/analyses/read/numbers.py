"""What a radiology report says of each finding, as a case that can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.case import Case
from bayesdx.document import NetworkDocument
from bayesdx.network import Variable
from bayesdx.reading.gather import Proposal, gather
from bayesdx.reading.lexicon import Lexicon
from bayesdx.reading.mentions import Mention, Passages
from bayesdx.reading.reader import read_text


@dataclass(frozen=True, eq=False)
class ReportReading(Answer):
    """Findings that a report states, to be confirmed by whoever asks.

    ``case`` holds them as a case file does; ``findings`` says for each of them which words of ``report`` it rests
    on, and ``patient`` the same of age and sex. ``passages`` has every mention, those that were left out too.
    ``document`` is of the network that covers the level, or that was named; ``choice`` says why it is this one.
    """

    report: str
    case: Case
    findings: tuple[Proposal, ...]
    patient: tuple[Proposal, ...]
    passages: Passages
    document: NetworkDocument
    choice: str
    variables: tuple[Variable, ...]

    @property
    def several(self) -> bool:
        """Whether the report speaks of more than one lesion."""
        return bool(self.passages.several)

    @property
    def no_lesion(self) -> bool:
        """Whether the report names no lesion, and denies one or calls the study normal."""
        return bool(self.passages.no_lesion)

    @property
    def contradictory(self) -> tuple[Proposal, ...]:
        """Findings of which the report says what cannot be true together: the case does not state them."""
        return tuple(one for one in (*self.patient, *self.findings) if one.value is None)


def propose(
    text: str, lexicon: Lexicon, case_id: str | None = None, place: str = "report"
) -> tuple[Case, tuple[Proposal, ...], tuple[Proposal, ...], Passages]:
    """The case of a report with what stands behind it: findings, patient, passages."""
    passages = read_text(text, lexicon)
    findings = gather(passages, lexicon)
    patient = tuple(
        _patient(key, mentions) for key, mentions in (("age", passages.age), ("sex", passages.sex)) if mentions
    )
    known = {one.finding: one.value for one in patient if one.value is not None}
    stated = {one.finding: one.value for one in findings if one.value is not None}
    case = Case(stated, id=case_id, age=known.get("age"), sex=known.get("sex"), place=place)
    return case, findings, patient, passages


def _patient(key: str, mentions: Sequence[Mention]) -> Proposal:
    """Age in years or sex; contradictory where the report names two."""
    kept = [one for one in mentions if not one.weak] or mentions
    values = {one.number if key == "age" else next(iter(one.weights)) for one in kept}
    value = values.pop() if len(values) == 1 else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    certainty = "contradictory" if value is None else "stated"
    return Proposal(key, value, certainty, tuple(kept), tuple(one for one in mentions if one not in kept))
