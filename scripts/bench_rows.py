"""The rows of the benchmark: each runs the project and a peer on the same task and compares their answers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from bench_peers import Case, PyAgrum, as_findings, draw_case, fill_pyagrum, to_pyagrum

from bayesdx.inference import Engine, compile_network
from bayesdx.inference.draws import dirichlet_draws, posterior_draws
from bayesdx.network import Array, Network

#: Cases of the batch row, and cases that the peer scores of them.
BATCH, BATCH_PEER = 100_000, 300
DRAWS, DRAWS_PEER = 10_000, 30
PARAMETERS_PEER = 40


@dataclass(frozen=True)
class Row:
    """Seconds of both sides, the ratio to reach, and the largest difference between the answers.

    ``note`` says where the peer's time is an extrapolation.
    """

    task: str
    peer: str
    ours: float
    theirs: float
    reach: float
    difference: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours

    @property
    def reached(self) -> bool:
        return self.ratio >= self.reach


def timed(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(ours: Callable[[], Any], theirs: Callable[[], Any], repeat: int) -> tuple[float, float]:
    """Median seconds of both, run in turns after one unmeasured run of each."""
    ours(), theirs()
    runs = [(timed(ours), timed(theirs)) for _ in range(repeat)]
    return statistics.median(a for a, _ in runs), statistics.median(b for _, b in runs)


class Diagnostic:
    """The rows about one diagnostic network, over cases drawn from it with two in five findings seen."""

    def __init__(self, network: Network, repeat: int, seed: int = 0) -> None:
        self.network, self.repeat = network, repeat
        self.engine: Engine = compile_network(network)
        self.target = str(network.target)
        self.net = to_pyagrum(network)
        self.rng = np.random.default_rng(seed)
        self.observable = [v.id for v in network.findings]
        self.cases = [draw_case(network, self.rng, 0.4, self.observable) for _ in range(25)]
        self.findings = [as_findings(network, case) for case in self.cases]

    def rows(self) -> Iterator[Row]:
        yield self.posterior()
        yield self.pgmpy_posterior()
        yield self.marginals()
        yield self.batch()
        yield self.one_way()
        yield self.draws()

    def _cases(self, ours: Callable[[dict[str, Array]], Any], theirs: Callable[[Case], Any]) -> tuple[float, float]:
        """Median seconds a case; a run asks all cases."""

        def ask_ours() -> None:
            for findings in self.findings:
                ours(findings)

        def ask_theirs() -> None:
            for case in self.cases:
                theirs(case)

        mine, peers = interleaved(ask_ours, ask_theirs, self.repeat)
        return mine / len(self.cases), peers / len(self.cases)

    def posterior(self) -> Row:
        peer = PyAgrum(self.net, self.target)
        ours, theirs = self._cases(self.engine.posterior, peer.ask)
        difference = max(
            float(abs(self.engine.posterior(f).probabilities - peer.ask(c)[self.target]).max())
            for f, c in zip(self.findings, self.cases, strict=True)
        )
        return Row("one warm query: posterior of the diagnosis", "pyAgrum", ours, theirs, 8, difference)

    def pgmpy_posterior(self) -> Row:
        from pgmpy.inference import VariableElimination

        from bayesdx.formats.convert import to_pgmpy

        peer = VariableElimination(to_pgmpy(self.network))
        order = self.network.variable(self.target).states

        def ask(case: Case) -> Array:
            named = {name: self.network.variable(name).states[state] for name, state in case.items()}
            found = peer.query([self.target], evidence=named, show_progress=False)
            return np.asarray(found.values)[[found.name_to_no[self.target][state] for state in order]]

        ours, theirs = self._cases(self.engine.posterior, ask)
        first = self.engine.posterior(self.findings[0]).probabilities
        difference = float(abs(first - ask(self.cases[0])).max())
        return Row("one warm query: posterior of the diagnosis", "pgmpy", ours, theirs, 25, difference)

    def marginals(self) -> Row:
        peer = PyAgrum(self.net)
        ours, theirs = self._cases(self.engine.marginals, peer.ask)
        difference = largest_difference(self.engine, peer, self.cases[0])
        return Row("all marginals", "pyAgrum", ours, theirs, 20, difference)

    def batch(self) -> Row:
        """Findings missing at random: each case sees any number of them."""
        network = self.network
        codes = self.engine.sample({}, BATCH, self.rng)
        seen = self.rng.random(codes.shape) < self.rng.random((BATCH, 1))
        seen[:, [i for i, v in enumerate(network.variables) if v.id not in self.observable]] = False
        codes = np.where(seen, codes, -1)
        cases = [
            {network.variables[i].id: int(row[i]) for i in np.flatnonzero(row >= 0)} for row in codes[:BATCH_PEER]
        ]
        peer = PyAgrum(self.net, self.target)
        answers: list[Array] = []

        def loop() -> None:
            answers[:] = [peer.ask(case)[self.target] for case in cases]

        ours, theirs = interleaved(lambda: self.engine.query_batch(codes), loop, self.repeat)
        difference = float(abs(self.engine.query_batch(codes[:BATCH_PEER]).probabilities - answers).max())
        task = f"batch of {BATCH:,} cases, findings missing at random"
        note = f"peer timed on {BATCH_PEER} cases"
        return Row(task, "pyAgrum loop", ours, theirs * BATCH / BATCH_PEER, 300, difference, note)

    def one_way(self) -> Row:
        """The peer sets a parameter to two values, its row following in proportion, and asks again each time."""
        network, case, findings = self.network, self.cases[0], self.findings[0]
        cells = [
            (name, tuple(int(self.rng.integers(n)) for n in network.cpts[name].shape))
            for name in self.rng.choice([v.id for v in network.variables], PARAMETERS_PEER)
        ]
        points: list[tuple[float, Array]] = []

        def requery() -> None:
            points.clear()
            for name, cell in cells:
                for value in (0.25, 0.75):
                    table = network.cpts[name].copy()
                    row = table[cell[:-1]]
                    rest = 1.0 - row[cell[-1]]
                    row *= (1.0 - value) / rest if rest > 0 else 0.0
                    row[cell[-1]] = value
                    fill_pyagrum(self.net, network, name, table)
                    peer = PyAgrum(self.net, self.target)  # a kept one would not notice the new CPT
                    points.append((value, peer.ask(case)[self.target]))
                fill_pyagrum(self.net, network, name, network.cpts[name])

        ours, theirs = interleaved(
            lambda: self.engine.derivatives(findings, self.target), requery, min(self.repeat, 5)
        )
        slopes = self.engine.derivatives(findings, self.target)
        posterior = self.engine.posterior(findings).probabilities
        difference = 0.0
        for (name, cell), ends in zip(cells, zip(points[::2], points[1::2], strict=True), strict=True):
            row = network.cpts[name][cell[:-1]]
            rest = 1.0 - row[cell[-1]]
            if rest <= 0:
                continue
            direction = -row / rest
            direction[cell[-1]] = 1.0
            slope = np.moveaxis(slopes.target_cpt[name], 0, -1)[cell[:-1]].T @ direction
            for value, answer in ends:
                joint = posterior + slope * (value - row[cell[-1]])
                difference = max(difference, float(abs(joint / joint.sum() - answer).max()))
        count = network.parameter_count
        note = f"{count:,} parameters, peer timed on {PARAMETERS_PEER} of them"
        task = "derivatives for all one-way sensitivity functions"
        return Row(task, "pyAgrum, two points each", ours, theirs * count / PARAMETERS_PEER, 100, difference, note)

    def draws(self) -> Row:
        network, case, findings = self.network, self.cases[0], self.findings[0]
        means: list[Array] = []

        def requery() -> None:
            means.clear()
            for _ in range(DRAWS_PEER):
                for name, counts in network.counts.items():
                    fill_pyagrum(self.net, network, name, dirichlet_draws(counts, 1, self.rng)[0])
                means.append(PyAgrum(self.net, self.target).ask(case)[self.target])

        ours, theirs = interleaved(
            lambda: posterior_draws(self.engine, findings, DRAWS), requery, min(self.repeat, 3)
        )
        for name in network.counts:
            fill_pyagrum(self.net, network, name, network.cpts[name])
        found = posterior_draws(self.engine, findings, DRAWS)
        error = found.std(axis=0) / np.sqrt(DRAWS_PEER)
        off = float((abs(np.mean(means, axis=0) - found.mean(axis=0)) / np.maximum(error, 1e-12)).max())
        note = f"peer timed on {DRAWS_PEER} draws; means differ by at most {off:.1f} standard errors"
        task = f"{DRAWS:,} Dirichlet draws of the posterior"
        return Row(task, "pyAgrum", ours, theirs * DRAWS / DRAWS_PEER, 50, None, note)


def largest_difference(engine: Engine, peer: PyAgrum, case: Case) -> float:
    """Between the marginals of both, over all variables."""
    found = engine.marginals(as_findings(engine.network, case)).probabilities
    return max(float(abs(found[name] - other).max()) for name, other in peer.ask(case).items())


def public_row(network: Network, repeat: int, share: float = 0.1) -> Row:
    """All marginals of a public network, the findings changing from query to query."""
    rng = np.random.default_rng(0)
    engine, peer = compile_network(network), PyAgrum(to_pyagrum(network))
    names = [v.id for v in network.variables]
    runs, difference = [], 0.0
    for _ in range(repeat):
        case = draw_case(network, rng, share, names)
        findings = as_findings(network, case)
        runs.append((timed(partial(engine.marginals, findings)), timed(partial(peer.ask, case))))
        difference = max(difference, largest_difference(engine, peer, case))
    ours, theirs = (statistics.median(side) for side in zip(*runs, strict=True))
    return Row(f"{network.id}: all marginals", "pyAgrum", ours, theirs, 1, difference, f"{len(names)} variables")
