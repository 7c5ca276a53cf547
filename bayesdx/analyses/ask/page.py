"""What ``ask`` shows on a terminal of 80 columns and 24 lines: plain lines, nothing moves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bayesdx.analyses.ask.numbers import Questionnaire
from bayesdx.analyses.ask.sentences import stopped
from bayesdx.analyses.frame import framed
from bayesdx.analyses.what_if.numbers.worth import FindingValue, ranked
from bayesdx.analyses.what_if.page import finding_in_full
from bayesdx.formats.answers import is_measured
from bayesdx.inference.results import leading
from bayesdx.network import Variable
from bayesdx.report.blocks import DISCLAIMER, AnyCell, Bar, Block, Cell, Lines, Page, Section, Table
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import clipped, state_name

WIDTH = 79
#: Diagnoses shown after each answer.
SHOWN = 4
#: States up to this many stand in one column, others in two.
COLUMN = 8

HELP = """\
Answer with   a state: its number, its name, or enough of its beginning
              probabilities: hyper 0.8, mixed 0.2   (one alone shares the rest)
              not STATE      that state is ruled out
              skip           not known, or not done (also: unknown, or just Enter)
or type       why            what each state would tell
              undo           take the last answer back
              done           stop here (also: quit)
              ?              this help"""


def page(questionnaire: Questionnaire) -> Page:
    """Where the case stands, and why nothing more is asked."""
    ended = stopped(questionnaire)
    blocks = (differential(questionnaire), *([_lines(f"Stopped: {ended}.")] if ended else []))
    question = questionnaire.question
    return framed(question, Section("", blocks), warnings=question.warnings)


def opening(questionnaire: Questionnaire) -> Section:
    """What is asked of which network, how to answer, and where the case stands."""
    question = questionnaire.question
    network, choice = question.network, question.choice
    lines = [f"{network.label or network.id} ({network.id}), prior '{question.prior}'"]
    lines += [f"{choice[:1].upper()}{choice[1:]}."] if choice else []
    lines += [DISCLAIMER, "Answer with a state or its number; ? for help, done to stop."]
    lines += [f"! {warning}" for warning in question.warnings]
    return Section("", (_lines(*lines), differential(questionnaire)))


def differential(questionnaire: Questionnaire, before: Questionnaire | None = None) -> Table:
    """The first diagnoses with bars, and by how much each has moved since ``before``, in percentage points."""
    target, posterior = questionnaire.question.target, questionnaire.posterior
    rows: list[tuple[AnyCell, ...]] = []
    for i, probability in ranked(posterior, SHOWN):
        moved = [] if before is None else [f"{100 * (probability - float(before.posterior[i])):+.1f}"]
        label = f"  {clipped(target.state_label(i), 40)}"
        rows.append((label, percent(probability), Bar(probability, 16, padded=True), *moved))
    return Table(("",) * len(rows[0]), tuple(rows), (1, 3))


def prompt(value: FindingValue, number: int) -> Section:
    """The question for one finding, with the states that are possible."""
    variable = value.variable
    seen_in = f" [{variable.examination}]" if variable.examination else ""
    title = "Age in years" if variable.id == "age_group" else variable.label or variable.id
    return asked(
        f"{number}. ", title, f"{seen_in}  ({value.information:.2f} bits)", variable, offered_states(value)
    )


def asked(before: str, title: str, after: str, variable: Variable, offered: Sequence[str]) -> Section:
    """A question, and the states with their numbers."""
    head = (before, Cell(title), after)
    return Section("", (Lines((head, *((line,) for line in choices(variable, offered)))),))


def choices(variable: Variable, offered: Sequence[str]) -> list[str]:
    """The states with their numbers, in two columns when they are many; ranges of numbers on one line."""
    if is_measured(variable):
        return [f"   a number, or one of: {', '.join(offered)}"]
    lines = [
        f"  {number:2} {clipped(state_name(variable, variable.state_index(state)), 34)}"
        for number, state in enumerate(offered, 1)
    ]
    if len(lines) <= COLUMN:
        return lines
    half = (len(lines) + 1) // 2
    second = [*lines[half:], ""]
    return [f"{left:39}{right}".rstrip() for left, right in zip(lines[:half], second, strict=False)]


def offered_states(value: FindingValue) -> list[str]:
    """The states that are possible given the findings, in the order of the variable."""
    return [value.variable.states[k] for k in np.flatnonzero(value.predictive > 0).tolist()]


def why(value: FindingValue, questionnaire: Questionnaire) -> Section:
    """What each state of the finding that is being asked would tell."""
    return Section("", finding_in_full(value, int(leading(questionnaire.posterior)), WIDTH))


def closing(questionnaire: Questionnaire, saved: str | None) -> Section:
    """Why it ends, the differential, and where the case went."""
    number = len([answer for answer in questionnaire.answers if answer.value is not None])
    reason = stopped(questionnaire) or "as you wish"
    first = f"Stopped after {number} answer{'' if number == 1 else 's'}: {reason}."
    last = ([f"Case saved to {saved}"] if saved else []) + [DISCLAIMER]
    return Section("", (_lines(first), differential(questionnaire), _lines(*last)))


def _lines(*lines: str) -> Block:
    return Lines(tuple((line,) for line in lines))
