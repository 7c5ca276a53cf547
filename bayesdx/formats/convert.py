"""A Network to and from the model types of other libraries and their interchange formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayesdx.errors import InputError
from bayesdx.formats.bif import bif_text
from bayesdx.formats.plain_names import renaming
from bayesdx.formats.xmlbif import xmlbif_text
from bayesdx.network import Network, Variable

if TYPE_CHECKING:
    import networkx
    from pgmpy.models import DiscreteBayesianNetwork


def to_networkx(network: Network) -> networkx.DiGraph:
    """The DAG; nodes carry ``label``, ``kind``, ``examination`` and ``states``."""
    import networkx as nx

    graph = nx.DiGraph(name=network.id)
    for v in network.variables:
        graph.add_node(v.id, label=v.label or v.id, kind=v.kind, examination=v.examination, states=v.states)
    graph.add_edges_from((parent, child) for child, parents in network.parents.items() for parent in parents)
    return graph


def to_pgmpy(network: Network) -> DiscreteBayesianNetwork:
    """A ``pgmpy.models.DiscreteBayesianNetwork`` with the same variables, states and CPTs."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    model = DiscreteBayesianNetwork(list(to_networkx(network).edges))
    model.add_nodes_from([v.id for v in network.variables])
    for v in network.variables:
        parents = [network.variable(p) for p in network.parents[v.id]]
        table = network.cpts[v.id].reshape(-1, v.cardinality)
        model.add_cpds(
            TabularCPD(
                v.id,
                v.cardinality,
                (table / table.sum(axis=1, keepdims=True)).T,
                evidence=[p.id for p in parents] or None,
                evidence_card=[p.cardinality for p in parents] or None,
                state_names={u.id: list(u.states) for u in (v, *parents)},
            )
        )
    return model


def from_pgmpy(model: DiscreteBayesianNetwork, network_id: str = "network", target: str | None = None) -> Network:
    """A Network with the variables, states and CPTs of a pgmpy model; state names become text.

    Raises InputError for a node without CPT, for states of a parent that its child calls otherwise, and for
    whatever Network refuses.
    """
    cpds = {node: model.get_cpds(node) for node in model.nodes}
    variables, parents, cpts = [], {}, {}
    for node, cpd in cpds.items():
        if cpd is None:
            raise InputError(f"variable '{node}' of network '{network_id}' has no CPT")
        name = str(node)
        variables.append(Variable(name, tuple(str(state) for state in cpd.state_names[node])))
        parents[name] = tuple(str(parent) for parent in cpd.variables[1:])
        table = np.asarray(cpd.values, dtype=np.float64)
        for axis, parent in enumerate(cpd.variables[1:], 1):
            if cpds.get(parent) is not None:  # without a CPT it is refused in its turn
                states = cpds[parent].state_names[parent]
                own = cpd.state_names.get(parent, states)
                table = table.take(_order(own, states, f"'{parent}' of '{node}'"), axis)
        cpts[name] = np.moveaxis(table, 0, -1)
    return Network(network_id, tuple(variables), parents, cpts, target=target)


def _order(own: Sequence[object], states: Sequence[object], parent: str) -> list[int]:
    """Where a CPT has each of the ``states`` of a parent, which it lists in an order of its ``own``.

    pgmpy calls states that a CPT does not name 0, 1, …: they are those of the parent in its order.
    """
    own, states = list(own), list(states)
    if sorted(map(str, own)) == sorted(map(str, states)):
        return [list(map(str, own)).index(str(state)) for state in states]
    if own != list(range(len(states))):
        raise InputError(f"parent {parent} has the states {states} in its own CPT, {own} in that of its child")
    return list(range(len(states)))


def interchange_text(network: Network, file_format: str) -> str:
    """The network as ``bif`` or ``xmlbif`` text.

    Dirichlet counts, labels and other prior sets have no place in these formats. Names that the format or its
    readers cannot carry are replaced as in ``bayesdx.formats.plain_names.renaming``.
    """
    return (bif_text if file_format == "bif" else xmlbif_text)(network, renaming(network, file_format))
