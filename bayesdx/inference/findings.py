"""Findings as the engine takes them: checked, scaled, and split into hard and uncertain ones."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.network import Array, Network

#: Likelihood weights (card,) of the variables that were seen; a hard finding weighs one state only.
Findings = Mapping[str, Array]

IMPOSSIBLE = "the findings are impossible together under the network"

Codes = NDArray[np.intp]


@lru_cache(maxsize=4096)
def one_hot(card: int, state: int) -> Array:
    """Weights (card,) of a hard finding; read-only."""
    weights = np.zeros(card)
    weights[state] = 1.0
    weights.setflags(write=False)
    return weights


class Known(NamedTuple):
    """Findings by variable number, scaled so that the largest weight is 1.

    ``hard``   variable -> the only state with a positive weight
    ``soft``   variable -> weights (card,), at least two of them positive
    ``scales`` variable -> what its weights were divided by, where that is not 1
    """

    hard: Mapping[int, int]
    soft: Mapping[int, Array]
    scales: Mapping[int, float]

    def weights(self, cards: Sequence[int]) -> dict[int, Array]:
        """Scaled likelihood weights (card,) of every variable with a finding."""
        return {**{v: one_hot(cards[v], state) for v, state in self.hard.items()}, **self.soft}

    @property
    def log_scale(self) -> float:
        """What the scaling took from log P(findings)."""
        return sum(map(math.log, self.scales.values())) if self.scales else 0.0


class Reader:
    """Checks findings against one network and splits them.

    The weights of every hard finding are known beforehand, so most findings are recognised by their bytes.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._hard = {
            variable.id: (v, {one_hot(variable.cardinality, k).tobytes(): k for k in range(variable.cardinality)})
            for v, variable in enumerate(network.variables)
        }

    def __call__(self, findings: Findings) -> Known:
        """Raises InputError for an unknown variable or weights that are not ``card`` finite non-negative numbers,
        and ImpossibleFindings for weights that rule every state out.
        """
        hard: dict[int, int] = {}
        soft: dict[int, Array] = {}
        scales: dict[int, float] = {}
        for variable_id, given in findings.items():
            if variable_id not in self._hard:
                self._network.variable(variable_id)  # raises, and names the nearest one
            v, states = self._hard[variable_id]
            weights = np.asarray(given, dtype=np.float64)
            state = states.get(weights.tobytes())
            if state is not None:
                hard[v] = state
                continue
            listed = weights.ravel().tolist()
            if weights.shape != (len(states),) or not all(0.0 <= w < math.inf for w in listed):
                raise InputError(f"the finding '{variable_id}' needs {len(states)} finite weights that are >= 0")
            largest = max(listed)
            if largest == 0.0:
                raise ImpossibleFindings(f"the finding '{variable_id}' rules out every state")
            if largest != 1.0:
                scales[v] = largest
            if listed.count(0.0) == len(listed) - 1:
                hard[v] = listed.index(largest)
            else:
                soft[v] = weights / largest
        return Known(hard, soft, scales)


def softened(given: Known, variables: Collection[int], cards: tuple[int, ...]) -> Known:
    """The same findings, with the hard ones of ``variables`` written as weights."""
    moved = {v: one_hot(cards[v], given.hard[v]) for v in variables if v in given.hard}
    if not moved:
        return given
    hard = {v: state for v, state in given.hard.items() if v not in moved}
    return given._replace(hard=hard, soft={**given.soft, **moved})


def stated_weights(states: NDArray[np.integer], card: int) -> Array:
    """Weights (n, card) of state numbers (n,): one for the state, and for all where it is missing (-1)."""
    return np.asarray(np.vstack([np.eye(card), np.ones(card)])[states])


def known_batch(
    network: Network, codes: NDArray[np.integer] | None, weights: Mapping[str, Array] | None
) -> tuple[Codes, dict[int, Array], Array]:
    """Check and split the findings of n cases: codes (n, n_variables), uncertain weights (n, card), log scale (n,).

    The codes returned hold every hard finding, -1 elsewhere. A variable with an uncertain finding in some case
    has weights, all 1 where its finding is hard or missing. The log scale is -inf for a case in which some
    finding rules out every state.
    """
    weights = weights or {}
    shapes = [len(codes)] if codes is not None else []
    shapes += [len(table) for table in weights.values()]
    if not shapes or len(set(shapes)) > 1:
        raise InputError("a batch needs codes or weights, of the same number of cases")
    n = shapes[0]
    cards = np.array([v.cardinality for v in network.variables])
    hard = np.full((n, len(cards)), -1) if codes is None else np.asarray(codes)
    if hard.shape != (n, len(cards)) or hard.dtype.kind not in "iu":
        raise InputError(f"codes are {hard.dtype} {hard.shape}, expected whole numbers {(n, len(cards))}")
    if n and ((hard.min(axis=0) < -1) | (hard.max(axis=0) >= cards)).any():
        row, v = (int(i) for i in np.argwhere((hard < -1) | (hard >= cards))[0])
        raise InputError(f"row {row}: {hard[row, v]} is not a state number of '{network.variables[v].id}', nor -1")
    if weights:
        hard = hard.astype(np.intp)
    soft: dict[int, Array] = {}
    log_scale = np.zeros(n)
    for variable_id, given in weights.items():
        card = network.variable(variable_id).cardinality
        v = network.index[variable_id]
        table = np.asarray(given, dtype=np.float64)
        if table.shape != (n, card) or not (np.isfinite(table) & (table >= 0)).all():
            raise InputError(f"the findings '{variable_id}' need (cases, {card}) finite weights that are >= 0")
        table = table * stated_weights(hard[:, v], card)
        largest = table.max(axis=1)
        with np.errstate(divide="ignore"):
            log_scale += np.log(largest)
        certain = np.count_nonzero(table, axis=1) == 1
        hard[:, v] = np.where(certain, table.argmax(axis=1), -1)
        table /= np.where(largest > 0, largest, 1.0)[:, None]
        table[certain | (largest == 0)] = 1.0
        if (table != 1.0).any():
            soft[v] = table
    return hard, soft, log_scale
