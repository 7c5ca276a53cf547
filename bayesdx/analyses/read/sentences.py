"""What a reading warns of, in words."""

from __future__ import annotations

from collections.abc import Mapping

from bayesdx.analyses.read.numbers import ReportReading
from bayesdx.reading.gather import Proposal
from bayesdx.reading.mentions import Span
from bayesdx.words.phrases import label_of, listed, state_phrase

#: What is said of each certainty.
CERTAINTIES = {
    "stated": "stated",
    "negated": "denied",
    "uncertain": "uncertain",
    "contradictory": "contradictory: not stated",
}
#: What becomes of mentions that do not count.
UNREAD = {
    "another person": "of another person",
    "hypothetical": "asked or supposed, not seen",
    "past": "of an earlier time",
    "normal": "normal",
    "not imaging": "seen by microscope or at operation",
    "beyond the lesion": "where the lesion reaches or presses, not where it is",
    "a part of the lesion": "of a part of the lesion",
    "denied": "denied",
    "history": "no finding of the history",
    "findings": "no finding of images",
}


def quoted(text: str, span: Span, most: int = 60) -> str:
    """Words of the report on one line, cut where they are long."""
    words = " ".join(text[span.start : span.end].split())
    return f"“{words}”" if len(words) <= most else f"“{words[: most - 1]}…”"


def label(reading: ReportReading, one: Proposal) -> str:
    """The label of a finding, or of age and sex."""
    for variable in reading.variables:
        if variable.id == one.finding:
            return label_of(variable)
    return one.finding.capitalize()


def warnings(reading: ReportReading) -> tuple[str, ...]:
    """Several lesions first, then contradictions, then nothing at all."""
    found = []
    if reading.several:
        said = listed([quoted(reading.report, span) for span in reading.passages.several[:3]])
        found.append(
            f"the report speaks of more than one lesion ({said}): check which of them each finding belongs to"
        )
    for one in reading.contradictory:
        said = listed(list(dict.fromkeys(quoted(reading.report, mention.words) for mention in one.mentions)))
        found.append(f"{label(reading, one)} is contradictory ({said}): not stated")
    if not reading.findings:
        found.append("no finding was read")
    silent = len(reading.passages.silent)
    if silent and reading.findings:
        found.append(f"nothing was read from {silent} sentence{'s' * (silent > 1)}")
    return tuple(found)


def state(reading: ReportReading, one: Proposal) -> str:
    """What is proposed of a finding, by the labels of its states."""
    if one.value is None:
        return "–"
    variable = next((variable for variable in reading.variables if variable.id == one.finding), None)
    if variable is None:
        return f"{one.value} years" if one.finding == "age" else str(one.value)
    if isinstance(one.value, (int, float)):
        return f"{one.value:g} mm"
    if isinstance(one.value, Mapping):
        return " or ".join(
            f"{state_phrase(variable, name)} {weight:.2g}"
            for name, weight in sorted(_shares(one.value).items(), key=lambda pair: -pair[1])[:2]
        )
    return state_phrase(variable, one.value)


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
