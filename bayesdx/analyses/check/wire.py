"""The JSON of ``networks check`` (schema networks-check/1)."""

from __future__ import annotations

from bayesdx.analyses.check.numbers import NetworkCheck
from bayesdx.analyses.network.wire import summary


def to_dict(result: NetworkCheck) -> dict[str, object]:
    """The object that ``bayesdx networks check --json`` prints."""
    cost = result.cost
    found = {"flops": cost.flops, "largest_table": cost.largest, "bytes": cost.bytes}
    warnings = list(result.document.warnings)
    learnt = result.document.network.learnt_from()
    return {"schema": "networks-check/1", **summary(result.document), **learnt, "cost": found, "warnings": warnings}
