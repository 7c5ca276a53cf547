"""Shares of the posterior's variance, from pairs of answers that have some draws of the CPTs in common.

The variance of Y = P(leader | e) under Dirichlet draws of all parameters is laid to groups of CPT rows. The share
of group g is its closed first-order index Var(E[Y | theta_g]) / Var(Y): the part that would go, on average, if g
were known exactly. It is the correlation of two answers that have the draws of g in common and nothing else
(pick-freeze: Sobol 1993; the estimator of Janon et al. 2014, ESAIM Prob Stat 18:342-364). P(t, e) is linear in all
rows of one CPT together, so the second answer of a group within one CPT follows from the slopes at the drawn
parameters; groups that span several CPTs are asked anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, repeat
from typing import Any

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.one_way import Indices
from bayesdx.analyses.sensitivity.numbers.tornado import diagnosis_of
from bayesdx.inference.draws import DRAWS, cpt_draws
from bayesdx.inference.logs import log_sum
from bayesdx.inference.results import leading
from bayesdx.network import Array, Network

#: Pairs of draws behind the shares.
PAIRS = DRAWS // 2
#: Partners that each draw gets where another one costs little.
_PARTNERS = 8
#: Stretches of the draws whose scatter gives the standard errors.
_STRETCHES = 30


def owners_of(network: Network, name: str) -> Indices | None:
    """The diagnosis (rows,) to which each row of a CPT belongs; None where no parent stands for it."""
    context = network.diagnosis_parent(name)
    if context is None:
        return None
    shape = network.cpts[name].shape[:-1]
    at = network.parents[name].index(context)
    of = np.array([diagnosis_of(network, context, key) for key in range(shape[at])], dtype=np.intp)
    return of[np.unravel_index(np.arange(np.prod(shape)), shape)[at]]


class Sample:
    """Two independent sets of ``draws`` of all CPTs, and the leader's posterior under them.

    Equal seeds give equal draws. ``first`` and ``second`` (draws, *cpt) by variable; of a hard finding only the
    state that was seen. ``joints`` are log P(t, e) (draws, T) under each, ``answers`` (2, draws) the leader's
    posteriors; ``slopes`` by variable (draws, *cpt) d P(e) by each entry over P(e), under the second. ``owners`` by
    variable is the diagnosis of each row (None where no parent says it), for only the leader's own rows move
    P(leader, e); ``leading`` are the slopes of that, empty where the owners tell all.
    """

    def __init__(self, question: Question, draws: int = PAIRS, seed: int = 0) -> None:
        network, findings, target = question.network, question.findings, question.target
        self.question, self.draws, self.seed = question, draws, seed
        seeds = np.random.SeedSequence([seed, 1]).generate_state(2)
        self.first, self.second = (cpt_draws(network, findings, target.id, draws, int(own)) for own in seeds)
        self.leader = leader = int(leading(question.posterior))
        engine = question.engine
        self.joints = [engine.joint_draws(findings, cpts) for cpts in (self.first, self.second)]
        self.answers = np.stack([_leading(joint, leader) for joint in self.joints])
        self.variance = float(self.answers.var())
        self.slopes = self._slopes(np.ones(target.cardinality))
        self.owners = {name: owners_of(network, name) for name in self.slopes}
        apart = any(owners is None for owners in self.owners.values())
        self.leading = self._slopes(np.eye(target.cardinality)[leader]) if apart else {}
        self._hard = question.hard_findings()
        self._means: dict[str, Array] = {}

    @property
    def posteriors(self) -> Array:
        """P(target | e) (2 draws, T) under each of the draws."""
        joints = [np.broadcast_to(joint, (self.draws, joint.shape[1])) for joint in self.joints]
        return np.concatenate([np.exp(joint - log_sum(joint)[:, None]) for joint in joints])

    def _slopes(self, weights: Array) -> dict[str, Array]:
        found = self.question.engine.slope_draws(self.question.findings, self.second, weights[None, None])
        return {name: slopes[0] for name, slopes in found.items()}

    def share(self, rows: Mapping[str, Indices]) -> tuple[float, float]:
        """The share of some rows of each of several CPTs, and its standard error."""
        return _correlation(
            *(_within_cpt(self, *next(iter(rows.items()))) if len(rows) == 1 else _across_cpts(self, rows))
        )

    def counts(self, name: str, rows: Indices) -> Array:
        """The counts (R, states) of some rows of a CPT."""
        counts = self.question.network.counts[name]
        return counts.reshape(-1, counts.shape[-1])[rows]

    def entries(self, name: str, rows: Indices) -> tuple[Indices, Indices]:
        """The entries of the ``rows`` of a CPT that can differ between draws and matter.

        For each the place of its row among ``rows``, and its state.
        """
        possible = self.counts(name, rows) > 0
        if name in self._hard:
            possible &= np.arange(possible.shape[1]) == self._hard[name]
        row, state = np.nonzero(possible)
        return row, state

    def drawn(self, table: Array, name: str, rows: Indices) -> Array:
        """The draws (E, draws) of a ``table`` (draws, *cpt) at the ``entries`` of some rows."""
        row, state = self.entries(name, rows)
        shape = self.question.network.cpts[name].shape
        *parents, state = np.unravel_index(rows[row] * shape[-1] + state, shape)
        return np.asarray(np.moveaxis(table, 0, -1)[(*parents, np.minimum(state, table.shape[-1] - 1))])

    def _products(self, name: str) -> Array:
        """The mean product (rows, columns) of each entry of a CPT with the answer less its mean, over all draws."""
        if name not in self._means:
            centred = self.answers - self.answers.mean()
            tables = [np.moveaxis(_columns(cpts[name]), 0, -1) for cpts in (self.first, self.second)]
            sums = sum(np.einsum("...n,n->...", table, y) for table, y in zip(tables, centred, strict=True))
            self._means[name] = np.reshape(sums, (-1, tables[0].shape[-2])) / (2 * self.draws)
        return self._means[name]

    def linear(self, name: str, rows: Indices) -> Array:
        """Of the variance of the answer, the part (R,) that is linear in each of the rows."""
        row, state = self.entries(name, rows)
        counts = self.counts(name, rows)
        total = counts.sum(axis=1)
        mean = counts[row, state] / total[row]
        means = self._products(name)
        together = means[rows[row], np.minimum(state, means.shape[-1] - 1)]
        moving = mean < 1
        spread = np.where(moving, mean, 1.0)
        if name in self._hard:
            spread = spread * np.where(moving, 1.0 - mean, 1.0)
        squares = np.where(moving, together**2 * (total[row] + 1) / spread, 0.0)
        free = np.bincount(row, moving, len(rows)) - (name not in self._hard)
        chance = self.variance / (2 * self.draws) * np.maximum(free, 0)
        return np.maximum(np.bincount(row, squares, len(rows)) - chance, 0.0)


def _leading(joint: Array, leader: int) -> Array:
    """P(leader | e) (draws,) from log P(t, e) (draws, T)."""
    return np.asarray(np.exp(joint[:, leader] - log_sum(joint)))


def _rolled(values: Array) -> Iterator[Array]:
    """``values`` (draws,) rolled by 0, 1, … places, once for each partner."""
    return (np.roll(values, places) for places in range(_PARTNERS))


def _within_cpt(sample: Sample, name: str, rows: Indices) -> tuple[Array, Array]:
    """Answers (partners, draws) and what they become when all but some rows of a CPT are drawn anew."""
    owners = sample.owners[name]
    own = rows if owners is None else rows[owners[rows] == sample.leader]
    total = _exchanged(sample, np.ones(sample.draws), sample.slopes[name], name, rows)
    first = _exchanged(sample, sample.answers[1], (sample.leading or sample.slopes)[name], name, own)
    mixed = np.clip(first / np.where(total > 0, total, 1.0), 0.0, 1.0)
    return np.stack(list(_rolled(sample.answers[0]))), mixed


def _exchanged(sample: Sample, value: Array, slopes: Array, name: str, rows: Indices) -> Array:
    """What ``value`` (draws,) becomes, (partners, draws), when ``rows`` of a CPT are of the first draws.

    It is linear in the rows of one CPT, with ``slopes`` (draws, *cpt).
    """
    slope, kept, anew = (
        sample.drawn(table, name, rows) for table in (slopes, sample.first[name], sample.second[name])
    )
    found = np.tile(value - np.einsum("en,en->n", slope, anew), (_PARTNERS, 1))
    for places, mixed in enumerate(found):
        mixed[places:] += np.einsum("en,en->n", slope[:, places:], kept[:, : sample.draws - places])
        mixed[:places] += np.einsum("en,en->n", slope[:, :places], kept[:, sample.draws - places :])
    return found


def _across_cpts(sample: Sample, group: Mapping[str, Indices]) -> tuple[Array, Array]:
    """The same for a ``group`` of rows of several CPTs.

    They move P(t, e) of their own diagnoses only: the other diagnoses can be paired with any draw, unless a CPT
    outside the group is common to all of them, and so must be of one draw in an answer.
    """
    leader, joint = sample.leader, sample.joints[1]
    common = any(owners is None for name, owners in sample.owners.items() if name not in group)
    partners = 1 if common else _PARTNERS
    moved: list[Indices] = []
    for name, rows in group.items():
        owners = sample.owners[name]
        moved.append(np.arange(joint.shape[1]) if owners is None else owners[rows])
    states = np.unique(np.concatenate(moved))
    mixed = sample.second | {name: _mixed(sample, name, rows, states) for name, rows in group.items()}
    if all(mixed[name] is table for name, table in sample.first.items()):
        own = sample.joints[0][:, states]
    else:
        own = sample.question.engine.joint_draws(sample.question.findings, mixed, states.tolist())
    rest = np.delete(joint, states, axis=1)
    if not rest.shape[1]:
        return sample.answers[:1], _leading(own, leader)[None]
    own_total, rest_total = log_sum(own), log_sum(rest)
    at = np.flatnonzero(states == leader)
    firsts = repeat(own[:, at[0]]) if len(at) else _rolled(joint[:, leader])
    found = [
        np.exp(first - np.logaddexp(own_total, others))
        for first, others in zip(islice(firsts, partners), _rolled(rest_total), strict=False)
    ]
    return np.broadcast_to(sample.answers[0], (partners, sample.draws)), np.stack(found)


def _mixed(sample: Sample, name: str, rows: Indices, states: Indices) -> Array:
    """The second draws (draws, *cpt) of a CPT with the flat ``rows`` of the first.

    Rows of other diagnoses than ``states`` do not matter.
    """
    first, second, owners = sample.first[name], sample.second[name], sample.owners[name]
    wanted = np.zeros(sample.joints[0].shape[1], dtype=bool)
    wanted[states] = True
    missing = np.ones(np.prod(first.shape[1:-1], dtype=int), dtype=bool) if owners is None else wanted[owners]
    missing[rows] = False
    others = np.flatnonzero(missing)
    if not len(others):
        return first
    shape = _columns(first).shape[1:]
    table = np.moveaxis(np.zeros((*shape, sample.draws)), -1, 0)
    for drawn, some in ((first, rows), (second, others)):
        at: tuple[Any, ...] = (slice(None), *np.unravel_index(some, shape[:-1]))
        table[at] = drawn[at][..., : shape[-1]]
    return np.broadcast_to(table, first.shape)


def _columns(table: Array) -> Array:
    """The columns of a CPT that were drawn: one may stand in for all."""
    return table if table.strides[-1] else table[..., :1]


def _correlation(first: Array, second: Array) -> tuple[float, float]:
    """Correlation of pairs (partners, draws) of the same distribution, within 0 and 1, and its standard error.

    The error comes from the scatter between stretches of draws, which hardly share partners.
    """
    mean = (first.mean() + second.mean()) / 2
    a, b = first - mean, second - mean
    product, square = (a * b).mean(axis=0), ((a**2 + b**2) / 2).mean(axis=0)
    if square.mean() <= 0:
        return 0.0, 0.0
    share = float(product.mean() / square.mean())
    stretches = [part.mean() for part in np.array_split(product - share * square, _STRETCHES)]
    error = float(np.std(stretches, ddof=1) / np.sqrt(_STRETCHES) / square.mean())
    return min(max(share, 0.0), 1.0), error
