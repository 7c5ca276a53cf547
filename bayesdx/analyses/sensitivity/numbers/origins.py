"""Where the numbers that an analysis names come from."""

from __future__ import annotations

from bayesdx.analyses.sensitivity.numbers.literature import Origin, Publications
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity
from bayesdx.analyses.sensitivity.numbers.tornado import Bar
from bayesdx.network import Network


def _origin_of(
    literature: Publications | None, network: Network, name: str, context: int | None, state: int
) -> Origin | None:
    """Where a number of a form comes from; None when that is not known."""
    if literature is None or context is None or name == network.target:
        return None
    if network.is_form(name):
        return literature.origin(name, state, "")
    if name not in network.counts:
        return None
    form = network.diagnosis_parent(name)
    if form is None or form == network.target:
        return None
    return literature.origin(name, context, network.variable(name).states[state])


def bar_origin(s: Sensitivity, bar: Bar) -> Origin | None:
    """Where the number of a bar comes from."""
    group = bar.group
    context = None if group.context is None else group.context[1]
    return _origin_of(s.literature, s.question.engine.network, group.name, context, group.state)


def parameter_origin(s: Sensitivity, i: int) -> Origin | None:
    """Where parameter number ``i`` of the one-way functions comes from."""
    parameters = s.one_way.parameters
    network, name = parameters.network, parameters.names[parameters.variable[i]]
    context = network.diagnosis_parent(name)
    key = None if context is None else parameters.parent_states(i)[context]
    return _origin_of(s.literature, network, name, key, int(parameters.state[i]))
