"""How far all parameters may move together before another diagnosis leads.

Every CPT row may move within a ball of Chan & Darwiche's distance: the new row is proportional to theta_j r_j with
all r_j between 1 and rho (for a row of two states: the odds change by a factor of at most rho). The worst case for
the leader is sought over all rows at once. P(t, e) is linear in each row with coefficients L >= 0, and a linear
function takes its extremes over such a ball where the r_j of the largest (or smallest) L are rho and the others 1
(DeRobertis & Hartigan 1981; Chan & Darwiche 2005). Zeros stay zeros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.one_way import joint_of
from bayesdx.analyses.sensitivity.numbers.tornado import context_parent
from bayesdx.inference import Derivatives, compile_network
from bayesdx.network import Array, Network

#: The widest ball that is looked at: odds off by a factor of 1000.
LARGEST_FACTOR = 1000.0
#: Rivals that are tried one by one where parameters are shared between diagnoses.
_RIVALS = 5
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The smallest ball in which ``rival`` draws level with the leader.

    ``factor`` is rho: every probability, the priors included, may be off by up to this factor of its odds. None
    when the leader leads throughout the balls up to LARGEST_FACTOR. ``kind`` is ``exact``, or ``upper bound``
    when parameters shared by several diagnoses made a local search necessary: a ball of that size certainly
    suffices, a smaller one might.
    """

    factor: float | None
    rival: int | None
    kind: str


def worst_case(question: Question) -> WorstCase:
    """Search for the smallest ball, by regula falsi on its logarithm to a relative precision of 1e-3."""
    network, target = question.engine.network, question.target.id
    kept = _restricted(network, network.ancestral([target, *question.findings]))
    derivatives = _derivatives(kept, question.findings, target)
    posterior = joint_of(derivatives, kept, target)
    order = np.argsort(-posterior, kind="stable")
    leader = int(order[0])
    shared = _shared(kept, derivatives, target)
    possible = [int(t) for t in order[1:] if posterior[t] > 0]
    if not possible:
        return WorstCase(None, None, "exact")
    groups = [[t] for t in possible[:_RIVALS]] if shared else [possible]
    found: WorstCase | None = None
    for rivals in groups:
        limit = math.log(found.factor) if found and found.factor else math.log(LARGEST_FACTOR)
        search = _Search(kept, question.findings, target, leader, rivals, shared)
        size = _root(search, limit)
        if size is not None:
            found = WorstCase(math.exp(size), search.margin(size)[1], "upper bound" if shared else "exact")
    return found or WorstCase(None, None, "upper bound" if shared else "exact")


def best_row(rows: Array, gains: Array, factor: float) -> Array:
    """Rows (n, k) of the ball around ``rows`` that have the largest sum of entry times ``gains`` (n, k)."""
    order = np.argsort(-gains, axis=1, kind="stable")
    weight = np.take_along_axis(rows, order, axis=1)
    gain = np.take_along_axis(gains, order, axis=1)
    raised, worth = np.cumsum(weight, axis=1), np.cumsum(weight * gain, axis=1)
    value = (worth[:, -1:] + (factor - 1) * worth) / (raised[:, -1:] + (factor - 1) * raised)
    best = value.argmax(axis=1)[:, None]
    lifted = np.where(np.arange(rows.shape[1]) <= best, factor * weight, weight)
    moved = np.empty_like(rows)
    np.put_along_axis(moved, order, lifted / lifted.sum(axis=1, keepdims=True), axis=1)
    return moved


class _Search:
    """log of the best rival over the leader, in the worst case of a ball."""

    def __init__(
        self,
        network: Network,
        findings: Mapping[str, Array],
        target: str,
        leader: int,
        rivals: list[int],
        shared: bool,
    ) -> None:
        self._network, self._findings, self._target = network, findings, target
        self._leader, self._rivals, self._shared = leader, rivals, shared

    def margin(self, size: float) -> tuple[float, int]:
        """ln(P(rival, e) / P(leader, e)) in the worst case of the ball ``size`` = ln rho, and that rival."""
        network, rivals, target = self._network, np.array(self._rivals), self._target
        rooted = not network.parents[target]
        moved = network
        best = (-math.inf, self._rivals[0])
        for _ in range(_SWEEPS):
            derivatives = _derivatives(moved, self._findings, target)
            joint = joint_of(derivatives, moved, target)
            ratios = np.log(joint[rivals]) - math.log(joint[self._leader])
            top = int(ratios.argmax())
            reached = float(ratios[top]) + (size if rooted else 0.0)
            if reached <= best[0] + 1e-9:
                break
            best = (reached, self._rivals[top])
            moved = moved.with_cpts(self._answer(derivatives, joint, math.exp(size), rooted))
        return best

    def _answer(self, derivatives: Derivatives, joint: Array, factor: float, rooted: bool) -> dict[str, Array]:
        """The worst rows of every CPT, given those of the others."""
        cpts = {}
        for name, slopes in derivatives.target_cpt.items():
            if name == self._target and rooted:
                continue  # its rows move the ratio of two diagnoses by exactly the factor
            table = self._network.cpts[name]
            flat = slopes.reshape(len(slopes), -1, table.shape[-1])
            gains = (flat[self._rivals] / joint[self._rivals, None, None]).sum(axis=0)
            gains = gains - flat[self._leader] / joint[self._leader]
            rows = table.reshape(-1, table.shape[-1])
            cpts[name] = best_row(rows, gains, factor).reshape(table.shape)
        return cpts


def _root(search: _Search, limit: float) -> float | None:
    """Where the margin crosses 0 on (0, limit], None when it does not (Illinois algorithm)."""
    low, high = 0.0, limit
    at_low, at_high = search.margin(0.0)[0], search.margin(limit)[0]
    if at_high < 0:
        return None
    if at_low >= 0:
        return 0.0
    side = 0
    while high - low > 1e-3 * max(high, 1e-3):
        middle = (low * at_high - high * at_low) / (at_high - at_low)
        middle = min(max(middle, low + 5e-4 * (high - low)), high - 5e-4 * (high - low))
        value = search.margin(middle)[0]
        if abs(value) < 1e-7:
            return middle
        if value < 0:
            low, at_low = middle, value
            at_high = at_high / 2 if side == -1 else at_high
            side = -1
        else:
            high, at_high = middle, value
            at_low = at_low / 2 if side == 1 else at_low
            side = 1
    return high


def _restricted(network: Network, names: list[str]) -> Network:
    """The network of the variables ``names``, which must hold all their parents."""
    return Network(
        network.id,
        tuple(network.variable(name) for name in names),
        {name: network.parents[name] for name in names},
        {name: network.cpts[name] for name in names},
        target=network.target,
    )


def _derivatives(network: Network, findings: Mapping[str, Array], target: str) -> Derivatives:
    return compile_network(network).derivatives(findings, target)


def _shared(network: Network, derivatives: Derivatives, target: str) -> bool:
    """Whether a row that can move matters to several diagnoses, or to several contexts of one.

    If not, the rows that raise one diagnosis are not those that lower another, each multiplies one part of P(t, e)
    only, and the search row by row, children before parents, ends in the worst case itself.
    """
    for name, slopes in derivatives.target_cpt.items():
        if name == target and not network.parents[target]:
            continue
        table = network.cpts[name]
        rows = table.reshape(-1, table.shape[-1])
        mass = (slopes.reshape(len(slopes), -1, rows.shape[1]) * rows).sum(axis=2) > 0
        movable = (rows < 1).all(axis=1)
        context = context_parent(network, name)
        if (mass[:, movable].sum(axis=0) > 1).any() or (context is None and name != target and movable.any()):
            return True
        if len([p for p in network.parents[name] if p != context]) > 1:
            return True
    return False
