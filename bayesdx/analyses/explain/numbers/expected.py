"""What a case does not show: the typical picture of a diagnosis, and what would tell two diagnoses apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.explain.numbers.grounds import Grounds
from bayesdx.analyses.explain.numbers.weights import NEGLIGIBLE, Context, Pair, decibans
from bayesdx.analyses.question import Question
from bayesdx.inference.results import ranking
from bayesdx.network import Array, Variable

#: A state is typical of a diagnosis when at least this share of its cases show it.
TYPICAL = 0.5
#: Other diagnoses for which a telling finding is sought: at least this probable, and not more than so many.
LEAST_CONTENDER, CONTENDERS = 0.01, 6
#: Findings named for each of them.
_HINTS = 2
#: Probability to which a state raises a diagnosis at least when it is named.
_RAISED = 0.05
#: A state that the case shows is usual enough where it has this part of the share of what is typical.
_USUAL = 0.5
#: Share from which a state is one to look for in a diagnosis.
_LOOKED_FOR = 0.05
#: Bits from which a finding separates two diagnoses at all.
_SEPARATES = 0.005
_TINY = 1e-12


@dataclass(frozen=True)
class Typical:
    """A state that most cases of diagnosis a show and this case does not.

    ``shares`` are P(state | a, other findings) and P(state | b, other findings), ``overall`` P(state) before any
    finding. ``stated`` is what the case shows instead, None when it does not state the finding.
    """

    finding: str
    state: str
    shares: tuple[float, float]
    overall: float
    stated: object


@dataclass(frozen=True)
class Outlook:
    """One state of a finding that the case does not state: P(state | a, findings), P(state | b, findings).

    ``decibans`` is the weight for a against b that seeing it would add; infinite when the state rules one out.
    """

    state: str
    shares: tuple[float, float]
    decibans: float


@dataclass(frozen=True)
class Separator:
    """A finding that the case does not state and that would help to tell a from b.

    ``separation`` is the Jensen-Shannon divergence, in bits, of its two distributions: what the finding would
    tell if a and b were equally likely, 0 nothing, 1 everything (Lin 1991, IEEE Trans Inf Theory 37:145). ``best``
    are the states that are expected to speak most for a and for b, of those whose weight is worth naming and has
    grounds in the literature; one of the two may be None.
    """

    finding: str
    separation: float
    states: tuple[Outlook, ...]
    best: tuple[Outlook | None, Outlook | None]


@dataclass(frozen=True)
class Hint:
    """A state, not stated yet, that would raise a third diagnosis.

    ``shares`` are P(state | diagnosis, findings) and P(state | first of the pair, findings), ``decibans`` the
    weight for ``diagnosis`` that this makes, ``probabilities`` P(diagnosis | findings) before and after the state
    is seen.
    """

    diagnosis: str
    finding: str
    state: str
    shares: tuple[float, float]
    decibans: float
    probabilities: tuple[float, float]


def typical_but_lacking(question: Question, context: Context, pair: Pair, grounds: Grounds) -> tuple[Typical, ...]:
    """States typical of a that the case contradicts or does not state; the most characteristic first.

    They are more frequent in a than overall before any finding, and by more than a negligible weight than in the
    other diagnoses given the other findings. The literature says so: what rests on the base tells what is typical
    of any diagnosis. What the case shows instead is not usual in a too, such as a neighbouring age, and does not
    hold by definition of it either.
    """
    network, name = question.engine.network, question.target.states[pair[0]]
    overall = question.alone
    rows = []
    for variable in network.findings:
        share = context.given(variable.id, pair[0])
        state = int(share.argmax())
        weights = context.weights.get(variable.id)
        usual = float(overall[variable.id][state])
        shown = [] if weights is None else np.flatnonzero(weights).tolist()
        if (  # what needs the literature comes last: it is read finding by finding
            any(s == state or share[s] >= _USUAL * share[state] for s in shown)
            or share[state] < TYPICAL
            or share[state] <= usual
            or decibans(float(share[state]), _elsewhere(context, variable.id, pair[0], state)) <= NEGLIGIBLE
            or any(variable.states[s] in grounds.defined(variable.id, name) for s in shown)
            or grounds.rest_on_the_base(variable.id, name)
            or not grounds.hold(variable.id, variable.states[state], name, TYPICAL)
        ):
            continue
        other = context.given(variable.id, pair[1])
        stated = question.stated.get(variable.id) if weights is not None else None
        shares = float(share[state]), float(other[state])
        rows.append(Typical(variable.id, variable.states[state], shares, usual, stated))
    return tuple(sorted(rows, key=lambda t: (t.stated is None, -t.shares[0] * math.log(t.shares[0] / t.overall))))


def _elsewhere(context: Context, variable: str, diagnosis: int, state: int) -> float:
    """P(state | not the diagnosis, findings without the variable); 0 where every other diagnosis is impossible."""
    others = np.delete(context.tables[variable], diagnosis, axis=0).sum(axis=0)
    return float(others[state] / max(others.sum(), _TINY))


def separators(question: Question, context: Context, pair: Pair, grounds: Grounds) -> tuple[Separator, ...]:
    """The findings that the case does not state and that separate the pair, the one that does best first.

    A finding counts when a state of it has more than a negligible weight for one of the two, the literature speaks
    of that state there and does not deny that it is less frequent in the other.
    """
    names = [question.target.states[diagnosis] for diagnosis in pair]
    rows = []
    for variable in question.engine.network.findings:
        if variable.id in context.weights:
            continue
        first, second = (context.given(variable.id, diagnosis) for diagnosis in pair)
        separation = _divergence(first, second)
        if separation < _SEPARATES:
            continue
        states = tuple(
            Outlook(state, (float(p), float(q)), decibans(float(p), float(q)))
            for state, p, q in zip(variable.states, first, second, strict=True)
            if max(p, q) > _TINY
        )
        best = _best(variable.id, states, 0, names, grounds), _best(variable.id, states, 1, names, grounds)
        if best != (None, None):
            rows.append(Separator(variable.id, separation, states, best))
    return tuple(sorted(rows, key=lambda row: -row.separation))


def _best(
    finding: str, states: Sequence[Outlook], side: int, names: Sequence[str], grounds: Grounds
) -> Outlook | None:
    """The state that is expected to speak most for a (side 0) or b (side 1); None where none is worth naming."""
    sign = -1.0 if side else 1.0
    telling = [o for o in states if sign * o.decibans > NEGLIGIBLE and o.shares[side] >= _LOOKED_FOR]
    for outlook in sorted(telling, key=lambda o: -o.shares[side] * sign * o.decibans):
        if _held(
            grounds, finding, outlook.state, (names[side], names[1 - side]), outlook.shares[:: -1 if side else 1]
        ):
            return outlook
    return None


def _held(grounds: Grounds, finding: str, state: str, names: tuple[str, str], shares: Sequence[float]) -> bool:
    """Whether the literature bears out that the first diagnosis shows a state more often than the second."""
    return grounds.hold(finding, state, names[0], shares[1]) and not grounds.denied(
        finding, state, names[1], shares[0]
    )


def _divergence(first: Array, second: Array) -> float:
    """Jensen-Shannon divergence of two distributions of the same shape, in bits."""
    middle = (first + second) / 2

    def towards(p: Array) -> float:
        seen = p > 0
        return float(p[seen] @ np.log2(p[seen] / middle[seen]))

    return max((towards(first) + towards(second)) / 2, 0.0)


def hints(question: Question, context: Context, pair: Pair, grounds: Grounds) -> tuple[Hint, ...]:
    """For each diagnosis besides the pair that is in question, the missing findings that would raise it most.

    They are ranked by P(state | diagnosis, findings) times the rise of P(diagnosis): what a case of the diagnosis
    can be expected to show, and what that would change. States count whose weight for the diagnosis against the
    first, and against all others, is more than negligible, which leave it no mere possibility, and for which the
    literature gives grounds.
    """
    order = ranking(context.posterior)
    others = [d for d in order if d not in pair and context.posterior[d] >= LEAST_CONTENDER][:CONTENDERS]
    missing = [v for v in question.engine.network.findings if v.id not in context.weights]
    found: list[Hint] = []
    for diagnosis in others:
        rows = [row for variable in missing for row in _rises(context, variable, diagnosis, pair[0])]
        name, first = question.target.states[diagnosis], question.target.states[pair[0]]
        seen: set[str] = set()
        for _, finding, state, shares, after in sorted(rows, key=lambda row: -row[0]):
            if len(seen) == _HINTS:
                break
            if finding not in seen and _held(grounds, finding, state, (name, first), shares):
                seen.add(finding)
                before = float(context.posterior[diagnosis])
                found.append(Hint(name, finding, state, shares, decibans(*shares), (before, after)))
    return tuple(found)


def _rises(
    context: Context, variable: Variable, diagnosis: int, first: int
) -> list[tuple[float, str, str, tuple[float, float], float]]:
    """What the states of a variable would do for a diagnosis that they would raise.

    The expected rise of P(diagnosis), finding and state, P(state) in the diagnosis and in the first, and
    P(diagnosis) afterwards.
    """
    table, before = context.tables[variable.id], float(context.posterior[diagnosis])
    share, elsewhere = context.given(variable.id, diagnosis), context.given(variable.id, first)
    after = table[diagnosis] / np.maximum(table.sum(axis=0), _TINY)
    least = 10 ** (NEGLIGIBLE / 10)
    raised = after * (1 - before) > least * before * (1 - after)
    worth = (after >= _RAISED) & (share >= _LOOKED_FOR)
    states = np.flatnonzero(raised & worth & (share > least * elsewhere)).tolist()
    gains = share * (after - before)
    return [
        (float(gains[s]), variable.id, variable.states[s], (float(share[s]), float(elsewhere[s])), float(after[s]))
        for s in states
    ]
