"""How the questionnaire looks on a terminal of 80 columns and 24 lines: plain lines, nothing moves."""

from __future__ import annotations

from collections.abc import Sequence

import click
import numpy as np

from bayesdx.analyses.ask.numbers import Questionnaire
from bayesdx.analyses.what_if.numbers.worth import FindingValue, ranked
from bayesdx.analyses.what_if.page import finding_in_full
from bayesdx.formats.answers import is_measured
from bayesdx.network import Variable
from bayesdx.report.render.terminal import DISCLAIMER, bar, percent, table
from bayesdx.words.phrases import clipped

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


def opening(questionnaire: Questionnaire, choice: str = "") -> str:
    """What is asked of which network, how to answer, and where the case stands."""
    network = questionnaire.question.engine.network
    head = f"{network.label or network.id} ({network.id}), prior '{questionnaire.question.prior}'"
    head += f"\n{choice[:1].upper()}{choice[1:]}." if choice else ""
    lines = [head, DISCLAIMER, "Answer with a state or its number; ? for help, done to stop."]
    lines += [f"! {warning}" for warning in questionnaire.question.warnings]
    return "\n".join(lines) + "\n\n" + differential(questionnaire)


def differential(questionnaire: Questionnaire, before: Questionnaire | None = None) -> str:
    """The first diagnoses with bars, and by how much each has moved since ``before``, in percentage points."""
    target, posterior = questionnaire.question.target, questionnaire.posterior
    rows = []
    for i, probability in ranked(posterior, SHOWN):
        row = [f"  {clipped(target.state_label(i), 40)}", percent(probability), f"{bar(probability, 16):16}"]
        if before is not None:
            row.append(f"{100 * (probability - float(before.posterior[i])):+.1f}")
        rows.append(row)
    return table([""] * len(rows[0]), rows, right=(1, 3)).partition("\n")[2]


def prompt(value: FindingValue, number: int) -> str:
    """The question for one finding, with the states that are possible."""
    variable = value.variable
    seen_in = f" [{variable.examination}]" if variable.examination else ""
    title = "Age in years" if variable.id == "age_group" else variable.label or variable.id
    head = f"{number}. {click.style(title, bold=True)}{seen_in}  ({value.information:.2f} bits)"
    return f"{head}\n{choices(variable, offered_states(value))}"


def choices(variable: Variable, offered: Sequence[str]) -> str:
    """The states with their numbers, in two columns when they are many; ranges of numbers on one line."""
    if is_measured(variable):
        return f"   a number, or one of: {', '.join(offered)}"
    lines = [
        f"  {number:2} {clipped(variable.state_label(variable.state_index(state)), 34)}"
        for number, state in enumerate(offered, 1)
    ]
    if len(lines) <= COLUMN:
        return "\n".join(lines)
    half = (len(lines) + 1) // 2
    second = [*lines[half:], ""]
    return "\n".join(f"{left:39}{right}".rstrip() for left, right in zip(lines[:half], second, strict=False))


def offered_states(value: FindingValue) -> list[str]:
    """The states that are possible given the findings, in the order of the variable."""
    return [value.variable.states[k] for k in np.flatnonzero(value.predictive > 0).tolist()]


def why(value: FindingValue, questionnaire: Questionnaire) -> str:
    """What each state of the finding that is being asked would tell."""
    return finding_in_full(value, int(questionnaire.posterior.argmax()), WIDTH)


def closing(questionnaire: Questionnaire, saved: str | None) -> str:
    """Why it ends, the differential, and where the case went."""
    asked = len([answer for answer in questionnaire.answers if answer.value is not None])
    reason = questionnaire.stopped or "as you wish"
    lines = [f"Stopped after {asked} answer{'' if asked == 1 else 's'}: {reason}.", differential(questionnaire)]
    if saved:
        lines.append(f"Case saved to {saved}")
    return "\n".join([*lines, DISCLAIMER])
