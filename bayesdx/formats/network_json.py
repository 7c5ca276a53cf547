"""The project's own network file: a Network with its Dirichlet counts, prior sets and vocabulary, as JSON.

The file is one JSON object:

``format``       ``"bayesdx-network/1"``
``id``, ``label``, ``version``, ``target``
``levels``       states of the finding ``level`` for which this network is chosen
``variables``    list of ``{id, states, label, state_labels, kind, examination}``; the last four may be left out
``parents``      ``{variable: [parent, …]}``; a root may be left out
``counts``       ``{variable: rows}``: Dirichlet counts, whose mean is the CPT
``cpts``         ``{variable: rows}``: CPTs that are known exactly, for variables without counts
``prior_sets``   ``{name: {label, population, description, default, counts | probabilities}}``: P(target)
``vocabulary``   ``{variable: [state, …]}``: findings and states of the project that this network does not use

``rows`` is a list of CPT rows, one for each combination of parent states (last parent fastest), each with a
number for every state of the variable. A zero count is a state that is impossible by definition. Numbers are
written with six significant digits (probabilities with nine, so that rows still sum to 1), and in the order of
the variables, so that equal networks give equal files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from bayesdx.document import NetworkDocument, PriorSet, default_of
from bayesdx.errors import InputError, nearest
from bayesdx.files import parse_json, read_text, write_text
from bayesdx.network import Array, Network, Variable

FORMAT = "bayesdx-network/1"
_VARIABLE_FIELDS = ("id", "label", "kind", "examination", "states", "state_labels")


def read_network(path: str | os.PathLike[str]) -> NetworkDocument:
    """Read a network file; raises InputError that names the file and the place."""
    text, place = read_text(path)
    return network_from_dict(parse_json(text, place), place)


def network_from_dict(data: Any, place: str = "network") -> NetworkDocument:
    """Build the document from parsed JSON; ``place`` begins every message."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{place}: is not a {FORMAT} file")
    try:
        return _document(data)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    except KeyError as error:
        raise InputError(f"{place}: key {error} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{place}: {error}") from None


def _document(data: dict[str, Any]) -> NetworkDocument:
    variables = tuple(_variable(entry) for entry in data["variables"])
    cards = {variable.id: variable.cardinality for variable in variables}
    parents = {child: tuple(its_parents) for child, its_parents in data.get("parents", {}).items()}

    def shape(owner: str) -> tuple[int, ...]:
        for name in (*parents.get(owner, ()), owner):
            if name not in cards:
                raise InputError(f"'{name}' is not a variable; {nearest(name, cards)}")
        return tuple(cards[name] for name in (*parents.get(owner, ()), owner))

    counts = {owner: _table(rows, shape(owner), owner) for owner, rows in data.get("counts", {}).items()}
    cpts = {owner: _mean(table, owner) for owner, table in counts.items()}
    cpts |= {owner: _table(rows, shape(owner), owner) for owner, rows in data.get("cpts", {}).items()}
    target = data.get("target")
    priors: dict[str, PriorSet] = {}
    if data.get("prior_sets"):
        if target not in cards or parents.get(target):
            raise InputError("prior sets need a target that is a variable without parents")
        priors = {name: _prior_set(name, entry, shape(target)) for name, entry in data["prior_sets"].items()}
    chosen = default_of(priors.values())
    if chosen is not None:
        cpts[target] = chosen.probabilities
        counts.pop(target, None)
        if chosen.counts is not None:
            counts[target] = chosen.counts
    network = Network(
        id=str(data["id"]),
        variables=variables,
        parents=parents,
        cpts=cpts,
        counts=counts,
        target=target,
        label=str(data.get("label", "")),
        version=str(data.get("version", "")),
    )
    vocabulary = {name: tuple(states) for name, states in data.get("vocabulary", {}).items()}
    return NetworkDocument(
        network, MappingProxyType(priors), tuple(data.get("levels", ())), MappingProxyType(vocabulary)
    )


def _variable(entry: dict[str, Any]) -> Variable:
    unknown = next((key for key in entry if key not in _VARIABLE_FIELDS), None)
    if unknown is not None:
        raise InputError(
            f"variable '{entry.get('id')}': unknown key '{unknown}'; {nearest(unknown, _VARIABLE_FIELDS)}"
        )
    return Variable(
        id=entry["id"],
        states=tuple(entry["states"]),
        label=entry.get("label", ""),
        state_labels=tuple(entry.get("state_labels", ())),
        kind=entry.get("kind", ""),
        examination=entry.get("examination", ""),
    )


def _table(rows: Any, shape: tuple[int, ...], owner: str) -> Array:
    try:
        return np.array(rows, dtype=np.float64).reshape(shape)
    except (TypeError, ValueError):
        raise InputError(
            f"table of '{owner}' must hold {int(np.prod(shape[:-1]))} rows of {shape[-1]} numbers"
        ) from None


def _mean(counts: Array, owner: str) -> Array:
    totals = counts.sum(axis=-1, keepdims=True)
    if not np.isfinite(totals).all() or not (totals > 0).all():
        raise InputError(f"counts of '{owner}' hold a row without a positive finite sum")
    return np.asarray(counts / totals)


def _prior_set(name: str, entry: dict[str, Any], shape: tuple[int, ...]) -> PriorSet:
    owner = f"prior set {name}"
    counts = _table(entry["counts"], shape, owner) if "counts" in entry else None
    stated = _table(entry["probabilities"], shape, owner) if counts is None else _mean(counts, owner)
    return PriorSet(
        name=name,
        probabilities=stated,
        counts=counts,
        label=entry.get("label", ""),
        population=entry.get("population", ""),
        description=entry.get("description", ""),
        default=bool(entry.get("default", False)),
    )


def write_network(
    path: str | os.PathLike[str],
    network: Network,
    *,
    prior_sets: Iterable[PriorSet] = (),
    levels: Sequence[str] = (),
    vocabulary: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write a network file that ``read_network`` reads back.

    With prior sets, the target's own CPT is not written: the default prior set takes its place. Counts are
    written where the network has them, and CPTs for the other variables.
    """
    text = network_text(network, prior_sets=prior_sets, levels=levels, vocabulary=vocabulary)
    write_text(os.fspath(path), text)


def network_text(
    network: Network,
    *,
    prior_sets: Iterable[PriorSet] = (),
    levels: Sequence[str] = (),
    vocabulary: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """The text of a network file: deterministic, one line a variable and one line a CPT row."""
    priors = list(prior_sets)
    own = [v.id for v in network.variables if not (priors and v.id == network.target)]
    parts = {
        "format": _json(FORMAT),
        "id": _json(network.id),
        "label": _json(network.label),
        "version": _json(network.version),
        "target": _json(network.target),
        "levels": _json(list(levels)),
        "variables": _block([_json(_variable_entry(v)) for v in network.variables], "[]"),
        "parents": _object({i: _json(list(p)) for i, p in network.parents.items() if p}),
        "prior_sets": _object({prior.name: _prior_entry(prior) for prior in priors}),
        "counts": _object({i: _rows(network.counts[i], 6) for i in own if i in network.counts}),
        "cpts": _object({i: _rows(network.cpts[i], 9) for i in own if i not in network.counts}),
        "vocabulary": _object({i: _json(list(states)) for i, states in (vocabulary or {}).items()}),
    }
    return _object(parts) + "\n"


def _variable_entry(variable: Variable) -> dict[str, Any]:
    entry = {name: getattr(variable, name) for name in _VARIABLE_FIELDS}
    return {name: value for name, value in entry.items() if value}


def _prior_entry(prior: PriorSet) -> str:
    words = {"label": prior.label, "population": prior.population, "description": prior.description}
    parts = {name: _json(text) for name, text in words.items() if text}
    if prior.default:
        parts["default"] = "true"
    if prior.counts is None:
        parts["probabilities"] = _numbers(prior.probabilities, 9)
    else:
        parts["counts"] = _numbers(prior.counts, 6)
    return _object(parts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _numbers(values: Array, digits: int) -> str:
    return "[" + ", ".join(f"{value:.{digits}g}" for value in values.tolist()) + "]"


def _rows(table: Array, digits: int) -> str:
    return _block([_numbers(row, digits) for row in table.reshape(-1, table.shape[-1])], "[]")


def _object(parts: Mapping[str, str]) -> str:
    return _block([f"{_json(key)}: {value}" for key, value in parts.items()], "{}")


def _block(lines: Sequence[str], brackets: str) -> str:
    return f"{brackets[0]}\n" + ",\n".join(lines) + f"\n{brackets[1]}" if lines else brackets
