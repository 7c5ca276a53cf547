"""The JSON of ``cite CASE`` (schema cite-case/1)."""

from __future__ import annotations

from dataclasses import asdict

from bayesdx.analyses.cite_case.numbers import CaseCitation


def to_dict(result: CaseCitation) -> dict[str, object]:
    """The object that ``bayesdx cite CASE --json`` prints."""
    return {
        "schema": "cite-case/1",
        **result.question.head(),
        "diagnoses": list(result.diagnoses),
        "sources": [
            {
                "source": row.source,
                "reference": row.reference,
                **asdict(row.evidence),
                "grade": row.evidence.grade,
                "share": row.share,
                "likelihoods": [{"finding": f, "diagnosis": d} for f, d in row.likelihoods],
            }
            for row in result.sources
        ],
        "warnings": list(result.question.warnings),
    }
