"""How the answer to ``query`` looks on a terminal."""

from __future__ import annotations

import click

from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis
from bayesdx.report.render.terminal import bar, heading, page, percent, span, table, warning_lines

#: Diagnoses shown unless all are asked for.
SHOWN = 8


def differential(result: QueryResult, choice: str = "", show_all: bool = False) -> str:
    """The ranked diagnoses with bars, intervals and priors, the checks, and the warnings."""
    shown = result.posterior if show_all else result.posterior[:SHOWN]
    rest = result.posterior[len(shown) :]
    rows = [_row(row, leads=row is result.leader) for row in shown]
    if rest:
        total, prior = sum(row.probability for row in rest), sum(row.prior for row in rest)
        rows.append([f"all {len(rest)} others", percent(total), bar(total), "", percent(prior)])
    ranked = table(
        [result.question.target.label or "Answer", "", "", "95% interval", "prior"], rows, right=(1, 3, 4)
    )
    return page(heading(result.question, choice), ranked, _checks(result), warning_lines(result.warnings))


def _row(row: RankedDiagnosis, leads: bool) -> list[str]:
    cells = [row.label, percent(row.probability), bar(row.probability), interval(row), percent(row.prior)]
    if leads:
        cells[0], cells[2] = click.style(cells[0], bold=True), click.style(cells[2], fg="green")
    return cells


def interval(row: RankedDiagnosis) -> str:
    """The credible interval in percent; empty when there is none."""
    return "" if row.interval is None else span(percent(row.interval[0]), percent(row.interval[1]))


def _checks(result: QueryResult) -> str:
    lines = []
    if result.conflict is not None:
        lines.append(f"Conflict  {result.conflict:+.2f} nats (above 0: the findings disagree)")
    if result.surprise is not None:
        share = percent(result.surprise.share)
        lines.append(f"Surprise  {share} of the cases of {result.leader.label} would be at least as unusual")
    return "\n".join(lines)
