"""How a statement of the literature bears on a claim about a finding: which way it points."""

from __future__ import annotations

import re

from bayesdx.analyses.explain.numbers.support import Statement

#: What frequency words are taken to mean, as the networks are built with.
FREQUENCIES = {
    "always": 0.98,
    "nearly always": 0.92,
    "usually": 0.75,
    "often": 0.6,
    "sometimes": 0.3,
    "uncommon": 0.12,
    "rare": 0.05,
    "never": 0.01,
}
#: How far beyond the bound of a claim a statement lies that points the other way.
_CLEARLY = 0.1
#: How far from an estimate a statement lies of which the estimate keeps little.
_FAR = 0.3
#: A share from which a state is what most cases show.
_MOST = 0.5
_COUNT = re.compile(r"([\d.]+)\sof\s([\d.]+)")
_PERCENT = re.compile(r"([\d.]+)%")
_CASES = re.compile(r"case|\d+ cases?")


def opposes(statement: Statement, state: str, states: tuple[str, ...], bound: float, more: bool) -> bool:
    """Whether a statement denies that ``state``, of ``states``, is more (or else less) frequent than ``bound``.

    Single cases that do not show it deny that most cases do; that one shows it proves no more than that it occurs.
    """
    if occurs(statement):
        shown = (state in statement.states) != statement.says.startswith("0 ")
        return more and bound >= _MOST and not shown
    low, high = _between(statement, state, states)
    return high < bound - _CLEARLY if more else low > bound + _CLEARLY


def far_from(statement: Statement, state: str, states: tuple[str, ...], share: float) -> int:
    """1 where a statement makes ``state``, of ``states``, far more frequent than ``share``, -1 far less, else 0."""
    low, high = _between(statement, state, states)
    return int(low > share + _FAR) - int(high < share - _FAR)


def tells(statement: Statement, state: str, states: tuple[str, ...]) -> bool:
    """Whether a statement tells how frequent ``state``, of ``states``, is: it names the state, or all at once.

    Of two states a share of the other tells it too, but a word for most, or a single case, does not: that most
    are without a sign is not said to tell how many have it.
    """
    if not statement.states or state in statement.states:
        return True
    share = _stated(statement.says)
    if len(states) != 2 or share is None:
        return False
    return share < _MOST or statement.says.strip('"') not in FREQUENCIES


def occurs(statement: Statement) -> bool:
    """Whether a statement counts no lesions but single cases: that something occurs, not how often."""
    return single_case(statement) or _CASES.fullmatch(statement.says) is not None


def single_case(statement: Statement) -> bool:
    """Whether a statement is about one patient."""
    count = _COUNT.fullmatch(statement.says)
    return statement.says in ("case", "1 case") or (count is not None and float(count[2]) == 1)


def _stated(says: str) -> float | None:
    """The frequency that a statement gives; None for single cases and for a mean or range."""
    if count := _COUNT.fullmatch(says):
        return float(count[1]) / float(count[2]) if float(count[2]) > 1 else None
    if share := _PERCENT.fullmatch(says):
        return float(share[1]) / 100
    return FREQUENCIES.get(says.strip('"'))


def _between(statement: Statement, state: str, states: tuple[str, ...]) -> tuple[float, float]:
    """Between which shares of ``state`` a statement holds."""
    if statement.spread:
        expected = statement.spread[states.index(state)]
        return expected, expected
    named, share = statement.states, _stated(statement.says)
    if share is None or not named:
        return 0.0, 1.0
    if state in named:
        return (share if len(named) == 1 else 0.0), share
    rest = set(states) - set(named)
    return (1 - share if rest == {state} else 0.0), 1 - share
