"""Check printed answers with code that shares nothing with the package, and say how far they are apart.

The networks are read from networks/*.json as plain JSON, P(target, findings) is one Einstein sum over their tables,
and each figure is worked out from its definition. pyAgrum answers as well. What is compared are the objects that
``--json`` prints.

``python scripts/verify.py`` prints the table and exits with 1 when a difference is too large; ``--write`` puts the
table into docs/checks.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.stats import beta

import bayesdx

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "checks.md"
#: Cases of examples/ that are put to every exact check, and to the checks by simulation.
CASES, SIMULATED = 10, ("c7-radiculopathy", "foramen-magnum-capnon")
PAIRS, DRAWS, STUDIES, RESTS = 6_000, 10_000, 20_000, 1_000
CHUNK = 2_000
Array = NDArray[np.float64]
INTRODUCTION = """# How the answers are checked

`make verify` (`python scripts/verify.py`) works the printed figures out again, with code that shares nothing with
the package: the networks are read as plain JSON, P(target, findings) is one Einstein sum over their tables, each
figure follows its definition, and pyAgrum answers the queries as well. It stops with an error when a difference is
too large. This page is what `python scripts/verify.py --write` wrote.

Differences of exact figures are absolute. Those of simulated figures are in standard errors of the difference: of
many such numbers the largest is about 3. *Compared* counts single numbers.
"""


@dataclass(frozen=True)
class Net:
    """A network file under one prior set: states, parents, tables and counts by variable."""

    target: str
    states: dict[str, list[str]]
    parents: dict[str, list[str]]
    tables: dict[str, Array]
    counts: dict[str, Array]

    @classmethod
    def read(cls, name: str, prior: str) -> Net:
        raw = json.loads((ROOT / "networks" / f"{name}.json").read_text(encoding="utf-8"))
        states = {v["id"]: v["states"] for v in raw["variables"]}
        parents = {i: raw["parents"].get(i, []) for i in states}

        def shaped(name: str, rows: list[Any]) -> Array:
            return np.array(rows, dtype=float).reshape([len(states[i]) for i in (*parents[name], name)])

        counts = {name: shaped(name, rows) for name, rows in raw["counts"].items()}
        tables = {name: shaped(name, rows) for name, rows in raw["cpts"].items()}
        tables |= {name: table / table.sum(axis=-1, keepdims=True) for name, table in counts.items()}
        tables[raw["target"]] = shaped(raw["target"], raw["prior_sets"][prior]["probabilities"])
        return cls(raw["target"], states, parents, tables, counts)

    def needed(self, names: set[str]) -> list[str]:
        """The variables and all their ancestors."""
        found, waiting = set(names), list(names)
        while waiting:
            new = set(self.parents[waiting.pop()]) - found
            found |= new
            waiting += new
        return sorted(found)

    def weights(self, stated: Mapping[str, Any]) -> dict[str, Array]:
        """Findings as JSON states them, as likelihood weights."""
        return {name: self._weight(name, value) for name, value in stated.items()}

    def _weight(self, name: str, value: object) -> Array:
        states = self.states[name]
        if isinstance(value, Mapping):
            return np.array([float(value.get(state, 0.0)) for state in states])
        if value in states:
            return np.array([float(state == value) for state in states])
        return np.array([float(f"not {state}" != value) for state in states])

    def joint(
        self, seen: Mapping[str, Array], other: Mapping[str, Array] | None = None, also: tuple[str, ...] = ()
    ) -> Array:
        """P(target, also, findings); a first axis for draws when ``other`` holds drawn tables (draws, *cpt)."""
        other = other or {}
        names = self.needed({self.target, *seen, *also})
        number = {name: i + 1 for i, name in enumerate(names)}
        hard = {i: int(w.argmax()) for i, w in seen.items() if np.count_nonzero(w) == 1 and i != self.target}
        operands: list[Any] = [np.array([w[hard[i]] for i, w in seen.items() if i in hard]).prod(), []]
        drawn = False
        for name in names:
            family = (*self.parents[name], name)
            table = other.get(name, self.tables[name])
            table = table[(..., *(hard.get(i, slice(None)) for i in family))]
            axes = [number[i] for i in family if i not in hard]
            if table.ndim > len(axes):
                axes, drawn = [0, *axes], True
            operands += [table, axes]
        for name, weight in seen.items():
            if name not in hard:
                operands += [weight, [number[name]]]
        kept = [0] * drawn + [number[i] for i in (self.target, *also)]
        found: Array = np.einsum(*operands, kept, optimize="greedy")
        return found

    def posterior(self, seen: Mapping[str, Array], other: Mapping[str, Array] | None = None) -> Array:
        joint = self.joint(seen, other)
        return np.asarray(joint / joint.sum(axis=-1, keepdims=True))

    def draw(self, names: list[str], n: int, rng: np.random.Generator) -> dict[str, Array]:
        """Dirichlet draws (n, *cpt) of the tables that have counts."""
        made = {name: rng.standard_gamma(self.counts[name], (n, *self.counts[name].shape)) for name in names}
        return {name: np.maximum(g / g.sum(axis=-1, keepdims=True), 1e-300) for name, g in made.items()}


@dataclass(frozen=True)
class Asked:
    """One case: the network, its findings, and the objects that the commands print."""

    name: str
    net: Net
    seen: dict[str, Array]
    model: Any
    case: Any
    query: dict[str, Any]
    sensitivity: dict[str, Any]

    @property
    def diagnoses(self) -> list[str]:
        return self.net.states[self.net.target]

    @property
    def leader(self) -> int:
        return self.diagnoses.index(self.sensitivity["posterior"][0]["diagnosis"])


@dataclass
class Check:
    """What was compared with what: how many numbers, the largest difference, and the largest that is allowed."""

    figure: str
    against: str
    allowed: float
    unit: str = ""
    compared: int = 0
    largest: float = 0.0

    def add(self, found: Any, expected: Any, error: Any = 1.0) -> None:
        difference = np.abs(np.asarray(found, dtype=float) - expected) / error
        self.compared += difference.size
        self.largest = max(self.largest, float(difference.max(initial=0.0)))

    def row(self) -> str:
        return f"| {self.figure} | {self.against} | {self.compared:,} | {self.largest:.2g}{self.unit} |"


def cases() -> Iterator[Asked]:
    """The single cases of examples/, then development cases, each under the uniform prior."""
    listed = [
        yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "examples").glob("*.yaml"))
    ]
    single = [case for case in listed if isinstance(case, dict)]
    many = yaml.safe_load((ROOT / "examples" / "development_cases.yaml").read_text(encoding="utf-8"))
    for case in [*single, *many[:: max(len(many) // (CASES - len(single)), 1)]][:CASES]:
        model = bayesdx.load(case.get("region", "spine"), prior="uniform")
        net = Net.read(model.network.id, "uniform")
        query: dict[str, Any] = model.query(case).to_dict()
        sensitivity: dict[str, Any] = model.sensitivity(case, draws=DRAWS, sources=0).to_dict(top=400)
        yield Asked(case["id"], net, net.weights(query["findings"]), model, case, query, sensitivity)


def by_name(asked: Asked, rows: list[dict[str, Any]]) -> Array:
    probability = {row["diagnosis"]: row["probability"] for row in rows}
    return np.array([probability[name] for name in asked.diagnoses])


def check_posterior(asked: Asked) -> Iterator[tuple[str, Any, Any]]:
    joint = asked.net.joint(asked.seen)
    yield "posterior", by_name(asked, asked.query["posterior"]), joint / joint.sum()
    yield "likelihood", asked.query["log_likelihood"], np.log(joint.sum())
    alone = sum(np.log(asked.net.joint({name: weight}).sum()) for name, weight in asked.seen.items())
    yield "conflict", asked.query["conflict"], alone - np.log(joint.sum())
    yield "agrum", by_name(asked, asked.query["posterior"]), agrum(asked)


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


def evaluate(asked: Asked, tables: Mapping[str, Array]) -> Array:
    """P(leader | findings) (draws,), the draws chunk by chunk."""
    n = len(next(iter(tables.values())))
    parts = [
        asked.net.posterior(asked.seen, {name: t[i : i + CHUNK] for name, t in tables.items()})[:, asked.leader]
        for i in range(0, n, CHUNK)
    ]
    return np.concatenate(parts)


def drawn_names(asked: Asked) -> list[str]:
    return [name for name in asked.net.needed({asked.net.target, *asked.seen}) if name in asked.net.counts]


def check_intervals(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any, Any]]:
    names = drawn_names(asked)
    found = np.concatenate(
        [asked.net.posterior(asked.seen, asked.net.draw(names, CHUNK, rng)) for _ in range(DRAWS // CHUNK)]
    )
    for row in asked.sensitivity["posterior"]:
        mine = found[:, asked.diagnoses.index(row["diagnosis"])]
        error = np.hypot(row["mean_error"], mine.std() / np.sqrt(DRAWS))
        yield "means", row["mean"], mine.mean(), error
        ends = np.array(row["interval"])
        errors = np.maximum(np.array(row["interval_error"]), 1e-12) * np.sqrt(2.0)
        yield "intervals", ends, np.quantile(mine, [0.025, 0.975]), errors
    first = np.bincount(found.argmax(axis=1), minlength=found.shape[1]) / DRAWS
    for row in asked.sensitivity["posterior"]:
        mine = first[asked.diagnoses.index(row["diagnosis"])]
        error = np.sqrt(2 * max(mine * (1 - mine), 1 / DRAWS) / DRAWS)
        yield "leads", row["leads"], mine, error


def group_rows(asked: Asked, group: Mapping[str, Any], names: list[str]) -> dict[str, NDArray[np.bool_]]:
    """Which rows of which tables belong to a group of numbers: masks over the parents' states."""
    net = asked.net
    owner = net.tables["form"].argmax(axis=0)  # every form belongs to one diagnosis
    masks = {}
    for name in names:
        mask = np.ones(net.counts[name].shape[:-1], dtype=bool)
        along = [1] * mask.ndim
        along[net.parents[name].index("form")] = -1
        if group["kind"] == "finding" and name != group["finding"]:
            continue
        if group["kind"] == "row":
            if name != group["finding"]:
                continue
            mask &= (np.array(net.states["form"]) == group["form"]).reshape(along)
        if group["kind"] == "diagnosis":
            mask &= (owner == asked.diagnoses.index(group["diagnosis"])).reshape(along)
        masks[name] = mask
    return masks


def correlation(first: Array, second: Array) -> tuple[float, float]:
    """Correlation of pairs of one distribution, and its standard error by a jackknife of 40 blocks."""
    blocks = np.array_split(np.arange(len(first)), 40)

    def estimate(kept: Array | NDArray[np.intp]) -> float:
        a, b = first[kept], second[kept]
        mean = (a.mean() + b.mean()) / 2
        return float((a * b).mean() - mean**2) / float(((a**2 + b**2) / 2).mean() - mean**2)

    everything = np.arange(len(first))
    left = [estimate(np.setdiff1d(everything, block)) for block in blocks]
    return estimate(everything), float(np.sqrt(39 / 40 * np.sum((np.array(left) - np.mean(left)) ** 2)))


def check_shares(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any, Any]]:
    names = drawn_names(asked)
    one, two = (asked.net.draw(names, PAIRS, rng) for _ in range(2))
    answers = evaluate(asked, one)
    for kind in ("row", "finding", "diagnosis"):
        groups = [g for g in asked.sensitivity["importance"]["groups"] if g["kind"] == kind]
        for group in groups[:3]:
            mixed = dict(two)
            for name, mask in group_rows(asked, group, names).items():
                mixed[name] = np.where(mask[..., None], one[name], two[name])
            share, error = correlation(answers, evaluate(asked, mixed))
            yield f"share {kind}", group["share"], share, np.hypot(error, group["error"])


def check_removed(asked: Asked, rng: np.random.Generator) -> Iterator[tuple[str, Any, Any, Any]]:
    """A study of so many lesions is drawn, then twice what is known after it: their answers share what it told.

    The answer for given rows is its mean over RESTS draws of all other numbers. Only an excess of the simulated
    share over the stated bound counts.
    """
    net, names = asked.net, drawn_names(asked)
    importance = asked.sensitivity["importance"]
    size = importance["effective"][-1]
    for group in [g for g in importance["groups"] if g["kind"] == "row"][:3]:
        name = group["finding"]
        ((_, mask),) = group_rows(asked, group, names).items()
        rows = np.flatnonzero(mask)
        share = np.array([1.0])
        if len(rows) > 1:  # the other parents of the finding, in this form
            others = tuple(p for p in net.parents[name] if p != "form")
            seen = {"form": net.weights({"form": group["form"]})["form"]}
            found = net.joint(seen, also=others).sum(axis=0).ravel()
            share = found / found.sum()
        prior = net.counts[name].reshape(-1, net.counts[name].shape[-1])[rows]
        study = simulated_studies(prior, share, size, rng)
        parts = linear_parts(asked, name, rows, net.draw(names, RESTS, rng))
        answers = []
        for _ in range(2):
            after = rng.standard_gamma(prior + study)
            after /= after.sum(axis=-1, keepdims=True)
            answers.append(mean_answer(parts, after.reshape(STUDIES, -1)))
        together = (answers[0] - answers[0].mean()) * (answers[1] - answers[1].mean())
        known, error = together.mean() / importance["variance"], together.std() / np.sqrt(STUDIES)
        error = float(np.hypot(error / importance["variance"], 0.05 * known))  # 5 %: the variance is simulated too
        yield "removed", min(group["removed"][-1] - known, 0.0), 0.0, error


def simulated_studies(prior: Array, share: Array, size: float, rng: np.random.Generator) -> Array:
    """Lesions (STUDIES, rows, states) that studies of ``size`` independent lesions on average would count."""
    truth = rng.standard_gamma(prior, (STUDIES, *prior.shape))
    truth /= truth.sum(axis=-1, keepdims=True)
    lesions = np.floor(size) + (rng.random(STUDIES) < size % 1)
    study = np.zeros_like(truth)
    for i in range(int(lesions.max())):
        row = rng.choice(len(share), STUDIES, p=share)
        chances = truth[np.arange(STUDIES), row].cumsum(axis=1)
        state = np.minimum((rng.random(STUDIES)[:, None] > chances).sum(axis=1), prior.shape[1] - 1)
        counted = np.flatnonzero(lesions > i)
        study[counted, row[counted], state[counted]] += 1
    return study


def linear_parts(asked: Asked, name: str, rows: NDArray[np.intp], rests: dict[str, Array]) -> Array:
    """(2, RESTS, 1 + entries): P(leader, e) and P(e) linear in the entries of ``rows`` of one table."""
    parts = []
    width = rests[name].shape[-1]
    for entry in range(-1, len(rows) * width):
        table = rests[name].reshape(RESTS, -1, width).copy()
        table[:, rows] = 0.0
        if entry >= 0:
            table[:, :] = 0.0
            table[:, rows[entry // width], entry % width] = 1.0
        joint = asked.net.joint(asked.seen, {**rests, name: table.reshape(rests[name].shape)})
        parts.append(np.stack([joint[:, asked.leader], joint.sum(axis=1)]))
    return np.stack(parts, axis=-1)


def mean_answer(parts: Array, entries: Array) -> Array:
    """Mean over the rests of P(leader | e) for each of ``entries`` (n, entries)."""
    found = []
    for chunk in np.array_split(entries, max(len(entries) // 500, 1)):
        leader, total = (part[:, :1] + part[:, 1:] @ chunk.T for part in parts)
        found.append((leader / total).mean(axis=0))
    return np.concatenate(found)


EXACT = {
    "posterior": Check("posterior", "Einstein sum", 1e-9),
    "agrum": Check("posterior", "pyAgrum", 1e-9),
    "likelihood": Check("log-likelihood", "Einstein sum", 1e-9),
    "conflict": Check("conflict", "its definition", 1e-7),
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
STANDARD = " s.e."
SIMULATION = {
    "means": Check("means over draws", f"{DRAWS:,} draws of its own", 4.5, STANDARD),
    "intervals": Check("95 % intervals", f"{DRAWS:,} draws of its own", 4.5, STANDARD),
    "leads": Check("share of draws that a diagnosis leads", f"{DRAWS:,} draws of its own", 4.5, STANDARD),
    "share row": Check("variance shares, one finding in one form", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "share finding": Check("variance shares, a finding everywhere", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "share diagnosis": Check("variance shares, a diagnosis", f"{PAIRS:,} pick-freeze pairs", 4.0, STANDARD),
    "removed": Check("what a study removes: above the bound", f"{STUDIES:,} simulated studies", 3.5, STANDARD),
}


def compare() -> list[Check]:
    """All checks, in the order of the table."""
    rng = np.random.default_rng(20)
    exact: list[Callable[[Asked], Iterator[tuple[str, Any, Any]]]] = [
        check_posterior,
        lambda asked: check_one_way(asked, rng),
        lambda asked: check_changes(asked, rng),
        lambda asked: check_worst_case(asked, rng),
        check_tornado,
        check_priors,
        check_what_if,
        check_explain,
    ]
    for asked in cases():
        print(f"{asked.name} …", file=sys.stderr, flush=True)
        for check in exact:
            for key, found, expected in check(asked):
                EXACT[key].add(found, expected)
        if asked.name in SIMULATED:
            for simulated in (check_intervals, check_shares, check_removed):
                for key, found, expected, error in simulated(asked, rng):
                    SIMULATION[key].add(found, expected, error)
    return [*EXACT.values(), *SIMULATION.values()]


def main() -> None:
    """Compare, print, and write the page when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/checks.md")
    options = parser.parse_args()
    checks = compare()
    heads = ["| figure | against | compared | largest difference |", "|---|---|---|---|"]
    text = "\n".join([*heads, *(check.row() for check in checks)])
    print(text)
    if options.write:
        PAGE.write_text(f"{INTRODUCTION}\n{text}\n", encoding="utf-8")
    wrong = [check for check in checks if check.largest > check.allowed or not check.compared]
    if wrong:
        raise SystemExit("too far apart: " + "; ".join(check.figure for check in wrong))


if __name__ == "__main__":
    main()
