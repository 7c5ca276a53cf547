"""What the shipped networks call findings and states: for naming the nearest choice, once something is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bayesdx.data import network_names, network_path


@cache
def findings() -> Mapping[str, str]:
    """Every finding by its id and by its label."""
    from bayesdx.formats.network_json import read_network

    found = {"age": "age"}
    for name in network_names():
        document = read_network(network_path(name))
        for variable in document.network.findings:
            found[variable.id] = variable.id
            found.setdefault(variable.label or variable.id, variable.id)
        found.update({one: one for one in document.vocabulary if one not in document.network})
    return found


@cache
def states(finding: str) -> Mapping[str, str]:
    """The states of a finding by id and by label; empty for one that the shipped networks do not know."""
    from bayesdx.formats.network_json import read_network

    found: dict[str, str] = {}
    for name in network_names():
        document = read_network(network_path(name))
        if finding in document.network:
            variable = document.network.variable(finding)
            found.update({state: state for state in variable.states})
            for number, state in enumerate(variable.states):
                found.setdefault(variable.state_label(number), state)
        found.update({state: state for state in document.vocabulary.get(finding, ())})
    return found
