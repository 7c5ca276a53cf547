"""The JSON of ``query`` (schema query/1)."""

from __future__ import annotations

from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis
from bayesdx.analyses.query.sentences import warnings


def to_dict(result: QueryResult) -> dict[str, object]:
    """The object that ``bayesdx query --json`` prints."""
    surprise = result.surprise
    return {
        "schema": "query/1",
        **result.question.head(),
        "posterior": [ranked(row) for row in result.posterior],
        "log_likelihood": result.log_likelihood,
        "conflict": result.conflict,
        "surprise": None
        if surprise is None
        else {
            "diagnosis": surprise.diagnosis,
            "share": surprise.share,
            "unusual": surprise.unusual,
            "better": list(surprise.better),
        },
        "warnings": list(warnings(result)),
    }


def ranked(row: RankedDiagnosis) -> dict[str, object]:
    """A line of the differential."""
    return {**row._asdict(), "interval": None if row.interval is None else list(row.interval)}
