"""How far all numbers may move together while the leader certainly leads: bounds over a ball, branch and bound.

P(t, e) is bounded over all networks of a ball by summing variables out, children before parents. With what the
children pass on at its bound, the sum over a variable is linear in each of its rows, and the best row of the ball
is known (interval elimination, as in credal networks: Cozman 2000, Artif Intell 120:199-233). Loose are only rows
that are wanted in two ways: by the rival and by the leader, or by several contexts. They are split: P(t, e) takes
its extremes where every multiplier of a row is 1 or rho, so a multiplier is fixed at the one in one part of the
ball and at the other in another, and parts in which the leader certainly leads are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference import Engine
from bayesdx.network import Array, Network

#: Parts of a ball that may be undecided at one time, and entries of all their tables; with more it is not certain.
PARTS, BUDGET = 256, 150_000
#: How many times as many parts are looked at in all.
LOOKS = 5
#: Entries of the tables of a single part beyond which there is no search.
LARGEST = 3_000_000
#: Relative precision of the logarithm of the factor.
CLOSE = 1e-3

#: A table (parts, *axes) over the variables of its scope, in the order of their numbers.
Message = tuple[tuple[int, ...], Array]
#: Multipliers (parts, *cpt) between which those of each CPT lie.
Box = Mapping[str, Array]
#: Which of the multipliers that are fixed are rho, in each part.
States = NDArray[np.bool_]


def best_value(rows: Array, gains: Array, low: Array | float, high: Array | float) -> Array:
    """Largest sum (…) of entry times ``gains`` (…, k), the multipliers of ``rows`` between ``low`` and ``high``.

    A ratio of functions linear in the multipliers, it is largest where those of the largest gains are high and the
    others low. All arguments broadcast.
    """
    least, most = rows * low, rows * high
    if gains.shape[-1] == 2:
        first, second = gains[..., 0], gains[..., 1]
        return np.maximum(
            (most[..., 0] * first + least[..., 1] * second) / (most[..., 0] + least[..., 1]),
            (least[..., 0] * first + most[..., 1] * second) / (least[..., 0] + most[..., 1]),
        )
    least, most, gains = np.broadcast_arrays(least, most, gains)
    order = np.argsort(-gains, axis=-1)
    least, most, gains = (np.take_along_axis(value, order, axis=-1) for value in (least, most, gains))
    more = most - least
    total = least.sum(axis=-1, keepdims=True) + np.cumsum(more, axis=-1)
    worth = (least * gains).sum(axis=-1, keepdims=True) + np.cumsum(more * gains, axis=-1)
    return np.asarray((worth / total).max(axis=-1))


@dataclass(frozen=True)
class _Step:
    """A variable to be summed out: its rows, given what is seen, over ``parents``; ``scope`` is left."""

    name: str
    number: int
    parents: tuple[int, ...]
    scope: tuple[int, ...]


class Bounds:
    """Bounds of P(t, e) over balls around ``network``; ``feasible`` when the tables on the way are small enough."""

    def __init__(self, network: Network, findings: Mapping[str, Array], target: str) -> None:
        self._network, self._target = network, target
        self._cards = [*(v.cardinality for v in network.variables), network.variable(target).cardinality]
        positive = {n: np.flatnonzero(w) for n, w in findings.items() if n != target}
        self._hard = {n: int(states[0]) for n, states in positive.items() if len(states) == 1}
        number, copy = network.index, len(network.variables)
        self._given: list[Message] = [((number[target], copy), np.eye(self._cards[copy])[None])]
        self._given += [((number[n],), w[None]) for n, w in findings.items() if n not in self._hard]
        self._scale = math.log(math.prod(float(findings[n][s]) for n, s in self._hard.items()))
        self._steps = tuple(self._order())
        self._size = sum(math.prod(self._cards[i] for i in (*step.scope, step.number)) for step in self._steps)

    def _free_parents(self, name: str) -> tuple[int, ...]:
        return tuple(sorted(self._network.index[p] for p in self._network.parents[name] if p not in self._hard))

    def _order(self) -> Iterator[_Step]:
        """Children before parents; of the variables whose children are gone, the one that leaves the least."""
        network, number = self._network, self._network.index
        scopes = [set(scope) for scope, _ in self._given] + [set(self._free_parents(n)) for n in self._hard]
        waiting = {n for n in number if n not in self._hard}

        def left(name: str) -> set[int]:
            here = [scope for scope in scopes if number[name] in scope]
            return set().union(self._free_parents(name), *here) - {number[name]}

        while waiting:
            ready = [n for n in waiting if not waiting & set(network.children[n])]
            name = min(ready, key=lambda n: (math.prod(self._cards[i] for i in left(n)), number[n]))
            found = left(name)
            scopes = [scope for scope in scopes if number[name] not in scope] + [found]
            waiting.remove(name)
            yield _Step(name, number[name], self._free_parents(name), tuple(sorted(found)))

    @property
    def feasible(self) -> bool:
        """Whether the tables on the way are small enough."""
        return self._size <= LARGEST

    @property
    def parts(self) -> int:
        """How many parts of a ball may be undecided at one time."""
        return max(min(PARTS, BUDGET // self._size), 1)

    def _rows(self, name: str, table: Array, axes: Sequence[int]) -> Array:
        """The rows (parts, *axes, k) of a table (parts, *cpt) that the findings on the parents leave."""
        parents = self._network.parents[name]
        seen: tuple[int | slice, ...] = tuple(self._hard.get(p, slice(None)) for p in parents)
        free = [self._network.index[p] for p in parents if p not in self._hard]
        rows = table[(slice(None), *seen)].transpose([0, *(1 + int(i) for i in np.argsort(free)), 1 + len(free)])
        return rows.reshape([len(rows), *(self._cards[i] if i in free else 1 for i in axes), rows.shape[-1]])

    def log_joint(self, low: Box, high: Box, sign: int) -> Array:
        """Upper (``sign`` 1) or lower (-1) bounds of log P(t, e) in each part, shape (parts, T).

        The multipliers of each CPT lie between ``low`` and ``high``.
        """

        def extreme(name: str, gains: Array, axes: Sequence[int]) -> Array:
            rows, least, most = (
                self._rows(name, table, axes) for table in (self._network.cpts[name][None], low[name], high[name])
            )
            return sign * best_value(rows, sign * gains, least, most)

        messages, log_scale = list(self._given), np.full(1, self._scale)
        for name, state in self._hard.items():
            parents, card = self._free_parents(name), self._network.variable(name).cardinality
            messages.append((parents, extreme(name, np.eye(card)[state], parents)))
        for step in self._steps:
            card, axes = self._cards[step.number], (*step.scope, step.number)
            gains = np.ones([1] * len(axes) + [card])
            for of, table in messages:
                if step.number in of:
                    last = np.moveaxis(table, 1 + of.index(step.number), -1)
                    gains = gains * last.reshape([len(last), *(self._cards[i] if i in of else 1 for i in axes)])
            messages = [message for message in messages if step.number not in message[0]]
            found = extreme(step.name, gains, step.scope)
            largest = found.max(axis=tuple(range(1, found.ndim)))
            largest = np.where(largest > 0, largest, 1.0)
            log_scale = log_scale + np.log(largest)
            messages.append((step.scope, found / largest.reshape([-1] + [1] * len(step.scope))))
        with np.errstate(divide="ignore"):
            logs = [np.log(table.reshape(len(table), -1)) for _, table in messages]
        return np.asarray(sum(logs, log_scale[:, None]))


def certain_size(
    engine: Engine, findings: Mapping[str, Array], target: str, leader: int, rivals: Sequence[int], limit: float
) -> float:
    """ln rho of a ball, up to ``limit``, throughout which the ``leader`` (state of the target) certainly leads.

    Found by bisection to a relative precision of CLOSE.
    """
    search = _Search(engine, findings, target, leader, list(rivals))
    if not search.feasible:
        return min(entrywise_size(engine, findings, target, leader, rivals, limit), limit)
    if search.leads(limit):
        return limit
    low, high = 0.0, limit
    while high - low > CLOSE * high:
        middle = (low + high) / 2
        low, high = (middle, high) if search.leads(middle) else (low, middle)
    return low


def entrywise_size(
    engine: Engine, findings: Mapping[str, Array], target: str, leader: int, rivals: Sequence[int], limit: float
) -> float:
    """The same from bounds that are looser, but need no tables of their own.

    P(t, e) grows with every entry, so for the best of a rival every entry is taken at its largest in the ball, and
    for the worst of the leader at its smallest, whether or not a row can do all that at once.
    """
    network = engine.network
    rooted = not network.parents[target]
    low, high = 0.0, limit
    for _ in range(3):
        sizes = np.linspace(low, high, 34)
        ends = []
        for sign in (1.0, -1.0):
            tables = {}
            for name, table in network.cpts.items():
                if name != target or not rooted:
                    odds = np.exp(sign * sizes).reshape(-1, *[1] * table.ndim)
                    tables[name] = table * odds / (1.0 + (odds - 1.0) * table)
            ends.append(engine.joint_draws(findings, tables, target=target))
        margin = ends[0][:, list(rivals)].max(axis=1) - ends[1][:, leader] + (sizes if rooted else 0.0)
        inside = np.flatnonzero(np.maximum.accumulate(margin) < 0)
        last = int(inside[-1]) if len(inside) else 0
        if last == len(sizes) - 1:
            return limit
        low, high = float(sizes[last]), float(sizes[last + 1])
    return low


@dataclass(frozen=True)
class _Entry:
    """An entry ``at`` of the CPT ``name``; in a row of two the ``other`` moves the other way."""

    name: str
    at: tuple[int, ...]
    other: tuple[int, ...] | None


class _Search:
    """Branch and bound over the parts of a ball."""

    def __init__(
        self, engine: Engine, findings: Mapping[str, Array], target: str, leader: int, rivals: list[int]
    ) -> None:
        network = engine.network
        self._bounds, self._leader, self._rivals = Bounds(network, findings, target), leader, rivals
        self._rooted = not network.parents[target]
        self._movable = {n: t for n, t in network.cpts.items() if not (n == target and self._rooted)}
        self._fixed = {n: np.ones((1, *t.shape)) for n, t in network.cpts.items()}
        self._entries = tuple(self._contested(engine, findings, target)) if self.feasible else ()

    @property
    def feasible(self) -> bool:
        """Whether the network is small enough."""
        return self._bounds.feasible

    def _contested(self, engine: Engine, findings: Mapping[str, Array], target: str) -> Iterator[_Entry]:
        """Entries of rows that the leader and a rival want otherwise, the most contested to first order first."""
        posterior = engine.posterior(findings, target).probabilities
        best = max(self._rivals, key=lambda t: float(posterior[t]))
        unit = np.eye(len(posterior))
        for_rival, for_leader = (
            engine.joint_slopes(findings, unit[t] / posterior[t], target) for t in (best, self._leader)
        )
        ranked: list[tuple[float, str, int]] = []
        for name, table in self._movable.items():
            rows, up, down = (t.reshape(-1, table.shape[-1]) for t in (table, for_rival[name], for_leader[name]))
            apart = _most(rows, up, 2.0) + _most(rows, -down, 2.0)
            contest = np.where(
                (rows < 1).all(axis=1) & (up + down > 0).any(axis=1), apart - _most(rows, up - down, 2.0), -1.0
            )
            ranked += [(d, name, r) for r, d in enumerate(contest.tolist()) if d >= -1e-12]
        for _, name, row in sorted(ranked, key=lambda one: -one[0]):
            shape = self._movable[name].shape
            at = tuple(int(i) for i in np.unravel_index(row, shape[:-1]))
            if shape[-1] == 2:
                yield _Entry(name, (*at, 0), (*at, 1))
            else:
                yield from (_Entry(name, (*at, state), None) for state in range(shape[-1]))

    def leads(self, size: float) -> bool:
        """Whether the leader certainly leads throughout the ball."""
        decided: list[_Entry] = []
        high = np.zeros((1, 0), dtype=bool)  # for each part, which of the decided multipliers are rho
        parts, looked = self._bounds.parts, 0
        for entry in [*self._entries, None]:
            looked += len(high)
            high = high[~(self._margin(decided, high, size) < 0)]
            if not len(high):
                return True
            if entry is None or 2 * len(high) > parts or looked > LOOKS * parts:
                break
            decided.append(entry)
            high = _split(high)
        return False

    def _margin(self, decided: Sequence[_Entry], high: States, size: float) -> Array:
        """Upper bounds of ln(P(rival, e) / P(leader, e)) in each part, shape (parts,)."""
        box = self._box(decided, high, math.exp(size))
        top = self._bounds.log_joint(*box, 1)[:, self._rivals].max(axis=1)
        bottom = self._bounds.log_joint(*box, -1)[:, self._leader]
        return np.asarray(top - bottom + (size if self._rooted else 0.0))

    def _box(self, decided: Sequence[_Entry], high: States, factor: float) -> tuple[Box, Box]:
        """The multipliers between which those of each part lie."""
        least = dict(self._fixed)
        most = self._fixed | {name: np.full((1, *t.shape), factor) for name, t in self._movable.items()}
        for name in {entry.name for entry in decided}:
            least[name], most[name] = (np.repeat(box[name], len(high), axis=0) for box in (least, most))
        for entry, raised in zip(decided, high.T, strict=True):
            for at, up in ((entry.at, raised), (entry.other, ~raised)):
                if at is not None:
                    least[entry.name][(up, *at)] = factor
                    most[entry.name][(~up, *at)] = 1.0
        return least, most


def _split(high: States) -> States:
    both = np.repeat(high, 2, axis=0)
    return np.column_stack([both, np.arange(len(both)) % 2 == 0])


def _most(rows: Array, gains: Array, factor: float) -> Array:
    """The most that the sum of entry times gain can grow within a ball, by row."""
    return np.asarray(best_value(rows, gains, 1.0, factor) - (rows * gains).sum(axis=-1))
