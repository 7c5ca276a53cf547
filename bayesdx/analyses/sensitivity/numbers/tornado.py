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
        states = _states_in_play(question, name, table.shape[-1])
        context = network.diagnosis_parent(name)
        weights = row_weights(question, name, context)
        rows = table.reshape(-1, table.shape[-1])
        movable = (rows < 1.0).all(axis=1) & (weights > 0)
        for key, members in _rows_by_context(network, name, context):
            members = members[movable[members]]
            if not len(members):
                continue
            share = weights[members] / weights[members].sum()
            for state in states:
                numbers = np.array([parameters.find(name, int(r), state) for r in members])
                if not parameters.value[numbers].any():
                    continue
                given = parameters.parent_states(int(numbers[0]))
                if context is not None:
                    given = {p: s for p, s in given.items() if p != context and len(members) == 1}
                groups.append(
                    Group(name, state, None if context is None else (context, key), given, numbers, share)
                )
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
    leader = int(found.posterior.argmax())
    groups = [_Moved.of(found, group) for group in parameter_groups(question, found.parameters)]
    if span.kind == "literature":
        groups = [one for one in groups if one.counts > 0]
        means, counts = np.array([one.mean for one in groups]), np.array([one.counts for one in groups])
        ends = [beta_quantile(means * counts, (1 - means) * counts, q) for q in (0.025, 0.975)]
        rows = [[one.following(float(end)) for end in pair] for one, *pair in zip(groups, *ends, strict=True)]
    elif span.kind == "relative":
        factors = (1 - span.low, 1 + span.low)
        rows = [[np.clip(one.theta * factor, 0.0, 1.0) for factor in factors] for one in groups]
    else:
        rows = [[np.full(len(one.theta), end) for end in (span.low, span.high)] for one in groups]
    bars = [_bar(found, one, *pair) for one, pair in zip(groups, rows, strict=True)]
    bars = [bar for bar in bars if np.abs(bar.at_high - bar.at_low).max() > _NEGLIGIBLE]
    return tuple(sorted(bars, key=lambda bar: -bar.width(leader)))


@dataclass(frozen=True)
class _Moved:
    """The numbers of a group: R rows with the entries ``theta`` and variances ``variance``, and their ``mean``.

    ``counts`` are those of a Beta distribution with the mean's variance; 0 for numbers that are taken as known.
    """

    group: Group
    theta: Array
    variance: Array
    mean: float
    counts: float

    @classmethod
    def of(cls, found: OneWay, group: Group) -> _Moved:
        theta, total = found.parameters.value[group.members], found.parameters.total[group.members]
        mean = float(group.weights @ theta)
        variance = theta * (1 - theta) / (total + 1)
        if not (total > 0).all() or not 0 < mean < 1:
            return cls(group, theta, variance, mean, 0.0)
        counts = mean * (1 - mean) / float(group.weights**2 @ variance) - 1
        return cls(group, theta, variance, mean, max(counts, 0.0))

    def following(self, end: float) -> Array:
        """The rows when their mean moves to ``end``: each by its regression on it."""
        w = self.group.weights
        follow = w * self.variance / (w**2 @ self.variance)
        return np.asarray(np.clip(self.theta + follow * (end - self.mean), 0.0, 1.0))


def _bar(found: OneWay, moved: _Moved, low: Array, high: Array) -> Bar:
    members, w = moved.group.members, moved.group.weights
    start = found.start[:, members[0]]
    at_low, at_high = (normalised(start + found.up[:, members] @ (end - moved.theta), start) for end in (low, high))
    return Bar(moved.group, moved.mean, float(w @ low), float(w @ high), moved.counts, at_low, at_high)
