"""How the answers to ``what-if`` look in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from bayesdx.analyses.compare.numbers import Comparison
from bayesdx.analyses.what_if.numbers.worth import WhatIf
from bayesdx.report.render.terminal import DISCLAIMER, percent


def what_if_html(result: WhatIf) -> str:
    """The open findings and the examinations as HTML tables."""
    findings = [
        (
            value.variable.label or value.variable.id,
            f"{value.information:.3f}",
            percent(value.leader_change),
            f"{value.variable.states[value.strongest]} ({percent(float(value.predictive[value.strongest]))})",
            ", ".join(f"{label} {percent(p)}" for label, p in value.top(value.strongest, 2)),
        )
        for value in result.findings
    ]
    examinations = [
        (
            value.label,
            f"{value.information:.3f}" + (f" ± {value.information_error:.3f}" if not value.exact else ""),
            percent(value.leader_change),
        )
        for value in result.examinations
    ]
    return _page(
        result.warnings,
        _table(("finding not yet seen", "bits", "new leader", "strongest state", "then"), findings),
        _table(("examination as a whole", "bits", "new leader"), examinations),
    )


def comparison_html(result: Comparison) -> str:
    """Both differentials side by side as an HTML table."""
    target = result.before.target
    rows = [
        (
            target.state_label(i),
            percent(float(result.posterior_before[i])),
            percent(float(result.posterior_after[i])),
        )
        for i in result.order
    ]
    return _page(result.warnings, _table((target.label or "answer", "before", "after"), rows))


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _page(warnings: Sequence[str], *tables: str) -> str:
    notes = "".join(f"<p>{escape(warning)}</p>" for warning in warnings)
    return "".join(tables) + f"{notes}<p><small>{DISCLAIMER}</small></p>"
