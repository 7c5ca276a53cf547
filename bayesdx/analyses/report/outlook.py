"""The sections of a report that look beyond the answer: what to do next, and how far it can be trusted."""

from __future__ import annotations

import re

from bayesdx.analyses.explain.sources import Cite
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
from bayesdx.analyses.sensitivity.sentences import describe_group, in_short, span_text
from bayesdx.analyses.what_if.numbers.examinations import ExaminationValue
from bayesdx.analyses.what_if.numbers.worth import LIKELY, FindingValue, WhatIf
from bayesdx.report.blocks import Block, Bullets, Figure, Paragraph, Section, Sentence, Table, Tornado
from bayesdx.words.examinations import examination_label
from bayesdx.words.numbers import bits, percent, simulated
from bayesdx.words.phrases import called, label_of, mid_sentence, short, state_name

#: Findings and bars shown.
_FINDINGS, _BARS = 6, 8
_KEY = re.compile(r"\[([^\]\s]+)\]")


def what_if_section(w: WhatIf) -> Section:
    """The missing findings that would tell most, and whole examinations."""
    if not w.findings:
        return Section("What to look at next", (Paragraph("Nothing is missing."),))
    leader = called(w.question.target, w.question.target.states[w.leader])
    intro = (
        f"The differential leaves {w.entropy:.2f} bits open. Each row says how much of that a finding takes away "
        f"on average, the chance that another diagnosis than {leader} then leads, and the state that would move "
        f"{leader} most, of those with a chance of {LIKELY:.0%} or more."
    )
    heads = ("Finding", "bits", "other leads", "state that moves most", "chance", "then leads")
    blocks: list[Block] = [
        Paragraph(intro),
        Table(heads, tuple(_finding(value) for value in w.findings[:_FINDINGS]), (1, 2, 4)),
    ]
    if w.examinations:
        rows = tuple(_examination(value) for value in w.examinations)
        blocks.append(Table(("Whole examination", "findings", "bits", "other leads"), rows, (1, 2, 3)))
        if not all(value.exact for value in w.examinations):
            blocks.append(Paragraph("±: standard error where patients were simulated; the other rows are exact."))
    return Section("What to look at next", tuple(blocks))


def _finding(value: FindingValue) -> tuple[str, ...]:
    state = value.strongest
    label, probability = value.top(state, 1)[0]
    return (
        label_of(value.variable),
        bits(value.information),
        percent(value.leader_change),
        state_name(value.variable, state),
        percent(float(value.predictive[state])),
        f"{short(label)} {percent(probability)}",
    )


def _examination(value: ExaminationValue) -> tuple[str, ...]:
    told = bits(value.information, value.information_error)
    change = simulated(value.leader_change, value.leader_change_error)
    return (examination_label(value.examination), str(len(value.findings)), told, change)


def sensitivity_section(s: Sensitivity, cite: Cite) -> Section:
    """How far the answer can be trusted, in sentences, and the numbers that it depends on most."""
    said = tuple(Sentence(cited(s, line, cite)) for line in in_short(s))
    name = s.question.target.state_label(s.leader)
    return Section("How far it can be trusted", (Bullets(said), *_tornado(s, name)))


def _tornado(s: Sensitivity, name: str) -> tuple[Block, ...]:
    bars = s.bars[:_BARS]
    if not bars:
        return ()
    labels = [describe_group(s.question.engine.network, bar.group, short, width=64) for bar in bars]
    ends = [(float(bar.at_low[s.leader]), float(bar.at_high[s.leader])) for bar in bars]
    rows = tuple(
        (label, percent(bar.low), percent(bar.high), percent(low), percent(high))
        for label, bar, (low, high) in zip(labels, bars, ends, strict=True)
    )
    caption = (
        f"Probability of {mid_sentence(name)} when one number alone moves over its interval ({span_text(s.span)}). "
        "Blue: the number is at its upper end; orange: at its lower end."
    )
    chart = Tornado(tuple(labels), tuple(ends), float(s.posterior[s.leader]), name)
    return (Figure(chart, caption, Table(("Number", "from", "to", "then", "and"), rows, (1, 2, 3, 4))),)


def cited(s: Sensitivity, words: str, cite: Cite) -> str:
    """``words`` with citation keys such as [chen2022] as references in the form of ``cite``."""
    if s.literature is None:
        return words
    return _KEY.sub(lambda found: f"reference {cite(found.group(1))}", words)


def sensitivity_references(s: Sensitivity, keys: list[str]) -> dict[str, str]:
    """References of the publications that the sensitivity analysis names."""
    return {} if s.literature is None else s.literature.references(keys)
