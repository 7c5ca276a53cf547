"""Read Bayesian networks in the BIF interchange format, with the standard library and numpy alone."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np

from bayesdx.errors import InputError
from bayesdx.network import Array, Network, Variable

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NETWORK = re.compile(r"\bnetwork\s+(\"[^\"]*\"|[^\s{]+)")
_VARIABLE = re.compile(r"\bvariable\s+(\"[^\"]*\"|[^\s{]+)\s*\{(.*?)\}\s*;(.*?)\}", re.DOTALL)
_STATES = re.compile(r"type\s+discrete\s*\[\s*(\d+)\s*\]\s*\{(.*)", re.DOTALL)
_PROBABILITY = re.compile(r"\bprobability\s*\(([^|)]*)(?:\|([^)]*))?\)\s*\{(.*?)\}", re.DOTALL)
_ENTRY = re.compile(r"\s*(?:(table|default)|\(([^)]*)\))\s*([^;]*)")


def read_bif(path: str | Path) -> Network:
    """The network in a BIF file, which may be gzipped (``.bif.gz``).

    Raises InputError, naming the file, for text that is not BIF and for whatever Network refuses.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read '{path}': {error}") from None
    try:
        return parse_bif(text, network_id=path.name.split(".")[0])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def parse_bif(text: str, network_id: str = "") -> Network:
    """The network that BIF ``text`` describes; ``network_id`` replaces the name in the text when given."""
    text = _COMMENT.sub(" ", text)
    declared = _NETWORK.search(text)
    variables = tuple(_variable(match) for match in _VARIABLE.finditer(text))
    if not variables:
        raise InputError("no 'variable' block found: is this a BIF file?")
    by_id = {variable.id: variable for variable in variables}
    parents: dict[str, tuple[str, ...]] = {}
    cpts: dict[str, Array] = {}
    for match in _PROBABILITY.finditer(text):
        owner = _name(match[1])
        parents[owner] = _names(match[2] or "")
        for member in (owner, *parents[owner]):
            if member not in by_id:
                raise InputError(f"the probability block of '{owner}' names '{member}', which is not declared")
        cpts[owner] = _table(by_id[owner], [by_id[parent] for parent in parents[owner]], match[3])
    name = network_id or (_name(declared[1]) if declared else "network")
    return Network(id=name, variables=variables, parents=parents, cpts=cpts)


def _variable(match: re.Match[str]) -> Variable:
    name = _name(match[1])
    declared = _STATES.search(match[2])
    if declared is None:
        raise InputError(f"variable '{name}' is not 'type discrete [ n ] {{ … }}'")
    states = _names(declared[2])
    if len(states) != int(declared[1]):
        raise InputError(f"variable '{name}' declares {declared[1]} states but lists {len(states)}")
    return Variable(name, states)


def _table(owner: Variable, parents: list[Variable], body: str) -> Array:
    """CPT of shape (card(parent_1), …, card(owner)) from the rows of a probability block."""
    shape = tuple(variable.cardinality for variable in (*parents, owner))
    positions = [{state: i for i, state in enumerate(parent.states)} for parent in parents]
    table = np.full(shape, np.nan)
    for kind, given, numbers in _ENTRY.findall(body):
        values = _numbers(numbers, owner.id)
        wanted = table.size if kind == "table" else shape[-1]
        if len(values) != wanted:
            raise InputError(f"the CPT of '{owner.id}' has a row of {len(values)} numbers, expected {wanted}")
        if kind == "table":  # the owner's state changes slowest, the last parent's fastest
            table = np.moveaxis(values.reshape(shape[-1:] + shape[:-1]), 0, -1)
        elif kind == "default":
            table[np.isnan(table[..., 0])] = values
        else:
            states = _names(given)
            if len(states) != len(parents):
                raise InputError(f"the CPT of '{owner.id}' has a row for ({given}), expected {len(parents)} states")
            try:
                row = tuple(position[state] for position, state in zip(positions, states, strict=True))
            except KeyError as error:
                raise InputError(f"the CPT of '{owner.id}' has a row for the unknown state {error}") from None
            table[row] = values
    if np.isnan(table).any():
        raise InputError(f"the CPT of '{owner.id}' has no row for some states of its parents")
    return table


def _numbers(text: str, owner: str) -> Array:
    try:
        return np.array(text.replace(",", " ").split(), dtype=np.float64)
    except ValueError as error:
        raise InputError(f"the CPT of '{owner}': {error}") from None


def _names(text: str) -> tuple[str, ...]:
    return tuple(_name(part) for part in text.replace("}", "").split(",") if part.strip())


def _name(text: str) -> str:
    return text.strip().strip('"')
