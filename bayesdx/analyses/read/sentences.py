"""What a reading warns of, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from bayesdx.analyses.read.numbers import ReportReading
from bayesdx.network import Variable
from bayesdx.reading.gather import Proposal
from bayesdx.reading.mentions import Span
from bayesdx.words.phrases import label_of, listed, state_phrase

#: What is said of each certainty.
CERTAINTIES = {
    "stated": "stated",
    "negated": "denied",
    "uncertain": "uncertain",
    "implied": "implied",
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
    "not examined": "not examined",
    "a form": "of a form with boxes: which of them is meant is not known",
    "elsewhere": "beside the lesion, and not in it",
    "another organ": "of another organ",
    "beside the lesion": "of what lies beside the lesion",
    "no lesion": "the report names no lesion",
    "of what is denied": "where something is denied, not where the lesion is",
    "history": "no finding of the history",
    "findings": "no finding of images",
}


def quoted(text: str, span: Span, most: int = 60) -> str:
    """Words of the report on one line, cut where they are long."""
    words = " ".join(text[span.start : span.end].split())
    return f"“{words}”" if len(words) <= most else f"“{words[: most - 1]}…”"


def variable_of(reading: ReportReading, finding: str, states: Collection[str] = ()) -> Variable | None:
    """The finding in the network that covers the level, where that has these states, else as it was read."""
    network = reading.document.network
    if finding in network and set(states) <= set(network.variable(finding).states):
        return network.variable(finding)
    return next((variable for variable in reading.variables if variable.id == finding), None)


def label(reading: ReportReading, finding: str) -> str:
    """The label of a finding, or of age and sex."""
    variable = variable_of(reading, finding) if finding not in ("age", "sex") else None
    return label_of(variable) if variable else finding.capitalize()


def warnings(reading: ReportReading) -> tuple[str, ...]:
    """No lesion or several first, then contradictions, then nothing at all."""
    found = []
    if reading.no_lesion:
        said = quoted(reading.report, reading.passages.no_lesion[0])
        found.append(f"the report names no lesion ({said}): a differential is that of a lesion")
    if reading.several:
        said = listed([quoted(reading.report, span) for span in reading.passages.several[:3]])
        found.append(
            f"the report speaks of more than one lesion ({said}): check which of them each finding belongs to"
        )
    found += contradictions(reading)
    if not reading.findings:
        found.append("no finding was read")
    missed = reading.passages.missed
    if missed and reading.findings:
        said = listed([quoted(reading.report, span) for span in missed[:3]])
        more = f" and {len(missed) - 3} more" if len(missed) > 3 else ""
        found.append(f"nothing was read from {said}{more}")
    return tuple(found)


def contradictions(reading: ReportReading) -> list[str]:
    """What the report says of a finding that cannot be true together."""
    found = []
    for one in reading.contradictory:
        said = listed(list(dict.fromkeys(quoted(reading.report, mention.words) for mention in one.mentions)))
        found.append(f"{label(reading, one.finding)} is contradictory ({said}): not stated")
    return found


def unconfirmed(reading: ReportReading) -> tuple[str, ...]:
    """What an answer has to say when nobody has confirmed what was read."""
    return ("the findings were read from a report, and nobody has confirmed them", *contradictions(reading))


def state(reading: ReportReading, one: Proposal) -> str:
    """What is proposed of a finding, by the labels of its states."""
    if one.value is None:
        return "–"
    if one.finding == "age":
        return f"{one.value:.3g} years"
    if isinstance(one.value, (int, float)):
        return f"{one.value:g} mm"
    if isinstance(one.value, Mapping):
        return likely(variable_of(reading, one.finding, list(shares(one.value))[:2]), one.value)
    variable = variable_of(reading, one.finding, [str(one.value).removeprefix("not ")])
    return _named(variable, str(one.value)) if one.finding != "sex" else str(one.value)


def likely(variable: Variable | None, weights: Mapping[str, float]) -> str:
    """The likeliest state in words, and the next one where that is likelier than the others.

    Where all are alike but one that is less likely than these together, it is not that one.
    """
    likeliest = list(shares(weights).items())
    often = Counter(weights.values())
    if len(weights) > 2 and len(often) == 2 and 1 in often.values():
        one, share = next((name, share) for name, share in likeliest if often[weights[name]] == 1)
        if share < 0.5:
            return f"{_named(variable, f'not {one}')} {1 - share:.2g}"
    alike = len(likeliest) > 2 and likeliest[1][1] == likeliest[2][1]
    return " or ".join(f"{_named(variable, name)} {share:.2g}" for name, share in likeliest[: 1 if alike else 2])


def _named(variable: Variable | None, name: str) -> str:
    return state_phrase(variable, name) if variable else name


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights as shares that add up to 1, the largest first."""
    total = sum(weights.values())
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])
    return {name: weight / total for name, weight in ranked}
