"""Bayesian networks in the NET language of HUGIN."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

import numpy as np

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.files import read_text_as_declared
from bayesdx.formats.draft import NetworkDraft, family_shape, naming, numbers_of
from bayesdx.formats.scanner import Scanner, one_line, token, without_comments
from bayesdx.network import Variable

_STRING = r'"(?:\\.|[^"\\])*+"'
_COMMENT = re.compile(rf"({_STRING})|%[^\n]*", re.DOTALL)
_IDENTIFIER = r"[^\W\d][\w.-]*"
_KIND = token(rf"(?:(discrete|continuous|interval|numbered|labelled|boolean)\s+)?({_IDENTIFIER})")
_NAME = token(_IDENTIFIER)
_HEAD = token(r"\(([^()]*)\)")
_OPEN, _CLOSE = token(r"\{"), token(r"\}")
_FIELD = token(rf"({_IDENTIFIER})\s*=\s*((?:{_STRING}|[^\";])*+);", re.DOTALL)
_STATE = re.compile(rf"{_STRING}|[^\s()\",]+", re.DOTALL)
_READ = ("states", "label", "data", "model_data")
_LAYOUT = str.maketrans("()", "  ")


def read_net(path: str | os.PathLike[str]) -> NetworkDocument:
    """The network in a NET file: its discrete chance nodes, with their labels.

    Raises InputError, naming the file, for text that is not NET, for continuous, decision and utility nodes,
    and for whatever Network refuses.
    """
    text, place, warnings = read_text_as_declared(path)
    with naming(place):
        return net_document(text, os.path.basename(path).split(".")[0], warnings)


def net_document(text: str, network_id: str = "network", warnings: Sequence[str] = ()) -> NetworkDocument:
    """The network ``network_id`` that NET ``text`` describes."""
    scanner = Scanner(without_comments(text, _COMMENT))
    draft = NetworkDraft()
    potentials: list[tuple[int, str, dict[str, str]]] = []
    while not scanner.at_end():
        qualifier, keyword = scanner.take(_KIND, "'net', 'node' or 'potential'").groups()
        if keyword == "net":
            _fields(scanner)
        elif keyword == "node":
            draft.declare(_node(scanner, qualifier or "discrete"))
        elif keyword == "potential":
            start = scanner.position
            potentials.append((start, scanner.take(_HEAD, "'( node | parents )'")[1], _fields(scanner)))
        else:
            raise scanner.error(f"'{keyword}' is not read: only net, discrete node and potential are")
    for start, head, fields in potentials:
        try:
            _add_potential(draft, head, fields)
        except InputError as error:
            raise scanner.error(str(error), start) from None
    return draft.document(network_id, warnings)


def _fields(scanner: Scanner) -> dict[str, str]:
    """``{name: text of the value}`` of a block in braces."""
    fields = {}
    scanner.take(_OPEN, "'{'")
    while not scanner.skip(_CLOSE):
        name, value = scanner.take(_FIELD, "'name = value;' or '}'").groups()
        if name in fields and name in _READ:
            raise scanner.error(f"'{name}' is given twice")
        fields[name] = value
    return fields


def _node(scanner: Scanner, kind: str) -> Variable:
    name = scanner.take(_NAME, "the name of a node")[0].strip()
    fields = _fields(scanner)
    if kind == "continuous":
        raise scanner.error(f"'{name}' is a continuous node: only discrete ones are read")
    if "states" not in fields:
        raise scanner.error(f"node '{name}' has no states")
    states = tuple(_unquoted(state) for state in _STATE.findall(fields["states"]))
    return Variable(name, states, _unquoted(fields.get("label", "")))


def _unquoted(text: str) -> str:
    """A string without its quotes; aGrUM writes some words without any."""
    text = text.strip()
    return one_line(re.sub(r'\\(["\\])', r"\1", text[1:-1]) if text.startswith('"') else text)


def _add_potential(draft: NetworkDraft, head: str, fields: dict[str, str]) -> None:
    owners, _, parents = head.partition("|")
    if len(owners.split()) != 1:
        raise InputError(f"the potential ({head.strip()}) is not the CPT of one node")
    owner = owners.strip()
    family = draft.family(owner, parents.split())
    if "data" in fields:
        draft.add_numbers(family, numbers_of(fields["data"].translate(_LAYOUT), owner))
    elif "model_data" in fields:
        raise InputError(f"the CPT of '{owner}' is an expression (model_data): only tables (data) are read")
    else:  # as in HUGIN, where a potential without data is uniform
        draft.add_table(family, np.full(family_shape(family), 1.0 / family[-1].cardinality))
