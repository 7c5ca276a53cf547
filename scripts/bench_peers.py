"""The peers that the benchmark times: the same networks and findings in pyAgrum and pgmpy."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayesdx.network import Array, Network, Variable

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


def diagnostic_network(seed: int = 0) -> Network:
    """A made-up network of the usual shape, for a checkout without the shipped ones: 28 diagnoses, 40 findings."""
    rng = np.random.default_rng(seed)
    cards = [2] * 24 + [3] * 4 + [4] * 5 + [5, 6, 7, 8, 8, 9, 10]
    variables = [Variable("diagnosis", tuple(f"d{i}" for i in range(28)), kind="diagnosis")]
    variables.append(Variable("mineralisation", ("none", "partial", "dense"), kind="latent"))
    variables += [Variable(f"f{i}", tuple(f"s{k}" for k in range(card))) for i, card in enumerate(cards)]
    parents: dict[str, tuple[str, ...]] = {v.id: ("diagnosis",) for v in variables[1:]}
    parents |= {f"f{i}": ("diagnosis", "mineralisation") for i in (0, 1, 24, 28, 33, 39)}
    parents["f38"] = ("diagnosis", "f34")
    card = {v.id: v.cardinality for v in variables}
    counts = {
        v.id: rng.gamma(1.0, 3.0, [*(card[p] for p in parents.get(v.id, ())), v.cardinality]) + 0.05
        for v in variables
    }
    cpts = {name: table / table.sum(axis=-1, keepdims=True) for name, table in counts.items()}
    return Network("synthetic", tuple(variables), parents, cpts, counts, target="diagnosis")
