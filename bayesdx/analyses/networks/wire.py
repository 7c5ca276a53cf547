"""The JSON of ``networks list`` (schema networks-list/1)."""

from __future__ import annotations

from bayesdx.analyses.network.wire import summary
from bayesdx.analyses.networks.numbers import NetworkList


def to_dict(result: NetworkList) -> dict[str, object]:
    """The object that ``bayesdx networks list --json`` prints."""
    return {"schema": "networks-list/1", "networks": [summary(document) for document in result.documents]}
