"""How far all parameters may move together before another diagnosis leads.

Every CPT row may move within a ball of Chan & Darwiche's distance: the new row is proportional to theta_j r_j with
all r_j between 1 and rho (for a row of two states: the odds change by a factor of at most rho). The worst case for
the leader is sought over all rows at once. P(t, e) is linear in each row with coefficients L >= 0, and a linear
function takes its extremes over such a ball where the r_j of the largest (or smallest) L are rho and the others 1
(DeRobertis & Hartigan 1981; Chan & Darwiche 2005). Zeros stay zeros.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.one_way import joint_of
from bayesdx.inference import Derivatives, Engine, compile_network
from bayesdx.network import Array, Network

#: The widest ball that is looked at: odds off by a factor of 1000.
LARGEST_FACTOR = 1000.0
#: Rivals that are tried one by one where parameters are shared between diagnoses.
_RIVALS = 5
_SWEEPS = 8
#: Random corners of the ball from which the search starts as well, where it may end in a local maximum.
_CORNERS = 4


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The smallest ball in which ``rival`` draws level with the leader.

    ``factor`` is rho: every probability, the priors included, may be off by up to this factor of its odds. None
    when no ball up to LARGEST_FACTOR was found in which another diagnosis leads. ``kind`` is ``exact``, or ``upper
    bound`` when parameters shared by several diagnoses made a local search necessary: a ball of that size
    certainly suffices, a smaller one might. ``at_least`` is a ball throughout which the leader certainly leads:
    the same as ``factor`` when that is exact.
    """

    factor: float | None
    rival: int | None
    kind: str
    at_least: float


def worst_case(question: Question, derivatives: Derivatives | None = None) -> WorstCase:
    """Search for the smallest ball, by regula falsi on its logarithm to a relative precision of 1e-3.

    ``derivatives`` (with those of the target) are computed unless given.
    """
    network, target = question.engine.network, question.target.id
    if derivatives is None:
        derivatives = question.engine.derivatives(question.findings, target)
    kept = _restricted(network, network.ancestral([target, *question.findings]))
    posterior = joint_of(derivatives.cpt[target], kept, target)
    order = np.argsort(-posterior, kind="stable")
    leader = int(order[0])
    shared = _shared(kept, derivatives, target)
    possible = [int(t) for t in order[1:] if posterior[t] > 0]
    if not possible:
        return WorstCase(None, None, "exact", LARGEST_FACTOR)
    engine = compile_network(kept)
    found: WorstCase | None = None
    for rivals in [[t] for t in possible[:_RIVALS]] if shared else [possible]:
        limit = math.log(found.factor) if found and found.factor else math.log(LARGEST_FACTOR)
        search = _Search(engine, question.findings, target, leader, rivals, _CORNERS if shared else 0)
        size = _root(search, limit)
        if size is not None:
            factor = math.exp(size)
            found = WorstCase(factor, search.margin(size)[1], "upper bound" if shared else "exact", factor)
    if not shared:
        return found or WorstCase(None, None, "exact", LARGEST_FACTOR)
    certain = _certain(engine, question.findings, target, leader, possible)
    if found is None or found.factor is None:
        return WorstCase(None, None, "upper bound", certain)
    return replace(found, at_least=min(certain, found.factor))


def _certain(
    engine: Engine, findings: Mapping[str, Array], target: str, leader: int, rivals: Sequence[int]
) -> float:
    """A factor up to which no ball lets a rival lead.

    P(t, e) grows with every entry, so for the best of a rival every entry is taken at its largest in the ball, and
    for the worst of the leader at its smallest, whether or not a row can do all that at once.
    """
    network = engine.network
    rooted = not network.parents[target]
    low, high = 0.0, math.log(LARGEST_FACTOR)
    for _ in range(3):
        sizes = np.linspace(low, high, 34)
        factors = np.exp(sizes)
        ends = []
        for sign in (1.0, -1.0):
            tables = {}
            for name, table in network.cpts.items():
                if name != target or not rooted:
                    odds = factors.reshape(-1, *[1] * table.ndim) ** sign
                    tables[name] = table * odds / (1.0 + (odds - 1.0) * table)
            ends.append(engine.joint_draws(findings, tables, target=target))
        margin = ends[0][:, list(rivals)].max(axis=1) - ends[1][:, leader] + (sizes if rooted else 0.0)
        inside = np.flatnonzero(np.maximum.accumulate(margin) < 0)
        last = int(inside[-1]) if len(inside) else 0
        if last == len(sizes) - 1:
            return LARGEST_FACTOR
        low, high = float(sizes[last]), float(sizes[last + 1])
    return math.exp(low)


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
        engine: Engine,
        findings: Mapping[str, Array],
        target: str,
        leader: int,
        rivals: list[int],
        corners: int,
    ) -> None:
        self._engine, self._findings, self._target = engine, findings, target
        self._leader, self._rivals = leader, np.array(rivals)
        self._rooted = not engine.network.parents[target]
        self._starts = [None, *range(corners)]

    def margin(self, size: float) -> tuple[float, int]:
        """ln(P(rival, e) / P(leader, e)) in the worst case of the ball ``size`` = ln rho, and that rival."""
        return max(self._climb(size, start) for start in self._starts)

    def _climb(self, size: float, corner: int | None) -> tuple[float, int]:
        """The margin that a search from the network itself, or from a random corner of the ball, ends in."""
        factor = math.exp(size)
        engine = self._engine if corner is None else self._engine.with_cpts(self._corner(factor, corner))
        best = (-math.inf, int(self._rivals[0]))
        for _ in range(_SWEEPS):
            joint = joint_of(engine.derivatives(self._findings).cpt[self._target], engine.network, self._target)
            ratios = np.log(joint[self._rivals]) - math.log(joint[self._leader])
            top = int(ratios.argmax())
            reached = float(ratios[top]) + (size if self._rooted else 0.0)
            if reached <= best[0] + 1e-9:
                break
            best = (reached, int(self._rivals[top]))
            engine = self._engine.with_cpts(self._answer(engine, joint, factor))
        return best

    def _movable(self) -> dict[str, Array]:
        """The CPTs but the target's own prior, which moves the ratio of two diagnoses by exactly the factor."""
        cpts = self._engine.network.cpts
        return {name: table for name, table in cpts.items() if not (name == self._target and self._rooted)}

    def _corner(self, factor: float, seed: int) -> dict[str, Array]:
        rng = np.random.default_rng(seed)
        tables = {n: t * np.where(rng.random(t.shape) < 0.5, factor, 1.0) for n, t in self._movable().items()}
        return {name: table / table.sum(axis=-1, keepdims=True) for name, table in tables.items()}

    def _answer(self, engine: Engine, joint: Array, factor: float) -> dict[str, Array]:
        """The worst rows of every CPT, given those of the others."""
        weights = np.zeros((2, len(joint)))
        weights[0, self._rivals] = 1.0 / joint[self._rivals]
        weights[1, self._leader] = 1.0 / joint[self._leader]
        up, down = (engine.joint_slopes(self._findings, one, self._target) for one in weights)
        cpts = {}
        for name, table in self._movable().items():
            rows = table.reshape(-1, table.shape[-1])
            cpts[name] = best_row(rows, (up[name] - down[name]).reshape(rows.shape), factor).reshape(table.shape)
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


def _shared(network: Network, derivatives: Derivatives, target: str) -> bool:
    """Whether a row that can move matters to several diagnoses, or to several contexts of one.

    If not, the rows that raise one diagnosis are not those that lower another, each multiplies one part of P(t, e)
    only, and the search row by row, children before parents, ends in the worst case itself.
    """
    for name, table in network.cpts.items():
        slopes = derivatives.target_cpt[name]
        if name == target and not network.parents[target]:
            continue
        rows = table.reshape(-1, table.shape[-1])
        mass = (slopes.reshape(len(slopes), -1, rows.shape[1]) * rows).sum(axis=2) > 0
        movable = (rows < 1).all(axis=1)
        context = network.diagnosis_parent(name)
        if (mass[:, movable].sum(axis=0) > 1).any() or (context is None and name != target and movable.any()):
            return True
        if len([p for p in network.parents[name] if p != context]) > 1:
            return True
    return False
