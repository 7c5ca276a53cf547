"""Which likelihood, changed least, makes another diagnosis lead, for many cases at once."""

from __future__ import annotations

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.constraints import changes_for, leader_conditions
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.batch.encoding import Encoded
from bayesdx.inference import Engine
from bayesdx.inference.lookup_change import Changes, change_tables, smallest_changes
from bayesdx.network import Array, Network


def lead_changes(engine: Engine, encoded: Encoded, posteriors: Array) -> Changes:
    """The smallest change of each case with ``posteriors`` (n, T), as ``sensitivity`` has it of one case.

    Those of the prior are none: they follow from the ratio of the two probabilities. Looked up where the network
    allows and the findings are certain, else worked out case by case.
    """
    found, network = Changes.none(len(encoded)), engine.network
    codes, uncertain = encoded.certain()
    tables, slow = engine.from_lookup(change_tables), encoded.fault < 0
    if tables is not None:
        quick = np.flatnonzero(slow & ~uncertain.any(axis=1))
        for whole, own in zip(found, smallest_changes(tables, codes[quick], posteriors[quick]), strict=True):
            whole[quick] = own
        slow &= uncertain.any(axis=1)
    prior = None if network.parents[str(network.target)] else network.target
    for row in np.flatnonzero(slow).tolist():
        findings = encoded.findings(row)
        functions = one_way(Question(engine, findings, findings))
        for one in changes_for(functions, leader_conditions(functions.posterior), 1, prior):
            parameters, i = functions.parameters, one.parameter
            found.variable[row] = network.index[parameters.names[parameters.variable[i]]]
            found.row[row], found.state[row] = parameters.row[i], parameters.state[i]
            found.value[row], found.log_odds[row], found.leader[row] = one.value, one.log_odds, one.leader
    return found


def named_change(network: Network, variable: int, row: int, state: int) -> str:
    """An entry of a CPT: ``variable=state | parent=state, …``."""
    owner = network.variables[variable]
    parents = [network.variable(name) for name in network.parents[owner.id]]
    states = np.unravel_index(row, [parent.cardinality for parent in parents]) if parents else ()
    given = ", ".join(f"{p.id}={p.states[int(s)]}" for p, s in zip(parents, states, strict=True))
    return f"{owner.id}={owner.states[state]}{f' | {given}' if given else ''}"
