"""Answers as people type them: a state by number, name or beginning, ``not X``, probabilities."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import normalize

from bayesdx.codes import as_state
from bayesdx.errors import InputError, nearest
from bayesdx.network import Variable
from bayesdx.states import spells_number

_WEIGHT = re.compile(r"(?P<state>.+?)[\s:=]+(?P<weight>\d+(?:\.\d*)?|\.\d+)(?P<percent>\s*%?)")
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_SHORT = {"y": "present", "yes": "present", "n": "absent", "no": "absent"}


def is_measured(variable: Variable) -> bool:
    """Whether states are numbers, or all are ranges of numbers, so that a number is a measurement."""
    named = any(_NUMBER.fullmatch(state) for state in variable.states)  # no place in a list may have such a name
    return named or all(map(spells_number, variable.states))


def parse_answer(text: str, variable: Variable, offered: Sequence[str]) -> object:
    """The value of a finding as in a case file: a state, a number, ``"not <state>"`` or ``{state: weight}``.

    ``offered`` are the states as they were numbered. What a list of probabilities leaves of 1 is shared among
    the other states offered; one that exceeds 1 is taken as weights of any scale.

    Raises InputError that names the nearest state.

    >>> signal = Variable("mr_t2_signal", ("hypo", "iso", "hyper", "mixed"))
    >>> parse_answer("hyper 0.8, mixed 0.2", signal, signal.states)
    {'hyper': 0.8, 'mixed': 0.2}
    >>> parse_answer("not 3", signal, signal.states), parse_answer("m", signal, signal.states)
    ('not hyper', 'mixed')
    """
    if (state := as_state(text.strip(), variable.id, offered)) in offered:  # before anything its name could mean
        return state
    text = " ".join(text.split())
    if _NUMBER.fullmatch(text) and is_measured(variable):
        number = float(text)
        return int(number) if number.is_integer() else number
    if text.lower().startswith("not "):
        return f"not {_state(text[4:], variable, offered)}"
    parts = [_WEIGHT.fullmatch(part.strip()) for part in text.split(",")]
    if not any(parts):
        return _state(text, variable, offered)
    if not all(parts):
        raise InputError(f"'{text}': give every state a probability, such as '{_example(offered)}'")
    weights: dict[str, float] = {}
    for part in parts:
        assert part is not None
        state = _state(part["state"], variable, offered)
        if state in weights:
            raise InputError(f"'{text}' gives '{state}' twice")
        weights[state] = float(part["weight"]) / (100.0 if "%" in part["percent"] else 1.0)
    left = [state for state in offered if state not in weights]
    rest = 1.0 - sum(weights.values())
    if left and rest > 1e-9:
        weights.update({state: round(rest / len(left), 9) for state in left})
    return weights


def _state(text: str, variable: Variable, offered: Sequence[str]) -> str:
    """The state meant by its number, id, label, or the beginning of one of these."""
    text = as_state(text, variable.id, offered)
    word = _plain(text)
    if word.isdecimal() and not is_measured(variable):
        if not 1 <= int(word) <= len(offered):
            raise InputError(f"there is no state {word}; give a number from 1 to {len(offered)}")
        return offered[int(word) - 1]
    if _SHORT.get(word) in offered:
        return _SHORT[word]
    names = {state: {_plain(state), _plain(variable.state_label(variable.state_index(state)))} for state in offered}
    exact = [state for state in offered if text == state or word in names[state]]
    found = exact or [state for state in offered if any(name.startswith(word) for name in names[state])]
    if len(found) == 1 and word:
        return found[0]
    if found and word:
        raise InputError(f"'{text}' may mean {' or '.join(found)}: type more of it")
    raise InputError(f"'{text}' is none of the states", nearest(text, offered, limit=4))


def _plain(text: str) -> str:
    return normalize("NFC", text).strip().lower().replace("_", " ")


def _example(offered: Sequence[str]) -> str:
    return f"{offered[0]} 0.8, {offered[-1]} 0.2"
