"""The JSON of ``networks show --coverage`` (schema networks-coverage/1)."""

from __future__ import annotations

from dataclasses import asdict

from bayesdx.analyses.coverage.numbers import LiteratureCoverage


def to_dict(result: LiteratureCoverage) -> dict[str, object]:
    """The object that ``bayesdx networks show NETWORK --coverage --json`` prints."""
    return {
        "schema": "networks-coverage/1",
        "network": result.network,
        "network_version": result.version,
        "rows": [
            {
                **asdict(row),
                "assumption_alone": row.assumption_alone,
                "grade": evidence.grade,
                "source_share": evidence.source_share,
                "identified_share": evidence.identified_share,
            }
            for row, evidence in zip(result.rows, result.evidence, strict=True)
        ],
        "source_share": result.whole.source_share,
        "identified_share": result.whole.identified_share,
        "weight_by_grade": dict(result.whole.by_grade),
        "facts_used": result.used,
        "facts_repeated": result.repeated,
        "facts_excluded": dict(result.excluded),
    }
