"""The study to do next: whose better knowledge would shrink the posterior's variance most?

Groups of CPT rows are ranked by the share of the variance of P(leader | e) that would go, on average, if they were
known exactly (``pick_freeze``).

What a study of n more lesions removes, Var(E[Y | study]), is given as an upper bound. With Y split into orthogonal
polynomials of the rows, a study takes the share l_r = n_r / (n_r + A_r) of what is linear in row r (A_r the counts
that it has, n_r the lesions that fall into it), and at most max l_r^2 of all other parts (Diaconis, Khare &
Saloff-Coste 2008, Stat Sci 23:151-178). The linear parts come from covariances with the drawn rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.literature import Publications
from bayesdx.analyses.sensitivity.numbers.one_way import Indices, posterior_of
from bayesdx.analyses.sensitivity.numbers.pick_freeze import Sample, owners_of
from bayesdx.analyses.sensitivity.numbers.tornado import diagnosis_of, row_weights
from bayesdx.inference import Derivatives
from bayesdx.inference.results import leading
from bayesdx.knowledge.pooling import effective_size
from bayesdx.network import Array, Network

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
    sample: Sample,
    literature: Publications | None = None,
) -> ImportanceResult:
    """Shares of every kind of group, from a ``sample`` of draws; sources only when the ``literature`` is known.

    Without counts nothing varies and there are no groups.
    """
    network, target = question.engine.network, question.target.id
    posterior = posterior_of(derivatives, network, target)
    leader = int(leading(posterior))
    names = [n for n in network.ancestral([target, *question.findings]) if n in network.counts]
    rho = {name: literature.study_correlation(name) if literature else 0.0 for name in names}
    typical = _median(sorted(rho[variable.id] for variable in network.findings if variable.id in rho))
    reliance = literature.reliance if literature else 1.0
    effective = tuple(effective_size(size, typical) for size in SIZES)
    slopes = {
        name: derivatives.target_cpt[name].reshape(len(posterior), -1, network.cpts[name].shape[-1])
        for name in names
    }
    first_order = {name: _row_variance(network, name, slopes[name], posterior, leader) for name in names}
    groups = _groups(question, names, first_order, literature)
    if not groups or sample.variance < NOTHING:
        return ImportanceResult(0.0, sample.draws, SIZES, effective, ())
    alike: dict[object, _Group] = {}  # publications may inform the same rows
    keys = [frozenset((name, rows.tobytes()) for name, rows in group.rows.items()) for group in groups]
    for key, group in zip(keys, groups, strict=True):
        alike.setdefault((key, bool(group.lesions)), group)
    known = {key: _share(sample, group, rho, reliance) for key, group in alike.items()}
    found = [
        replace(group.about, share=one.share, error=one.error, removed=one.removed)
        for key, group in zip(keys, groups, strict=True)
        for one in [known[key, bool(group.lesions)]]
    ]
    ranked = sorted(found, key=lambda one: -round(one.share, 9))
    return ImportanceResult(sample.variance, sample.draws, SIZES, effective, tuple(ranked))


def _median(ordered: Sequence[float]) -> float:
    """The median, 0 of nothing: ``np.median`` loads numpy's masked arrays."""
    middle = len(ordered) // 2
    return (ordered[middle] + ordered[~middle]) / 2 if ordered else 0.0


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
    owners = owners_of(network, name)
    if owners is None:
        return _normalised(shares[name][rows])
    own, share = owners[rows], shares[name][rows]
    sums = np.bincount(own, share)[own]
    return np.asarray(share / np.where(sums > 0, sums, 1.0))


def _normalised(share: Array) -> Array:
    total = float(share.sum())
    return share / total if total > 0 else share


def _share(sample: Sample, group: _Group, rho: Mapping[str, float], reliance: float) -> Importance:
    share, error = sample.share(group.rows)
    if not group.lesions:
        return replace(group.about, share=share, error=error)
    linear = {name: sample.linear(name, rows) / sample.variance for name, rows in group.rows.items()}
    removed = []
    for size in SIZES:
        taken, largest = 0.0, 0.0
        for name, rows in group.rows.items():
            more = reliance * effective_size(size, rho[name]) * group.lesions[name]
            known = more / (more + sample.counts(name, rows).sum(axis=1))
            taken += float(known @ linear[name])
            largest = max(largest, float(known.max()))
        rest = max(share - sum(float(part.sum()) for part in linear.values()), 0.0)
        removed.append(min(taken + largest**2 * rest, share))
    return replace(group.about, share=share, error=error, removed=tuple(removed))
