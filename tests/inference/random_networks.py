"""Small random networks and findings, and what they mean by brute-force enumeration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
from hypothesis import strategies as st

from bayesdx.inference import Engine, compile_network
from bayesdx.inference.findings import Codes
from bayesdx.network import Array, Network, Variable


def random_network(rng: np.random.Generator, size: int, *, zeros: bool = False, target: bool = False) -> Network:
    """Up to three parents a variable, one to four states; with ``zeros`` about a third of the CPT entries is 0."""
    variables = tuple(Variable(f"v{i}", tuple("abcd"[: rng.integers(1 if i else 2, 5)])) for i in range(size))
    order = rng.permutation(size)  # so that parents do not always come first
    parents: dict[str, tuple[str, ...]] = {}
    cpts: dict[str, Array] = {}
    for position, i in enumerate(order):
        chosen = rng.choice(order[:position], min(position, rng.integers(0, 4)), replace=False)
        shape = [variables[j].cardinality for j in (*chosen, i)]
        table = rng.random(shape)
        if zeros:
            table *= rng.random(shape) > 0.35
            table[..., 0] += table.sum(axis=-1) == 0
        parents[f"v{i}"] = tuple(f"v{j}" for j in chosen)
        cpts[f"v{i}"] = table / table.sum(axis=-1, keepdims=True)
    return Network("random", variables, parents, cpts, target="v0" if target else None)


LATENT = ("form", "mineralisation", "diagnosis")


def cases(engine: Engine, n: int, seed: int, hidden: tuple[str, ...] = LATENT) -> Codes:
    """Drawn from the network, with anything from nothing to everything missing."""
    rng = np.random.default_rng(seed)
    codes = engine.sample({}, n, rng)
    codes[rng.random(codes.shape) < rng.random((n, 1)) * 1.2] = -1
    codes[:, [engine.network.index[name] for name in hidden]] = -1
    return codes


def formed(rng: np.random.Generator) -> Network:
    """Diagnosis, its forms, a latent variable that goes with them, and findings that may go with one another.

    Some CPTs have no counts, some entries are impossible.
    """
    owner = np.array([0, 0, 1, 2, 2, 2])
    form = (owner == np.arange(3)[:, None]) * rng.gamma(1.0, 1.0, 6)
    variables = [Variable("d", ("x", "y", "z")), Variable("form", tuple("abcdef"), kind="latent")]
    variables.append(Variable("m", ("p", "q", "r"), kind="latent"))
    parents: dict[str, tuple[str, ...]] = {"form": ("d",), "m": ("form",)}
    cpts = {"d": rng.dirichlet(np.ones(3)), "form": form / form.sum(axis=1, keepdims=True)}
    cpts["m"] = rng.dirichlet(np.ones(3), 6)
    for i in range(6):
        name, card = f"f{i}", int(rng.integers(2, 4))
        own = [("form",), ("form", "m"), ("m",)][rng.choice(3, p=[0.5, 0.4, 0.1])]
        before = [f"f{k}" for k in range(i) if rng.random() < 0.25][:1]
        parents[name] = (*own, *before)
        cards = [len(next(v.states for v in variables if v.id == p)) for p in parents[name]]
        rows = rng.dirichlet(np.ones(card), cards)
        rows[rng.random(rows.shape) < 0.1] = 0.0
        rows[..., 0] += rows.sum(axis=-1) == 0.0
        cpts[name] = rows / rows.sum(axis=-1, keepdims=True)
        variables.append(Variable(name, tuple("stuv"[:card])))
    counted = [name for name in cpts if rng.random() < 0.8 and parents.get(name) != ("m",)]
    counts = {name: cpts[name] * rng.uniform(1, 40, (*cpts[name].shape[:-1], 1)) for name in counted}
    return Network("n", tuple(variables), parents, cpts, counts, target="d")


def random_findings(rng: np.random.Generator, network: Network, share: float) -> dict[str, Array]:
    """Hard, negative and uncertain findings, and scaled ones, on a ``share`` of the variables."""
    findings = {}
    for variable in network.variables:
        if rng.random() >= share:
            continue
        card = variable.cardinality
        one = np.eye(card)[rng.integers(card)]
        kinds = [one, one, 3.5 * one, rng.random(card), np.ones(card), 1.0 - one if card > 1 else one]
        findings[variable.id] = kinds[rng.integers(len(kinds))]
    return findings


def joint_weights(
    network: Network, findings: Mapping[str, Array], cpts: Mapping[str, Array] | None = None
) -> Array:
    """P(x, findings) for every joint state x, one axis a variable in the network's order."""
    operands: list[object] = []
    for variable in network.variables:
        family = (*network.parents[variable.id], variable.id)
        operands += [(cpts or network.cpts)[variable.id], [network.index[i] for i in family]]
    for i, weights in findings.items():
        operands += [weights, [network.index[i]]]
    weights: Array = np.einsum(*operands, list(range(len(network.variables))))
    return weights


def down_to(joint: Array, axes: Sequence[int]) -> Array:
    """``joint`` summed down to ``axes``, in their order."""
    kept = sorted(axes)
    summed = joint.sum(axis=tuple(i for i in range(joint.ndim) if i not in kept))
    return summed.transpose([kept.index(a) for a in axes])


#: How an engine may answer: from look-up tables, along one plan, or along a plan for the findings of a query.
WAYS = ("tables", "main plan", "own plan")


def compiled(network: Network, way: str) -> Engine:
    """An engine that answers in one way, whatever would be fastest for the network."""
    with (
        patch("bayesdx.inference.lookup.CUTSET_STATES", 1 << 10 if way == "tables" else 0),
        patch("bayesdx.inference.engine.PLANNING_COST", 0 if way == "own plan" else 1 << 40),
    ):
        engine = compile_network(network)
        assert (engine._lookup is None) == (way != "tables")
        assert engine._small == (way != "own plan")
    return engine


@dataclass(frozen=True)
class Problem:
    """A network, findings on it, P(x, findings) by enumeration, and a way to answer."""

    network: Network
    findings: dict[str, Array]
    joint: Array
    way: str

    def engine(self) -> Engine:
        return compiled(self.network, self.way)

    @property
    def likelihood(self) -> float:
        return float(self.joint.sum())

    @property
    def log_likelihood(self) -> float:
        return math.log(self.likelihood)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """With and without a target, with and without zeros, from no findings to all."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 7))
    network = random_network(rng, size, zeros=draw(st.booleans()), target=draw(st.booleans()))
    findings = random_findings(rng, network, draw(st.sampled_from([0.0, 0.3, 0.6, 1.0])))
    return Problem(network, findings, joint_weights(network, findings), draw(st.sampled_from(WAYS)))
