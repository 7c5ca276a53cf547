"""Which network: by name, by file, or by the level that a case states."""

from __future__ import annotations

import os
from collections.abc import Mapping

from bayesdx.case import Case
from bayesdx.cells import number_of, parse_weights
from bayesdx.codes import as_state
from bayesdx.data import network_index, network_path
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.network_file import network_suffix, read_network_file
from bayesdx.formats.network_json import read_network

#: The network of a case whose level names none.
DEFAULT_NETWORK = "spine"


def read_document(network: str | os.PathLike[str]) -> NetworkDocument:
    """A shipped network by name, or a network file.

    Raises InputError for an unknown name, an unreadable file, or a network that is not well formed.
    """
    path = os.fspath(network)
    if not network_suffix(path) and os.path.basename(path) == path:
        return read_network(network_path(path))
    if not os.path.isfile(path):
        raise InputError("is a directory, not a file" if os.path.isdir(path) else "no such file", place=path)
    return read_network_file(path)


def document_for(case: Case) -> tuple[NetworkDocument, str]:
    """The shipped network that covers the case's level, and why this one; without a level, the default network."""
    name, choice = chosen_for(case)
    return read_network(network_path(name)), choice


def chosen_for(case: Case) -> tuple[str, str]:
    """The name of the shipped network that covers the case's level, and why this one."""
    levels = _levels(case)
    for level in levels:
        for name, covered in _default_first().items():
            if level in covered:
                return name, f"it covers level '{level}'"
    return DEFAULT_NETWORK, "no network covers the level" if levels else "the case states no level"


def shipped_levels() -> tuple[str, ...]:
    """The levels that the shipped networks cover, those of the default network first."""
    return tuple(dict.fromkeys(level for covered in _default_first().values() for level in covered))


def _default_first() -> dict[str, tuple[str, ...]]:
    index = network_index()
    return {DEFAULT_NETWORK: index[DEFAULT_NETWORK], **index}


def _levels(case: Case) -> list[str]:
    """The levels that a case states, the most probable first."""
    level = case.findings.get("level")
    if isinstance(level, str):
        level = as_state(level.strip(), "level", shipped_levels())
        level = parse_weights(level) or ([] if level.startswith("not ") else [level])
    if isinstance(level, Mapping):
        weights = {str(state): number_of(weight) or 0.0 for state, weight in level.items()}
        level = sorted(weights, key=lambda state: -weights[state])
    return [as_state(str(one), "level", shipped_levels()) for one in level] if isinstance(level, list) else []
