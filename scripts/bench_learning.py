"""EM on alarm with three of ten values missing, beside pyAgrum: time for each round, and the objective reached."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from bench_peers import cpt_of, to_pyagrum
from bench_rows import Row
from example_networks import example_network

from bayesdx.inference import compile_network
from bayesdx.learning.em import fit, log_prior
from bayesdx.learning.sample import Sample
from bayesdx.network import Array, Network

CASES = 300
MISSING = 0.3
#: Counts behind each state of each row.
PRIOR = 1.0


def learning_rows() -> Iterator[Row]:
    """One row: alarm, both from the same flat start, with a count of 1 for each state."""
    truth = example_network("alarm")
    rng = np.random.default_rng(0)
    codes = compile_network(truth).sample({}, CASES, rng)
    codes[rng.random(codes.shape) < MISSING] = -1
    sample = Sample(codes)
    prior = {name: np.full_like(table, PRIOR) for name, table in truth.cpts.items()}
    flat = truth.with_cpts({name: np.full_like(table, 1 / table.shape[-1]) for name, table in truth.cpts.items()})
    theirs, rounds, estimates = by_pyagrum(flat, sample)
    engine = compile_network(flat)
    fit(engine, sample, prior, rounds=1)
    begun = time.perf_counter()
    found = fit(engine, sample, prior)
    ours = (time.perf_counter() - begun) / len(found.objective)
    reached = compile_network(truth.with_cpts(estimates))
    value = float(reached.expected_counts(codes)[1].sum()) + log_prior(reached, prior)
    yield Row(
        f"a round of EM, alarm, {CASES} cases, {MISSING:.0%} of the values missing",
        "pyAgrum",
        ours,
        theirs / rounds,
        20,
        None,
        f"log posterior {found.objective[-1]:,.2f} after {len(found.objective)} rounds, pyAgrum's {value:,.2f} "
        f"after {rounds}; pgmpy's EM takes latent variables, not values that are missing here and there",
    )


def by_pyagrum(network: Network, sample: Sample, rate: float = 1e-4) -> tuple[float, int, dict[str, Array]]:
    """Seconds, rounds and CPTs of pyAgrum's EM from ``network``, with PRIOR as its smoothing.

    It ends when the log-likelihood changes by less than ``rate`` of itself.
    """
    import pyagrum as gum

    net = to_pyagrum(network)
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "cases.csv"
        rows = [",".join("?" if c < 0 else str(c) for c in row) for row in sample.codes.tolist()]
        table.write_text("\n".join([",".join(v.id for v in network.variables), *rows]) + "\n")
        learner = gum.BNLearner(str(table), net, ["?"])
        learner.useSmoothingPrior(PRIOR)
        learner.useEM(rate)
        begun = time.perf_counter()
        learner.fitParameters(net)
        taken = time.perf_counter() - begun
    return taken, int(learner.EMnbrIterations()), {v.id: cpt_of(net, network, v.id) for v in network.variables}
