"""A Network to and from the model types of other libraries and their interchange formats."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdx.errors import InputError
from bayesdx.files import read_text
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


def read_xmlbif(path: str | os.PathLike[str]) -> Network:
    """The network in an XMLBIF 0.3 file, through pgmpy's reader.

    Raises InputError, naming the file, for text that is not XMLBIF and for whatever Network refuses.
    """
    from pgmpy.readwrite import XMLBIFReader

    text, place = read_text(os.fspath(path))
    try:
        model = XMLBIFReader(string=text).get_model()
    except Exception as error:  # the reader raises whatever its parser meets
        raise InputError(f"{place}: is not an XMLBIF file: {str(error).splitlines()[0]}") from None
    try:
        return from_pgmpy(model, os.path.basename(path).split(".")[0])
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def interchange_text(network: Network, file_format: str) -> str:
    """The network as ``bif`` or ``xmlbif`` text, through pgmpy's writers.

    Dirichlet counts, labels and other prior sets have no place in these formats.
    States are renamed where the format allows letters, digits and underscores only (see ``interchange_name``).
    """
    from pgmpy.readwrite import BIFWriter, XMLBIFWriter

    model = to_pgmpy(_with_plain_names(network))
    writer: Any = BIFWriter(model) if file_format == "bif" else XMLBIFWriter(model)
    return str(writer)


def _with_plain_names(network: Network) -> Network:
    variables = tuple(
        Variable(v.id, tuple(interchange_name(state) for state in v.states)) for v in network.variables
    )
    return Network(network.id, variables, network.parents, network.cpts, target=network.target)


def renamed_states(network: Network) -> dict[str, dict[str, str]]:
    """``{variable: {state: name in an exported file}}`` of the states that an export renames."""
    renamed = {
        v.id: {s: interchange_name(s) for s in v.states if interchange_name(s) != s} for v in network.variables
    }
    return {variable: states for variable, states in renamed.items() if states}


def interchange_name(state: str) -> str:
    """A state's name as other programs can read it.

    >>> [interchange_name(state) for state in ("<10", "10-30", ">30", "60+", "present")]
    ['lt_10', '10_30', 'gt_30', '60_plus', 'present']
    """
    spelt = state.replace("<", "lt_").replace(">", "gt_").replace("+", "_plus")
    return re.sub(r"\W", "_", spelt)
