"""The page of ``batch``: what was scored, and what was wrong with the other rows."""

from __future__ import annotations

from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary
from bayesdx.report.blocks import Lines, Page, Section
from bayesdx.words.numbers import more_wrong, rows

#: Bad rows that are shown one by one.
SHOWN = 20


def page(result: BatchResult | BatchSummary) -> Page:
    """One line a bad row and a warning, and the counts."""
    place = result.table if isinstance(result, BatchSummary) else "table"
    lines = [f"{place}: line {line}: {message}" for line, message in result.errors[:SHOWN]]
    if result.left_out > SHOWN:
        lines.append(more_wrong(result.left_out - SHOWN))
    lines += [f"warning: {warning} ({rows(count)})" for warning, count in result.warnings.items()]
    network = result.asked["network"]
    lines.append(f"{rows(result.scored)} scored with network '{network}', {result.left_out:,} left out")
    return Page(None, (Section("", (Lines(tuple((line,) for line in lines), verbatim=True),)),), disclaimer=False)
