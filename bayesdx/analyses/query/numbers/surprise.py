"""How usual are findings under a diagnosis? A Monte Carlo test against the diagnosis' own simulated cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesdx.network import Network

if TYPE_CHECKING:
    from bayesdx.inference import Engine

#: Simulated cases behind a share: enough to tell 1 % from 5 %.
SIMULATED = 500


def usual_share(
    engine: Engine, hard: Mapping[str, int], diagnosis: int, seed: int = 0, size: int = SIMULATED
) -> float:
    """Share of the cases of a diagnosis whose findings are no more typical of it than those in ``hard``.

    ``size`` cases are simulated from P(findings | diagnosis), dependences included, and compared in the
    variables of ``hard`` (state indices) by sum_i ln P(finding_i | diagnosis). The case itself counts as one of
    them, so the share is never zero (Davison & Hinkley 1997, Bootstrap Methods and their Application, 4.2).
    """
    network = engine.network
    target = str(network.target)
    given = {target: np.eye(network.variable(target).cardinality)[diagnosis]}
    typical = engine.marginals(given).probabilities
    cases = simulated_cases(network, {target: diagnosis}, hard, size, seed)
    score = np.zeros(size)
    own = 0.0
    with np.errstate(divide="ignore"):
        for name, state in hard.items():
            log_typical = np.log(typical[name])
            score += log_typical[cases[name]]
            own += float(log_typical[state])
    return float(1 + np.count_nonzero(score <= own + 1e-9)) / (size + 1)


def simulated_cases(
    network: Network, root: Mapping[str, int], names: Iterable[str], size: int, seed: int
) -> dict[str, NDArray[np.int64]]:
    """Ancestral samples of ``names`` and their ancestors, each of shape (size,): state indices.

    ``root`` fixes variables without parents, so that sampling forward is sampling given them. Every variable has
    random numbers of its own: its states are the same whatever else is asked for.
    """
    wanted = set(network.ancestral(names))
    states = {name: np.full(size, state) for name, state in root.items()}
    for name in network.topological_order:
        if name not in wanted or name in states:
            continue
        rows = np.cumsum(network.cpts[name], axis=-1)[tuple(states[parent] for parent in network.parents[name])]
        random = Random(f"{seed} {name}")  # numpy's own generators take a while to import
        uniform = (np.frombuffer(random.randbytes(8 * size), np.uint64) >> np.uint64(11)) * 2.0**-53
        drawn = (uniform[:, None] >= rows).sum(axis=-1)
        states[name] = np.minimum(drawn, rows.shape[-1] - 1)  # a row may sum to a hair less than 1
    return states
