"""Networks read as plain JSON and asked by Einstein sums, and the cases that are put to them and to the package."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

import bayesdx

ROOT = Path(__file__).resolve().parent.parent
#: Cases of examples/ that are put to every exact check, and to the checks by simulation.
CASES, SIMULATED = 10, ("c7-radiculopathy", "foramen-magnum-capnon")
Array = NDArray[np.float64]


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
    many = yaml.safe_load((ROOT / "priors" / "cases" / "development.yaml").read_text(encoding="utf-8"))
    for case in [*single, *many[:: max(len(many) // (CASES - len(single)), 1)]][:CASES]:
        model = bayesdx.load(case.get("region", "spine"), prior="uniform")
        net = Net.read(model.network.id, "uniform")
        query: dict[str, Any] = model.query(case).to_dict()
        # posteriors of improbable diagnoses are skewed: the error of their mean is known from many draws only
        sensitivity: dict[str, Any] = model.sensitivity(case, sources=0, draws=10_000).to_dict(top=400)
        yield Asked(case["id"], net, net.weights(query["findings"]), model, case, query, sensitivity)


@cache
def ledger(name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The first line of a network's ledger, and the line of each finding."""
    lines = (ROOT / "networks" / "ledger" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    first, *findings = map(json.loads, lines)
    return first, {line["finding"]: line for line in findings}
