"""The study to do next: whose better knowledge would shrink the posterior's variance most?

The variance of Y = P(leader | e) under Dirichlet draws of all parameters is laid to groups of CPT rows. The share
of group g is its main effect Var(E[Y | theta_g]) / Var(Y) (Sobol 1993): the part that would go, on average, if g
were known exactly. E[Y | theta_g] is a regression of Y on Y_g, the answer when g alone moves, over the draws;
Y_g is the product over CPTs of their exact effects on P(t, e). What n more lesions would remove is the variance of
that regression at parameters drawn together by sqrt(n / (n + A)), A the counts that a row has (Jalal &
Alarid-Escudero 2018, Med Decis Making 38:174-188). Both are lower bounds: what Y_g leaves out is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Literature
from bayesdx.analyses.sensitivity.numbers.one_way import Indices, posterior_of
from bayesdx.analyses.sensitivity.numbers.tornado import context_parent, diagnosis_of, row_weights
from bayesdx.inference import Derivatives
from bayesdx.inference.draws import cpt_draws
from bayesdx.network import Array, Network

#: Draws behind the shares: a standard error of at most 1.4 % of the variance.
DRAWS = 3_000
_CHUNK = 3_000
#: Groups of each kind whose shares are estimated: those with the largest variance to first order.
GROUPS = 12
#: Sizes of a further study.
SIZES = (20, 50, 100)
_BINS = 20


@dataclass(frozen=True, slots=True)
class Importance:
    """One group of numbers. ``kind`` is ``row``, ``finding``, ``diagnosis`` or ``source``.

    ``finding`` and ``context`` (state of the parent that stands for the diagnosis), or ``diagnosis``, or
    ``source`` say which group. ``share`` is the share of the variance that would go if it were known exactly,
    with standard error ``error``; ``removed`` (one for each of SIZES) the share that one more study of so many
    lesions of the diagnosis or form would be expected to remove, empty for a source.
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
    for.
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
    literature: Literature | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> ImportanceResult:
    """Shares of every kind of group; sources only when the ``literature`` is known.

    Without counts nothing varies and there are no groups.
    """
    network, target = question.engine.network, question.target.id
    posterior = posterior_of(derivatives, network, target)
    leader = int(posterior.argmax())
    rho = literature.study_correlation if literature else 0.0
    effective = tuple(size / (1 + (size - 1) * rho) for size in SIZES)
    names = [n for n in network.ancestral([target, *question.findings]) if n in network.counts]
    slopes = {
        name: derivatives.target_cpt[name].reshape(len(posterior), -1, network.cpts[name].shape[-1])
        for name in names
    }
    first_order = {name: _row_variance(network, name, slopes[name], posterior, leader) for name in names}
    groups = _groups(question, names, first_order, literature)
    if not groups:
        return ImportanceResult(0.0, draws, SIZES, effective, ())
    answers, alone = _simulate(question, groups, slopes, posterior, leader, effective, draws, seed)
    variance = float(answers.var())
    found = [_share(g.about, answers, alone[:, i], variance) for i, g in enumerate(groups)]
    ranked = sorted(found, key=lambda one: -one.share)
    return ImportanceResult(variance, draws, SIZES, effective, tuple(ranked))


def _row_variance(network: Network, name: str, slopes: Array, posterior: Array, leader: int) -> Array:
    """Variance (rows,) of the leader's posterior to first order, from the Dirichlet covariance of each row."""
    counts = network.counts[name].reshape(-1, slopes.shape[-1])
    total = counts.sum(axis=1, keepdims=True)
    theta = counts / total
    gradient = slopes[leader] - posterior[leader] * slopes.sum(axis=0)
    spread = (gradient**2 * theta).sum(axis=1) - (gradient * theta).sum(axis=1) ** 2
    return np.asarray(spread / (total[:, 0] + 1))


def _groups(
    question: Question, names: list[str], variance: Mapping[str, Array], literature: Literature | None
) -> list[_Group]:
    network = question.engine.network
    by_row: dict[tuple[str, int], _Group] = {}
    by_diagnosis: dict[int, dict[str, list[Indices]]] = {}
    shares: dict[str, Array] = {}
    for name in names:
        context = context_parent(network, name)
        shares[name] = row_weights(question.engine, name, context)
        shape = network.cpts[name].shape[:-1]
        rows = np.arange(len(variance[name]))
        keys = rows if context is None else np.unravel_index(rows, shape)[network.parents[name].index(context)]
        for key in np.unique(keys).tolist():
            members = np.flatnonzero(keys == key)
            if variance[name][members].sum() <= 0:
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
        kinds.append(_of_sources(by_row, literature))

    def size(group: _Group) -> float:
        return float(sum(variance[name][rows].sum() for name, rows in group.rows.items()))

    return [group for kind in kinds for group in sorted(kind, key=size, reverse=True)[:GROUPS]]


def _of_diagnosis(
    network: Network, diagnosis: int, rows: Mapping[str, list[Indices]], shares: Mapping[str, Array]
) -> _Group:
    members = {name: np.concatenate(parts) for name, parts in rows.items()}
    lesions = {name: _normalised(shares[name][found]) for name, found in members.items()}
    return _Group(Importance("diagnosis", 0.0, 0.0, diagnosis=diagnosis), members, lesions)


def _of_sources(by_row: Mapping[tuple[str, int], _Group], literature: Literature) -> list[_Group]:
    """For each source the rows that it has a fact on."""
    found: dict[str, dict[str, list[Indices]]] = {}
    for (name, key), group in by_row.items():
        for source in literature.sources(name, key):
            found.setdefault(source, {}).setdefault(name, []).append(group.rows[name])
    return [
        _Group(
            Importance("source", 0.0, 0.0, source=source),
            {n: np.concatenate(parts) for n, parts in rows.items()},
            {},
        )
        for source, rows in found.items()
    ]


def _within(network: Network, name: str, rows: Indices, shares: Mapping[str, Array]) -> Array:
    """P(row | its diagnosis) of each of ``rows``: a study of every diagnosis divides its lesions so."""
    context = context_parent(network, name)
    if context is None:
        return _normalised(shares[name][rows])
    keys = np.unravel_index(rows, network.cpts[name].shape[:-1])[network.parents[name].index(context)]
    owners = np.array([diagnosis_of(network, context, int(key)) for key in keys])
    share = shares[name][rows]
    sums = np.bincount(owners, share, minlength=owners.max() + 1)[owners]
    return np.asarray(share / np.where(sums > 0, sums, 1.0))


def _normalised(share: Array) -> Array:
    total = float(share.sum())
    return share / total if total > 0 else share


def _simulate(
    question: Question,
    groups: list[_Group],
    slopes: Mapping[str, Array],
    posterior: Array,
    leader: int,
    effective: tuple[float, ...],
    draws: int,
    seed: int,
) -> tuple[Array, Array]:
    """The leader's posterior under draws of everything (draws,), and when each group alone moves.

    The second has the shape (draws, groups, 1 + sizes): the whole movement first, then drawn together.
    """
    network, target = question.engine.network, question.target.id
    sizes = [min(_CHUNK, draws - start) for start in range(0, draws, _CHUNK)]
    seeds = np.random.SeedSequence([seed, 1]).generate_state(len(sizes))
    states = {name: np.flatnonzero(slope.any(axis=(0, 1))) for name, slope in slopes.items()}
    acting = {name: slope[:, :, states[name]] for name, slope in slopes.items()}
    answers, alone = [], []
    for size, own in zip(sizes, seeds, strict=True):
        cpts = cpt_draws(network, question.findings, target, size, int(own))
        answers.append(question.engine.posterior_draws(question.findings, cpts, target)[:, leader])
        moves = {}
        for name in acting:
            drawn = cpts.pop(name).reshape(size, -1, network.cpts[name].shape[-1])[:, :, states[name]]
            moves[name] = drawn - network.cpts[name].reshape(-1, network.cpts[name].shape[-1])[:, states[name]]
        part = np.empty((size, len(groups), 1 + len(SIZES)))
        for g, group in enumerate(groups):
            part[:, g, 0] = _alone(group, moves, acting, posterior, leader, None)
            for i, lesions in enumerate(effective):
                if group.lesions:
                    pull = {
                        name: _pull(network, name, rows, lesions * group.lesions[name])
                        for name, rows in group.rows.items()
                    }
                    part[:, g, 1 + i] = _alone(group, moves, acting, posterior, leader, pull)
        alone.append(part)
    return np.concatenate(answers), np.concatenate(alone)


def _pull(network: Network, name: str, rows: Indices, lesions: Array) -> Array:
    """sqrt(n / (n + A)) of each of ``rows``, for n = ``lesions`` (rows,) more in each."""
    counts = network.counts[name]
    total = counts.reshape(-1, counts.shape[-1])[rows].sum(axis=1)
    return np.asarray(np.sqrt(lesions / (lesions + total)))


def _alone(
    group: _Group,
    moves: Mapping[str, Array],
    slopes: Mapping[str, Array],
    posterior: Array,
    leader: int,
    pull: Mapping[str, Array] | None,
) -> Array:
    """The leader's posterior (draws,) when the rows of one group move and all else stays."""
    joint = np.broadcast_to(posterior, (len(next(iter(moves.values()))), len(posterior)))
    safe = np.where(posterior > 0, posterior, 1.0)
    for name, rows in group.rows.items():
        slope, move = slopes[name][:, rows], moves[name][:, rows]
        if pull is not None:
            move = move * pull[name][:, None]
        effect = move.reshape(len(move), -1) @ slope.reshape(len(posterior), -1).T
        joint = joint * np.maximum(1.0 + effect / safe, 0.0)
    total = joint.sum(axis=1)
    return np.asarray(joint[:, leader] / np.where(total > 0, total, 1.0))


def _share(about: Importance, answers: Array, alone: Array, variance: float) -> Importance:
    """Regress the answers on what the group does alone; ``alone`` has the shape (draws, 1 + sizes).

    The regression is the mean of the answers in _BINS bins of equal size, straight between their centres; what
    its variance owes to chance is taken off.
    """
    n, x = len(answers), alone[:, 0]
    if variance <= 0 or float(x.max() - x.min()) < 1e-12:
        return _with(about, 0.0, 0.0, () if about.kind == "source" else (0.0,) * len(SIZES))
    bins = np.array_split(np.argsort(x, kind="stable"), _BINS)
    centres = np.array([x[members].mean() for members in bins])
    means = np.array([answers[members].mean() for members in bins])
    weights = np.array([len(members) for members in bins]) / n
    explained = float(weights @ (means - answers.mean()) ** 2) / variance
    chance = (_BINS - 1) / n
    share = min(max((explained - chance) / (1 - chance), 0.0), 1.0)
    error = 2 * math.sqrt(share * (1 - share) ** 2 / n) + math.sqrt(2 * _BINS) / n
    if about.kind == "source":
        return _with(about, share, error, ())
    kept = share / explained if explained > 0 else 0.0
    removed = (float(np.interp(alone[:, 1 + i], centres, means).var()) / variance for i in range(len(SIZES)))
    return _with(about, share, error, tuple(min(part * kept, share) for part in removed))


def _with(about: Importance, share: float, error: float, removed: tuple[float, ...]) -> Importance:
    return replace(about, share=float(share), error=float(error), removed=removed)
