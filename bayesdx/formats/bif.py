"""Bayesian networks in the BIF interchange format (0.15), read and written with numpy alone.

Blanks, commas and ``|`` all separate; names are words or quoted; a property is text up to its semicolon and may
stand in any block.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError, nearest
from bayesdx.files import read_text_as_declared
from bayesdx.formats.draft import NetworkDraft, family_shape, naming, numbers_of
from bayesdx.formats.plain_names import Renaming, bif_name
from bayesdx.formats.scanner import Scanner, token, without_comments
from bayesdx.network import Array, Network, Variable

# '://' begins no comment, so that an address in a property stays whole.
_COMMENT = re.compile(r'("[^"\n]*")|(?<!:)//[^\n]*|/\*.*?\*/', re.DOTALL)
_WORD = r'"([^"]*)"|([^\s{}()\[\];,|"]+)'
_LIST = r'\(((?:"[^"]*"|[^)"])*+)\)'
_NUMBERS = r"([^;{}()]*+);"
_NAME = token(_WORD)
_PROPERTY = token(r'property\b(?:"[^"\n]*"|[^;])*+;')
_OPEN, _CLOSE = token("{"), token("}")
_STATES = token(r'type\s+discrete\s*\[\s*(\d{1,9})\s*\]\s*\{((?:"[^"]*"|[^}"])*+)\}\s*;')
_HEAD = token(_LIST)
_ENTRY = token(rf"(?:(table|default)\b|{_LIST})\s*{_NUMBERS}")


@dataclass
class _Block:
    """A probability block: the names in its head, and ``(kind, parent states, numbers)`` of each entry."""

    position: int
    head: str
    entries: list[tuple[str, str, str]] = field(default_factory=list)


def read_bif(path: str | os.PathLike[str]) -> NetworkDocument:
    """The network in a BIF file, which may be gzipped (``.bif.gz``).

    Raises InputError, naming the file, for text that is not BIF and for whatever Network refuses.
    """
    text, place, warnings = read_text_as_declared(path)
    with naming(place):
        return bif_document(text, os.path.basename(path).split(".")[0], warnings)


def parse_bif(text: str, network_id: str = "") -> Network:
    """The network that BIF ``text`` describes; ``network_id`` replaces the name in the text when given."""
    return bif_document(text, network_id).network


def bif_document(text: str, network_id: str = "", warnings: Sequence[str] = ()) -> NetworkDocument:
    """Like ``parse_bif``, with the warnings that came up."""
    scanner = Scanner(without_comments(text, _COMMENT))
    draft = NetworkDraft()
    blocks: list[_Block] = []
    while not scanner.at_end():
        keyword = _name(scanner.take(_NAME, "a block"))
        if keyword == "network":
            declared = scanner.skip(_NAME)
            network_id = network_id or (_name(declared) if declared else "")
            for _ in _entries(scanner):
                raise scanner.error("expected 'property' or '}'")
        elif keyword == "variable":
            draft.declare(_variable(scanner))
        elif keyword == "probability":
            blocks.append(_probability(scanner))
        else:
            raise scanner.error(
                f"expected 'network', 'variable' or 'probability', found '{keyword}': is this a BIF file?"
            )
    for block in blocks:
        try:
            _add_table(draft, block)
        except InputError as error:
            raise scanner.error(str(error), block.position) from None
    return draft.document(network_id or "network", warnings)


def _entries(scanner: Scanner) -> Iterator[None]:
    """Stop at each entry of a block that is not a property, until the block ends."""
    scanner.take(_OPEN, "'{'")
    while not scanner.skip(_CLOSE):
        if scanner.at_end():
            raise scanner.error("the file ends inside a block: '}' is missing")
        if not scanner.skip(_PROPERTY):
            yield


def _variable(scanner: Scanner) -> Variable:
    name = _name(scanner.take(_NAME, "the name of a variable"))
    states: tuple[str, ...] | None = None
    for _ in _entries(scanner):
        declared = scanner.take(_STATES, f"'type discrete [ n ] {{ … }};' or a property of variable '{name}'")
        if states is not None:
            raise scanner.error(f"variable '{name}' has two lists of states")
        wanted = int(declared[1])
        states = _names(declared[2], wanted)
        if len(states) != wanted:
            raise scanner.error(f"variable '{name}' declares {wanted} states but lists {len(states)}")
    if states is None:
        raise scanner.error(f"variable '{name}' has no states")
    return Variable(name, states)


def _probability(scanner: Scanner) -> _Block:
    block = _Block(scanner.position, scanner.take(_HEAD, "'( variable | parents )'")[1])
    for _ in _entries(scanner):
        kind, given, numbers = scanner.take(_ENTRY, "a row of numbers with ';', or a property").groups()
        block.entries.append((kind or "row", given or "", numbers))
    return block


def _add_table(draft: NetworkDraft, block: _Block) -> None:
    """CPT of shape (card(parent_1), …, card(owner)) from the entries of a probability block."""
    names = _names(block.head, among=draft.variables)
    if not names:
        raise InputError("a probability block without a variable")
    family = draft.family(names[0], names[1:])
    *parents, owner = family
    shape = family_shape(family)
    table = np.full(shape, np.nan)
    default: Array | None = None
    seen: set[tuple[int, ...] | str] = set()
    for kind, given, text in block.entries:
        values = numbers_of(text, owner.id)
        wanted = table.size if kind == "table" else shape[-1]
        if len(values) != wanted:
            raise InputError(f"the CPT of '{owner.id}' has a row of {len(values)} numbers, expected {wanted}")
        row = _row(given, parents, owner) if kind == "row" else kind
        if row in seen:
            raise InputError(f"the CPT of '{owner.id}' has two entries '{f'({given})' if given else kind}'")
        seen.add(row)
        if kind == "table":  # the owner's state changes slowest, the last parent's fastest
            whole = np.moveaxis(values.reshape(shape[-1:] + shape[:-1]), 0, -1)
            table = np.where(np.isnan(table), whole, table)
        elif kind == "default":
            default = values
        else:
            table[row] = values
    if default is not None:
        table[np.isnan(table[..., 0])] = default
    if np.isnan(table).any():
        raise InputError(f"the CPT of '{owner.id}' has no row for some states of its parents")
    draft.add_table(family, table)


def _row(given: str, parents: Sequence[Variable], owner: Variable) -> tuple[int, ...]:
    states = _names(given, len(parents))
    if len(states) != len(parents):
        raise InputError(f"the CPT of '{owner.id}' has a row for ({given}), expected {len(parents)} states")
    for parent, state in zip(parents, states, strict=True):
        if state not in parent.states:
            raise InputError(
                f"the CPT of '{owner.id}' has a row for the unknown state '{state}' of '{parent.id}'",
                nearest(state, parent.states),
            )
    return tuple(parent.states.index(state) for parent, state in zip(parents, states, strict=True))


def _names(text: str, count: int | None = None, among: Container[str] | None = None) -> tuple[str, ...]:
    """Names in a list, word by word.

    A list without quotes is cut at its commas alone, so that names hold blanks, when that gives ``count`` names,
    or names that are all ``among`` the known ones.
    """
    if '"' not in text:
        joined = tuple(" ".join(part.split()) for part in text.replace("|", ",").split(","))
        if len(joined) == count or (among is not None and all(name in among for name in joined)):
            return joined
    return tuple(_name(match) for match in _NAME.finditer(text))


def _name(match: re.Match[str]) -> str:
    quoted, word = match.groups()
    return str(word if quoted is None else quoted).strip()


def bif_text(network: Network, names: Renaming) -> str:
    """The network in BIF, its variables and states called by ``names``: words that need no quotes."""
    lines = [f"network {bif_name(network.id, 'unknown')} {{", "}"]
    for v in network.variables:
        states = ", ".join(names.state(v.id, state) for state in v.states)
        lines += [
            f"variable {names.variable(v.id)} {{",
            f"  type discrete [ {v.cardinality} ] {{ {states} }};",
            "}",
        ]
    for v in network.variables:
        parents = network.parents[v.id]
        head = " | ".join(
            [names.variable(v.id), ", ".join(names.variable(p) for p in parents)][: 1 + bool(parents)]
        )
        lines += [f"probability ( {head} ) {{", *_row_lines(network, v, names), "}"]
    return "\n".join(lines) + "\n"


def _row_lines(network: Network, owner: Variable, names: Renaming) -> Iterator[str]:
    table, parents = network.cpts[owner.id], [network.variable(p) for p in network.parents[owner.id]]
    for row in np.ndindex(table.shape[:-1]):
        numbers = ", ".join(map(repr, table[row].tolist()))
        states = ", ".join(names.state(p.id, p.states[i]) for p, i in zip(parents, row, strict=True))
        yield f"  ({states}) {numbers};" if parents else f"  table {numbers};"
