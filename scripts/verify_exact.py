"""Exact figures worked out again from their definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy.stats import beta
from verify_networks import Array, Asked, Check, Net

EXACT = {
    "posterior": Check("posterior", "Einstein sum", 1e-9),
    "agrum": Check("posterior", "pyAgrum", 1e-9),
    "likelihood": Check("log-likelihood", "Einstein sum", 1e-9),
    "conflict": Check("conflict", "its definition", 1e-7),
    "intervals": Check("95 % intervals", "first order, entry by entry", 1e-7),
    "one way": Check("one-way functions, at random values", "changed network asked again", 1e-7),
    "level": Check("smallest changes: leader and rival level", "changed network asked again", 1e-7),
    "nothing smaller": Check("smallest change: numbers that need less", "changed networks", 0.0),
    "ball": Check("all numbers together: balls inside that change the leader", "random corners", 0.0),
    "bar ends": Check("tornado: ends of one-row bars", "scipy's Beta quantiles", 1e-9),
    "bar posteriors": Check("tornado: posteriors at the ends", "changed network asked again", 1e-9),
    "prior sets": Check("posterior under each prior set", "network under that prior", 1e-9),
    "break even": Check("break-even priors: the two level", "network under that prior", 1e-9),
    "information": Check("what-if: information, bits", "its definition", 1e-9),
    "leader change": Check("what-if: chance that the leader changes", "its definition", 1e-9),
    "predictive": Check("what-if: chance of each state", "Einstein sum", 1e-9),
    "decibans": Check("explain: weights, decibans", "its definition", 1e-7),
    "without": Check("explain: posteriors without a finding", "Einstein sum", 1e-9),
}


def by_name(asked: Asked, rows: list[dict[str, Any]]) -> Array:
    probability = {row["diagnosis"]: row["probability"] for row in rows}
    return np.array([probability[name] for name in asked.diagnoses])


def check_posterior(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    joint = asked.net.joint(asked.seen)
    yield "posterior", by_name(asked, asked.query["posterior"]), joint / joint.sum()
    yield "likelihood", asked.query["log_likelihood"], np.log(joint.sum())
    left = dict(asked.seen)
    for name, seen in asked.seen.items():  # what the others imply does not count
        rest = {other: weight for other, weight in left.items() if other != name}
        before, after = asked.net.joint(left).sum(), asked.net.joint(rest).sum() * seen.max()
        left = rest if rest and np.isclose(before, after, rtol=1e-8, atol=0) else left
    alone = sum(np.log(asked.net.joint({name: weight}).sum()) for name, weight in left.items())
    yield "conflict", asked.query["conflict"], alone - np.log(asked.net.joint(left).sum())
    yield "agrum", by_name(asked, asked.query["posterior"]), agrum(asked)


def check_intervals(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    """P(t, e) is linear in every entry of a table, so a table that holds nothing else gives its derivative."""
    net, joint = asked.net, asked.net.joint(asked.seen)
    rest = np.array([np.delete(joint, t).sum() for t in range(len(joint))])
    variances = np.zeros((3, len(joint)))
    for name in net.needed({net.target, *asked.seen}):
        if name not in net.counts:
            continue
        table, n = net.tables[name], net.counts[name].sum(axis=-1)
        slopes = np.zeros((*table.shape, len(joint)))
        entries = list(np.ndindex(table.shape))
        for start in range(0, len(entries), 100):
            alone = np.zeros((len(entries[start : start + 100]), *table.shape))
            for i, entry in enumerate(entries[start : start + 100]):
                alone[i][entry] = 1.0
            for entry, slope in zip(entries[start:], net.joint(asked.seen, {name: alone}), strict=False):
                slopes[entry] = slope
        others = np.stack([np.delete(slopes, t, axis=-1).sum(axis=-1) for t in range(len(joint))], axis=-1)
        of_it, of_rest = slopes / joint, others / rest
        for i, g in enumerate((of_it, of_rest, of_it - of_rest)):
            mean = np.einsum("...kt,...k->...t", g, table)
            square = np.einsum("...kt,...k->...t", g * g, table)
            variances[i] += ((square - mean**2) / (n + 1)[..., None]).reshape(-1, len(joint)).sum(axis=0)
    error = np.sqrt(variances[2])
    median = np.clip((variances[1] - variances[0]) / 2, -variances[2] / 2, variances[2] / 2)
    median /= np.maximum(error / 2.4, 1)
    ends = [1 / (1 + np.exp(-(np.log(joint / rest) + median + side * 2.4 * error))) for side in (-1, 1)]
    printed = {row["diagnosis"]: row["interval"] for row in asked.query["posterior"]}
    yield "intervals", np.array([printed[name] for name in asked.diagnoses]), np.stack(ends, axis=-1)


def agrum(asked: Asked) -> Array:
    import pyagrum

    net, bn = asked.net, pyagrum.BayesNet()
    names = net.needed({net.target, *asked.seen})
    for name in names:
        bn.add(pyagrum.RangeVariable(name, "", 0, len(net.states[name]) - 1))
    for name in names:
        for parent in net.parents[name]:
            bn.addArc(parent, name)
    for name in names:
        family = [*net.parents[name], name]
        order = [family.index(i) for i in reversed(bn.cpt(name).names)]
        bn.cpt(name).fillWith(net.tables[name].transpose(order).ravel().tolist())
    inference = pyagrum.LazyPropagation(bn)
    inference.setEvidence({name: weight.tolist() for name, weight in asked.seen.items()})
    inference.makeInference()
    found: Array = inference.posterior(net.target).toarray()
    return found


def moved(net: Net, name: str, given: Mapping[str, str], state: str, x: float) -> dict[str, Array]:
    """The table of ``name`` with one entry at ``x``, the others of its row in their old ratios."""
    table = np.array(net.tables[name])
    row = table[tuple(net.states[p].index(given[p]) for p in net.parents[name])]
    at = net.states[name].index(state)
    others = np.arange(len(row)) != at
    row[others] *= (1.0 - x) / (1.0 - row[at])
    row[at] = x
    return {name: table}


def check_one_way(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any]]:
    chosen = [p for p in asked.sensitivity["parameters"] if 0 < p["value"] < 1]
    for p in [chosen[i] for i in rng.permutation(len(chosen))[:40]]:
        x = float(rng.uniform(0.02, 0.98))
        f = p["function"]["up" if x > p["value"] else "down"]
        found = [(f["a"][d] * x + f["b"][d]) / (f["c"] * x + f["d"]) for d in asked.diagnoses]
        table = moved(asked.net, p["variable"], p["given"], p["state"], x)
        yield "one way", found, asked.net.posterior(asked.seen, table)


def check_changes(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any]]:
    """At the stated value leader and new leader are level; no number does it with a smaller change of log-odds."""
    net, leader = asked.net, asked.leader
    changes = asked.sensitivity["leader_changes"]
    for change in changes[:25]:
        table = moved(net, change["variable"], change["given"], change["state"], change["new_value"])
        found = net.posterior(asked.seen, table)
        yield "level", found[leader], found[asked.diagnoses.index(change["leader"])]
        yield "level", found[leader], found.max()
    if not changes:
        return
    least = abs(changes[0]["log_odds"]) * (1 - 1e-6)
    chosen = [p for p in asked.sensitivity["parameters"] if 0 < p["value"] < 1]
    for p in [chosen[i] for i in rng.permutation(len(chosen))[:40]]:
        for sign in (-1, 1):
            odds = p["value"] / (1 - p["value"]) * np.exp(sign * least)
            table = moved(net, p["variable"], p["given"], p["state"], odds / (1 + odds))
            found = net.posterior(asked.seen, table)
            yield "nothing smaller", found[leader] < found.max() * (1 - 1e-9), 0.0


def check_worst_case(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any]]:
    worst = asked.sensitivity["robustness"]["worst_case"]["at_least"]
    inside = 1 + 0.999 * (worst - 1)
    names = asked.net.needed({asked.net.target, *asked.seen})
    for _ in range(40):
        tables = {}
        for name in names:
            table = asked.net.tables[name] * np.where(rng.random(asked.net.tables[name].shape) < 0.5, inside, 1.0)
            tables[name] = table / table.sum(axis=-1, keepdims=True)
        found = asked.net.posterior(asked.seen, tables)
        yield "ball", found[asked.leader] < found.max() * (1 - 1e-9), 0.0


def check_tornado(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    """Bars of one row: the ends of the Beta interval, and the posterior there."""
    net = asked.net
    for bar in asked.sensitivity["tornado"]:
        name = bar["variable"]
        if set(net.parents[name]) != set(bar["given"]):
            continue
        counts = net.counts[name][tuple(net.states[p].index(bar["given"][p]) for p in net.parents[name])]
        seen = counts[net.states[name].index(bar["state"])]
        yield "bar ends", [bar["low"], bar["high"]], beta.ppf([0.025, 0.975], seen, counts.sum() - seen)
        for end in ("low", "high"):
            table = moved(net, name, bar["given"], bar["state"], bar[end])
            found = [bar[f"at_{end}"][d] for d in asked.diagnoses]
            yield "bar posteriors", found, net.posterior(asked.seen, table)


def check_priors(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    for one in asked.sensitivity["prior_sets"]:
        if one["posterior"] is not None:
            net = Net.read(asked.query["network"], one["prior_set"])
            yield "prior sets", [one["posterior"][d] for d in asked.diagnoses], net.posterior(asked.seen)
    for one in asked.sensitivity["priors"]:
        if one["break_even_prior"] is None:
            continue
        prior = np.array(asked.net.tables[asked.net.target])
        at, rival = (asked.diagnoses.index(one[key]) for key in ("diagnosis", "rival"))
        prior *= (1 - one["break_even_prior"]) / (1 - prior[at])
        prior[at] = one["break_even_prior"]
        found = asked.net.posterior(asked.seen, {asked.net.target: prior})
        yield "break even", found[at], found[rival]


def check_what_if(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    answer = asked.model.what_if(asked.case).to_dict()
    for one in answer["open"]:
        if one["stated"] is not None:
            continue
        joint = asked.net.joint(asked.seen, also=(one["finding"],))
        joint = joint / joint.sum()
        chance, prior = joint.sum(axis=0), joint.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            information = np.nansum(joint * np.log2(joint / (prior[:, None] * chance)))
        yield "information", one["information"], information
        changes = chance[(joint.argmax(axis=0) != prior.argmax()) & (chance > 0)].sum()
        yield "leader change", one["leader_change"], changes
        states = asked.net.states[one["finding"]]
        yield (
            "predictive",
            [s["probability"] for s in one["states"]],
            [chance[states.index(s["state"])] for s in one["states"]],
        )


def check_explain(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    answer = asked.model.explain(asked.case).to_dict()
    pair = [asked.diagnoses.index(answer[key]["diagnosis"]) for key in ("first", "second")]
    whole = asked.net.joint(asked.seen)[pair]
    for one in answer["weights"]:
        left = {one["finding"], *one["implies"]}
        rest = asked.net.joint({name: w for name, w in asked.seen.items() if name not in left})
        yield "without", one["without"], rest[pair] / rest.sum()
        if one["decibans"] is not None:
            ratio = (whole[0] / whole[1]) / (rest[pair[0]] / rest[pair[1]])
            yield "decibans", one["decibans"], 10 * np.log10(ratio)
