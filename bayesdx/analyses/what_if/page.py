"""How the answers to ``what-if`` look on a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bayesdx.analyses.compare.numbers import Comparison
from bayesdx.analyses.question import words
from bayesdx.analyses.what_if.numbers.examinations import ExaminationValue
from bayesdx.analyses.what_if.numbers.sequence import StepSequence
from bayesdx.analyses.what_if.numbers.worth import FindingValue, WhatIf
from bayesdx.report.render.terminal import WIDTH, bar, heading, page, percent, table, warning_lines
from bayesdx.words.phrases import clipped

#: Findings shown unless another number is asked for, and diagnoses in a comparison.
SHOWN = 10
#: Cells of a bar for one bit; longer ones are cut.
BAR = 6


def what_if_text(result: WhatIf, choice: str = "", top: int = SHOWN) -> str:
    """The findings worth looking for, whole examinations, next steps, and the warnings."""
    return page(
        heading(result.question, choice),
        _now(result),
        _findings(result, top),
        _examinations(result),
        *(_sequence(sequence, result) for sequence in _distinct(result.sequences)),
        _settled(result),
        warning_lines(result.warnings),
    )


def finding_text(result: WhatIf, choice: str = "") -> str:
    """One finding in full: the chance of each state, and the first diagnoses under it."""
    return page(
        heading(result.question, choice),
        _now(result),
        finding_in_full(result.findings[0], result.leader),
        warning_lines(result.warnings),
    )


def finding_in_full(value: FindingValue, leader: int, width: int = WIDTH) -> str:
    """What one finding would tell, and a row for each state that is possible; ``leader`` leads now."""
    variable, target = value.variable, value.target
    seen_in = f" ({variable.examination or variable.kind})" if variable.examination or variable.kind else ""
    strongest = f"'{variable.states[value.strongest]}' would move {target.state_label(leader)} most"
    change = (
        f"The chance that another diagnosis leads once it is seen is {percent(value.leader_change)}; {strongest}"
    )
    lines = [
        f"{click.style(variable.label or variable.id, bold=True)}{seen_in}: {value.information:.3f} bits",
        click.wrap_text(change, width),
    ]
    if value.stated is not None:
        lines.append(f"Stated as {words(value.stated)}: still open, and weighed as stated")
    states = [k for k in range(variable.cardinality) if value.predictive[k] > 0]
    longest = max(len(variable.states[k]) for k in states)
    diagnoses = 3 if width >= WIDTH else 2
    room = (width - longest - 8) // diagnoses - 9
    rows = []
    for k in sorted(states, key=lambda k: -value.predictive[k]):
        first = [f"{percent(p):>6} {clipped(label, room)}" for label, p in value.top(k, diagnoses)]
        if value.leader_under(k) != leader:
            first[0] = click.style(first[0], fg="yellow")
        rows.append([variable.states[k], percent(float(value.predictive[k])), *first])
    heads = ["state", "chance", "then first", *["second", "third"][: diagnoses - 1]]
    return "\n".join(lines) + "\n\n" + table([*heads, ""][: 2 + diagnoses], rows, right=(1,))


def comparison_text(result: Comparison, choice: str = "") -> str:
    """Both differentials side by side, and what is stated differently."""
    target = result.before.target
    before, after = result.posterior_before, result.posterior_after
    shown, rest = result.order[:SHOWN], result.order[SHOWN:]
    rows = [_sides(target.state_label(i), float(before[i]), float(after[i])) for i in shown]
    if rest:
        rows.append(_sides(f"all {len(rest)} others", float(before[rest].sum()), float(after[rest].sum())))
    heads = [target.label or "Answer", "before", "", "after", "", "change"]
    changes = [
        f"{name}: {'not stated' if old is None else words(old)} -> {'not stated' if new is None else words(new)}"
        for name, (old, new) in result.changed.items()
    ]
    lead = [target.state_label(int(posterior.argmax())) for posterior in (before, after)]
    leads = f"{lead[0]} leads before and after" if lead[0] == lead[1] else f"{lead[1]} leads in place of {lead[0]}"
    return page(
        heading(result.before, choice),
        "\n".join(f"Changed   {line}" for line in changes or ["nothing"]),
        table(heads, rows, right=(1, 3, 5)),
        leads,
        warning_lines(result.warnings),
    )


def _sides(label: str, before: float, after: float) -> list[str]:
    change = f"{100 * (after - before):+.1f}"
    return [
        clipped(label, 38),
        percent(before),
        f"{bar(before, 12):12}",
        percent(after),
        f"{bar(after, 12):12}",
        change,
    ]


def _now(result: WhatIf) -> str:
    target, leader = result.question.target, result.leader
    return (
        f"Leading   {click.style(target.state_label(leader), bold=True)} "
        f"{percent(float(result.posterior[leader]))}; {result.entropy:.2f} bits are open"
    )


def _findings(result: WhatIf, top: int) -> str:
    if not result.findings:
        return "No finding is open."
    shown, hidden = result.findings[:top], result.findings[top:]
    priced = ["bits/cost"] if result.costs is not None else []
    heads = ["Not yet seen", "bits", "", *priced, "change"]
    rows = [
        [
            value.variable.id,
            f"{value.information:.3f}",
            f"{bar(min(value.information, 1.0), BAR):{BAR}}",
            *([_cost(value.cost, value.information_per_cost)] if priced else []),
            percent(value.leader_change),
        ]
        for value in shown
    ]
    longest = max(len(row[0]) for row in (heads, *rows))
    shows = ["strongest state"] if priced else ["strongest state", "who leads then"]  # there is room for
    for row, value in zip(rows, shown, strict=True):
        row += _strongest(value, WIDTH - longest - BAR - 19)[: len(shows)]
    text = table([*heads, *shows], rows, right=(1, 3, 4) if priced else (1, 3))
    if hidden:
        most = f"{hidden[0].information:.3f} bits or less"
        text += f"\nand {len(hidden)} more, of {most} (--top {len(result.findings)})"
    return text + "\nchange: the chance that another diagnosis leads once the finding is seen"


def _strongest(value: FindingValue, room: int) -> list[str]:
    """The state that would move the leader most with its chance, and who leads then, in ``room`` characters."""
    state = value.strongest
    label, probability = value.top(state, 1)[0]
    longest = max(room - 34, 12)  # of the state; a percentage takes six characters, a gap one or two
    return [
        f"{clipped(value.variable.states[state], longest)} {percent(float(value.predictive[state]))}",
        f"{clipped(label, room - longest - 16)} {percent(probability)}",
    ]


def _cost(cost: float | None, per_cost: float | None) -> str:
    """Bits per cost; empty for what is not sold as a whole."""
    if cost is None:
        return ""
    return "free" if per_cost is None else f"{per_cost:.3g}"


def _examinations(result: WhatIf) -> str:
    if not result.examinations:
        return ""
    priced = ["bits/cost"] if result.costs is not None else []
    heads = ["Examination as a whole", "findings", "bits", "", *priced, "change", ""]
    rows = [
        [
            value.label,
            str(len(value.findings)),
            with_error(value.information, value.information_error),
            f"{bar(min(value.information / 2, 1.0), BAR):{BAR}}",
            *([_cost(value.cost, value.information_per_cost)] if priced else []),
            _change(value),
            "exact" if value.exact else "simulated",
        ]
        for value in result.examinations
    ]
    patients = [value.outcomes for value in result.examinations if not value.exact]
    note = f"\n±: standard error, of {patients[0]} simulated patients" if patients else ""
    return table(heads, rows, right=(1,)) + note


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


def _sequence(sequence: StepSequence, result: WhatIf) -> str:
    costs = result.costs
    rows = [
        [
            f"{number}. {clipped(step.label, 42)}",
            percent(step.reached),
            with_error(step.gain, step.gain_error),
            *([f"{step.cost:g}"] if costs else []),
            percent(step.certain),
            percent(step.leader_change),
        ]
        for number, step in enumerate(sequence.steps, 1)
    ]
    heads = [
        f"Next steps, {sequence.method}",
        "reached",
        "bits",
        *(["cost"] if costs else []),
        "sure then",
        "change",
    ]
    notes = [f"Stops there: {sequence.stopped}"]
    if costs:
        notes[0] += f"; expected cost {sequence.expected_cost:.4g} {costs.unit}".rstrip()
    if len(_distinct(result.sequences)) < len(result.sequences):
        notes.append("A look-ahead of two takes the same steps")
    return "\n".join([table(heads, rows, right=tuple(range(1, len(heads)))), *notes])


def _settled(result: WhatIf) -> str:
    if not result.settled:
        return ""
    implied = ", ".join(f"{name}={state}" for name, state in result.settled.items())
    return click.wrap_text(f"Implied   {implied}", WIDTH, "", " " * 10)
