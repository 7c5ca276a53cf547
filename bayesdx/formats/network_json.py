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
``mentioned``    ``{finding: [rate, …]}``: how often a published text mentions each state; absent where unknown
``learning``     what of the counts was learnt from cases, and the network before; absent where nothing was

``rows`` is a list of CPT rows, one for each combination of parent states (last parent fastest), each with a
number for every state of the variable. A zero count is a state that is impossible by definition. Numbers are
written with six significant digits (probabilities with nine, so that rows still sum to 1), and in the order of
the variables, so that equal networks give equal files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesdx.cells import clipped
from bayesdx.document import NetworkDocument, PriorSet, default_of
from bayesdx.errors import InputError, nearest
from bayesdx.files import parse_json, read_text_as_declared
from bayesdx.formats.draft import NetworkDraft, agree, family_shape, listed_numbers, naming, normalised
from bayesdx.network import Array, Network, Variable

if TYPE_CHECKING:
    from bayesdx.learnt import Learning

FORMAT = "bayesdx-network/1"
_KEYS = (
    *("format", "id", "label", "version", "target", "levels", "variables", "parents", "counts", "cpts"),
    *("prior_sets", "vocabulary", "mentioned", "learning"),
)
_PRIOR_KEYS = ("label", "population", "description", "default", "counts", "probabilities")
_VARIABLE_FIELDS = ("id", "label", "kind", "examination", "states", "state_labels")


def read_network(path: str | os.PathLike[str]) -> NetworkDocument:
    """Read a network file; raises InputError that names the file and the place."""
    text, place, warnings = read_text_as_declared(path)
    document = network_from_dict(parse_json(text, place), place)
    return replace(document, warnings=(*warnings, *document.warnings))


def network_from_dict(data: Any, place: str = "network") -> NetworkDocument:
    """Build the document from parsed JSON; ``place`` begins every message."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"is not a {FORMAT} file", place=place)
    with naming(place):
        try:
            return _document(data)
        except KeyError as error:
            raise InputError(f"key {error} is missing") from None


def _document(data: dict[str, Any]) -> NetworkDocument:
    _known(data, _KEYS)
    draft = NetworkDraft()
    for entry in _list(data["variables"], "variables"):
        draft.declare(_variable(entry))
    parents = {child: _texts(names, f"the parents of '{child}'") for child, names in _mapping(data, "parents")}

    def family(owner: str) -> list[Variable]:
        return draft.family(owner, parents.get(owner, ()))

    for owner in parents:
        family(owner)
    counts = {owner: _table(rows, family(owner)) for owner, rows in _mapping(data, "counts")}
    cpts = {owner: _mean(table, owner) for owner, table in counts.items()}
    for owner, rows in _mapping(data, "cpts"):
        cpts[owner] = _table(rows, family(owner))
    target = None if data.get("target") is None else _text(data["target"], "target")
    priors: dict[str, PriorSet] = {}
    rounded: tuple[str, ...] = ()
    if data.get("prior_sets"):
        if target is None or target not in draft.variables or parents.get(target):
            raise InputError("prior sets need a target that is a variable without parents")
        for name, entry in _mapping(data, "prior_sets"):
            priors[name], warnings = _prior_set(name, entry, draft.variables[target])
            rounded += warnings
        marked = [f"'{name}'" for name, prior in priors.items() if prior.default]
        if len(marked) > 1:
            raise InputError(f"prior sets {' and '.join(marked)} are both the default")
    chosen = default_of(priors.values())
    if target is not None and chosen is not None:
        if target in cpts and not agree(cpts[target], chosen.probabilities):
            rounded += (f"the CPT of '{target}' is not used: it is not the prior set '{chosen.name}', the default",)
        cpts[target] = chosen.probabilities
        counts.pop(target, None)
        if chosen.counts is not None:
            counts[target] = chosen.counts
    cpts, warnings = normalised({owner: family(owner) for owner in cpts}, cpts)
    network = Network(
        id=_text(data["id"], "id"),
        variables=tuple(draft.variables.values()),
        parents=parents,
        cpts=cpts,
        counts=counts,
        target=target,
        label=_text(data.get("label", ""), "label"),
        version=_text(data.get("version", ""), "version"),
    )
    vocabulary = {
        name: _texts(states, f"the vocabulary of '{name}'") for name, states in _mapping(data, "vocabulary")
    }
    levels = _texts(data.get("levels", []), "levels")
    rates = {}
    for name, numbers in _mapping(data, "mentioned"):
        what = f"the rates of '{name}'"
        rates[name] = _numbers_of(numbers, network.variable(name).cardinality, what)
        if (rates[name] >= 1).any():
            raise InputError(f"{what}: a rate is below 1")
    if data.get("learning"):
        network = replace(network, learning=_learning(data["learning"], network))
    return NetworkDocument(
        network,
        MappingProxyType(priors),
        levels,
        MappingProxyType(vocabulary),
        rounded + warnings,
        MappingProxyType(rates),
    )


def _learning(entry: Any, network: Network) -> Learning:
    from bayesdx.learnt import Learning, LearntSet  # a query of a network that has learnt nothing does without

    if not isinstance(entry, dict):
        raise InputError("learning is not an object")

    def rows(tables: Any, what: str, *, by_row: bool = False) -> dict[str, Array]:
        found = {}
        for name, table in _mapping({what: tables}, what):
            shape = network.cpts[network.variable(name).id].shape
            full = np.zeros((int(np.prod(shape[:-1])), 1 if by_row else shape[-1]))
            for row, numbers in _mapping({name: table}, name):
                if not (row.isdecimal() and row.isascii() and int(row) < len(full)):
                    raise InputError(f"{what} of '{name}' name a row '{row[:20]}' that its CPT does not have")
                wanted = full[int(row)]
                wanted[:] = _numbers_of([numbers] if by_row else numbers, len(wanted), f"{what} of '{name}'")
            found[name] = full.reshape(shape[:-1] if by_row else shape)
        return found

    before = rows(entry["before"], "counts before learning")
    sets = []
    for one in _list(entry["sets"], "sets"):
        if not isinstance(one, dict):
            raise InputError("an entry of sets is not an object")
        name = _text(one["name"], "the name of learnt cases")
        counts = rows(one["counts"], "counts")
        information = rows(one["information"], "information", by_row=True)
        if counts.keys() != before.keys() or information.keys() != before.keys():
            raise InputError(f"the counts learnt from '{name}' are of other variables than those before")
        if any((part > 1.0).any() for part in information.values()):
            raise InputError(f"the information learnt from '{name}' exceeds 1")
        (cases,) = _numbers_of([one["cases"]], 1, f"the number of cases of '{name}'").tolist()
        digest = _text(one["digest"], f"the digest of '{name}'")
        sets.append(LearntSet(name, cases, counts, information, digest))
    (trust,) = _numbers_of([entry["trust"]], 1, "the trust").tolist()
    if not 0.0 < trust <= 1.0:
        raise InputError(f"the trust is {trust:g}, not above 0 and at most 1")
    return Learning(
        _text(entry["label"], "label"),
        _text(entry["version"], "version"),
        _text(entry["prior"], "prior"),
        trust,
        _texts(entry["assumed"], "assumed"),
        before,
        tuple(sets),
    )


def _numbers_of(values: Any, size: int, what: str) -> Array:
    """So many finite numbers >= 0; raises InputError that begins with ``what``."""
    found = listed_numbers(values)
    if found is None:
        raise InputError(f"{what}: not numbers")
    if found.shape != (size,) or not (np.isfinite(found).all() and (found >= 0).all()):
        raise InputError(f"{what}: expected {size} finite numbers that are >= 0")
    return found


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{what} is {json.dumps(value)[:40]}, which is not text")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError(f"{what} is not a list")
    return value


def _texts(value: object, what: str) -> tuple[str, ...]:
    return tuple(_text(item, f"an entry of {what}") for item in _list(value, what))


def _mapping(data: dict[str, Any], key: str) -> Iterable[tuple[str, Any]]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise InputError(f"{key} is not an object")
    return value.items()


def _known(entry: Mapping[str, Any], keys: Sequence[str], place: str = "") -> None:
    """Raise InputError for a key that is none of ``keys``."""
    unknown = next((key for key in entry if key not in keys), None)
    if unknown is not None:
        raise InputError(f"unknown key '{clipped(unknown)}'", nearest(clipped(unknown), keys), place)


def _variable(entry: Any) -> Variable:
    if not isinstance(entry, dict):
        raise InputError("an entry of variables is not an object")
    _known(entry, _VARIABLE_FIELDS, f"variable '{entry.get('id')}'")
    name = _text(entry["id"], "the id of a variable")
    return Variable(
        id=name,
        states=_texts(entry["states"], f"the states of '{name}'"),
        label=_text(entry.get("label", ""), f"the label of '{name}'"),
        state_labels=_texts(entry.get("state_labels", []), f"the state labels of '{name}'"),
        kind=_text(entry.get("kind", ""), f"the kind of '{name}'"),
        examination=_text(entry.get("examination", ""), f"the examination of '{name}'"),
    )


def _table(rows: Any, family: Sequence[Variable], owner: str = "") -> Array:
    """The rows as an array with an axis for each of ``family``; ``owner`` names them when it is no variable."""
    shape = family_shape(family)
    count = int(np.prod(shape[:-1]))
    table = listed_numbers(rows)
    if table is None or table.shape not in (shape, (count, shape[-1])):
        raise InputError(f"table of '{owner or family[-1].id}' must hold {count} rows of {shape[-1]} numbers")
    return table.reshape(shape)


def _mean(counts: Array, owner: str) -> Array:
    with np.errstate(over="ignore"):
        totals = counts.sum(axis=-1, keepdims=True)
    if not np.isfinite(totals).all() or not (totals > 0).all():
        raise InputError(f"counts of '{owner}' hold a row without a positive finite sum")
    return np.asarray(counts / totals)


def _prior_set(name: str, entry: Any, target: Variable) -> tuple[PriorSet, tuple[str, ...]]:
    owner = f"prior set {name}"
    if not isinstance(entry, dict):
        raise InputError(f"{owner} is not an object")
    _known(entry, _PRIOR_KEYS, owner)
    default = entry.get("default", False)
    if not isinstance(default, bool):
        raise InputError(f"the default of {owner} is {json.dumps(default)[:40]}, which is not true or false")
    tables = {key: _table(entry[key], [target], owner) for key in ("counts", "probabilities") if key in entry}
    counts = tables.get("counts")
    stated = tables["probabilities"] if counts is None else _mean(counts, owner)
    if not agree(stated, tables.get("probabilities", stated)):
        raise InputError(f"the probabilities of {owner} are not the mean of its counts")
    found, warnings = normalised({target.id: [target]}, {target.id: stated})
    prior = PriorSet(
        name=name,
        probabilities=found[target.id],
        counts=counts,
        label=_text(entry.get("label", ""), f"the label of {owner}"),
        population=_text(entry.get("population", ""), f"the population of {owner}"),
        description=_text(entry.get("description", ""), f"the description of {owner}"),
        default=default,
    )
    return prior, tuple(f"{owner}: {warning}" for warning in warnings)


def network_text(
    network: Network,
    *,
    prior_sets: Iterable[PriorSet] = (),
    levels: Sequence[str] = (),
    vocabulary: Mapping[str, Sequence[str]] | None = None,
    rates: Mapping[str, Array] | None = None,
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
    if rates:
        parts["mentioned"] = _object({name: _numbers(rate, 6) for name, rate in rates.items()})
    if network.learning is not None:
        parts["learning"] = _object(_learning_parts(network.learning))
    return _object(parts) + "\n"


def document_text(document: NetworkDocument) -> str:
    """The text of a network file that reads back as ``document``."""
    return network_text(
        document.network,
        prior_sets=document.prior_sets.values(),
        levels=document.levels,
        vocabulary=document.vocabulary,
        rates=document.rates,
    )


def _learning_parts(learning: Learning) -> dict[str, str]:
    return {
        "label": _json(learning.label),
        "version": _json(learning.version),
        "prior": _json(learning.prior),
        "trust": _json(learning.trust),
        "assumed": _json(list(learning.assumed)),
        "before": _object({name: _sparse(table, table.shape[-1], 12) for name, table in learning.before.items()}),
        "sets": _block(
            [
                _object(
                    {
                        "name": _json(one.name),
                        "cases": _json(float(f"{one.cases:.6g}")),
                        "digest": _json(one.digest),
                        "counts": _object({n: _sparse(table, table.shape[-1]) for n, table in one.counts.items()}),
                        "information": _object({n: _sparse(table, 0) for n, table in one.information.items()}),
                    }
                )
                for one in learning.sets
            ],
            "[]",
        ),
    }


def _sparse(table: Array, width: int, digits: int = 6) -> str:
    """Rows by their number, those of zeros left out; with ``width`` 0 a row is one number."""
    rows = table.reshape(-1, width) if width else table.reshape(-1, 1)
    written = {str(i): _numbers(row, digits) for i, row in enumerate(rows) if row.any()}
    numbers = written if width else {i: text[1:-1] for i, text in written.items()}
    return "{" + ", ".join(f"{_json(i)}: {text}" for i, text in numbers.items()) + "}"


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
