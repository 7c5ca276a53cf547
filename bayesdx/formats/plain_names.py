"""Names that other programs can read: what an exported file calls the variables and states of a network."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bayesdx.network import Network

_RESERVED = {"network", "variable", "probability", "property", "type", "discrete", "table", "default"}
#: Byte-order marks and the non-characters beside them, which pyAgrum's reader of XML drops.
_MARKS = re.compile("[\ufeff\ufffe\uffff]")
#: Where pyAgrum takes the beginning of a word for a number in scientific notation.
_EXPONENT = re.compile(r"\d+[eE]")


@dataclass(frozen=True)
class Renaming:
    """What an exported file calls differently: ``{variable: its name}`` and ``{variable: {state: its name}}``."""

    variables: dict[str, str] = field(default_factory=dict)
    states: dict[str, dict[str, str]] = field(default_factory=dict)

    def variable(self, name: str) -> str:
        return self.variables.get(name, name)

    def state(self, variable: str, name: str) -> str:
        return self.states.get(variable, {}).get(name, name)


def renaming(network: Network, file_format: str) -> Renaming:
    """The names that ``bif`` or ``xmlbif`` files, or their readers in pgmpy and pyAgrum, cannot carry, replaced.

    New names differ from each other and from all that stay.
    """
    spell = bif_name if file_format == "bif" else _xml_name
    # pgmpy looks variables up in the text of a BIF file, in capitals or not
    key = str.casefold if file_format == "bif" else str
    variables = _unique([v.id for v in network.variables], lambda name: spell(name, "variable"), key)
    states = {v.id: _unique(v.states, lambda name: spell(name, "state")) for v in network.variables}
    return Renaming(variables, {variable: renamed for variable, renamed in states.items() if renamed})


def _unique(names: Sequence[str], spell: Callable[[str], str], key: Callable[[str], str] = str) -> dict[str, str]:
    """``{name: new name}`` of those that ``spell`` changes, and of those whose ``key`` another one has."""
    spelt = {name: spell(name) for name in names}
    kept = {key(name): name for name in reversed(spelt) if name == spelt[name]}
    taken = set(kept)
    renamed = {}
    for name, new in spelt.items():
        if kept.get(key(name)) == name:
            continue
        number, renamed[name] = 1, new
        while key(renamed[name]) in taken:
            number += 1
            renamed[name] = f"{new}_{number}"
        taken.add(key(renamed[name]))
    return renamed


def interchange_name(name: str) -> str:
    """A name in ASCII letters, digits and underscores.

    >>> [interchange_name(state) for state in ("<10", "10-30", ">30", "60+", "présent")]
    ['lt_10', '10_30', 'gt_30', '60_plus', 'present']
    """
    spelt = name.replace("<", "lt_").replace(">", "gt_").replace("+", "_plus")
    base = "".join(c for c in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(c))
    return re.sub(r"\W", "_", base, flags=re.ASCII)


def bif_name(name: str, kind: str) -> str:
    """``name`` as a BIF word, no keyword and, for pyAgrum, no number; ``kind`` when nothing of it is left."""
    plain = interchange_name(name)
    if not plain.strip("_"):
        plain = plain if plain == name else kind
    if plain in _RESERVED:
        return f"{plain}_"
    number = _EXPONENT.match(plain) or (kind == "variable" and plain.isdecimal())
    return f"_{plain}" if number else plain


def _xml_name(name: str, kind: str) -> str:
    """``name`` without what readers of XML drop (blanks, byte-order marks); ``kind`` when nothing of it is left."""
    return re.sub(" +", " ", _MARKS.sub("", name).strip()) or kind
