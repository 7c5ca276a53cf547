"""Small networks to learn, and cases drawn from them."""

from __future__ import annotations

import itertools

import numpy as np

from bayesdx.learning.sample import Sample
from bayesdx.network import Array, Network, Variable


def small_network(seed: int, *, counts: float = 0.0, zero: bool = False) -> Network:
    """a -> b, (a, b) -> c, c -> d, with 2, 3, 2 and 3 states; ``counts`` stand behind each row, 0 for none."""
    rng = np.random.default_rng(seed)
    cards = dict(zip("abcd", (2, 3, 2, 3), strict=True))
    variables = tuple(Variable(name, tuple(f"s{i}" for i in range(card))) for name, card in cards.items())
    parents = {"a": (), "b": ("a",), "c": ("a", "b"), "d": ("c",)}
    cpts = {
        name: rng.dirichlet(np.full(card, 2.0), tuple(cards[p] for p in parents[name]))
        for name, card in cards.items()
    }
    if zero:
        cpts["c"][0, 0] = [1.0, 0.0]
    rows = {name: counts * table for name, table in cpts.items()} if counts else {}
    return Network("small", variables, parents, cpts, rows, target="a")


def drawn(network: Network, n: int, missing: float, seed: int) -> Sample:
    """Cases drawn from the network, each value missing with this chance."""
    rng = np.random.default_rng(seed)
    codes = np.zeros((n, len(network.variables)), dtype=np.int64)
    for name in network.topological_order:
        parents = [codes[:, network.index[p]] for p in network.parents[name]]
        rows = network.cpts[name][tuple(parents)] if parents else np.tile(network.cpts[name], (n, 1))
        codes[:, network.index[name]] = (rng.random((n, 1)) > rows.cumsum(axis=1)[:, :-1]).sum(axis=1)
    codes[rng.random(codes.shape) < missing] = -1
    return Sample(codes)


def families(network: Network, sample: Sample) -> tuple[dict[str, Array], Array]:
    """P(family | case) of every CPT (n, *cpt) and log P(case) (n,), by summing over all states of all variables."""
    n = len(sample)
    total = np.zeros(n)
    found = {name: np.zeros((n, *table.shape)) for name, table in network.cpts.items()}
    for states in itertools.product(*(range(v.cardinality) for v in network.variables)):
        weight = np.ones(n)
        places = {}
        for i, v in enumerate(network.variables):
            at = (*(states[network.index[p]] for p in network.parents[v.id]), states[i])
            places[v.id] = at
            weight = weight * network.cpts[v.id][at]
            weight = weight * ((sample.codes[:, i] < 0) | (sample.codes[:, i] == states[i]))
            if v.id in sample.weights:
                weight = weight * sample.weights[v.id][:, states[i]]
        total += weight
        for name, at in places.items():
            found[name][(slice(None), *at)] += weight
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: table / total.reshape(-1, *[1] * (table.ndim - 1)) for name, table in found.items()}, np.log(
            total
        )
