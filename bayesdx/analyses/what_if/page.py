"""The page of ``what-if``: findings worth looking for, whole examinations, next steps."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bayesdx.analyses.frame import framed, untitled
from bayesdx.analyses.question import words
from bayesdx.analyses.what_if.numbers.examinations import ExaminationValue
from bayesdx.analyses.what_if.numbers.sequence import StepSequence
from bayesdx.analyses.what_if.numbers.worth import LIKELY, FindingValue, WhatIf
from bayesdx.analyses.what_if.sentences import stopped
from bayesdx.report.blocks import WIDTH, AnyCell, Bar, Block, Cell, Entries, Lines, Page, Section, Table
from bayesdx.words.examinations import examination_label, step_label
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import clipped, fitted

#: Findings shown unless another number is asked for.
SHOWN = 10
#: Cells of a bar for one bit; longer ones are cut.
BAR = 6


def page(result: WhatIf, *, top: int = SHOWN, in_full: bool = False) -> Page:
    """All that is missing, ``top`` findings of it; or the first finding ``in_full``."""
    if in_full:
        shown = (Section("", finding_in_full(result.findings[0], result.leader)),)
        return framed(result.question, *untitled(_now(result)), *shown, warnings=result.warnings)
    blocks = (
        _now(result),
        _findings(result, top),
        _examinations(result),
        *(_sequence(sequence, result) for sequence in _distinct(result.sequences)),
        _settled(result),
    )
    return framed(result.question, *untitled(*blocks), warnings=result.warnings)


def finding_in_full(value: FindingValue, leader: int, width: int = WIDTH) -> tuple[Block, ...]:
    """What one finding would tell, and a row for each state that is possible; ``leader`` leads now."""
    variable, target = value.variable, value.target
    seen_in = f" ({variable.examination or variable.kind})" if variable.examination or variable.kind else ""
    strongest = f"'{variable.states[value.strongest]}' would move {target.state_label(leader)} most"
    change = (
        f"The chance that another diagnosis leads once it is seen is {percent(value.leader_change)}; {strongest}"
    )
    lines: list[tuple[str | Cell, ...]] = [
        (Cell(variable.label or variable.id), f"{seen_in}: {value.information:.3f} bits"),
        *((line,) for line in textwrap.wrap(change, width)),
    ]
    if value.stated is not None:
        lines.append((f"Stated as {words(value.stated)}: still open, and weighed as stated",))
    states = [k for k in range(variable.cardinality) if value.predictive[k] > 0]
    longest = max(len(variable.states[k]) for k in states)
    diagnoses = min(3 if width >= WIDTH else 2, target.cardinality)
    room = (width - longest - 8) // diagnoses - 9
    rows: list[tuple[AnyCell, ...]] = []
    for k in sorted(states, key=lambda k: -value.predictive[k]):
        first: list[AnyCell] = [f"{percent(p):>6} {fitted(label, room)}" for label, p in value.top(k, diagnoses)]
        if value.leader_under(k) != leader:
            first[0] = Cell(str(first[0]), "changes")
        rows.append((variable.states[k], percent(float(value.predictive[k])), *first))
    heads = ("state", "chance", "then first", *("second", "third")[: diagnoses - 1], "")[: 2 + diagnoses]
    return Lines(tuple(lines)), Table(heads, tuple(rows), (1,))


def _now(result: WhatIf) -> Entries:
    label = Cell(result.question.target.state_label(result.leader))
    rest = f" {percent(float(result.posterior[result.leader]))}; {result.entropy:.2f} bits are open"
    return Entries((("Leading", (label, rest)),))


def _findings(result: WhatIf, top: int) -> Block:
    if not result.findings:
        return Lines((("No finding is open.",),))
    shown, hidden = result.findings[:top], result.findings[top:]
    priced = ["bits/cost"] if result.costs is not None else []
    heads = ["Not yet seen", "bits", "", *priced, "change"]
    longest = max(map(len, (heads[0], *(value.variable.id for value in shown))))
    shows = ["strongest state"] if priced else ["strongest state", "who leads then"]  # there is room for
    rows: tuple[tuple[AnyCell, ...], ...] = tuple(
        (
            value.variable.id,
            f"{value.information:.3f}",
            Bar(min(value.information, 1.0), BAR, padded=True),
            *([_cost(value.cost, value.information_per_cost)] if priced else []),
            percent(value.leader_change),
            *_strongest(value, WIDTH - longest - BAR - 19)[: len(shows)],
        )
        for value in shown
    )
    below = [
        "change: the chance that another diagnosis leads once the finding is seen",
        f"strongest state: what moves the leader most, of the states with a chance of {LIKELY:.0%} or more",
    ]
    if hidden:
        most = f"{hidden[0].information:.3f} bits or less"
        below.insert(0, f"and {len(hidden)} more, of {most} (--top {len(result.findings)})")
    return Table((*heads, *shows), rows, (1, 3, 4) if priced else (1, 3), below=tuple(below))


def _strongest(value: FindingValue, room: int) -> list[str]:
    """The state that would move the leader most with its chance, and who leads then, in ``room`` characters."""
    state = value.strongest
    label, probability = value.top(state, 1)[0]
    longest = max(room - 34, 12)  # of the state; a percentage takes six characters, a gap one or two
    return [
        f"{clipped(value.variable.states[state], longest)} {percent(float(value.predictive[state]))}",
        f"{fitted(label, room - longest - 16)} {percent(probability)}",
    ]


def _cost(cost: float | None, per_cost: float | None) -> str:
    """Bits per cost; empty for what is not sold as a whole."""
    if cost is None:
        return ""
    return "free" if per_cost is None else f"{per_cost:.3g}"


def _examinations(result: WhatIf) -> Block | None:
    if not result.examinations:
        return None
    priced = ["bits/cost"] if result.costs is not None else []
    heads = ("Examination as a whole", "findings", "bits", "", *priced, "change", "")
    rows: tuple[tuple[AnyCell, ...], ...] = tuple(
        (
            examination_label(value.examination),
            str(len(value.findings)),
            with_error(value.information, value.information_error),
            Bar(min(value.information / 2, 1.0), BAR, padded=True),
            *([_cost(value.cost, value.information_per_cost)] if priced else []),
            _change(value),
            "exact" if value.exact else "simulated",
        )
        for value in result.examinations
    )
    patients = [value.outcomes for value in result.examinations if not value.exact]
    note = (f"±: standard error, of {patients[0]} simulated patients",) if patients else ()
    return Table(heads, rows, (1,), below=note)


def with_error(value: float, error: float) -> str:
    """Bits, with their standard error where there is one."""
    return f"{value:.3f} ± {error:.3f}" if error else f"{value:.3f}"


def _change(value: ExaminationValue) -> str:
    error = value.leader_change_error
    return percent(value.leader_change) + (f" ± {error:.1%}" if error else "")


def _distinct(sequences: Sequence[StepSequence]) -> list[StepSequence]:
    """The look-ahead only where it takes other steps than greedy."""
    ids = [[step.id for step in sequence.steps] for sequence in sequences]
    return [sequence for i, sequence in enumerate(sequences) if ids[i] not in ids[:i]]


def _sequence(sequence: StepSequence, result: WhatIf) -> Table:
    costs = result.costs
    rows = tuple(
        (
            f"{number}. {clipped(step_label(result.question.network, step.id), 42)}",
            percent(step.reached),
            with_error(step.gain, step.gain_error),
            *([f"{step.cost:g}"] if costs else []),
            percent(step.certain),
            percent(step.leader_change),
        )
        for number, step in enumerate(sequence.steps, 1)
    )
    priced = ["cost"] if costs else []
    heads = (f"Next steps, {sequence.method}", "reached", "bits", *priced, "sure then", "change")
    notes = [f"Stops there: {stopped(sequence)}"]
    if costs:
        notes[0] += f"; expected cost {sequence.expected_cost:.4g} {costs.unit}".rstrip()
    if len(_distinct(result.sequences)) < len(result.sequences):
        notes.append("A look-ahead of two takes the same steps")
    return Table(heads, rows, tuple(range(1, len(heads))), below=tuple(notes))


def _settled(result: WhatIf) -> Entries | None:
    implied = ", ".join(f"{name}={state}" for name, state in result.settled.items())
    return Entries((("Implied", implied),)) if implied else None
