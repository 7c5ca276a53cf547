"""The page of ``what-if``: findings worth looking for, whole examinations, next steps."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from bayesdx.analyses.frame import framed, untitled
from bayesdx.analyses.question import words
from bayesdx.analyses.what_if.numbers.sequence import StepSequence
from bayesdx.analyses.what_if.numbers.worth import LIKELY, FindingValue, WhatIf
from bayesdx.analyses.what_if.sentences import stopped
from bayesdx.report.blocks import WIDTH, AnyCell, Bar, Block, Cell, Entries, Lines, Page, Section, Table
from bayesdx.words.examinations import examination_label, step_label
from bayesdx.words.numbers import bits, percent, simulated
from bayesdx.words.phrases import clipped, fitted, short, state_name, unqualified

#: Findings shown unless another number is asked for.
SHOWN = 10
#: Cells of a bar for one bit; longer ones are cut. Findings whose ids are longer than _ROOMY have none.
BAR, _ROOMY = 6, 30


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
        (Cell(variable.label or variable.id), f"{seen_in}: {bits(value.information)} bits"),
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
    longest = max(len(value.variable.id) for value in shown)
    barred = longest <= _ROOMY  # else the bar would leave no room for the names of states and diagnoses
    heads = ["Not yet seen", "bits", *([""] if barred else []), *priced, "change"]
    shows = ["strongest state"] if priced else ["strongest state", "who leads then"]  # there is room for
    strongest = _strongest(shown, WIDTH - max(longest, len(heads[0])) - 19 - barred * BAR, len(shows))
    rows: tuple[tuple[AnyCell, ...], ...] = tuple(
        (
            value.variable.id,
            bits(value.information),
            *([Bar(min(value.information, 1.0), BAR, padded=True)] if barred else []),
            *([_cost(value.cost, value.information_per_cost)] if priced else []),
            percent(value.leader_change),
            *cells,
        )
        for value, cells in zip(shown, strongest, strict=True)
    )
    below = [
        "change: the chance that another diagnosis leads once the finding is seen",
        f"strongest state: what moves the leader most, of the states with a chance of {LIKELY:.0%} or more",
    ]
    if hidden:
        most = bits(hidden[0].information)
        most = "less than 0.001 bits" if most.startswith("<") else f"{most} bits or less"
        below.insert(0, f"and {len(hidden)} more, of {most} (--top {len(result.findings)})")
    return Table((*heads, *shows), rows, (1, *range(2 + barred, len(heads))), below=tuple(below))


def _strongest(values: Sequence[FindingValue], room: int, columns: int) -> list[list[str]]:
    """The state that would move the leader most with its chance, and who leads then, in ``room`` characters.

    The diagnoses get what the states leave, but half of the room at least.
    """
    states = [state_name(value.variable, value.strongest) for value in values]
    leaders = [value.top(value.strongest, 1)[0] for value in values]
    room -= 2 + 2 * 7  # a gap, and two percentages with a blank
    needed = max(map(len, states))
    longest = min(needed, room) if columns == 1 else min(needed, room - min(_widest(leaders), room // 2))
    return [
        [
            f"{clipped(state, longest)} {percent(float(value.predictive[value.strongest]))}",
            f"{fitted(label, room - longest)} {percent(probability)}",
        ][:columns]
        for value, state, (label, probability) in zip(values, states, leaders, strict=True)
    ]


def _widest(leaders: Sequence[tuple[str, float]]) -> int:
    """Characters of the longest diagnosis without its qualifier."""
    return max(len(unqualified(short(label))) for label, _ in leaders)


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
            bits(value.information, value.information_error),
            Bar(min(value.information / 2, 1.0), BAR, padded=True),
            *([_cost(value.cost, value.information_per_cost)] if priced else []),
            simulated(value.leader_change, value.leader_change_error),
            "exact" if value.exact else "simulated",
        )
        for value in result.examinations
    )
    patients = [value.outcomes for value in result.examinations if not value.exact]
    note = (f"±: standard error, of {patients[0]} simulated patients",) if patients else ()
    return Table(heads, rows, (1,), below=note)


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
            bits(step.gain, step.gain_error),
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
