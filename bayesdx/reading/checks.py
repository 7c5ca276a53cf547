"""What a lexicon of one's own may hold: anything else is refused, with the place and the nearest choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bayesdx.cells import kind_of, shown
from bayesdx.errors import InputError, nearest
from bayesdx.network import Variable
from bayesdx.reading.pairs import FARTHEST

_KEYS = ("words", "diagnoses", "beyond", "touching", "apart", "findings")
_FINDING = (
    "states",
    "weak",
    "of",
    "values",
    "likely",
    "itself",
    "denied",
    "unless",
    "only",
    "shown_by",
    "place",
    "past",
    "any",
    "measure",
    "reach",
    "yields",
    "implies",
)
_MEASURES = ("length", "duration", "vertebra")
#: What shows a finding.
EXAMINATIONS = ("ct", "mr")


def checked(source: object, variables: Mapping[str, Variable], place: str) -> Mapping[str, Any]:
    """A lexicon of one's own; raises InputError for keys, findings and states that there are not."""
    found = mapping(source, place)
    for key in found:
        if key not in _KEYS:
            raise InputError(f"no key '{key}'", nearest(key, _KEYS), place)
    for name, entry in mapping(found.get("findings"), f"{place}: findings").items():
        if name not in variables:
            raise InputError(f"no finding '{name}'", nearest(name, variables), place)
        at = f"{place}: {name}"
        for key in mapping(entry, at):
            if key in variables[name].states:
                raise InputError(f"'{key}' is a state, which stands under 'states'", place=at)
            if key not in _FINDING:
                raise InputError(f"no key '{key}'", nearest(key, _FINDING), at)
        if not isinstance(entry.get("reach", FARTHEST), (int, float)):
            raise InputError(f"'reach' is a number of words, not {shown(entry['reach'])}", place=at)
        if entry.get("only", "history") != "history":
            raise InputError("'only' is 'history' or left out", place=at)
        if entry.get("shown_by", "ct") not in EXAMINATIONS:
            raise InputError("'shown_by' is 'ct', 'mr' or left out", place=at)
        stated = [entry.get("itself"), entry.get("denied")]
        states = [state for key in ("states", "weak", "values", "likely") for state in mapping(entry.get(key), at)]
        for state in [*states, *(str(one).removeprefix("not ") for one in stated if one is not None)]:
            if state not in variables[name].states:
                raise InputError(f"no state '{state}'", nearest(str(state), variables[name].states), at)
        _check_measure(entry.get("measure"), variables[name], at)
        _check_implied(entry.get("implies"), variables[name], variables, f"{at}: implies")
    return found


def _check_measure(measure: object, variable: Variable, place: str) -> None:
    """Raise InputError for a measure that there is not, and for states and numbers that it cannot have."""
    if measure is None:
        return
    kind, meant = next(iter(measure.items()), ("", None)) if isinstance(measure, Mapping) else (measure, None)
    if kind not in _MEASURES:
        raise InputError(f"no measure {shown(kind)}", nearest(str(kind), _MEASURES), place)
    found = mapping(meant, f"{place}: {kind}")
    for state in found if kind == "duration" else found.values():
        if state not in variable.states:
            raise InputError(f"no state {shown(state)}", nearest(str(state), variable.states), place)
    if kind == "duration" and not all(isinstance(days, (int, float)) for days in found.values()):
        raise InputError("a duration has the most days of each state, as a number", place=place)
    if kind == "vertebra" and not set(found) <= set("CTLS"):
        raise InputError("vertebrae are C, T, L and S", place=place)


def _check_implied(implies: object, variable: Variable, variables: Mapping[str, Variable], place: str) -> None:
    """Raise InputError where one of the findings and states that imply each other is none."""

    def check(one: Variable, state: object) -> None:
        if state not in one.states:
            raise InputError(f"no state {shown(state)}", nearest(str(state), one.states), place)

    for state, others in mapping(implies, place).items():
        check(variable, state)
        for name, implied in mapping(others, place).items():
            if name not in variables:
                raise InputError(f"no finding {shown(name)}", nearest(str(name), variables), place)
            for one in implied if isinstance(implied, list) and implied else [implied]:
                check(variables[name], one)


def mapping(value: object, place: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"is {kind_of(value)} where a mapping belongs", place=place)
    return value


def lines(value: object, place: str) -> list[str]:
    """Phrases: a list, or one on each line of a text."""
    found = value.splitlines() if isinstance(value, str) else value
    if value is None:
        return []
    if not isinstance(found, list) or not all(isinstance(line, (str, int)) for line in found):
        raise InputError(f"is {kind_of(value)} where phrases belong: a list, or one on each line", place=place)
    return [str(line).strip() for line in found if str(line).strip()]
