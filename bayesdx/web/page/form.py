"""The findings that can be stated, in the groups and the order in which a study is read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from bayesdx.document import NetworkDocument
from bayesdx.network import Variable
from bayesdx.words.examinations import examination_label
from bayesdx.words.phrases import label_of, state_name

#: Rows that a page holds at most; of more findings only those that were searched for are shown.
ROWS = 200
#: Groups in the order in which a study is read; others follow by name.
_READ = ("history", "location", "ct", "mr", "mr_contrast", "mr_swi")
_LABELS = {"location": "Location", "mr_contrast": "Contrast series", "": "Findings"}

#: Other names of findings, by their ids.
SYNONYMS: dict[str, str] = json.loads((Path(__file__).parent / "synonyms.json").read_text(encoding="utf-8"))
#: Rank of a finding that was not searched for.
_NOWHERE = 4


class Row(NamedTuple):
    """One finding; ``states`` are pairs of id and label, ``words`` other names by which it is searched for."""

    id: str
    label: str
    states: tuple[tuple[str, str], ...]
    words: str


class Group(NamedTuple):
    """Findings that are read together."""

    id: str
    label: str
    rows: tuple[Row, ...]


def groups(documents: Iterable[NetworkDocument], names: Iterable[str] | None = None) -> tuple[Group, ...]:
    """The findings of some networks together, of which ``names`` only when they are given.

    A finding of several networks is one row that offers the states of each.
    """
    wanted = None if names is None else set(names)
    found: dict[str, dict[str, Row]] = {group: {} for group in _READ}
    for document in documents:
        for variable in document.network.findings:
            if wanted is None or variable.id in wanted:
                rows = found.setdefault(_group(variable), {})
                rows[variable.id] = _row(variable, rows.get(variable.id))
    return tuple(Group(group, _group_label(group), tuple(rows.values())) for group, rows in found.items() if rows)


def first(document: NetworkDocument) -> str:
    """A finding as it is written in a case file, to show how."""
    for variable in document.network.findings:
        return f"{variable.id}: {variable.states[0]}"
    return ""


def search(documents: Iterable[NetworkDocument], words: str, limit: int = ROWS) -> list[str]:
    """Ids of up to ``limit`` findings with all the words, the best first, else in the order of the networks.

    Whole words of a name are best, then those of states and of groups, then parts of names and states.
    """
    asked = words.casefold().split()
    found: dict[str, int] = {}
    for document in documents:
        for variable in document.network.findings:
            places = _places(variable)
            rank = max((_rank(word, places) for word in asked), default=0)
            if rank < _NOWHERE:
                found[variable.id] = min(rank, found.get(variable.id, rank))
    return sorted(found, key=lambda name: found[name])[:limit]


def _places(variable: Variable) -> tuple[str, str, str]:
    """Where words are looked for: names, states and group, as in the script of the page."""
    names = " ".join((variable.id, variable.label, SYNONYMS.get(variable.id, "")))
    group = _group(variable)
    states = " ".join((*variable.states, *variable.state_labels))
    return names.casefold(), states.casefold(), f"{group} {_group_label(group)}".casefold()


def _rank(word: str, places: tuple[str, str, str]) -> int:
    whole = re.compile(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])")
    for rank, place in enumerate(places):
        if whole.search(place):
            return rank
    return 3 if any(word in place for place in places[:2]) else _NOWHERE


def _group_label(group: str) -> str:
    return _LABELS.get(group) or examination_label(group)


def _group(variable: Variable) -> str:
    return "location" if variable.kind == "location" else variable.examination or variable.kind


def _row(variable: Variable, known: Row | None) -> Row:
    states = dict(known.states) if known else {}
    states |= {state: state_name(variable, i) for i, state in enumerate(variable.states) if state not in states}
    return Row(variable.id, label_of(variable), tuple(states.items()), SYNONYMS.get(variable.id, ""))
