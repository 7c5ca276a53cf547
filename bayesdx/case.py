"""The findings of one patient, and their translation into likelihood weights of a network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from bayesdx.cells import (
    clipped,
    comma_hint,
    identifier,
    is_blank,
    is_missing,
    kind_of,
    number_of,
    shown,
    state_text,
    word,
)
from bayesdx.codes import note
from bayesdx.errors import InputError, nearest, printable
from bayesdx.network import Array, Network, named
from bayesdx.states import as_stated, gathered, read_finding, says_missing, state_number
from bayesdx.values import ByValue

OLDEST = 120
#: Largest weight of a finding, and one over the least: products of many are still numbers.
_SCALE = 1e100
#: States that a network does not use are told of where they weigh at least this part of the likeliest of its own: a
#: report that implies a place leaves all others a little.
_LIKELY = 0.2
_KEYS = ("id", "age", "sex", "diagnosis", "findings")
#: Other keys of a case file that are expected: kept, never used by a query.
METADATA = (
    *("source", "region", "proof", "proof_seen", "note", "preoperative_impression"),
    *("named_alternatives", "counted_in"),
)
#: Keys whose misspelling changes an answer or a score.
_READ = (*_KEYS, "source", "region", "preoperative_impression")
#: Keys of the publication of a case: our own, those of CSL-JSON, and what else a reference holds.
_PUBLICATION = ("doi", "pmid", "pmcid", "title", "key", "journal", "year", "url")
_REFERENCE = (
    *("DOI", "PMID", "PMCID", "URL", "id", "type", "genre", "author", "authors", "issued", "custom", "abstract"),
    *("container-title", "volume", "issue", "page", "pages", "publisher", "ISSN", "ISBN", "language", "note"),
)
_NONE: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class Origin(NamedTuple):
    """Where a case stands that was read from resources of a hospital's system (FHIR).

    ``subject`` refers to the patient, None where nothing does. By finding, ``places`` say where in the resources it
    is named and where its value stands, and ``basis`` refers to what states it. ``issues`` tell what of the
    resources was not used.
    """

    subject: str | None
    places: Mapping[str, tuple[str, str]]
    basis: Mapping[str, str]
    issues: tuple[InputError, ...]


@dataclass(frozen=True, eq=False)
class Case(ByValue):
    """One patient: findings as written, and the proven diagnosis when known (never used by a query).

    ``age`` is in years, and ``sex`` a state, unless the network has variables of these names that say otherwise;
    both are checked when the case meets a network. ``place`` names the file and the entry in messages;
    ``metadata`` keeps every other key of the file, ``origin`` what an answer in FHIR has to name.
    """

    findings: Mapping[str, object] = field(default_factory=dict)
    id: str | None = None
    age: object = None
    sex: object = None
    diagnosis: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)
    place: str = "case"
    warnings: tuple[str, ...] = ()
    origin: Origin | None = None


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
            f"a case is a mapping with the keys id, age, sex, findings, not {kind_of(mapping)}", place=place
        )
    findings = mapping.get("findings")
    if is_missing(findings):
        findings = {}
    if not isinstance(findings, Mapping):
        raise InputError(f"'findings' is a mapping of finding to state, not {kind_of(findings)}", place=place)
    for key in (*mapping, *findings):
        if not isinstance(key, str):
            raise InputError(f"key {'null' if key is None else shown(key)} is not text", place=place)
    _check_source(mapping.get("source"), place)
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


def _check_source(source: object, place: str) -> None:
    """Raise InputError for what is no publication: whoever scores the case would not know that it is its own."""
    if isinstance(source, (list, tuple, set)):
        raise InputError(f"'source' is the publication of the case, not {kind_of(source)}", place=place)
    for key, value in source.items() if isinstance(source, Mapping) else ():
        if key not in (*_PUBLICATION, *_REFERENCE):
            raise InputError(f"unknown key {shown(key)} of 'source'", nearest(str(key), _PUBLICATION), place=place)
        try:
            if key.lower() in ("doi", "pmid", "pmcid"):
                identifier(key.lower(), value)
            elif key in ("title", "key", "id"):
                word(value, key)
        except InputError as error:
            raise error.at(f"{place}: source") from None


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
    Raises InputError for an unknown finding or state, also beside the findings, and for weights that are negative,
    not finite or all zero.
    """
    issues = case.origin.issues if case.origin else ()
    try:
        warnings = [*case.warnings, *map(str, issues), *misplaced(case, network, vocabulary)]
    except InputError as error:
        raise error.at(case.place) from None
    patient = {"age": case.age, "sex": case.sex}
    weights: dict[str, Array] = {}
    stated: dict[str, object] = {}
    for pair in (*case.findings.items(), *patient.items()):
        if is_missing(pair[1]):
            continue
        try:
            for key, value in gathered(*pair, network, vocabulary):
                name, found, unused = encode_finding(key, value, network, vocabulary)
                warnings += unused
                if found is None:
                    continue
                if name in weights:
                    raise InputError(f"'{name}' is given twice: once as '{key}'")
                weights[name] = found
                stated[name] = as_stated(network.variable(name), found)
        except InputError as error:
            if case.origin is not None and pair[0] in case.origin.places:
                known = named(pair[0], (*network.index, *vocabulary)) in (*network.index, *vocabulary, "age", "sex")
                error = error.at(case.origin.places[pair[0]][known])
            raise error.at(case.place) from None
    return EncodedCase(MappingProxyType(weights), MappingProxyType(stated), tuple(warnings))


def mistakes(
    case: Case, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE
) -> list[tuple[tuple[str, ...], InputError]]:
    """Everything that ``encode`` refuses of a case, finding by finding: where it stands in the mapping, and why."""
    parts: list[tuple[tuple[str, ...], Case]] = [
        (("findings", name), Case(findings={name: value})) for name, value in case.findings.items()
    ]
    parts += [((key,), Case(metadata={key: value})) for key, value in case.metadata.items()]
    parts += [(("age",), Case(age=case.age)), (("sex",), Case(sex=case.sex))]
    found = []
    for keys, part in parts:
        try:
            encode(replace(part, place=case.place, origin=case.origin), network, vocabulary)
        except InputError as error:
            found.append((keys, error))
    return found


def refuse_unused(
    findings: Mapping[str, object], network: Network, vocabulary: Mapping[str, tuple[str, ...]]
) -> None:
    """Raises InputError for a finding that says nothing to ``network``, which lacks it or its state."""
    for name, value in findings.items():
        alone = encode(Case({name: value}), network, vocabulary)
        if alone.warnings and not alone.weights:
            raise InputError(f"nothing would change: {alone.warnings[0]}")


def misplaced(case: Case, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE) -> list[str]:
    """A warning for each key of the case that is not used: a finding that does not stand among the findings, or
    nothing that is known.

    Raises InputError for a key that is a finding misspelt.
    """
    about = {"id": case.id, "diagnosis": case.diagnosis}
    stated = [*case.metadata, *(key for key, value in about.items() if value is not None and key != network.target)]
    found = [
        f"key '{key}' is not used: a finding belongs under 'findings'"
        for key in stated
        if (key in network or key in vocabulary) and key not in case.findings
    ]
    unknown = [
        key
        for key, value in case.metadata.items()
        if not (key in METADATA or key in network or key in vocabulary) and not is_blank(value)
    ]
    names = (*network.index, *vocabulary, "age", "sex") if unknown else ()
    return found + [warning for key in unknown if (warning := unused_key(key, names))]


@lru_cache(maxsize=1024)  # rows of a table share their keys
def unused_key(key: str, names: tuple[str, ...]) -> str:
    """The warning that a key of a case is none of the findings ``names``; empty where reading the case gave one.

    Raises InputError for a key that is one of them misspelt.
    """
    from difflib import get_close_matches

    folded = [name for name in names if name.casefold() == key.strip().casefold()]
    if close := folded or get_close_matches(clipped(key), names, n=1, cutoff=0.8):
        raise InputError(f"unknown finding '{clipped(key)}'; did you mean '{close[0]}'?")
    if _misspelt([key]):
        return ""
    hint = nearest(clipped(key), names)
    return f"key '{clipped(printable(key))}' is not used" + (f"; {hint}" if hint.closest else "")


def encode_finding(
    key: str, value: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]] = _NONE
) -> tuple[str, Array | None, tuple[str, ...]]:
    """Likelihood weights of one finding, or of ``age`` in years: ``(variable id, weights, warnings)``.

    ``weights`` has shape (card of the variable,) and is read-only; None when the network does not use the
    finding, and for a word such as 'NA' that says that it is missing. Raises InputError as ``encode`` does.
    """
    name = "age_group" if key == "age" and key not in network else named(key, (*network.index, *vocabulary))
    states = network.variable(name).states if name in network else ()
    if says_missing(value, states, vocabulary.get(name, ())):
        return name, None, ()
    if name == "age_group" != key:
        value = math.floor(_age(value))
    if name not in network:
        if name in vocabulary or key in ("age", "sex"):
            return name, None, (f"'{key}' is not used by network '{network.id}'",)
        known = [v.id for v in network.findings] + list(vocabulary)
        raise InputError(f"unknown finding '{clipped(name)}'{note(name)}", nearest(clipped(name), known))
    variable = network.variable(name)
    if name == network.target:
        raise InputError(f"'{name}' is what network '{network.id}' is asked for, not a finding")
    if variable.kind == "latent":
        raise InputError(f"'{name}' is a hidden variable of network '{network.id}', not a finding")
    pairs, negative = read_finding(variable, value)
    weights = np.zeros(variable.cardinality)
    unused: list[tuple[float, str]] = []
    met: set[int] = set()
    for state, weight in pairs.items():
        number = number_of(weight)
        if number is None or number < 0:
            raise InputError(
                f"finding '{name}': weight {shown(weight)} of '{clipped(state_text(state))}' "
                "is not a finite number >= 0"
            )
        index = state_number(variable, state, network, vocabulary)
        if index is None:
            unused.append((number, f"state '{state}' of finding '{name}' is not used by network '{network.id}'"))
        elif index in met:
            raise InputError(f"finding '{name}': state '{variable.states[index]}' is given twice")
        else:
            met.add(index)
            weights[index] = number
    largest = float(weights.max())
    told = tuple(warning for weight, warning in unused if weight >= _LIKELY * largest)
    if len(pairs) == 1 and largest not in (0.0, 1.0):
        alone = f"the weight {largest:g} of '{next(iter(pairs))}' alone makes it certain: weigh other states, too"
        told = (*told, f"finding '{name}': {alone}")
    if unused and not weights.any():
        return name, None, told
    if largest and not 1 / _SCALE <= largest <= _SCALE:
        raise InputError(
            f"finding '{name}': its largest weight is {largest:g}, not from {1 / _SCALE:g} to {_SCALE:g}"
        )
    if negative:
        weights = 1.0 - weights
    if not weights.any():
        raise InputError(f"finding '{name}': {'every state is ruled out' if negative else 'all weights are zero'}")
    weights.setflags(write=False)
    return name, weights, told


def _age(value: object) -> float:
    age = number_of(value)
    if age is None or not 0 <= age <= OLDEST:
        raise InputError(f"age {shown(value)} is not a number of years from 0 to {OLDEST}{comma_hint(value)}")
    return age
