"""The study to do next: whose better knowledge would shrink the posterior's variance most?

The variance of Y = P(leader | e) under Dirichlet draws of all parameters is laid to groups of CPT rows. The share
of group g is its closed first-order index Var(E[Y | theta_g]) / Var(Y): the part that would go, on average, if g
were known exactly. It is the correlation of two answers that have the draws of g in common and nothing else
(pick-freeze: Sobol 1993; the estimator of Janon et al. 2014, ESAIM Prob Stat 18:342-364). P(t, e) is linear in all
rows of one CPT together, so the second answer of a group within one CPT follows from the slopes at the drawn
parameters; groups that span several CPTs are asked anew.

What a study of n more lesions removes, Var(E[Y | study]), is given as an upper bound. With Y split into orthogonal
polynomials of the rows, a study takes the share l_r = n_r / (n_r + A_r) of what is linear in row r (A_r the counts
that it has, n_r the lesions that fall into it), and at most max l_r^2 of all other parts (Diaconis, Khare &
Saloff-Coste 2008, Stat Sci 23:151-178). The linear parts come from covariances with the drawn rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Publications
from bayesdx.analyses.sensitivity.numbers.one_way import Indices, posterior_of
from bayesdx.analyses.sensitivity.numbers.tornado import diagnosis_of, row_weights
from bayesdx.inference import Derivatives
from bayesdx.inference.draws import cpt_draws
from bayesdx.inference.findings import FLOOR
from bayesdx.knowledge.studies import effective_size
from bayesdx.network import Array, Network

#: Pairs of draws behind the shares.
DRAWS = 2_000
#: Partners that each draw gets where another one costs little.
_PARTNERS = 8
#: Stretches of the draws whose scatter gives the standard errors.
_STRETCHES = 30
#: Variance of a probability that is rounding alone.
NOTHING = 1e-24
#: Groups of each kind whose shares are estimated: those with the largest variance to first order.
GROUPS = 12
#: Sizes of a further study.
SIZES = (20, 50, 100)


@dataclass(frozen=True, slots=True)
class Importance:
    """One group of numbers. ``kind`` is ``row``, ``finding``, ``diagnosis`` or ``source``.

    ``finding`` and ``context`` (state of the parent that stands for the diagnosis), or ``diagnosis``, or
    ``source`` say which group. ``share`` is the share of the variance that would go if it were known exactly,
    with standard error ``error``; ``removed`` (one for each of SIZES) the share that one more study of so many
    lesions of the diagnosis or form would be expected to remove at most, empty for a source.
    """

    kind: str
    share: float
    error: float
    removed: tuple[float, ...] = ()
    finding: str = ""
    context: int | None = None
    diagnosis: int | None = None
    source: str = ""


@dataclass(frozen=True)
class ImportanceResult:
    """Groups of each kind, the largest share first; ``variance`` is Var(P(leader | e)).

    ``effective`` says how many lesions studies of SIZES count for, once differences between studies are allowed
    for: the median of the findings.
    """

    variance: float
    draws: int
    sizes: tuple[int, ...]
    effective: tuple[float, ...]
    groups: tuple[Importance, ...]

    def of(self, kind: str) -> tuple[Importance, ...]:
        return tuple(group for group in self.groups if group.kind == kind)


@dataclass(frozen=True)
class _Group:
    about: Importance
    rows: Mapping[str, Indices]
    lesions: Mapping[str, Array]  # of a study of one lesion, how many fall into each of the rows


def importance(
    question: Question,
    derivatives: Derivatives,
    literature: Publications | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> ImportanceResult:
    """Shares of every kind of group; sources only when the ``literature`` is known.

    Without counts nothing varies and there are no groups.
    """
    network, target = question.engine.network, question.target.id
    posterior = posterior_of(derivatives, network, target)
    leader = int(posterior.argmax())
    names = [n for n in network.ancestral([target, *question.findings]) if n in network.counts]
    rho = {name: literature.study_correlation(name) if literature else 0.0 for name in names}
    typical = float(np.median(list(rho.values()))) if rho else 0.0
    effective = tuple(effective_size(size, typical) for size in SIZES)
    slopes = {
        name: derivatives.target_cpt[name].reshape(len(posterior), -1, network.cpts[name].shape[-1])
        for name in names
    }
    first_order = {name: _row_variance(network, name, slopes[name], posterior, leader) for name in names}
    groups = _groups(question, names, first_order, literature)
    if not groups:
        return ImportanceResult(0.0, draws, SIZES, effective, ())
    sample = _Sample(question, leader, draws, seed)
    if sample.variance < NOTHING:
        return ImportanceResult(0.0, draws, SIZES, effective, ())
    alike: dict[object, _Group] = {}  # publications may inform the same rows
    keys = [frozenset((name, rows.tobytes()) for name, rows in group.rows.items()) for group in groups]
    for key, group in zip(keys, groups, strict=True):
        alike.setdefault((key, bool(group.lesions)), group)
    known = {key: _share(sample, group, rho) for key, group in alike.items()}
    found = [
        replace(group.about, share=one.share, error=one.error, removed=one.removed)
        for key, group in zip(keys, groups, strict=True)
        for one in [known[key, bool(group.lesions)]]
    ]
    ranked = sorted(found, key=lambda one: -round(one.share, 9))
    return ImportanceResult(sample.variance, draws, SIZES, effective, tuple(ranked))


def _row_variance(network: Network, name: str, slopes: Array, posterior: Array, leader: int) -> Array:
    """Variance (rows,) of the leader's posterior to first order, from the Dirichlet covariance of each row."""
    counts = network.counts[name].reshape(-1, slopes.shape[-1])
    total = counts.sum(axis=1, keepdims=True)
    theta = counts / total
    gradient = slopes[leader] - posterior[leader] * slopes.sum(axis=0)
    spread = (gradient**2 * theta).sum(axis=1) - (gradient * theta).sum(axis=1) ** 2
    return np.asarray(spread / (total[:, 0] + 1))


def _groups(
    question: Question, names: list[str], variance: Mapping[str, Array], literature: Publications | None
) -> list[_Group]:
    network = question.engine.network
    by_row: dict[tuple[str, int], _Group] = {}
    sizes: dict[tuple[str, int], float] = {}
    by_diagnosis: dict[int, dict[str, list[Indices]]] = {}
    shares: dict[str, Array] = {}
    for name in names:
        context = network.diagnosis_parent(name)
        shares[name] = row_weights(question, name, context)
        shape = network.cpts[name].shape[:-1]
        rows = np.arange(len(variance[name]))
        keys = rows if context is None else np.unravel_index(rows, shape)[network.parents[name].index(context)]
        for key in sorted(set(keys.tolist())):
            members = np.flatnonzero(keys == key)
            sizes[name, key] = float(variance[name][members].sum())
            if sizes[name, key] <= 0:
                continue
            diagnosis = None if context is None else diagnosis_of(network, context, key)
            about = Importance("row", 0.0, 0.0, finding=name, context=key, diagnosis=diagnosis)
            by_row[name, key] = _Group(about, {name: members}, {name: _normalised(shares[name][members])})
            if diagnosis is not None:
                by_diagnosis.setdefault(diagnosis, {}).setdefault(name, []).append(members)
    kinds: list[list[_Group]] = [list(by_row.values())]
    everything = {name: np.flatnonzero(variance[name] > 0) for name in names}
    kinds.append(
        [
            _Group(
                Importance("finding", 0.0, 0.0, finding=name),
                {name: rows},
                {name: _within(network, name, rows, shares)},
            )
            for name, rows in everything.items()
            if len(rows)
        ]
    )
    kinds.append([_of_diagnosis(network, d, rows, shares) for d, rows in by_diagnosis.items()])
    if literature is not None:
        kinds.append(_of_sources(by_row, sizes, literature))

    def size(group: _Group) -> float:
        return float(sum(variance[name][rows].sum() for name, rows in group.rows.items()))

    return [group for kind in kinds for group in sorted(kind, key=size, reverse=True)[:GROUPS]]


def _of_diagnosis(
    network: Network, diagnosis: int, rows: Mapping[str, list[Indices]], shares: Mapping[str, Array]
) -> _Group:
    members = {name: np.concatenate(parts) for name, parts in rows.items()}
    lesions = {name: _normalised(shares[name][found]) for name, found in members.items()}
    return _Group(Importance("diagnosis", 0.0, 0.0, diagnosis=diagnosis), members, lesions)


def _of_sources(
    by_row: Mapping[tuple[str, int], _Group], sizes: Mapping[tuple[str, int], float], literature: Publications
) -> list[_Group]:
    """For the sources of the largest ``sizes`` the rows that they have a fact on."""
    known: dict[str, list[tuple[str, int]]] = {}
    for name, key in by_row:
        for source in sorted(literature.sources(name, key)):
            known.setdefault(source, []).append((name, key))
    groups = []
    for source in sorted(known, key=lambda source: -sum(sizes[at] for at in known[source]))[:GROUPS]:
        found: dict[str, list[Indices]] = {}
        for name, key in known[source]:
            found.setdefault(name, []).append(by_row[name, key].rows[name])
        rows = {name: np.concatenate(parts) for name, parts in found.items()}
        groups.append(_Group(Importance("source", 0.0, 0.0, source=source), rows, {}))
    return groups


def _within(network: Network, name: str, rows: Indices, shares: Mapping[str, Array]) -> Array:
    """P(row | its diagnosis) of each of ``rows``: a study of every diagnosis divides its lesions so."""
    owners = _owners(network, name)
    if owners is None:
        return _normalised(shares[name][rows])
    own, share = owners[rows], shares[name][rows]
    sums = np.bincount(own, share)[own]
    return np.asarray(share / np.where(sums > 0, sums, 1.0))


def _owners(network: Network, name: str) -> Indices | None:
    """The diagnosis (rows,) to which each row of a CPT belongs; None where no parent stands for it."""
    context = network.diagnosis_parent(name)
    if context is None:
        return None
    shape = network.cpts[name].shape[:-1]
    at = network.parents[name].index(context)
    of = np.array([diagnosis_of(network, context, key) for key in range(shape[at])], dtype=np.intp)
    return of[np.unravel_index(np.arange(np.prod(shape)), shape)[at]]


def _normalised(share: Array) -> Array:
    total = float(share.sum())
    return share / total if total > 0 else share


class _Sample:
    """Two independent sets of ``draws`` of all CPTs, and the leader's posterior under them.

    ``first`` and ``second`` (draws, *cpt) by variable; of a hard finding only the state that was seen. ``joints``
    are log P(t, e) (draws, T) under each, ``answers`` (2, draws) the leader's posteriors; ``slopes`` by variable
    (draws, *cpt) d P(e) by each entry over P(e), under the second. ``owners`` by variable is the diagnosis of each
    row (None where no parent says it), for only the leader's own rows move P(leader, e); ``leading`` are the
    slopes of that, empty where the owners tell all.
    """

    def __init__(self, question: Question, leader: int, draws: int, seed: int) -> None:
        engine, target, findings = question.engine, question.target, question.findings
        self.question, self.leader, self.draws = question, leader, draws
        seeds = np.random.SeedSequence([seed, 1]).generate_state(2)
        self.first, self.second = (cpt_draws(engine.network, findings, target.id, draws, int(own)) for own in seeds)
        self.joints = [engine.joint_draws(findings, cpts) for cpts in (self.first, self.second)]
        self.answers = np.stack([_leading(joint, leader) for joint in self.joints])
        self.variance = float(self.answers.var())
        self.slopes = self._slopes(np.ones(target.cardinality))
        self.owners = {name: _owners(engine.network, name) for name in self.slopes}
        apart = any(owners is None for owners in self.owners.values())
        self.leading = self._slopes(np.eye(target.cardinality)[leader]) if apart else {}
        self._hard = question.hard_findings()

    @property
    def network(self) -> Network:
        return self.question.engine.network

    def _slopes(self, weights: Array) -> dict[str, Array]:
        found = self.question.engine.slope_draws(self.question.findings, self.second, weights[None, None])
        return {name: slopes[0] for name, slopes in found.items()}

    def counts(self, name: str, rows: Indices) -> Array:
        """The counts (R, states) of some rows of a CPT."""
        counts = self.network.counts[name]
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
        shape = self.network.cpts[name].shape
        *parents, state = np.unravel_index(rows[row] * shape[-1] + state, shape)
        return np.asarray(np.moveaxis(table, 0, -1)[(*parents, np.minimum(state, table.shape[-1] - 1))])

    def linear(self, name: str, rows: Indices) -> Array:
        """Of the variance of the answer, the part (R,) that is linear in each of the rows."""
        row, state = self.entries(name, rows)
        counts = self.counts(name, rows)
        total = counts.sum(axis=1)
        mean = counts[row, state] / total[row]
        centred = self.answers - self.answers.mean()
        pairs = zip(centred, (self.first, self.second), strict=True)
        products = [np.einsum("en,n->e", self.drawn(cpts[name], name, rows), y) for y, cpts in pairs]
        together = sum(products) / (2 * self.draws)
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
    return np.asarray(np.exp(joint[:, leader] - _log_sum(joint)))


def _log_sum(logs: Array) -> Array:
    """ln of the sum of exp(logs) along the last axis; like ``np.logaddexp.reduce``, which is slow."""
    largest = np.maximum(logs.max(axis=-1), FLOOR)  # all may be -inf
    with np.errstate(divide="ignore"):
        return np.asarray(largest + np.log(np.exp(logs - largest[..., None]).sum(axis=-1)))


def _rolled(values: Array) -> Iterator[Array]:
    """``values`` (draws,) rolled by 0, 1, … places, once for each partner."""
    return (np.roll(values, places) for places in range(_PARTNERS))


def _share(sample: _Sample, group: _Group, rho: Mapping[str, float]) -> Importance:
    pairs = _within_cpt(sample, group) if len(group.rows) == 1 else _across_cpts(sample, group)
    share, error = _correlation(*pairs)
    if not group.lesions:
        return replace(group.about, share=share, error=error)
    linear = {name: sample.linear(name, rows) / sample.variance for name, rows in group.rows.items()}
    removed = []
    for size in SIZES:
        taken, largest = 0.0, 0.0
        for name, rows in group.rows.items():
            more = effective_size(size, rho[name]) * group.lesions[name]
            known = more / (more + sample.counts(name, rows).sum(axis=1))
            taken += float(known @ linear[name])
            largest = max(largest, float(known.max()))
        rest = max(share - sum(float(part.sum()) for part in linear.values()), 0.0)
        removed.append(min(taken + largest**2 * rest, share))
    return replace(group.about, share=share, error=error, removed=tuple(removed))


def _within_cpt(sample: _Sample, group: _Group) -> tuple[Array, Array]:
    """Answers (partners, draws) and what they become when all but the group's rows are drawn anew."""
    ((name, rows),) = group.rows.items()
    owners = sample.owners[name]
    own = rows if owners is None else rows[owners[rows] == sample.leader]
    total = _exchanged(sample, np.ones(sample.draws), sample.slopes[name], name, rows)
    first = _exchanged(sample, sample.answers[1], (sample.leading or sample.slopes)[name], name, own)
    mixed = np.clip(first / np.where(total > 0, total, 1.0), 0.0, 1.0)
    return np.stack(list(_rolled(sample.answers[0]))), mixed


def _exchanged(sample: _Sample, value: Array, slopes: Array, name: str, rows: Indices) -> Array:
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


def _across_cpts(sample: _Sample, group: _Group) -> tuple[Array, Array]:
    """The same for a group of rows of several CPTs.

    They move P(t, e) of their own diagnoses only: the other diagnoses can be paired with any draw.
    """
    leader, joint = sample.leader, sample.joints[1]
    moved: list[Indices] = []
    for name, rows in group.rows.items():
        owners = sample.owners[name]
        moved.append(np.arange(joint.shape[1]) if owners is None else owners[rows])
    states = np.unique(np.concatenate(moved))
    mixed = sample.second | {name: _mixed(sample, name, rows, states) for name, rows in group.rows.items()}
    if all(mixed[name] is table for name, table in sample.first.items()):
        own = sample.joints[0][:, states]
    else:
        own = sample.question.engine.joint_draws(sample.question.findings, mixed, states.tolist())
    rest = np.delete(joint, states, axis=1)
    if not rest.shape[1]:
        return sample.answers[:1], _leading(own, leader)[None]
    own_total, rest_total = _log_sum(own), _log_sum(rest)
    at = np.flatnonzero(states == leader)
    firsts = repeat(own[:, at[0]]) if len(at) else _rolled(joint[:, leader])
    found = [
        np.exp(first - np.logaddexp(own_total, others))
        for first, others in zip(firsts, _rolled(rest_total), strict=False)
    ]
    return np.broadcast_to(sample.answers[0], (_PARTNERS, sample.draws)), np.stack(found)


def _mixed(sample: _Sample, name: str, rows: Indices, states: Indices) -> Array:
    """The second draws (draws, *cpt) of a CPT with the flat ``rows`` of the first.

    Rows of other diagnoses than ``states`` do not matter.
    """
    first, second, owners = sample.first[name], sample.second[name], sample.owners[name]
    wanted = np.isin(np.arange(sample.joints[0].shape[1]), states)
    missing = np.ones(np.prod(first.shape[1:-1], dtype=int), dtype=bool) if owners is None else wanted[owners]
    missing[rows] = False
    others = np.flatnonzero(missing)
    if not len(others):
        return first
    shape = first.shape[1:] if first.strides[-1] else (*first.shape[1:-1], 1)  # one column may stand in for all
    table = np.moveaxis(np.zeros((*shape, sample.draws)), -1, 0)
    for drawn, some in ((first, rows), (second, others)):
        at: tuple[Any, ...] = (slice(None), *np.unravel_index(some, shape[:-1]))
        table[at] = drawn[at][..., : shape[-1]]
    return np.broadcast_to(table, first.shape)


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
