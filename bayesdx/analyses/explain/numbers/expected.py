"""What a case does not show: the typical picture of a diagnosis, and what would tell two diagnoses apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.explain.numbers.weights import Context, Pair, decibans
from bayesdx.analyses.question import Question
from bayesdx.network import Array

#: A state is typical of a diagnosis when at least this share of its cases show it.
TYPICAL = 0.5
#: Other diagnoses for which a telling finding is sought: at least this probable, and not more than so many.
LEAST_CONTENDER, CONTENDERS = 0.01, 6
#: Findings named for each of them.
_HINTS = 3
_TINY = 1e-12
#: A rise below this is rounding: the state is certain already.
_NO_GAIN = 1e-12


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
    tell if a and b were equally likely, 0 nothing, 1 everything (Lin 1991, IEEE Trans Inf Theory 37:145).
    """

    finding: str
    separation: float
    states: tuple[Outlook, ...]

    def best_for(self, side: int) -> Outlook:
        """The state that is expected to speak most for a (side 0) or b (side 1)."""
        sign = -1.0 if side else 1.0
        return max(self.states, key=lambda o: o.shares[side] * max(sign * o.decibans, 0.0) if o.shares[side] else 0)


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


def typical_but_lacking(question: Question, context: Context, pair: Pair) -> tuple[Typical, ...]:
    """States typical of a that the case contradicts or does not state; the most characteristic first.

    They are more frequent in a than overall before any finding, and than in the other diagnoses given the other
    findings.
    """
    network = question.engine.network
    overall = question.alone
    rows = []
    for variable in network.findings:
        share = context.given(variable.id, pair[0])
        state = int(share.argmax())
        weights = context.weights.get(variable.id)
        usual = float(overall[variable.id][state])
        shown = weights is not None and weights[state] > 0.0
        if (
            shown
            or share[state] < TYPICAL
            or share[state] <= max(usual, _elsewhere(context, variable.id, pair[0], state))
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


def separators(question: Question, context: Context, pair: Pair) -> tuple[Separator, ...]:
    """Every finding that the case does not state, the one that separates the pair best first."""
    rows = []
    for variable in question.engine.network.findings:
        if variable.id in context.weights:
            continue
        first, second = (context.given(variable.id, diagnosis) for diagnosis in pair)
        states = tuple(
            Outlook(state, (float(p), float(q)), decibans(float(p), float(q)))
            for state, p, q in zip(variable.states, first, second, strict=True)
            if max(p, q) > _TINY
        )
        rows.append(Separator(variable.id, _divergence(first, second), states))
    return tuple(sorted(rows, key=lambda row: -row.separation))


def _divergence(first: Array, second: Array) -> float:
    """Jensen-Shannon divergence of two distributions of the same shape, in bits."""
    middle = (first + second) / 2

    def towards(p: Array) -> float:
        seen = p > 0
        return float(p[seen] @ np.log2(p[seen] / middle[seen]))

    return max((towards(first) + towards(second)) / 2, 0.0)


def hints(question: Question, context: Context, pair: Pair) -> tuple[Hint, ...]:
    """For each diagnosis besides the pair that is in question, the missing findings that would raise it most.

    They are ranked by P(state | diagnosis, findings) times the rise of P(diagnosis): what a case of the diagnosis
    can be expected to show, and what that would change.
    """
    ranked = np.argsort(-context.posterior, kind="stable").tolist()
    others = [d for d in ranked if d not in pair and context.posterior[d] >= LEAST_CONTENDER][:CONTENDERS]
    missing = [v for v in question.engine.network.findings if v.id not in context.weights]
    found: list[Hint] = []
    for diagnosis in others:
        before = float(context.posterior[diagnosis])
        rows = []
        for variable in missing:
            table = context.tables[variable.id]
            share, first = context.given(variable.id, diagnosis), context.given(variable.id, pair[0])
            after = table[diagnosis] / np.maximum(table.sum(axis=0), _TINY)
            gains = share * (after - before)
            state = int(gains.argmax())
            if gains[state] > _NO_GAIN:
                shares = float(share[state]), float(first[state])
                hint = Hint(
                    diagnosis=question.target.states[diagnosis],
                    finding=variable.id,
                    state=variable.states[state],
                    shares=shares,
                    decibans=decibans(*shares),
                    probabilities=(before, float(after[state])),
                )
                rows.append((float(gains[state]), hint))
        rows.sort(key=lambda row: -row[0])
        found += [hint for _, hint in rows[:_HINTS]]
    return tuple(found)
