"""How often the leader of a case leads when every number is drawn anew, for many cases at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesdx.batch.encoding import Encoded
from bayesdx.inference import Engine
from bayesdx.inference.draws import cpt_draws, portions
from bayesdx.inference.logs import TIE
from bayesdx.network import Array

#: Bytes of drawn CPTs that are held at a time.
HELD = 1 << 27


def leading_shares(engine: Engine, encoded: Encoded, leaders: NDArray[np.intp], draws: int) -> Array:
    """The share (n,) of ``draws`` of all CPT rows from their Dirichlet distributions in which the leader of a case
    (n,) comes first; NaN where a row is wrong.

    All cases see the same draws, whatever stands beside them: only their findings are entered anew. Where others
    lead with it, it leads.
    """
    network, target = engine.network, str(engine.network.target)
    right = np.flatnonzero(encoded.fault < 0).tolist()
    findings = {row: encoded.findings(row) for row in right}
    anything = {variable.id: np.ones(variable.cardinality) for variable in network.findings}
    led = np.full(len(encoded), np.nan)
    led[right] = 0.0
    bytes_each = 8 * sum(table.size for table in network.counts.values())
    for size, seed in portions(draws, 0, max(1, HELD // max(bytes_each, 1))) if right else ():
        cpts = cpt_draws(network, anything, target, size, seed)
        for row in right:
            drawn = engine.posterior_draws(findings[row], cpts, target)
            led[row] += size * float((drawn[:, leaders[row]] >= drawn.max(axis=1) * (1 - TIE)).mean())
    return led / draws
