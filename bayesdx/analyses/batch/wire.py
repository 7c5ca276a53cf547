"""The JSON of ``batch`` (schema batch/2)."""

from __future__ import annotations

from bayesdx.analyses.batch.numbers import BatchResult, BatchSummary, columns_of


def to_dict(result: BatchResult | BatchSummary) -> dict[str, object]:
    """The object that ``bayesdx batch --json`` prints; with the cases when they are there."""
    answer = {
        "schema": "batch/2",
        **result.asked,
        "scored": result.scored,
        "left_out": result.left_out,
        "errors": [{"line": line, "message": message} for line, message in result.errors],
        "warnings": dict(result.warnings),
    }
    if isinstance(result, BatchSummary):
        return answer
    columns = columns_of(result.states)
    return {**answer, "cases": [dict(zip(columns, row, strict=True)) for row in result.rows()]}
