"""The impression as sentences that can be pasted into a report: hedged by the scale, numbers beside the words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bayesdx.analyses.explain.numbers.explanation import RESIDUAL
from bayesdx.analyses.explain.numbers.weights import FindingWeight
from bayesdx.analyses.impression.numbers import MENTIONED, Impression, Outcome
from bayesdx.analyses.query.numbers.differential import RankedDiagnosis
from bayesdx.analyses.question import Question
from bayesdx.network import Variable
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.words.examinations import examination_label
from bayesdx.words.numbers import percent, span
from bayesdx.words.phrases import called, label_of, listed, mid_sentence, state_name, unqualified
from bayesdx.words.prose import is_absence, is_plural, noun, said, the

#: Words that an impression has at most, unless the names of its network are long.
LIMIT = 110
_NUMBERS = ("no", "one", "two", "three", "four")


class Room(NamedTuple):
    """How much is named: findings for and against, others of the differential, reasons for doubt, outcomes."""

    pro: int
    contra: int
    others: int
    doubts: int
    outcomes: int


#: From the most to the least that is named; the first within LIMIT is taken.
_ROOMS = (
    Room(3, 2, 2, 2, 2),
    Room(3, 1, 2, 2, 2),
    Room(2, 1, 2, 1, 2),
    Room(2, 1, 1, 1, 1),
    Room(1, 1, 1, 1, 1),
)


def paragraph(impression: Impression) -> str:
    """All sentences in one line."""
    return " ".join(sentences(impression))


def sentences(impression: Impression) -> tuple[str, ...]:
    """Two to five sentences: who leads, for and against, doubts, what would tell more, where it comes from."""
    for room in _ROOMS:
        written = _written(impression, room)
        if sum(len(one.split()) for one in written) <= LIMIT:
            break
    return written


def _written(impression: Impression, room: Room) -> tuple[str, ...]:
    told = doubts(impression)[1 if _unexplained(impression) else 0 :]
    parts = (
        lead(impression, room.others),
        bearing(impression, room.pro, room.contra),
        _sentence("; ".join(told[: room.doubts])),
        outlook(impression, room.outcomes),
        provenance(impression),
    )
    return tuple(filter(None, parts))


def lead(impression: Impression, others: int = 2) -> str:
    """Who leads, as clearly as the scale allows, and the differential."""
    i, target = impression, impression.question.target
    number = len(i.question.findings)
    first = _with(_whole(target, i.leader), _numbers(i.leader))
    rest = [_with_share(target, row) for row in i.differential[:others]]
    if i.band == "prior":
        words = f"no findings are stated; before any, {_foremost(i)}"
    elif i.band == "alone":
        words = f"the findings leave {first} as the only possible {noun(target)} of this network"
    elif i.unlisted:
        words = f"no listed {noun(target)} leads: {first} is likeliest{_of_those(rest)}"
    elif _unexplained(i):
        words = f"{_nothing_fits(i)}; closest is {first}{_then(rest)}"
    elif i.lowered and i.band != "open":
        words = (
            f"{first} is likeliest by its prior ({percent(i.leader.prior)}) rather than by the findings"
            f"{_beside(target, rest)}"
        )
    elif i.band == "consistent":
        words = f"findings are most consistent with {first}{_beside(target, rest)}"
    elif i.band == "favoured":
        words = f"findings favour {first}{_beside(target, rest)}"
    elif i.band == "leads":
        words = f"{_differential(target)} is led by {first}{_then(rest)}"
    else:
        those = f"{_differential(target)} includes" if target.kind == "diagnosis" else "the likeliest are"
        words = f"no {noun(target)} clearly leads; {those} {listed([first, *rest])}"
    if i.scant and i.band != "prior":
        words = f"with only {_NUMBERS[number]} finding{'' if number == 1 else 's'} stated, {words}"
    if target.kind != "diagnosis":
        return f"{label_of(target)}: {words}."
    return _sentence(words)


def _unexplained(i: Impression) -> bool:
    """Whether the first sentence says that nothing explains the findings."""
    return i.unexplained and not i.unlisted and i.band not in ("prior", "alone")


def _nothing_fits(i: Impression) -> str:
    return f"no {noun(i.question.target)} of the network explains the findings well"


def _foremost(i: Impression) -> str:
    """What the prior set says by itself."""
    target, rows = i.question.target, i.query.posterior
    level = [row for row in rows if row.probability >= rows[0].probability * (1 - 1e-9)]
    if len(level) == len(rows):
        return f"every {noun(target)} is as likely as the others"
    if len(level) > 1:
        return f"no {noun(target)} leads"
    return f"{_with(_whole(target, i.leader), _numbers(i.leader))} leads"


def _differential(target: Variable) -> str:
    return "the differential diagnosis" if target.kind == "diagnosis" else "the ranking"


def _beside(target: Variable, rest: list[str]) -> str:
    if not rest:
        return f"; no other {noun(target)} reaches {MENTIONED:.0%}"
    return f"; {_differential(target)} includes {listed(rest)}" if target.kind == "diagnosis" else _then(rest)


def _then(rest: list[str]) -> str:
    return f", followed by {listed(rest)}" if rest else ""


def _of_those(rest: list[str]) -> str:
    return f"; of those listed, {listed(rest)} come{'s' if len(rest) == 1 else ''} first" if rest else ""


def bearing(impression: Impression, pro: int = 3, contra: int = 2) -> str:
    """The findings with most weight for the leader against the runner-up, and those for the runner-up."""
    e, weighed = impression.explanation, impression.bearing
    if e is None or weighed is None or not e.weights:
        return ""
    target = e.question.target
    first, second = (_called(target, side.diagnosis) for side in (e.first, e.second))
    favouring, opposing = (_phrases(impression, rows) for rows in (weighed.pro[:pro], weighed.contra[:contra]))
    if impression.unlisted:  # what nobody names has no picture: findings speak for or against the runner-up
        speak = [(favouring, f"against {second}"), (opposing, f"for {second}")]
        return _sentence("; ".join(f"{listed(rows)} {_verb(rows, 'speak')} {of}" for rows, of in speak if rows))
    if favouring and opposing:
        return _sentence(
            f"{listed(favouring)} {_verb(favouring, 'favour')} {first} over {second}; "
            f"{listed(opposing)} {_verb(opposing, 'favour')} {second}"
        )
    if favouring:
        return _sentence(f"{listed(favouring)} {_verb(favouring, 'favour')} {first} over {second}")
    if opposing:
        return _sentence(
            f"{listed(opposing)} {_verb(opposing, 'favour')} {second} over {first}, for which no single finding "
            "clearly speaks"
        )
    return _sentence(f"no single finding clearly separates {first} from {second}")


def bearing_words(impression: Impression) -> tuple[str, str]:
    """The findings for the leader, and those for the runner-up, each with the other of the two."""
    e, weighed = impression.explanation, impression.bearing
    if e is None or weighed is None:
        return "", ""
    second = _called(e.question.target, e.second.diagnosis)
    pro, contra = _phrases(impression, weighed.pro), _phrases(impression, weighed.contra)
    return (
        f"{'; '.join(pro)} (over {second})" if pro else "",
        f"{'; '.join(contra)} (for {second})" if contra else "",
    )


def leader_words(impression: Impression) -> str:
    """Who leads, with the numbers, and whether clearly."""
    i, target = impression, impression.question.target
    leads = _with(_whole(target, i.leader), _numbers(i.leader))
    if i.band == "prior":
        return _foremost(i)
    return f"no clear leader; first {leads}" if i.band == "open" else leads


def differential_words(impression: Impression) -> str:
    """The diagnoses after the leader."""
    return ", ".join(_with_share(impression.question.target, row) for row in impression.differential)


def doubts(impression: Impression) -> list[str]:
    """What should make one doubt the answer, the gravest first, as clauses."""
    i, target = impression, impression.question.target
    found = [_nothing_fits(i)] if i.unexplained else []
    if i.query.unresolved:
        found.append("the findings conflict with one another and should be checked")
    surprise = i.query.surprise
    if surprise is not None and surprise.unusual and surprise.better:
        better = listed([_called(target, diagnosis) for diagnosis in surprise.better[:2]], "or")
        found.append(
            f"the picture is unusual for {_called(target, surprise.diagnosis)} ({percent(surprise.share)} "
            f"of its cases are as unusual), less so for {better}"
        )
    for leader, sets in i.elsewhere.items():
        shares = [percent(float(one.posterior[leader])) for one in sets if one.posterior is not None]
        found.append(
            f"with the {listed([one.name for one in sets])} prior{'' if len(sets) == 1 else 's'}, "
            f"{_called(target, target.states[leader])} would lead ({listed(shares)})"
        )
    return found


def outlook(impression: Impression, outcomes: int = 2) -> str:
    """The next finding to look for, and what it would do."""
    i = impression
    if i.band == "alone":
        return ""
    if i.next is None:
        return "No further finding of the network is open."
    if i.settled:
        under = f"under the {prior_words(i.question)}, " if i.elsewhere else ""
        chance = percent(i.change) if percent(i.change).startswith("<") else f"at most {percent(i.change)}"
        most = f"is likely to change the leading {noun(i.question.target)} (chance {chance})"
        changes = most if i.change else f"could change the leading {noun(i.question.target)}"
        return _sentence(f"{under}no single further finding {changes}")
    which = "finding to begin with" if i.band == "prior" else "further finding"
    return _sentence(f"the most informative {which} would be {step(i, outcomes)}")


def step(impression: Impression, outcomes: int = 2) -> str:
    """The next finding, the examination that shows it where that is not done yet, and what it may show."""
    i, value = impression, impression.next
    assert value is not None
    seen_in = "" if i.done else f" ({mid_sentence(examination_label(value.variable.examination))})"
    told = [_would(i, one, again=number > 0) for number, one in enumerate(i.outcomes[:outcomes])]
    return f"{the(value.variable)}{seen_in}{': ' if told else ''}{', whereas '.join(told)}"


def _would(i: Impression, outcome: Outcome, again: bool) -> str:
    assert i.next is not None
    name, share = _called(i.question.target, outcome.diagnosis), percent(outcome.probability)
    what = _state(i.next.variable, outcome.state)
    if outcome.leads:
        return f"{what} would put {name} first ({share})"
    raised = outcome.probability > i.leader.probability
    return f"{what} would {'raise' if raised else 'lower'} {'it' if again else name} to {share}"


def _state(variable: Variable, state: str) -> str:
    """A state of a finding that was named just before."""
    if variable.label and set(variable.states) == {"absent", "present"}:
        return {"absent": "absence", "present": "presence"}[state]
    return state_name(variable, variable.states.index(state)) if variable.state_labels else f"'{state}'"


def provenance(impression: Impression) -> str:
    """The program, the network and its version, the prior, and what this is not."""
    question = impression.question
    source = mid_sentence(DISCLAIMER)
    network = f"network {question.network.id} {question.network.version}".rstrip()
    return f"Computed by bayesdx, {network}, {prior_words(question)}: {source}"


def prior_words(question: Question) -> str:
    """The prior set; a network without any has its own."""
    return f"{question.prior} prior" if question.prior_sets else "its own prior"


def _phrases(impression: Impression, rows: Iterable[FindingWeight]) -> list[str]:
    """Findings in words; what is absent comes last, so that no other seems to be absent with it."""
    network = impression.question.network
    phrases = [said(network.variable(row.finding), row.stated) for row in rows]
    return sorted(phrases, key=is_absence)


def _whole(target: Variable, row: RankedDiagnosis) -> str:
    """The leader by its whole name, at its first mention."""
    named_so = row.diagnosis != RESIDUAL and target.state_labels
    return mid_sentence(row.label) if named_so else _called(target, row.diagnosis)


def _called(target: Variable, diagnosis: str, *, whole: bool = False) -> str:
    """A diagnosis inside a sentence, without its qualifier unless ``whole`` or another differs by that alone.

    The state for all the rest is what is not listed; an id stands in quotes.
    """
    if diagnosis == RESIDUAL:
        return f"an unlisted {noun(target)}"
    if not target.state_labels:
        return f"'{diagnosis}'"
    name, bare = called(target, diagnosis), [unqualified(label) for label in target.state_labels]
    return name if whole or bare.count(bare[target.states.index(diagnosis)]) > 1 else unqualified(name)


def _with_share(target: Variable, row: RankedDiagnosis) -> str:
    return _with(_called(target, row.diagnosis, whole=True), percent(row.probability))


def _with(name: str, numbers: str) -> str:
    """Numbers in brackets behind a name, in those that it ends in."""
    return f"{name[:-1]}; {numbers})" if name.endswith(")") else f"{name} ({numbers})"


def _numbers(row: RankedDiagnosis) -> str:
    interval = "" if row.interval is None else f", 95% interval {span(*row.interval)}"
    return f"{percent(row.probability)}{interval}"


def _verb(rows: list[str], verb: str) -> str:
    """The verb that goes with one finding, or with several."""
    return f"{verb}s" if len(rows) == 1 and not is_plural(rows[0]) else verb


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
