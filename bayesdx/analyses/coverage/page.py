"""How the literature behind a network looks on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

import click

from bayesdx.analyses.coverage.numbers import Coverage
from bayesdx.knowledge.facts import EXCLUSIONS
from bayesdx.report.render.terminal import WIDTH, page, table


def coverage_text(
    rows: Sequence[Coverage], labels: Mapping[str, str], excluded: Mapping[str, int], used: int
) -> str:
    """A block a diagnosis: facts, patients and sources by finding, then the rows that rest on assumption alone."""
    parts = []
    for diagnosis, group in groupby(rows, key=lambda row: row.diagnosis):
        entries = list(group)
        lines = [
            [row.finding + (" *" if row.defined else ""), str(row.facts), str(row.patients), str(row.sources)]
            for row in entries
            if not row.assumption_alone
        ]
        title = click.style(f"{labels[diagnosis]} ({diagnosis})", bold=True)
        body = table(("finding", "facts", "patients", "sources"), lines, right=(1, 2, 3)) if lines else "no facts"
        alone = ", ".join(row.finding + (" *" if row.defined else "") for row in entries if row.assumption_alone)
        note = click.wrap_text(f"Assumption alone: {alone}", WIDTH, "", "  ") if alone else ""
        parts.append("\n".join(filter(None, (title, body, note))))
    rested = sum(row.assumption_alone for row in rows)
    summary = (
        f"{len(rows)} rows (diagnosis × finding): {len(rows) - rested} rest on facts, "
        f"{rested} on assumption alone.\n"
        "* a state holds by definition of the entity (assumption)\n\n"
        f"priors/facts.csv: {used} facts used as likelihoods; not used, by reason:\n"
        + table(
            ("reason", "rows", ""),
            [[reason, str(n), EXCLUSIONS[reason]] for reason, n in excluded.items()],
            right=(1,),
        )
    )
    return page(*parts, summary)
