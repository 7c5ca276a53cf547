"""A finding as it is written, in the states of its variable."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real

import numpy as np

from bayesdx.cells import clipped, comma_hint, is_decimal, kind_of, number_of, parse_weights, state_text
from bayesdx.codes import as_state, is_code, note
from bayesdx.errors import InputError, nearest
from bayesdx.network import Array, Network, Variable, as_spelt, named

_YES = ("present", "yes", "true", "on")
_NO = ("absent", "no", "false", "off")
_AMOUNT = r"-?\d+(?:\.\d+)?"
_BEYOND = rf"(?P<sign>[<>]=?|[≤≥]) ?(?P<end>{_AMOUNT})"
#: A number that is known to lie between bounds: ``5..20``, ``..20``, ``<5``, ``>=20``.
_RANGE = re.compile(rf"(?P<low>{_AMOUNT})?\.\.(?P<high>{_AMOUNT})?|{_BEYOND}")
#: A state that is a number or a range of such: ``10``, ``10-30``, ``60+``, ``<10``, ``>=30``.
_SPELT = re.compile(rf"{_BEYOND}|(?P<low>{_AMOUNT})(?:(?P<more>\+)|-(?P<high>{_AMOUNT}))?")
#: What stands where nothing was seen, in small letters; a state of that name comes first.
_MISSING_WORDS = frozenset(
    ("", "na", "n/a", "nan", "<na>", "#n/a", "null", "*", "?", "unknown",
     # NullFlavor of HL7, as REDCap exports it raw and with labels
     "unk", "ni", "inv", "nask", "asku", "nav", "navu", "msk", "no information", "invalid", "not asked",
     "asked but unknown", "temporarily unavailable", "not available", "masked", "not applicable")
)  # fmt: skip


def says_missing(value: object, *states: Iterable[str]) -> bool:
    """Whether text stands for a missing value; never where it names a state, or rules one out."""
    if not isinstance(value, str) or value.strip().casefold() not in _MISSING_WORDS:
        return False
    said = value.strip().casefold().removeprefix("not ")
    return said not in {state.casefold() for some in states for state in some}


def read_finding(variable: Variable, value: object) -> tuple[Mapping[object, object], bool]:
    """A finding as written: ``({state: weight}, False)``, or ``({state: 1}, True)`` of a state ruled out."""
    if isinstance(value, Mapping) and value:
        return value, False
    if isinstance(value, str):
        text = as_spelt(value if value in variable.states else value.strip(), variable.states)
        ruled_out = as_spelt(text[4:].strip(), variable.states) if text.startswith("not ") else ""
        if text in variable.states:
            return {text: 1.0}, False
        if ruled_out in variable.states or is_code(ruled_out, variable.states):
            return {ruled_out: 1.0}, True
        if is_code(text, variable.states):
            return {text: 1.0}, False
        if text != ".." and (span := _RANGE.fullmatch(text)):
            return dict.fromkeys(_met(variable, text, span), 1.0), False
        if weights := parse_weights(text):
            return weights, False
        return ({ruled_out: 1.0}, True) if ruled_out else ({text: 1.0}, False)
    if isinstance(value, (Real, np.bool_)) or is_decimal(value):
        return {value: 1.0}, False
    empty = isinstance(value, (Mapping, list, tuple)) and not value
    raise InputError(
        f"finding '{variable.id}' is {'empty' if empty else kind_of(value)}; write a state, 'not <state>', or "
        f"weights such as {{{variable.states[0]}: 0.8, {variable.states[-1]}: 0.2}}"
    )


def gathered(
    key: str, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, object]]:
    """What a finding as written says, finding by finding: itself, but for a word that gathers others.

    A word of the vocabulary gathers findings where its states are findings of the network:
    ``presentation: [pain, headache]`` means that both are present, ``not pain`` that there is none, and nothing is
    said of the others; a state that is no finding (``ct_bone_change: none``) that none of them is
    present. Raises InputError for weights, and for what is none of the states.
    """
    name = key if key in network else named(key, vocabulary)
    states = () if name in network else vocabulary.get(name, ())
    if not any(state in network for state in states) or says_missing(value, states):
        return [(key, value)]
    found: list[tuple[str, object]] = []
    for one in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(one, str):
            raise InputError(f"'{key}' takes one of its states or a list of them, not {kind_of(one)}")
        for text in re.split("[,;]", one):
            absent = text.strip().startswith("not ")
            state = named(text.strip().removeprefix("not ").strip(), states)
            if state not in states:
                raise InputError(
                    f"'{clipped(state)}'{note(state)} is not a state of '{name}'", nearest(clipped(state), states)
                )
            if state in network or state in vocabulary:
                found.append((state, "absent" if absent else "present"))
            elif not absent:
                found += [(other, "absent") for other in states if other in network]
    return found


def state_number(
    variable: Variable, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]]
) -> int | None:
    """Index of a state as written; None for a state that only the vocabulary has."""
    states = variable.states
    text = state_text(value)
    text = text if text in states else as_spelt(text.strip(), states)
    unused = vocabulary.get(variable.id, ())
    text = as_state(text, variable.id, (*states, *unused))
    if text in states:
        return states.index(text)
    if text in unused:
        return None
    for words in (_YES, _NO):
        if text.casefold() in words[1:]:
            return _yes_or_no(variable, text, words)
    number = number_of(value)
    if number is not None:
        return _measured(variable, number)
    text = clipped(text)
    elsewhere = [v.id for v in network.findings if text in v.states]
    elsewhere += [name for name, names in vocabulary.items() if text in names]
    if 0 < len(elsewhere) <= 3:
        owners = " and ".join(f"'{owner}'" for owner in elsewhere)
        raise InputError(f"'{text}' is not a state of '{variable.id}' but of {owners}; {_choices(states)}")
    if hint := comma_hint(value):
        raise InputError(f"'{text}' is not a state of '{variable.id}'{hint}")
    return variable.state_index(text)  # raises with the nearest state


def _yes_or_no(variable: Variable, text: str, words: tuple[str, ...]) -> int:
    """Index of the state that means yes (or no): the same word in other letters, else the only one of ``words``."""
    folded = [state.casefold() for state in variable.states]
    for meant in ((text.casefold(),), words):
        found = [i for i, state in enumerate(folded) if state in meant]
        if len(found) == 1:
            return found[0]
    raise InputError(f"'{text}' is not a state of '{variable.id}'; {_choices(variable.states)}")


#: A number from here on is no measure, but may be a code.
_CODE = 1e6


def _choices(states: Iterable[str]) -> str:
    return f"choose from: {', '.join(states)}"


def _measured(variable: Variable, number: float) -> int:
    """Index of the state that is a number, or covers it, such as ``<10``, ``10-30``, ``>30`` or ``60+``.

    Raises InputError where none does, and where several do: the number does not say which of them is meant.
    """
    states = variable.states
    shown = f"{number:g}"
    if shown in states:
        return states.index(shown)
    met = [state for state in states if number_of(state) == number]
    met = met or [state for state in states if bounds(state)[0] <= number <= bounds(state)[1]]
    if len(met) == 1:
        return states.index(met[0])
    if met:
        either = " or ".join(f"'{state}'" for state in met)
        raise InputError(f"{shown} may be {either} of '{variable.id}': write which of them")
    if any(map(spells_number, states)):
        raise InputError(f"no state of '{variable.id}' covers {shown}; {_choices(variable.states)}")
    if number >= _CODE and number.is_integer():
        said = f"'{variable.id}' takes one of its states, not a number; a code of SNOMED CT is snomed:{number:.0f}"
        raise InputError(said)
    raise InputError(
        f"'{variable.id}' takes one of its states, not the number {shown}; {_choices(variable.states)}"
    )


def _met(variable: Variable, text: str, span: re.Match[str]) -> list[object]:
    """The states that a range meets: all are possible. Raises InputError where it meets none."""
    low, high = float(span["low"] or -math.inf), float(span["high"] or math.inf)
    if span["sign"]:
        low, high = _beyond(span["sign"], float(span["end"]))
    met: list[object] = [
        state for state in variable.states if max(low, bounds(state)[0]) <= min(high, bounds(state)[1])
    ]
    least = min(bounds(state)[0] for state in variable.states)
    if not met or -math.inf < low < min(least, 0.0):  # a size is not below nothing
        raise InputError(f"no state of '{variable.id}' lies in {text}; {_choices(variable.states)}")
    return met


def spells_number(state: str) -> bool:
    """Whether a state's name is a number, or a range of such."""
    return _SPELT.fullmatch(state) is not None


def bounds(state: str) -> tuple[float, float]:
    """Closed interval that a state's name spells; an empty one when it spells none."""
    spelt = _SPELT.fullmatch(state)
    if spelt is None:
        return math.inf, -math.inf
    if spelt["sign"]:
        low, high = _beyond(spelt["sign"], float(spelt["end"]))
        amount = low == -math.inf and high > 0  # below 10 mm, but not below nothing
        return (0.0 if amount else low), high
    low = float(spelt["low"])
    return low, math.inf if spelt["more"] else float(spelt["high"] or low)


def _beyond(sign: str, end: float) -> tuple[float, float]:
    """Closed interval of the numbers below or above ``end``; ``<`` and ``>`` leave it out."""
    below = sign[0] in "<≤"
    if sign in "<>":
        end = math.nextafter(end, -math.inf if below else math.inf)
    return (-math.inf, end) if below else (end, math.inf)


def as_stated(variable: Variable, weights: Sequence[float] | Array) -> object:
    said = {state: float(weight) for state, weight in zip(variable.states, weights, strict=True) if weight}
    if len(said) == 1:
        return next(iter(said))
    if len(said) == variable.cardinality - 1 and set(said.values()) == {1.0}:
        ruled_out = f"not {next(state for state in variable.states if state not in said)}"
        if ruled_out not in variable.states:
            return ruled_out
    return said


def apart(weights: Mapping[str, float]) -> tuple[str, float]:
    """The state that weighs more than all others, where these are more than two and alike, and what they weigh.

    >>> apart({"rim": 1.0, "none": 0.1, "solid": 0.1, "patchy": 0.1}), apart({"rim": 1.0, "none": 0.1})
    (('rim', 0.1), ('', 0.0))
    """
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])
    if len(ranked) > 3 and 0 < ranked[1][1] == ranked[-1][1] < ranked[0][1]:
        return ranked[0][0], ranked[1][1]
    return "", 0.0
