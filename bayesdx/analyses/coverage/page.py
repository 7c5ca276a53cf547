"""The page of ``networks show --coverage``: how much literature stands behind each row."""

from __future__ import annotations

import textwrap
from itertools import groupby

from bayesdx.analyses.coverage.numbers import Coverage, LiteratureCoverage
from bayesdx.knowledge.facts import EXCLUSIONS
from bayesdx.report.blocks import WIDTH, Block, Cell, Lines, Page, Section, Table


def page(result: LiteratureCoverage) -> Page:
    """A block a diagnosis: facts, patients and sources by finding, then the rows that rest on assumption alone."""
    sections = [
        Section("", (_diagnosis(result.labels[diagnosis], diagnosis, list(group)),))
        for diagnosis, group in groupby(result.rows, key=lambda row: row.diagnosis)
    ]
    rested = sum(row.assumption_alone for row in result.rows)
    summary = Lines(
        (
            (
                f"{len(result.rows)} rows (diagnosis × finding): {len(result.rows) - rested} rest on facts, ",
                f"{rested} on assumption alone.",
            ),
            ("* a state holds by definition of the entity (assumption)",),
        )
    )
    reasons = tuple((reason, str(n), EXCLUSIONS[reason]) for reason, n in result.excluded.items())
    used = Lines(((f"priors/facts.csv: {result.used} facts used as likelihoods; not used, by reason:",),))
    excluded = Table(("reason", "rows", ""), reasons, (1,))
    return Page(None, (*sections, Section("", (summary, used, excluded))))


def _diagnosis(label: str, diagnosis: str, rows: list[Coverage]) -> Block:
    lines = tuple(
        (_name(row), str(row.facts), str(row.patients), str(row.sources))
        for row in rows
        if not row.assumption_alone
    )
    alone = ", ".join(_name(row) for row in rows if row.assumption_alone)
    return Table(
        ("finding", "facts", "patients", "sources") if lines else ("no facts", "", "", ""),
        lines,
        (1, 2, 3),
        title=Cell(f"{label} ({diagnosis})"),
        below=tuple(textwrap.wrap(f"Assumption alone: {alone}", WIDTH, subsequent_indent="  ")) if alone else (),
    )


def _name(row: Coverage) -> str:
    return row.finding + (" *" if row.defined else "")
