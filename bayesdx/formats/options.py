"""Values as they are typed in options and table cells."""

from __future__ import annotations

from bayesdx.case import number_of
from bayesdx.errors import InputError


def parse_value(text: str) -> object:
    """A finding's value from one word or table cell: a state, ``not <state>`` or ``state:weight,state:weight``.

    >>> parse_value("not hyper")
    'not hyper'
    >>> parse_value("hyper:0.8,mixed:0.2")
    {'hyper': 0.8, 'mixed': 0.2}
    """
    text = text.strip()
    pairs = [part.rpartition(":") for part in text.split(",")]
    if not all(state and number_of(weight) is not None for state, _, weight in pairs):
        return text
    states = [state.strip() for state, _, _ in pairs]
    twice = next((state for state in states if states.count(state) > 1), None)
    if twice is not None:
        raise InputError(f"state '{twice}' is given twice in '{text}'")
    return {state: float(weight) for state, (_, _, weight) in zip(states, pairs, strict=True)}
