"""What a changed parameter does, worked out by asking another library about the changed network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyagrum

from bayesdx.analyses.question import Question
from bayesdx.inference import compile_network
from bayesdx.network import Array, Network, Variable


def two_node() -> Network:
    """A disease of prevalence 0.1 and a test with sensitivity 0.9 and specificity 0.95."""
    return Network(
        "test",
        (Variable("disease", ("yes", "no")), Variable("test", ("positive", "negative"))),
        {"test": ("disease",)},
        {"disease": np.array([0.1, 0.9]), "test": np.array([[0.9, 0.1], [0.05, 0.95]])},
        target="disease",
    )


def hard(network: Network, **states: str) -> dict[str, Array]:
    """Hard findings."""
    return {
        name: np.eye(network.variable(name).cardinality)[network.variable(name).state_index(state)]
        for name, state in states.items()
    }


def ask(network: Network, findings: Mapping[str, Array]) -> Question:
    return Question(compile_network(network), findings)


def moved_row(row: Array, state: int, x: float, scheme: str) -> Array:
    """The row after entry ``state`` became ``x``, each scheme from its definition (Renooij 2014)."""
    k = len(row)
    others = [j for j in range(k) if j != state]
    new = np.empty(k)
    new[state] = x
    if scheme == "uniform":  # those that are impossible stay so
        possible = [j for j in others if row[j] > 0] or others
        new[others] = 0.0
        new[possible] = (1 - x) / len(possible)
    elif scheme == "proportional":
        rest = 1 - row[state]
        new[others] = row[others] * (1 - x) / rest if rest > 0 else (1 - x) / (k - 1)
    else:
        order = np.argsort(row, kind="stable").tolist()
        rank = order.index(state)
        before, after = order[:rank], order[rank + 1 :]
        if x > row[state]:
            most = 1 / (1 + len(after))
            left = (most - x) / (most - row[state])
            new[before] = row[before] * left
            new[after] = most + (row[after] - most) * left
        elif after:
            new[before] = row[before] * x / row[state]
            remaining = 1 - x - new[before].sum()
            new[after] = remaining * row[after] / row[after].sum()
        else:
            towards = (row[state] - x) / (row[state] - 1 / k)
            new[before] = row[before] + (1 / k - row[before]) * towards
    return new


def with_row(network: Network, name: str, row: int, values: Array) -> Network:
    table = np.array(network.cpts[name])
    table.reshape(-1, table.shape[-1])[row] = values
    return network.with_cpts({name: table})


def to_pyagrum(network: Network) -> Any:
    net = pyagrum.BayesNet()
    for variable in network.variables:
        net.add(pyagrum.RangeVariable(variable.id, "", 0, variable.cardinality - 1))
    for child, parents in network.parents.items():
        for parent in parents:
            net.addArc(parent, child)
    for variable in network.variables:
        fill(net, network, variable.id, network.cpts[variable.id])
    return net


def fill(net: Any, network: Network, name: str, table: Array) -> None:
    cpt, family = net.cpt(name), (*network.parents[name], name)
    cpt.fillWith(table.transpose([family.index(i) for i in reversed(cpt.names)]).ravel().tolist())


def pyagrum_posterior(net: Any, findings: Mapping[str, Array], target: str) -> Array:
    inference = pyagrum.LazyPropagation(net)
    inference.setEvidence({name: weights.tolist() for name, weights in findings.items()})
    inference.addTarget(target)
    inference.makeInference()
    posterior: Array = inference.posterior(target).toarray()
    return posterior
