"""The page of a cohort: what was scored, how fast, and what was wrong with the first of the other rows."""

from __future__ import annotations

from bayesdx.analyses.cohort.numbers import CohortSummary
from bayesdx.report.blocks import Lines, Page, Section
from bayesdx.words.numbers import more_wrong, rows


def page(result: CohortSummary) -> Page:
    """One line a bad row, the counts, and where the answers are."""
    lines = [f"{file}: row {row}: {message}" for file, row, message in result.examples]
    if result.left_out > len(result.examples):
        lines.append(more_wrong(result.left_out - len(result.examples)))
    lines += [f"warning: {warning}" for warning in result.warnings]
    lines.append(
        f"{rows(result.scored)} scored with network '{result.asked['network']}', {result.left_out:,} left out"
    )
    there = f", {result.reused} of them from before" if result.reused else ""
    lines.append(f"{result.output}: {result.parts} {'part' if result.parts == 1 else 'parts'}{there}")
    if result.outside is not None:
        lines.append(
            f"{result.seconds:.1f} s, {result.rate:,.0f} rows a second; "
            f"{result.outside:.0%} of the time outside inference"
        )
    return Page(None, (Section("", (Lines(tuple((line,) for line in lines), verbatim=True),)),), disclaimer=False)
