"""What stands beside the findings: the differential, what to look at next, and why.

An answer comes in two parts. The first holds what is quick: the differential with its checks and the reasons. The
second is what takes a while: whole examinations, which are simulated, and the sentences with sources.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, NamedTuple

import numpy as np

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.explain import page as explaining
from bayesdx.analyses.explain.numbers.explanation import RESIDUAL, Explanation
from bayesdx.analyses.explain.numbers.weights import context_of, decibans, finding_weights
from bayesdx.analyses.explain.sources import Numbers
from bayesdx.analyses.once import sharing
from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis
from bayesdx.analyses.query.page import SHOWN, checks, interval
from bayesdx.analyses.query.sentences import warnings
from bayesdx.analyses.question import Question
from bayesdx.analyses.report.overview import case_section, method_section
from bayesdx.analyses.sensitivity.numbers.priors import other_leaders
from bayesdx.analyses.what_if.numbers.worth import FindingValue, WhatIf, finding_values
from bayesdx.case import Case
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.model import Model
from bayesdx.network import Array, Variable
from bayesdx.report.render.html import sections_html
from bayesdx.web.page.markup import linked, template
from bayesdx.web.page.told import warned
from bayesdx.words.examinations import examination_label
from bayesdx.words.numbers import bits, percent, simulated
from bayesdx.words.phrases import called, finding_phrase, label_of, listed, ratio, short, signed, state_name
from bayesdx.words.prose import noun

#: Findings listed as worth looking at.
NEXT = 5
#: Decibans to which the scale of the weights reaches at least.
SCALE = 10.0
#: How many sentences are told; with what else a page shows they fill three sheets of paper.
LENGTH = explaining.Length(weights=6, lacking=3, separators=4, hints=3, statements=2)
#: Sections that the page shows by itself.
_SHOWN = ("Weight of each finding", "From prior to posterior")
#: Changes of less than this share are not told.
_CHANGE = 0.0005

Part = dict[str, Any]


class Line(NamedTuple):
    """A line of the differential; ``at``, ``low`` and ``high`` are on a scale of 0 to 100, None if not known."""

    label: str
    short: str
    words: str
    at: float
    prior_at: float
    prior: str
    interval: str
    low: float | None
    high: float | None
    change: str
    moved: int


def parts(
    model: Model,
    case: Case,
    past: Array | None,
    versus: str | None,
    whole: bool,
    cited: bool,
    known: Mapping[str, Variable] | None = None,
) -> Generator[Part, None, None]:
    """The regions of the page as HTML, part by part, and who leads; ``whole`` lists every diagnosis.
    ``cited`` says that the network has sources to show; ``known`` are the findings that warnings may name.

    ``past`` is the posterior before the last change, (card of the target,).

    Raises InputError with the first part.
    """
    question = sharing(model.question(case))
    answer = ANALYSES["query"].run(question)
    told: Part = {"leader": _leads(answer), "network": model.network.id, "findings": dict(question.stated)}
    regions = {
        "head": _head(model, question),
        "warnings": warned(warnings(answer), case.findings, known or {}),
        "differential": _differential(answer, past, whole),
        "used": linked(sections_html((case_section(case, question),), level=2), "used"),
        "next": _next(question, None),
        "why": _why(question, answer, versus, cited),
    }
    yield {**told, "regions": regions}
    worth = ANALYSES["what_if"].run(question)
    yield {"regions": {"next": _next(question, worth), "sentences": _sentences(question, answer, versus)}}


def past_of(model: Model, now: Model, before: Case) -> Array | None:
    """The posterior of the case before the last change; None where that was in another network, or impossible."""
    if model.network.id != now.network.id:
        return None
    try:
        return model.question(before).posterior
    except InputError:
        return None


def target_of(document: NetworkDocument) -> Variable:
    """What a network is asked for."""
    return document.network.variable(str(document.network.target))


def _leads(result: QueryResult) -> str:
    """Who leads, with the variable where that is no diagnosis."""
    target, leader = result.question.target, result.leader
    of = "" if target.kind == "diagnosis" else f"{label_of(target)}: "
    if _level(result.question):
        return f"{of or 'No findings: '}no {noun(target)} leads"
    return f"{of}{short(leader.label)} leads, {percent(leader.probability)}"


def _others(question: Question) -> str:
    """Who leads under the prior sets that have another leader, in a sentence; empty where none has."""
    target = question.target
    found = {leader: [f"'{one.name}'" for one in sets] for leader, sets in other_leaders(question).items()}
    said = [f"under {listed(names)} {called(target, target.states[leader])}" for leader, names in found.items()]
    if not said:
        return ""
    words = ", ".join((f"{said[0]} leads", *said[1:]))
    return f"{words[:1].upper()}{words[1:]}."


def _level(question: Question) -> bool:
    """Whether nobody leads: the first two are as likely as each other before any finding."""
    highest = np.sort(question.posterior)[::-1]
    return not question.findings and len(highest) > 1 and bool(np.isclose(highest[0], highest[1], rtol=1e-9))


def _head(model: Model, question: Question) -> str:
    return template("head.html").render(
        network=model.network,
        target=label_of(question.target),
        diagnosis=question.target.kind == "diagnosis",
        choice=model.choice if question.findings else "",
        prior=model.prior,
        population=model.population,
        sets=[(name, one.label or name, one.population) for name, one in model.document.prior_sets.items()],
    )


def _differential(result: QueryResult, past: Array | None, whole: bool) -> str:
    rows = result.posterior if whole else result.posterior[:SHOWN]
    rest = result.posterior[len(rows) :]
    total, prior = sum(row.probability for row in rest), sum(row.prior for row in rest)
    return template("differential.html").render(
        target=label_of(result.question.target),
        lines=[_line(result, number, row, past) for number, row in enumerate(rows)],
        others=_others(result.question),
        noun=noun(result.question.target),
        level=_level(result.question),
        rest=f"all {len(rest)} others" if rest else "",
        rest_words=percent(min(total, 1.0)),
        rest_at=100 * total,
        rest_prior=percent(min(prior, 1.0)),
        counted=bool(result.question.network.counts),
        whole=whole,
        more=len(result.posterior) > SHOWN,
        changes=past is not None,
        checks=checks(result),
    )


def _line(result: QueryResult, number: int, row: RankedDiagnosis, past: Array | None) -> Line:
    change, moved = "", 0
    if past is not None:
        index = result.question.target.states.index(row.diagnosis)
        gain = row.probability - float(past[index])
        change = signed(100 * gain) if abs(gain) >= _CHANGE else ""
        moved = np.argsort(-past, kind="stable").tolist().index(index) - number
    low, high = (None, None) if row.interval is None else (100 * row.interval[0], 100 * row.interval[1])
    return Line(
        row.label,
        short(row.label),
        percent(row.probability),
        100 * row.probability,
        100 * row.prior,
        percent(row.prior),
        interval(row),
        low,
        high,
        change,
        moved,
    )


def _next(question: Question, worth: WhatIf | None) -> str:
    values, settled = (worth.findings, worth.settled) if worth else finding_values(question, question.posterior)
    network = question.network
    return template("next.html").render(
        noun=noun(question.target),
        level=_level(question),
        findings=[_worth(value) for value in values[:NEXT]],
        hidden=len(values[NEXT:]),
        implied=[finding_phrase(network, name, state) for name, state in settled.items()],
        waiting=worth is None,
        examinations=[
            (
                examination_label(one.examination),
                len(one.findings),
                bits(one.information, one.information_error),
                simulated(one.leader_change, one.leader_change_error),
            )
            for one in (worth.examinations if worth else ())
        ],
        simulated=any(not one.exact for one in worth.examinations) if worth else False,
    )


def _worth(value: FindingValue) -> Mapping[str, object]:
    label, probability = value.top(value.strongest, 1)[0]
    return {
        "id": value.variable.id,
        "label": label_of(value.variable),
        "bits": bits(value.information),
        "at": 100 * min(value.information, 1.0),
        "change": percent(value.leader_change),
        "state": state_name(value.variable, value.strongest),
        "chance": percent(float(value.predictive[value.strongest])),
        "then": f"{short(label)} {percent(probability)}",
    }


def _why(question: Question, result: QueryResult, versus: str | None, cited: bool) -> str:
    """The weights against a rival, without the sentences."""
    target, rivals = question.target, _rivals(result)
    if not rivals or not question.findings:
        alone = "" if rivals else result.leader.label
        return template("why.html").render(alone=alone, noun=noun(target), target=label_of(target))
    rival = next((row for row in rivals if row.diagnosis == versus), rivals[0])
    pair = target.states.index(result.leader.diagnosis), target.states.index(rival.diagnosis)
    prior = question.prior_probabilities
    weights = finding_weights(question, context_of(question), pair)
    start, end = (decibans(float(p[pair[0]]), float(p[pair[1]])) for p in (prior, question.posterior))
    widest = max([SCALE, *(abs(row.decibans) for row in weights if np.isfinite(row.decibans))])
    network = question.network
    return template("why.html").render(
        cited=cited,
        of="" if target.kind == "diagnosis" else f"{label_of(target)} is ",
        first=called(target, result.leader.diagnosis),
        second=called(target, rival.diagnosis),
        versus=versus if versus == rival.diagnosis else "",
        rivals=[(row.diagnosis, row.label, percent(row.probability)) for row in rivals],
        weights=[
            (
                row.finding,
                finding_phrase(network, row.finding, row.stated),
                signed(row.decibans),
                ratio(row.decibans),
                100 * float(np.clip(row.decibans / widest, -1, 1)),
            )
            for row in weights
        ],
        start=signed(start),
        end=signed(end),
        leader=result.leader.diagnosis,
    )


def _rivals(result: QueryResult) -> list[RankedDiagnosis]:
    """Those with which the leader can be compared, the runner-up first; the state for the rest comes last."""
    others = [row for row in result.posterior[1:] if row.probability > 0.0]
    return sorted(others, key=lambda row: row.diagnosis == RESIDUAL)


def _sentences(question: Question, answer: QueryResult, versus: str | None) -> str:
    """The reasons in sentences with their sources, the method, and the references."""
    rivals = _rivals(answer)
    numbers, sections = Numbers(), []
    if rivals and question.findings:
        rival = versus if versus in {row.diagnosis for row in rivals} else None
        e: Explanation = ANALYSES["explain"].run(question, versus=rival)
        said = explaining.sections(e, numbers, LENGTH)
        known = {} if e.literature is None else e.literature.references
        sections = [one for one in said if one.title not in _SHOWN] + [explaining.references(known, numbers)]
    return linked(sections_html([*sections, method_section(question)], level=3), "why")
