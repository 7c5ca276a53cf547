"""The page of a comparison: both differentials side by side."""

from __future__ import annotations

from bayesdx.analyses.compare.numbers import Comparison
from bayesdx.analyses.frame import framed, untitled
from bayesdx.inference.results import leading
from bayesdx.network import Variable
from bayesdx.report.blocks import AnyCell, Bar, Entries, Lines, Page, Table
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import clipped, label_of, signed, state_phrase

#: Diagnoses shown one by one.
SHOWN = 10


def page(result: Comparison) -> Page:
    """What is stated differently, the diagnoses before and after, and who leads."""
    target = result.before.target
    before, after = result.posterior_before, result.posterior_after
    shown, rest = result.order[:SHOWN], result.order[SHOWN:]
    rows = [_sides(target.state_label(i), float(before[i]), float(after[i])) for i in shown]
    if rest:
        rows.append(_sides(f"all {len(rest)} others", float(before[rest].sum()), float(after[rest].sum())))
    heads = (target.label or "Answer", "before", "", "after", "", "change")
    changed = [(result.before.network.variable(name), *values) for name, values in result.changed.items()]
    changes = [f"{label_of(one)}: {_said(one, old)} → {_said(one, new)}" for one, old, new in changed]
    lead = [target.state_label(int(leading(posterior))) for posterior in (before, after)]
    leads = f"{lead[0]} leads before and after" if lead[0] == lead[1] else f"{lead[1]} leads in place of {lead[0]}"
    blocks = (
        Entries(tuple(("Changed", line) for line in changes or ["nothing"])),
        Table(heads, tuple(rows), (1, 3, 5)),
        Lines(((leads,),)),
    )
    return framed(result.before, *untitled(*blocks), warnings=result.warnings)


def _said(variable: Variable, stated: object) -> str:
    return "not stated" if stated is None else state_phrase(variable, stated)


def _sides(label: str, before: float, after: float) -> tuple[AnyCell, ...]:
    sides = [cell for share in (before, after) for cell in (percent(share), Bar(share, 12, padded=True))]
    return (clipped(label, 38), *sides, signed(100 * (after - before)))
