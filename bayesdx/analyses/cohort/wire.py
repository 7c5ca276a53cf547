"""The JSON of a cohort (schema cohort/1)."""

from __future__ import annotations

from bayesdx.analyses.cohort.numbers import CohortSummary


def to_dict(result: CohortSummary) -> dict[str, object]:
    """The object that ``bayesdx batch FOLDER --json`` prints."""
    return {
        "schema": "cohort/1",
        **result.asked,
        "output": result.output,
        "parts": result.parts,
        "reused": result.reused,
        "scored": result.scored,
        "left_out": result.left_out,
        "errors": [{"file": file, "row": row, "message": message} for file, row, message in result.examples],
        "warnings": list(result.warnings),
        "seconds": result.seconds,
        "rows_per_second": result.rate,
        "outside_inference": result.outside,
    }
