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
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.certain import CLOSE, certain_size
from bayesdx.analyses.sensitivity.numbers.one_way import joint_of
from bayesdx.inference import Derivatives, Engine, compile_network
from bayesdx.inference.logs import log_sum
from bayesdx.inference.results import ranking
from bayesdx.network import Array, Network

#: The widest ball that is looked at: odds off by a factor of 1000.
LARGEST_FACTOR = 1000.0
#: Rivals that are tried one by one where parameters are shared between diagnoses.
_RIVALS = 5
#: Rounds in vain after which the starts give up, and turns of single CPTs.
_IDLE, _TURNS = 6, 40
#: A gain below which a search has come to its end.
_GAIN = 1e-9
#: The least logarithm of a posterior, so that it can be divided by.
_LEAST = -600.0
#: Random corners of the ball from which the search starts as well, where it may end in a local maximum.
_CORNERS = 32


@dataclass(frozen=True, slots=True)
class WorstCase:
    """The smallest ball in which ``rival`` draws level with the leader.

    ``factor`` is rho: every probability, the priors included, may be off by up to this factor of its odds. None
    when no ball up to LARGEST_FACTOR was found in which another diagnosis leads. ``at_least`` is a ball throughout
    which the leader certainly leads. ``kind`` is ``exact`` when the two meet to the precision of the search, else
    ``upper bound``: a ball of size ``factor`` certainly suffices, a smaller one might.
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
    kept = _relevant(network, question.findings, target)
    findings = {name: weights for name, weights in question.findings.items() if name in kept}
    posterior = joint_of(derivatives.cpt[target], network, target)
    order = np.array(ranking(posterior))
    leader = int(order[0])
    shared = _shared(kept, derivatives, target)
    possible = [int(t) for t in order[1:] if posterior[t] > 0]
    if not possible:
        return WorstCase(None, None, "exact", LARGEST_FACTOR)
    engine = compile_network(kept)
    found: WorstCase | None = None
    for rivals in [[t] for t in possible[:_RIVALS]] if shared else [possible]:
        limit = math.log(found.factor) if found and found.factor else math.log(LARGEST_FACTOR)
        search = _Search(engine, findings, target, leader, rivals, shared)
        size = _root(search, limit)
        if size is not None:
            factor = math.exp(size)
            found = WorstCase(factor, search.margin(size)[1], "upper bound" if shared else "exact", factor)
    if not shared:
        return found or WorstCase(None, None, "exact", LARGEST_FACTOR)
    limit = math.log(found.factor) * (1 - CLOSE) if found and found.factor else math.log(LARGEST_FACTOR)
    certain = certain_size(engine, findings, target, leader, possible, limit)
    kind = "exact" if certain == limit else "upper bound"
    return replace(found or WorstCase(None, None, kind, 0.0), kind=kind, at_least=math.exp(certain))


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
        shared: bool,
    ) -> None:
        self._engine, self._findings, self._target = engine, findings, target
        self._leader, self._rivals, self._shared = leader, np.array(rivals), shared
        self._rooted = not engine.network.parents[target]
        cpts = engine.network.cpts  # the target's own prior moves the ratio of two diagnoses by exactly the factor
        self._movable = {name: table for name, table in cpts.items() if not (name == target and self._rooted)}
        self._seen = {name: w > 0 for name, w in findings.items() if np.count_nonzero(w) == 1}
        self._starts = 1 + (_CORNERS if shared else 0)

    def margin(self, size: float) -> tuple[float, int]:
        """ln(P(rival, e) / P(leader, e)) in the worst case of the ball ``size`` = ln rho, and that rival."""
        cpts, logs = self._together(math.exp(size))
        if self._shared:
            logs = self._in_turn(cpts, logs, math.exp(size))
        reached = logs[0, self._rivals] - logs[0, self._leader]
        rival = int(reached.argmax())
        return float(reached[rival]) + (size if self._rooted else 0.0), int(self._rivals[rival])

    def _together(self, factor: float) -> tuple[dict[str, Array], Array]:
        """The worst of the ends of a search from every start: CPTs (1, *cpt) and log P(t, e) (1, T).

        All CPTs take their worst rows given the others at once, while that makes it worse. Where a row is wanted in
        two ways it need not, and random halves of the CPTs try it then.
        """
        rng = np.random.default_rng(0)
        cpts = self._beginnings(factor, rng)
        logs, idle = self._log_joints(cpts), 0
        while idle < (_IDLE if self._shared else 1):
            moved = self._answer(cpts, logs, factor)
            if idle:
                moved = {n: np.where(_along(rng.random(len(t)) < 0.5, t), moved[n], t) for n, t in cpts.items()}
            found = self._log_joints(moved)
            better = self._worst(found) > self._worst(logs) + _GAIN
            logs = np.where(better[:, None], found, logs)
            cpts = {n: np.where(_along(better, t), moved[n], t) for n, t in cpts.items()}
            idle = 0 if better.any() else idle + 1
        top = [int(self._worst(logs).argmax())]
        return {name: table[top] for name, table in cpts.items()}, logs[top]

    def _in_turn(self, cpts: dict[str, Array], logs: Array, factor: float) -> Array:
        """log P(t, e) (1, T) once single CPTs have taken their worst rows, the one that makes it worst first."""
        for _ in range(_TURNS):
            moved = self._answer(cpts, logs, factor)
            alone = {name: np.repeat(table, len(cpts), axis=0) for name, table in cpts.items()}
            for turn, name in enumerate(cpts):
                alone[name][turn] = moved[name][0]
            found = self._log_joints(alone)
            top = [int(self._worst(found).argmax())]
            if self._worst(found[top])[0] <= self._worst(logs)[0] + _GAIN:
                break
            cpts, logs = {name: table[top] for name, table in alone.items()}, found[top]
        return logs

    def _beginnings(self, factor: float, rng: np.random.Generator) -> dict[str, Array]:
        """The CPTs (starts, *cpt) themselves, and random corners of the ball."""
        tables = {}
        for name, table in self._movable.items():
            raised = rng.random((self._starts, *table.shape)) < 0.5
            raised[0] = False
            corner = table * np.where(raised, factor, 1.0)
            tables[name] = corner / corner.sum(axis=-1, keepdims=True)
        return tables

    def _log_joints(self, cpts: Mapping[str, Array]) -> Array:
        """log P(t, e) (starts, T) under each set of CPTs."""
        return self._engine.joint_draws(self._findings, cpts, target=self._target)

    def _worst(self, logs: Array) -> Array:
        """ln(P(rival, e) / P(leader, e)) (starts,) of the rival of which it is largest."""
        return np.asarray(logs[:, self._rivals].max(axis=1) - logs[:, self._leader])

    def _answer(self, cpts: Mapping[str, Array], logs: Array, factor: float) -> dict[str, Array]:
        """The worst rows of every CPT, given those of the others: (starts, *cpt)."""
        share = np.exp(np.maximum(logs - log_sum(logs, 1, keepdims=True), _LEAST))
        weights = np.zeros((2, logs.shape[1]))
        weights[0, self._rivals] = 1.0 / share[0, self._rivals]
        weights[1, self._leader] = 1.0 / share[0, self._leader]
        both = share[:, [self._rivals[0], self._leader]]
        scale = (both[:1] / both).T  # of other starts than the first, which are for a single rival
        slopes = self._engine.slope_draws(self._findings, cpts, weights[:, None], self._target)
        worst = {}
        for name, table in self._movable.items():
            up, down = slopes[name] * scale.reshape([2, -1] + [1] * table.ndim)
            gains = np.broadcast_to(up - down, (len(logs), *table.shape))
            if name in self._seen:
                gains = gains * self._seen[name]
            rows = np.broadcast_to(table, gains.shape).reshape(-1, table.shape[-1])
            worst[name] = best_row(rows, gains.reshape(rows.shape), factor).reshape(gains.shape)
        return worst


def _along(starts: NDArray[np.bool_], table: Array) -> NDArray[np.bool_]:
    """``starts`` (n,) with the axes of ``table`` (n, …)."""
    return starts.reshape([-1] + [1] * (table.ndim - 1))


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


def _relevant(network: Network, findings: Mapping[str, Array], target: str) -> Network:
    """The network of the CPTs that can change the ratio of two diagnoses.

    Gone are those of barren variables, and those that the findings separate from the target: they multiply P(t, e)
    by one number for all t (Shachter 1998). A separated parent of what is left, which is seen, stands there as a
    root without doubt.
    """
    seen = {n: int(w.argmax()) for n, w in findings.items() if np.count_nonzero(w) == 1 and n != target}
    telling = [name for name, weights in findings.items() if np.ptp(weights) > 0 or name in seen]
    waiting = set(network.ancestral([target, *telling]))
    open_ = {name: {name, *network.parents[name]} - seen.keys() for name in waiting}
    kept, reached = set[str](), {target}
    while reached:
        near = {name for name in waiting if open_[name] & reached}
        waiting -= near
        kept |= near
        reached = set().union(*(open_[name] for name in near))
    roots = {parent for name in kept for parent in network.parents[name]} - kept
    variables = tuple(variable for variable in network.variables if variable.id in kept | roots)
    certain = {name: np.eye(network.variable(name).cardinality)[seen[name]] for name in roots}
    return Network(
        network.id,
        variables,
        {name: network.parents[name] for name in kept},
        {name: network.cpts[name] for name in kept} | certain,
        target=target,
    )


def _shared(network: Network, derivatives: Derivatives, target: str) -> bool:
    """Whether a row that can move matters to several diagnoses, or to several contexts of one.

    If not, the rows that raise one diagnosis are not those that lower another, each multiplies one part of P(t, e)
    only, and the search row by row, children before parents, ends in the worst case itself.
    """
    certain = {name for name, table in network.cpts.items() if not network.parents[name] and table.max() == 1}
    for name, table in network.cpts.items():
        if name in certain or (name == target and not network.parents[target]):
            continue
        slopes = derivatives.target_cpt[name]
        rows = table.reshape(-1, table.shape[-1])
        mass = (slopes.reshape(len(slopes), -1, rows.shape[1]) * rows).sum(axis=2) > 0
        mass = mass[:, (rows < 1).all(axis=1)]
        context = network.diagnosis_parent(name)
        if (mass.sum(axis=0) > 1).any() or (context is None and name != target and mass.any()):
            return True
        if len([p for p in network.parents[name] if p != context and p not in certain]) > 1:
            return True
    return False
