"""A tornado over literature intervals: what the data behind each number allow the answer to be.

A bar moves the probability of one state of a finding in one form of a diagnosis. Where the CPT has more parents
(mineralisation, compartment) the bar takes the rows of that form together: it moves their mean m = sum_r w_r
theta_r, w the distribution of the other parents in that form, and each row follows by its regression on m. P(t, e)
is linear in all rows of one CPT together, so the ends of a bar are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.beta_quantile import beta_quantile
from bayesdx.analyses.sensitivity.numbers.one_way import Indices, OneWay, Parameters, normalised
from bayesdx.formats.conditions import parse_range
from bayesdx.inference.results import leading
from bayesdx.network import Array, Network

#: Bars that move no diagnosis by so much are left out.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Span:
    """How far a bar moves: ``literature`` (95 % interval of the counts), ``relative`` (+-``low``) or ``fixed``."""

    kind: str = "literature"
    low: float = 0.0
    high: float = 0.0


LITERATURE = Span()


def parse_span(text: str) -> Span:
    """Read ``literature``, ``10%`` or ``0.05-0.95``; raises InputError that shows the form."""
    return Span(*parse_range(text))


@dataclass(frozen=True, eq=False)
class Group:
    """Parameters that move together: one state in R rows of one CPT.

    ``members`` (R,) number the parameters, ``weights`` (R,) sum to 1: the distribution of the other parents.
    ``context`` is the parent that stands for the diagnosis with the index of its state, None when there is none;
    ``given`` holds the other parents' states when the group is a single row.
    """

    name: str
    state: int
    context: tuple[str, int] | None
    given: dict[str, int]
    members: Indices
    weights: Array


@dataclass(frozen=True, eq=False)
class Bar:
    """A moved group: its mean ``value`` and the ends ``low`` and ``high`` of its movement.

    ``at_low`` and ``at_high`` (T,) are the posteriors there, the present one where the findings would be
    impossible. ``counts`` is the number of lesions, after discounting, that the mean rests on; 0 for numbers that
    are taken as known.
    """

    group: Group
    value: float
    low: float
    high: float
    counts: float
    at_low: Array
    at_high: Array

    def width(self, state: int) -> float:
        return abs(float(self.at_high[state] - self.at_low[state]))


def diagnosis_of(network: Network, parent: str, state: int) -> int:
    """State of the target to which a state of its context parent belongs."""
    return state if parent == network.target else int(network.cpts[parent][:, state].argmax())


def parameter_groups(question: Question, parameters: Parameters) -> list[Group]:
    """The groups that a clinician would name: for each form, the states of a finding that matter to the case.

    Of a hard finding the state that was seen, of a negative one the state that was ruled out, else every state
    (of two, the second). Deterministic rows and contexts without prior probability have no group.
    """
    network, groups = parameters.network, []
    for name in parameters.names:
        table = network.cpts[name]
        first, card = parameters.find(name, 0, 0), table.shape[-1]
        states = _states_in_play(question, name, card)
        context = network.diagnosis_parent(name)
        weights = row_weights(question, name, context)
        rows = table.reshape(-1, table.shape[-1])
        movable = (rows < 1.0).all(axis=1) & (weights > 0)
        for key, members in _rows_by_context(network, name, context):
            members = members[movable[members]]
            if not len(members):
                continue
            share = weights[members] / weights[members].sum()
            given = {}
            if context is None or len(members) == 1:
                parents = parameters.parent_states(int(first + members[0] * card))
                given = {p: s for p, s in parents.items() if p != context}
            for state in states:
                numbers = first + members * card + state
                if parameters.value[numbers].any():
                    about = None if context is None else (context, key)
                    groups.append(Group(name, state, about, given, numbers, share))
    return groups


def _states_in_play(question: Question, name: str, card: int) -> list[int]:
    weights = question.findings.get(name)
    if weights is None:
        return [1] if card == 2 else list(range(card))
    possible, ruled_out = np.flatnonzero(weights), np.flatnonzero(weights == 0)
    if len(possible) > 1 and len(ruled_out) == 1 and len(set(weights[possible])) == 1:
        return ruled_out.tolist()
    return possible.tolist()


def row_weights(question: Question, name: str, context: str | None) -> Array:
    """P(parents) of every row (rows,), without findings; 1 when the context parent is the only parent."""
    parents = question.network.parents[name]
    if not parents:
        return np.ones(1)
    if context is not None and parents == (context,):
        return question.alone[context]
    return question.together_alone(parents).ravel()


def _rows_by_context(network: Network, name: str, context: str | None) -> list[tuple[int, Indices]]:
    shape = network.cpts[name].shape[:-1]
    rows = np.arange(int(np.prod(shape)))
    if context is None:
        return [(0, rows[i : i + 1]) for i in rows]
    of_row = np.unravel_index(rows, shape)[network.parents[name].index(context)]
    return [(key, np.flatnonzero(of_row == key)) for key in range(network.variable(context).cardinality)]


def tornado(question: Question, found: OneWay, span: Span = LITERATURE) -> tuple[Bar, ...]:
    """Every bar that moves some diagnosis, the widest for the leader first.

    ``found`` must use proportional co-variation. With ``relative`` every row of a group is multiplied, with
    ``fixed`` every row is set, and numbers that are taken as known move as well.
    """
    leader = int(leading(found.posterior))
    groups = parameter_groups(question, found.parameters)
    moved = _Moved.of(found, groups)
    if span.kind == "literature":
        groups = [group for group, counts in zip(groups, moved.counts, strict=True) if counts > 0]
        moved = _Moved.of(found, groups)
    bars = _bars(found, groups, moved, [moved.at_end(span, high) for high in (False, True)])
    return tuple(sorted(bars, key=lambda bar: -bar.width(leader)))


@dataclass(frozen=True, eq=False)
class _Moved:
    """The numbers of G groups, one behind the other: M rows, those of a group from its ``starts`` (G,) on.

    ``members``, ``weights``, ``theta`` (entries) and ``variance`` have shape (M,), and so has ``group``, which says
    whose a row is. ``mean`` (G,) are the groups' means, ``spread`` (G,) their variances, ``counts`` (G,) those of
    Beta distributions with these; 0 for numbers that are taken as known.
    """

    starts: Indices
    group: Indices
    members: Indices
    weights: Array
    theta: Array
    variance: Array
    mean: Array
    spread: Array
    counts: Array

    @classmethod
    def of(cls, found: OneWay, groups: list[Group]) -> _Moved:
        sizes = np.array([len(group.members) for group in groups], dtype=np.intp)
        starts = np.cumsum(sizes) - sizes
        members = np.concatenate([np.empty(0, dtype=np.intp), *(group.members for group in groups)])
        w = np.concatenate([np.empty(0), *(group.weights for group in groups)])
        theta, total = found.parameters.value[members], found.parameters.total[members]
        variance = theta * (1 - theta) / (total + 1)
        mean, spread = summed(w * theta, starts), summed(w**2 * variance, starts)
        drawn = (summed(total <= 0, starts) == 0) & (mean > 0) & (mean < 1)
        counts = np.where(drawn, mean * (1 - mean) / np.where(drawn, spread, 1.0) - 1, 0.0)
        group = np.repeat(np.arange(len(groups)), sizes)
        return cls(starts, group, members, w, theta, variance, mean, spread, np.maximum(counts, 0.0))

    def at_end(self, span: Span, high: bool) -> Array:
        """The rows (M,) at one end; over the literature each follows by its regression on the group's mean."""
        if span.kind == "fixed":
            return np.full(len(self.theta), span.high if high else span.low)
        if span.kind == "relative":
            return np.clip(self.theta * (1 + span.low if high else 1 - span.low), 0.0, 1.0)
        end = beta_quantile(self.mean * self.counts, (1 - self.mean) * self.counts, 0.975 if high else 0.025)
        follow = self.weights * self.variance / self.spread[self.group]
        return np.clip(self.theta + follow * (end - self.mean)[self.group], 0.0, 1.0)


def summed(values: Array, starts: Indices) -> Array:
    """Sums over the stretches of the last axis that begin at ``starts`` (G,), none of them empty."""
    return np.asarray(np.add.reduceat(values, starts, axis=-1, dtype=np.float64)) if len(starts) else np.empty(0)


def _bars(found: OneWay, groups: list[Group], moved: _Moved, ends: list[Array]) -> list[Bar]:
    """The bars that move some diagnosis; ``ends`` are the rows (M,) at the lower and at the upper end."""
    if not groups:
        return []
    start, up = found.start[:, moved.members[moved.starts]], found.up[:, moved.members]
    at_low, at_high = (normalised(start + summed(up * (end - moved.theta), moved.starts), start).T for end in ends)
    low, high = (summed(moved.weights * end, moved.starts).tolist() for end in ends)
    seen = np.flatnonzero(np.abs(at_high - at_low).max(axis=1) > _NEGLIGIBLE).tolist()
    mean, counts = moved.mean.tolist(), moved.counts.tolist()
    return [Bar(groups[i], mean[i], low[i], high[i], counts[i], at_low[i], at_high[i]) for i in seen]
