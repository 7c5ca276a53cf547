"""The findings of one patient, and their translation into likelihood weights of a network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from numbers import Real
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bayesdx.errors import InputError, nearest, printable
from bayesdx.network import Array, Network, Variable, as_spelt
from bayesdx.values import ByValue

OLDEST = 120
_KEYS = ("id", "age", "sex", "diagnosis", "findings")
#: Other keys of a case file that are expected: kept, never used by a query.
METADATA = ("source", "region", "proof", "note", "preoperative_impression")
#: Keys whose misspelling changes an answer or a score.
_READ = (*_KEYS, "source", "region", "preoperative_impression")
_YES = ("present", "yes", "true", "on")
_NO = ("absent", "no", "false", "off")
#: What stands where nothing was seen, in small letters; a state of that name comes first.
_MISSING_WORDS = frozenset(("", "na", "n/a", "nan", "<na>", "#n/a", "null", "*", "?"))
#: Missing values of pandas and numpy, by type: neither need be installed or imported to meet one.
_MISSING_TYPES = frozenset(("NAType", "NaTType", "MaskedConstant"))
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WEIGHT = re.compile(rf"{_NUMBER.pattern}|[+-]?(?:nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_SHOWN = 60
_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Case(ByValue):
    """One patient: findings as written, and the proven diagnosis when known (never used by a query).

    ``age`` is in years, and ``sex`` a state, unless the network has variables of these names that say otherwise;
    both are checked when the case meets a network. ``place`` names the file and the entry in messages;
    ``metadata`` keeps every other key of the file.
    """

    findings: Mapping[str, object] = field(default_factory=dict)
    id: str | None = None
    age: object = None
    sex: object = None
    diagnosis: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    place: str = "case"
    warnings: tuple[str, ...] = ()


class EncodedCase(NamedTuple):
    """A case in the terms of one network.

    ``weights[v]`` has shape (card of v,): likelihood weights >= 0, not all zero. ``stated[v]`` says the same
    for people and files: a state, ``"not <state>"`` or ``{state: weight}``.
    """

    weights: Mapping[str, Array]
    stated: Mapping[str, object]
    warnings: tuple[str, ...] = ()


def case_from_mapping(mapping: object, place: str = "case") -> Case:
    """Check the keys and types of one case; raises InputError that begins with ``place``."""
    if not isinstance(mapping, Mapping):
        raise InputError(
            f"a case is a mapping with the keys id, age, sex, findings, not {_kind(mapping)}", place=place
        )
    findings = mapping.get("findings")
    if is_missing(findings):
        findings = {}
    if not isinstance(findings, Mapping):
        raise InputError(f"'findings' is a mapping of finding to state, not {_kind(findings)}", place=place)
    for key in (*mapping, *findings):
        if not isinstance(key, str):
            raise InputError(f"key {'null' if key is None else shown(key)} is not text", place=place)
    metadata = {key: value for key, value in mapping.items() if key not in _KEYS}
    patient = {key: None if is_missing(mapping.get(key)) else mapping[key] for key in ("age", "sex")}
    age = number_of(patient["age"])
    try:
        return Case(
            id=word(mapping.get("id"), "id"),
            age=age if age is not None and 0 <= age <= OLDEST else patient["age"],
            sex=patient["sex"],
            diagnosis=word(mapping.get("diagnosis"), "diagnosis"),
            findings=MappingProxyType({key: value for key, value in findings.items() if not is_missing(value)}),
            metadata=MappingProxyType(metadata),
            place=place,
            warnings=_misspelt(metadata),
        )
    except InputError as error:
        raise error.at(place) from None


def _kind(value: object) -> str:
    names = {list: "a list", str: "text", dict: "a mapping", type(None): "nothing", bool: "yes or no"}
    return names.get(type(value), f"a {type(value).__name__}")


def shown(value: object) -> str:
    """A value as a message shows it: what is long is cut, what holds others is named."""
    if isinstance(value, (Mapping, list, tuple, set)):
        return _kind(value)
    try:
        return clipped(" ".join(repr(value).split()))
    except ValueError:  # Python refuses to write a whole number of thousands of digits
        return "a number of many digits"


def clipped(text: str) -> str:
    """Text for a message, cut where it is long."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def word(value: object, key: str) -> str | None:
    """An id or a diagnosis as it is written, None for a missing one.

    Raises InputError for what is no text, or holds characters that could do something to a terminal or a page.
    """
    if is_missing(value) or (isinstance(value, str) and not value):
        return None
    if isinstance(value, (bool, np.bool_, bytes, Mapping, list, tuple, set)):
        raise InputError(f"'{key}' is text, not {shown(value)}")
    try:
        text = str(value)
        text.encode()
    except ValueError:  # half of a character, or a whole number of thousands of digits
        raise InputError(f"'{key}' is text, not {shown(value)}") from None
    if _CONTROL.search(text):
        raise InputError(f"'{key}' holds a character that cannot be printed: {clipped(text)}")
    return text


def is_missing(value: object) -> bool:
    """Whether a value says that nothing was seen: None, NaN, and what pandas and numpy put in their place."""
    if value is None:
        return True
    if isinstance(value, (float, np.floating)):
        return bool(value != value)
    if _is_decimal(value):
        return bool(value.is_nan())  # type: ignore[attr-defined]
    return type(value).__name__ in _MISSING_TYPES


def _is_decimal(value: object) -> bool:
    return type(value).__name__ == "Decimal"  # tables hold some, and its module need not be imported otherwise


def number_of(value: object) -> float | None:
    """A finite number, also one that is written as plain decimal text; None for anything else."""
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER.fullmatch(value):
            return None
    elif isinstance(value, (bool, np.bool_)) or not (isinstance(value, Real) or _is_decimal(value)):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def parse_weights(text: str) -> dict[object, object] | None:
    """The weights that ``state:weight,state:weight`` spells; None when the text is of another form.

    >>> parse_weights("hyper:0.8, mixed : 0.2")
    {'hyper': 0.8, 'mixed': 0.2}
    >>> parse_weights("not hyper") is None
    True
    """
    pairs = [[side.strip() for side in part.rpartition(":")[::2]] for part in text.split(",")]
    if not all(state and _WEIGHT.fullmatch(weight) for state, weight in pairs):
        return None
    states = [state for state, _ in pairs]
    twice = next((state for state in states if states.count(state) > 1), None)
    if twice is not None:
        raise InputError(f"state '{twice}' is given twice in '{clipped(text)}'")
    return {state: float(weight) for state, weight in pairs}


def _misspelt(metadata: Iterable[str]) -> tuple[str, ...]:
    unknown = [key for key in metadata if key not in METADATA]
    if not unknown:
        return ()
    from difflib import get_close_matches

    near = {key: get_close_matches(key.lower(), _READ, n=1, cutoff=0.75) for key in unknown}
    return tuple(
        f"key '{printable(key)}' is not used; did you mean '{close[0]}'?" for key, close in near.items() if close
    )


def encode(case: Case, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE) -> EncodedCase:
    """Translate a case into likelihood weights of ``network``.

    ``vocabulary`` holds findings and states that are known but not used by this network: they give a warning.
    Raises InputError for an unknown finding or state, and for weights that are negative, not finite or all
    zero.
    """
    warnings = [*case.warnings, *misplaced(case, network)]
    patient = {"age": case.age, "sex": case.sex}
    weights: dict[str, Array] = {}
    stated: dict[str, object] = {}
    try:
        for key, value in [*case.findings.items(), *patient.items()]:
            if is_missing(value):
                continue
            name, found, unused = encode_finding(key, value, network, vocabulary)
            warnings += unused
            if found is None:
                continue
            if name in weights:
                raise InputError(f"'{name}' is given twice: once as '{key}'")
            weights[name] = found
            stated[name] = _stated(network.variable(name), found)
    except InputError as error:
        raise error.at(case.place) from None
    return EncodedCase(MappingProxyType(weights), MappingProxyType(stated), tuple(warnings))


def misplaced(case: Case, network: Network) -> list[str]:
    """A warning for each key of the case that is the name of a finding, but does not stand among the findings."""
    about = {"id": case.id, "diagnosis": case.diagnosis}
    named = [*case.metadata, *(key for key, value in about.items() if value is not None and key != network.target)]
    return [
        f"key '{key}' is not used: a finding belongs under 'findings'"
        for key in named
        if key in network and key not in case.findings
    ]


def encode_finding(
    key: str, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE
) -> tuple[str, Array | None, tuple[str, ...]]:
    """Likelihood weights of one finding, or of ``age`` in years: ``(variable id, weights, warnings)``.

    ``weights`` has shape (card of the variable,) and is read-only; None when the network does not use the
    finding, and for a word such as 'NA' that says that it is missing. Raises InputError as ``encode`` does.
    """
    name = "age_group" if key == "age" and key not in network else as_spelt(key, chain(network.index, vocabulary))
    states = network.variable(name).states if name in network else ()
    if _says_missing(value, states, vocabulary.get(name, ())):
        return name, None, ()
    if name == "age_group" != key:
        value = math.floor(_age(value))
    if name not in network:
        if name in vocabulary or key in ("age", "sex"):
            return name, None, (f"'{key}' is not used by network '{network.id}'",)
        known = [v.id for v in network.findings] + list(vocabulary)
        raise InputError(f"unknown finding '{clipped(name)}'", nearest(clipped(name), known))
    variable = network.variable(name)
    if name == network.target:
        raise InputError(f"'{name}' is what network '{network.id}' is asked for, not a finding")
    if variable.kind == "latent":
        raise InputError(f"'{name}' is a hidden variable of network '{network.id}', not a finding")
    pairs, negative = _read(variable, value)
    weights = np.zeros(variable.cardinality)
    unused = []
    met: set[int] = set()
    for state, weight in pairs.items():
        number = number_of(weight)
        if number is None or number < 0:
            raise InputError(
                f"finding '{name}': weight {shown(weight)} of '{clipped(_text(state))}' is not a finite number >= 0"
            )
        index = _state(variable, state, network, vocabulary)
        if index is None:
            unused.append(f"state '{state}' of finding '{name}' is not used by network '{network.id}'")
        elif index in met:
            raise InputError(f"finding '{name}': state '{variable.states[index]}' is given twice")
        else:
            met.add(index)
            weights[index] = number
    if unused and not weights.any():
        return name, None, tuple(unused)
    if negative:
        weights = 1.0 - weights
    if not weights.any():
        raise InputError(f"finding '{name}': {'every state is ruled out' if negative else 'all weights are zero'}")
    weights.setflags(write=False)
    return name, weights, tuple(unused)


def _age(value: object) -> float:
    age = number_of(value)
    if age is None or not 0 <= age <= OLDEST:
        raise InputError(f"age {shown(value)} is not a number of years from 0 to {OLDEST}{_comma_hint(value)}")
    return age


def _comma_hint(value: object) -> str:
    comma = isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip())
    return ": a number has a decimal point, not a comma" if comma else ""


def _says_missing(value: object, *states: Iterable[str]) -> bool:
    """Whether text stands for a missing value; never where a state has that name, in capitals or not."""
    if not isinstance(value, str) or value.strip().casefold() not in _MISSING_WORDS:
        return False
    return value.strip().casefold() not in {state.casefold() for some in states for state in some}


def _read(variable: Variable, value: object) -> tuple[Mapping[object, object], bool]:
    """A finding as written: ``({state: weight}, False)``, or ``({state: 1}, True)`` of a state ruled out."""
    if isinstance(value, Mapping) and value:
        return value, False
    if isinstance(value, str):
        text = as_spelt(value if value in variable.states else value.strip(), variable.states)
        ruled_out = as_spelt(text[4:].strip(), variable.states) if text.startswith("not ") else ""
        if text in variable.states:
            return {text: 1.0}, False
        if ruled_out in variable.states:
            return {ruled_out: 1.0}, True
        if weights := parse_weights(text):
            return weights, False
        return ({ruled_out: 1.0}, True) if ruled_out else ({text: 1.0}, False)
    if isinstance(value, (Real, np.bool_)) or _is_decimal(value):
        return {value: 1.0}, False
    empty = isinstance(value, (Mapping, list, tuple)) and not value
    raise InputError(
        f"finding '{variable.id}' is {'empty' if empty else _kind(value)}; write a state, 'not <state>', or "
        f"weights such as {{{variable.states[0]}: 0.8, {variable.states[-1]}: 0.2}}"
    )


def _text(state: object) -> str:
    """A state as text: yes and no in the way that files write them."""
    if isinstance(state, (bool, np.bool_)):
        return "true" if state else "false"
    try:
        return str(state)
    except ValueError:
        return shown(state)


def _state(
    variable: Variable, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]]
) -> int | None:
    """Index of a state as written; None for a state that only the vocabulary has."""
    states = variable.states
    text = _text(value)
    text = text if text in states else as_spelt(text.strip(), states)
    if text in states:
        return states.index(text)
    if text in vocabulary.get(variable.id, ()):
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
    if hint := _comma_hint(value):
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


def _choices(states: Iterable[str]) -> str:
    return f"choose from: {', '.join(states)}"


def _measured(variable: Variable, number: float) -> int:
    """Index of the state that is a number, or covers it, such as ``<10``, ``10-30``, ``>30`` or ``60+``."""
    same = [index for index, state in enumerate(variable.states) if number_of(state) == number]
    if len(same) == 1:
        return same[0]
    for index, state in enumerate(variable.states):
        low, high = _bounds(state)
        if low <= number <= high and number >= 0:
            return index
    shown = f"{number:g}"
    if any(_bounds(state) != (math.inf, -math.inf) for state in variable.states):
        raise InputError(f"no state of '{variable.id}' covers {shown}; {_choices(variable.states)}")
    raise InputError(
        f"'{variable.id}' takes one of its states, not the number {shown}; {_choices(variable.states)}"
    )


def _bounds(state: str) -> tuple[float, float]:
    """Closed interval that a state's name spells; an empty one when it spells none."""
    match = re.fullmatch(r"([<>]?)(\d+(?:\.\d+)?)(?:(\+)|-(\d+(?:\.\d+)?))?", state)
    if match is None:
        return math.inf, -math.inf
    sign, first, plus, last = match.groups()
    value = float(first)
    if sign == "<":
        return 0.0, math.nextafter(value, 0.0)
    if sign == ">":
        return math.nextafter(value, math.inf), math.inf
    if plus:
        return value, math.inf
    return value, float(last) if last else value


def _stated(variable: Variable, weights: Array) -> object:
    positive = np.flatnonzero(weights)
    if len(positive) == 1:
        return variable.states[int(positive[0])]
    if len(positive) == variable.cardinality - 1 and (weights[positive] == 1.0).all():
        ruled_out = f"not {variable.states[int(np.flatnonzero(weights == 0)[0])]}"
        if ruled_out not in variable.states:
            return ruled_out
    return {variable.states[int(i)]: float(weights[i]) for i in positive}
