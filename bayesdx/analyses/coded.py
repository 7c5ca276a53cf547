"""The standard codes of what an answer names, for whoever reads its JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bayesdx.codes import SYSTEMS, Code, codes_of
from bayesdx.network import Network


def network_of(result: Any) -> Network:
    """The network that a result is about, or one of its parts."""
    for part in ("query", "before", "question", "document"):
        result = getattr(result, part, result)
    found: Network = result.network
    return found


def coded(answer: dict[str, object], network: Network) -> dict[str, object]:
    """By each diagnosis variable and finding that an answer names: its own ``codes``, and those of its ``states``.

    No code, an empty list, is no standard code. Of the diagnoses only those are there that the answer names.
    """
    named = set(_names(answer))
    found: dict[str, object] = {}
    for variable in network.variables:
        target = variable.id == network.target
        if variable.kind == "latent" or not (target or variable.id in named):
            continue
        states = [state for state in variable.states if not target or state in named]
        found[variable.id] = {
            "codes": _written(codes_of(variable.id)),
            "states": {state: _written(codes_of(variable.id, state)) for state in states},
        }
    return found


def _written(codes: tuple[Code, ...]) -> list[dict[str, str]]:
    return [{"system": c.system, "uri": SYSTEMS[c.system].uri, "code": c.code, "display": c.display} for c in codes]


def _names(value: object) -> Iterator[str]:
    """Every text in a JSON value, keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _names(inner)
