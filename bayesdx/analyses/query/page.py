"""The page of ``query``: the differential, and whether the findings hang together."""

from __future__ import annotations

from bayesdx.analyses.frame import framed, untitled
from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis
from bayesdx.analyses.query.sentences import usual, warnings
from bayesdx.report.blocks import AnyCell, Bar, Cell, Entries, Page, Table
from bayesdx.words.numbers import percent, span
from bayesdx.words.phrases import nats
from bayesdx.words.provenance import interval_words

#: Diagnoses shown unless all are asked for.
SHOWN = 8


def page(result: QueryResult, *, show_all: bool = False) -> Page:
    """The ranked diagnoses with bars, intervals and priors, the checks, and the warnings."""
    shown = result.posterior if show_all else result.posterior[:SHOWN]
    rest = result.posterior[len(shown) :]
    rows = [_row(row, leads=row is result.leader) for row in shown]
    if rest:
        total, prior = sum(row.probability for row in rest), sum(row.prior for row in rest)
        rows.append((f"all {len(rest)} others", percent(total), Bar(total), "", percent(prior)))
    heads = (result.question.target.label or "Answer", "", "", "95% interval", "prior")
    ranked = Table(heads, tuple(rows), (1, 3, 4))
    said = checks(result)
    return framed(result.question, *untitled(ranked, Entries(said) if said else None), warnings=warnings(result))


def _row(row: RankedDiagnosis, leads: bool) -> tuple[AnyCell, ...]:
    label, tone = (Cell(row.label), "leads") if leads else (row.label, "")
    return label, percent(row.probability), Bar(row.probability, tone=tone), interval(row), percent(row.prior)


def interval(row: RankedDiagnosis) -> str:
    """The 95 % interval in percent; empty when there is none."""
    return "" if row.interval is None else span(*row.interval)


def checks(result: QueryResult) -> tuple[tuple[str, str], ...]:
    """What the interval means, whether the findings disagree, and how usual they are: names and words."""
    said = []
    if result.leader.interval is not None:
        said.append(("Interval", interval_words(result.question.network)))
    if result.conflict is not None:
        said.append(("Conflict", f"{nats(result.conflict)} (above 0: the findings disagree)"))
    if share := usual(result):
        said.append(("Surprise", share))
    return tuple(said)
