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
        "rows": [{**asdict(row), "assumption_alone": row.assumption_alone} for row in result.rows],
        "facts_used": result.used,
        "facts_excluded": dict(result.excluded),
    }
