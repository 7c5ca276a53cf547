"""A Network to and from the model types of other libraries and their interchange formats."""

from __future__ import annotations

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

    Raises InputError for a node without CPT and for whatever Network refuses.
    """
    variables, parents, cpts = [], {}, {}
    for node in model.nodes:
        cpd = model.get_cpds(node)
        if cpd is None:
            raise InputError(f"variable '{node}' of network '{network_id}' has no CPT")
        name = str(node)
        variables.append(Variable(name, tuple(str(state) for state in cpd.state_names[node])))
        parents[name] = tuple(str(parent) for parent in cpd.variables[1:])
        cpts[name] = np.moveaxis(np.asarray(cpd.values, dtype=np.float64), 0, -1)
    return Network(network_id, tuple(variables), parents, cpts, target=target)


def interchange_text(network: Network, file_format: str) -> str:
    """The network as ``bif`` or ``xmlbif`` text.

    Dirichlet counts, labels and other prior sets have no place in these formats. Names that the format or its
    readers cannot carry are replaced as in ``bayesdx.formats.plain_names.renaming``.
    """
    return (bif_text if file_format == "bif" else xmlbif_text)(network, renaming(network, file_format))
