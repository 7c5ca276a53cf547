"""The page of ``batch``: what was scored, and what was wrong with the other rows."""

from __future__ import annotations

from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary
from bayesdx.report.blocks import Lines, Page, Section
from bayesdx.words.numbers import more_wrong, rows

#: Bad rows that are shown one by one.
SHOWN = 20


def page(result: BatchResult | BatchSummary) -> Page:
    """One line a bad row and a warning, and the counts."""
    if isinstance(result, BatchSummary):
        place, scored = result.table, result.scored
    else:
        place, scored = "table", len(result.lines)
    lines = [f"{place}: line {line}: {message}" for line, message in result.errors[:SHOWN]]
    if len(result.errors) > SHOWN:
        lines.append(f"… {more_wrong(len(result.errors) - SHOWN)}")
    lines += [f"warning: {warning} ({rows(count)})" for warning, count in result.warnings.items()]
    lines.append(f"{rows(scored)} scored with network '{result.asked['network']}', {len(result.errors)} left out")
    return Page(None, (Section("", (Lines(tuple((line,) for line in lines), verbatim=True),)),), disclaimer=False)
