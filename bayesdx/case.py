"""The findings of one patient, and their translation into likelihood weights of a network."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bayesdx.errors import InputError, nearest
from bayesdx.network import Array, Network, Variable

OLDEST = 120
_KEYS = ("id", "age", "sex", "diagnosis", "findings")
#: Other keys of a case file that are expected: kept, never used by a query.
METADATA = ("source", "region", "proof", "note", "preoperative_impression", "expect")
_YES = ("present", "yes", "true", "Yes", "True")
_NO = ("absent", "no", "false", "No", "False")
_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Case:
    """One patient: findings as written, and the proven diagnosis when known (never used by a query).

    ``place`` names the file and the entry in messages; ``metadata`` keeps every other key of the file.
    """

    findings: Mapping[str, object] = field(default_factory=dict)
    id: str | None = None
    age: float | None = None
    sex: str | None = None
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
        raise InputError(f"{place}: a case is a mapping with the keys id, age, sex, findings, not {_kind(mapping)}")
    wrong = next((key for key in mapping if not isinstance(key, str)), None)
    if wrong is not None:
        raise InputError(f"{place}: key {wrong!r} is not text")
    findings = mapping.get("findings")
    if findings is None:
        findings = {}
    if not isinstance(findings, Mapping):
        raise InputError(f"{place}: 'findings' is a mapping of finding to state, not {_kind(findings)}")
    metadata = {key: value for key, value in mapping.items() if key not in _KEYS}
    try:
        return Case(
            id=None if mapping.get("id") is None else str(mapping["id"]),
            age=_age(mapping.get("age")),
            sex=_text(mapping.get("sex"), "sex"),
            diagnosis=_text(mapping.get("diagnosis"), "diagnosis"),
            findings=MappingProxyType({str(key): value for key, value in findings.items() if value is not None}),
            metadata=MappingProxyType(metadata),
            place=place,
            warnings=_misspelt(metadata),
        )
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _kind(value: object) -> str:
    names = {list: "a list", str: "text", dict: "a mapping", type(None): "nothing", bool: "yes or no"}
    return names.get(type(value), f"a {type(value).__name__}")


def _text(value: object, key: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InputError(f"'{key}' is text, not {value!r}")


def _age(value: object) -> float | None:
    if value is None:
        return None
    age = number_of(value)
    if age is None or not 0 <= age <= OLDEST:
        raise InputError(f"age {value!r} is not a number of years from 0 to {OLDEST}")
    return age


def number_of(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (Real, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _misspelt(metadata: Iterable[str]) -> tuple[str, ...]:
    unknown = [key for key in metadata if key not in METADATA]
    if not unknown:
        return ()
    from difflib import get_close_matches

    near = {key: get_close_matches(key.lower(), _KEYS, n=1, cutoff=0.75) for key in unknown}
    return tuple(f"key '{key}' is not used; did you mean '{close[0]}'?" for key, close in near.items() if close)


def encode(case: Case, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE) -> EncodedCase:
    """Translate a case into likelihood weights of ``network``.

    ``vocabulary`` holds findings and states that are known but not used by this network: they give a warning.
    Raises InputError for an unknown finding or state, and for weights that are negative, not finite or all
    zero.
    """
    warnings = list(case.warnings)
    warnings += [
        f"key '{key}' is not used: a finding belongs under 'findings'" for key in case.metadata if key in network
    ]
    patient = {"age": case.age, "sex": case.sex}
    weights: dict[str, Array] = {}
    stated: dict[str, object] = {}
    try:
        for key, value in [*case.findings.items(), *patient.items()]:
            if value is None:
                continue
            name, found, unused = encode_finding(key, value, network, vocabulary)
            warnings += unused
            if name in weights:
                raise InputError(f"'{name}' is given twice: once as '{key}'")
            if found is not None:
                weights[name] = found
                stated[name] = _stated(network.variable(name), found)
    except InputError as error:
        raise InputError(f"{case.place}: {error}") from None
    return EncodedCase(MappingProxyType(weights), MappingProxyType(stated), tuple(warnings))


def encode_finding(
    key: str, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE
) -> tuple[str, Array | None, tuple[str, ...]]:
    """Likelihood weights of one finding, or of ``age`` in years: ``(variable id, weights, warnings)``.

    ``weights`` has shape (card of the variable,) and is read-only; None when the network does not use the
    finding. Raises InputError as ``encode`` does.
    """
    name = key
    if key == "age" and key not in network:
        age = _age(value)
        name, value = "age_group", None if age is None else math.floor(age)
    if name not in network:
        if name in vocabulary or key in ("age", "sex"):
            return name, None, (f"'{key}' is not used by network '{network.id}'",)
        known = [v.id for v in network.findings] + list(vocabulary)
        raise InputError(f"unknown finding '{name}'; {nearest(name, known)}")
    variable = network.variable(name)
    if name == network.target:
        raise InputError(f"'{name}' is what network '{network.id}' is asked for, not a finding")
    if variable.kind == "latent":
        raise InputError(f"'{name}' is a hidden variable of network '{network.id}', not a finding")
    negative = _ruled_out(variable, value)
    pairs = _pairs(variable, value if negative is None else negative)
    weights = np.zeros(variable.cardinality)
    unused = []
    for state, weight in pairs.items():
        number = None if isinstance(weight, str) else number_of(weight)
        if number is None or not 0 <= number < math.inf:
            raise InputError(f"finding '{name}': weight {weight!r} of '{state}' is not a finite number >= 0")
        index = _state(variable, state, network, vocabulary)
        if index is None:
            unused.append(f"state '{state}' of finding '{name}' is not used by network '{network.id}'")
        else:
            weights[index] += number
    if unused and not weights.any():
        return name, None, tuple(unused)
    if negative is not None:
        weights = 1.0 - weights
    if not weights.any():
        raise InputError(f"finding '{name}': {'every state is ruled out' if negative else 'all weights are zero'}")
    weights.setflags(write=False)
    return name, weights, tuple(unused)


def _ruled_out(variable: Variable, value: object) -> str | None:
    """The state that ``not <state>`` rules out."""
    if isinstance(value, str) and value.startswith("not ") and value not in variable.states:
        return value[4:].strip()
    return None


def _pairs(variable: Variable, value: object) -> dict[object, object]:
    """``{state: weight}`` of a finding as written."""
    if isinstance(value, Mapping) and value:
        return dict(value)
    if isinstance(value, (str, Real)):
        return {value: 1.0}
    raise InputError(
        f"finding '{variable.id}' is {_kind(value) if value else 'empty'}; write a state, 'not <state>', or "
        f"weights such as {{{variable.states[0]}: 0.8, {variable.states[-1]}: 0.2}}"
    )


def _state(
    variable: Variable, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]]
) -> int | None:
    """Index of a state as written; None for a state that only the vocabulary has."""
    states = variable.states
    if isinstance(value, bool):
        match = [state for state in (_YES if value else _NO) if state in states]
        if not match:
            raise InputError(f"'{'yes' if value else 'no'}' is not a state of '{variable.id}'; {_choices(states)}")
        return states.index(match[0])
    text = str(value)
    if text in states:
        return states.index(text)
    if text in vocabulary.get(variable.id, ()):
        return None
    number = number_of(value)
    if number is not None:
        return _interval(variable, number)
    elsewhere = [v.id for v in network.findings if text in v.states]
    elsewhere += [name for name, names in vocabulary.items() if text in names]
    if 0 < len(elsewhere) <= 3:
        owners = " and ".join(f"'{owner}'" for owner in elsewhere)
        raise InputError(f"'{text}' is not a state of '{variable.id}' but of {owners}; {_choices(states)}")
    return variable.state_index(text)  # raises with the nearest state


def _choices(states: Iterable[str]) -> str:
    return f"choose from: {', '.join(states)}"


def _interval(variable: Variable, number: float) -> int:
    """Index of the state such as ``<10``, ``10-30``, ``>30`` or ``60+`` that covers a number."""
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
        return f"not {variable.states[int(np.flatnonzero(weights == 0)[0])]}"
    return {variable.states[int(i)]: float(weights[i]) for i in positive}
