"""The page of ``networks show --coverage``: how much literature stands behind each row."""

from __future__ import annotations

import textwrap
from itertools import groupby

from bayesdx.analyses.coverage.numbers import Coverage, LiteratureCoverage
from bayesdx.knowledge.facts import EXCLUSIONS
from bayesdx.knowledge.grades import RowEvidence
from bayesdx.report.blocks import WIDTH, Block, Cell, Lines, Page, Section, Table
from bayesdx.words.evidence import evidence_lines
from bayesdx.words.numbers import percent


def page(result: LiteratureCoverage) -> Page:
    """A block a diagnosis: what stands behind it by finding, then the rows on assumption alone."""
    both = zip(result.rows, result.evidence, strict=True)
    sections = [
        Section("", (_diagnosis(result.labels[diagnosis], diagnosis, list(group)),))
        for diagnosis, group in groupby(both, key=lambda pair: pair[0].diagnosis)
    ]
    rested = sum(row.assumption_alone for row in result.rows)
    summary = Lines(
        (
            (
                f"{len(result.rows)} rows (diagnosis × finding): ",
                f"{len(result.rows) - rested} rest on facts or cases, ",
                f"{rested} on assumption alone.",
            ),
            ("* a state holds by definition of the entity (assumption)",),
            *((line,) for line in evidence_lines(result.whole)),
        )
    )
    reasons = tuple((reason, str(n), EXCLUSIONS[reason]) for reason, n in result.excluded.items())
    used = Lines(
        (
            (
                f"{result.repeated} words and proportions without n do not enter this network: ",
                "their sources have no identifier and only repeat one that has.",
            ),
            (f"priors/facts.csv: {result.used} facts used as likelihoods; not used, by reason:",),
        )
    )
    excluded = Table(("reason", "rows", ""), reasons, (1,))
    return Page(None, (*sections, Section("", (summary, used, excluded))))


def _diagnosis(label: str, diagnosis: str, rows: list[tuple[Coverage, RowEvidence]]) -> Block:
    lines = tuple(
        (
            _name(row),
            str(row.facts),
            str(row.patients),
            str(row.cases),
            str(row.sources),
            evidence.grade,
            percent(evidence.source_share),
            "" if evidence.identified_share is None else percent(evidence.identified_share),
        )
        for row, evidence in rows
        if not row.assumption_alone
    )
    alone = ", ".join(_name(row) for row, _ in rows if row.assumption_alone)
    heads = ("finding", "facts", "patients", "cases", "sources", "grade", "of row", "identified")
    return Table(
        heads if lines else ("no facts, no cases", *[""] * (len(heads) - 1)),
        lines,
        (1, 2, 3, 4, 6, 7),
        title=Cell(f"{label} ({diagnosis})"),
        below=tuple(textwrap.wrap(f"Assumption alone: {alone}", WIDTH, subsequent_indent="  ")) if alone else (),
    )


def _name(row: Coverage) -> str:
    return row.finding + (" *" if row.defined else "")
