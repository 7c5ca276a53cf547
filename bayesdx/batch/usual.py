"""How usual are the findings of many cases under their leading diagnoses?"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.query.numbers.surprise import SIMULATED, simulated_cases
from bayesdx.batch.encoding import Encoded
from bayesdx.inference import Engine
from bayesdx.network import Array

#: Stands for ln 0, which cannot be multiplied by nothing.
FLOOR = -1e5


class UsualShares:
    """``usual_share`` of many cases: every diagnosis' cases are simulated once, with all findings."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.network = engine, engine.network
        self.target = str(self.network.target)
        self._known: dict[int, tuple[Array, Array]] = {}

    def __call__(self, encoded: Encoded, leaders: NDArray[np.intp]) -> Array:
        """The share (n,) of the leader's cases that are no more typical of it; NaN without hard findings, and
        where the target has parents."""
        shares = np.full(len(encoded), np.nan)
        if self.network.parents[self.target]:
            return shares
        codes, _ = encoded.certain()
        codes[:, self.network.index[self.target]] = -1
        asked = (codes >= 0).any(axis=1)
        for leader in np.unique(leaders[asked]).tolist():
            rows = np.flatnonzero(asked & (leaders == leader))
            shares[rows] = self._shares(codes[rows], leader)
        return shares

    def _shares(self, codes: NDArray[np.int16], leader: int) -> Array:
        typical, simulated = self._of(leader)
        seen = codes >= 0
        own = np.where(seen, np.take_along_axis(typical, np.maximum(codes, 0).T.astype(np.intp), axis=1).T, 0.0)
        scores = seen.astype(np.float64) @ simulated
        return np.asarray((1 + (scores <= own.sum(axis=1)[:, None] + 1e-9).sum(axis=1)) / (SIMULATED + 1))

    def _of(self, leader: int) -> tuple[Array, Array]:
        """ln P(state | leader) (n_variables, states), and that of the findings of simulated cases (n_variables,
        SIMULATED)."""
        if leader not in self._known:
            given = {self.target: np.eye(self.network.variable(self.target).cardinality)[leader]}
            marginals = self.engine.marginals(given).probabilities
            cases = simulated_cases(self.network, {self.target: leader}, self._observed, SIMULATED, 0)
            most = max(v.cardinality for v in self.network.variables)
            typical = np.full((len(self.network.variables), most), FLOOR)
            simulated = np.zeros((len(typical), SIMULATED))
            for name in self._observed:
                v, row = self.network.index[name], marginals[name]
                with np.errstate(divide="ignore"):
                    typical[v, : len(row)] = np.maximum(np.log(row), FLOOR)
                simulated[v] = typical[v][cases[name]]
            self._known[leader] = typical, simulated
        return self._known[leader]

    @cached_property
    def _observed(self) -> list[str]:
        return [v.id for v in self.network.findings]
