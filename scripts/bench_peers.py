"""The peers that the benchmark times: the same networks and findings in pyAgrum and pgmpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayesdx.network import Array, Network

Case = dict[str, int]


def to_pyagrum(network: Network) -> Any:
    """The network in pyAgrum, states named by their numbers."""
    import pyagrum

    net = pyagrum.BayesNet(network.id)
    for variable in network.variables:
        net.add(pyagrum.RangeVariable(variable.id, variable.id, 0, variable.cardinality - 1))
    for child, parents in network.parents.items():
        for parent in parents:
            net.addArc(parent, child)
    for variable in network.variables:
        fill_pyagrum(net, network, variable.id, network.cpts[variable.id])
    return net


def fill_pyagrum(net: Any, network: Network, variable_id: str, table: Array) -> None:
    """Set a CPT; pyAgrum lists its axes with the variable first, and that one changes fastest."""
    cpt = net.cpt(variable_id)
    family = (*network.parents[variable_id], variable_id)
    cpt.fillWith(table.transpose([family.index(name) for name in reversed(cpt.names)]).ravel().tolist())


def cpt_of(net: Any, network: Network, variable_id: str) -> Array:
    """A CPT of ``net`` in the axes of the network's."""
    cpt = net.cpt(variable_id)
    axes = list(reversed(cpt.names))
    return np.asarray(
        cpt.toarray().transpose([axes.index(i) for i in (*network.parents[variable_id], variable_id)])
    )


class PyAgrum:
    """A LazyPropagation that is kept between queries; findings are set by state numbers."""

    def __init__(self, net: Any, target: str | None = None) -> None:
        import pyagrum

        self.engine = pyagrum.LazyPropagation(net)
        self.names = [target] if target else list(net.names())
        if target:
            self.engine.addTarget(target)

    def ask(self, case: Case) -> dict[str, Array]:
        """Posterior of the target, or of every variable."""
        self.engine.setEvidence(case)
        self.engine.makeInference()
        return {name: self.engine.posterior(name).toarray() for name in self.names}


def draw_case(network: Network, rng: np.random.Generator, share: float, observable: list[str]) -> Case:
    """Findings of one case drawn from the network: a ``share`` of the ``observable`` variables."""
    states: Case = {}
    for name in network.topological_order:
        row = network.cpts[name][tuple(states[parent] for parent in network.parents[name])]
        states[name] = int(rng.choice(len(row), p=row / row.sum()))
    count = max(1, round(share * len(observable)))
    return {str(name): states[str(name)] for name in rng.choice(observable, count, replace=False)}


def as_findings(network: Network, case: Case) -> dict[str, Array]:
    return {name: np.eye(network.variable(name).cardinality)[state] for name, state in case.items()}
