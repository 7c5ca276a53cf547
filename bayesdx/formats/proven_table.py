"""Rows to learn from: like those that are scored, but the target is one more finding, and a row may count in
part."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from bayesdx.cells import is_missing, number_of, shown
from bayesdx.codes import DIAGNOSIS, as_state, diagnosis_meant, is_code, note
from bayesdx.errors import InputError, nearest
from bayesdx.formats.case_file import as_mapping, read_cases
from bayesdx.formats.case_table import CaseTable, encode_rows
from bayesdx.formats.redcap import Export
from bayesdx.formats.table import NumberedRow, read_rows
from bayesdx.network import Array, Network

#: The state of a target that stands for all that are not named.
REST = "other"
#: How alike (difflib's ratio) a diagnosis is to a state of the target when it is taken for a misspelling.
_CLOSE = 0.8
_DAYS = 365.25
_CASE_FILES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class ProvenTable:
    """A table of cases with what was proven of them; ``sizes`` (n,) says how many patients each counts for."""

    table: CaseTable
    sizes: Array


@dataclass(frozen=True)
class Columns:
    """Columns that say how much a row counts: its ``weight``, or its ``date``, which halves it every ``half_life``
    years."""

    weight: str | None = None
    date: str | None = None
    half_life: float | None = None

    def __post_init__(self) -> None:
        if (self.date is None) != (self.half_life is None):
            raise InputError("cases fade by a column of dates and a half-life in years: give both")
        if self.half_life is not None and not (math.isfinite(self.half_life) and self.half_life > 0):
            raise InputError(f"a half-life is a number of years above 0, not {self.half_life:g}")


def read_proven(
    table: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]], columns: Columns | None = None
) -> ProvenTable:
    """Read a table, or a case file (.yaml, .json), to learn from.

    A row that is wrong is listed in ``errors`` and left out. Dates are ``2026-11-28``, ``2026-11`` or ``2026``.
    Raises InputError as ``read_rows`` does, and for a column that no row has.
    """
    columns = columns or Columns()
    named = [name for name in (columns.weight, columns.date) if name is not None]
    for name in named:
        if name in network:
            raise InputError(f"'{name}' is a variable of network '{network.id}', no weight or date of a case")
    export = Export(network, vocabulary)
    open_network = replace(network, target=None)
    read: list[NumberedRow] = []
    weights: dict[int, float] = {}
    days: dict[int, float] = {}
    heads: dict[str, None] = {}
    for line, row in _rows(table):
        if isinstance(row, InputError):
            read.append((line, row))
            continue
        heads.update(dict.fromkeys(map(str, row)))
        try:
            row = export.plain(row) if export.holds(row) else row
            if columns.weight is not None:
                weights[line] = _weight(row.get(columns.weight), columns.weight)
            if columns.date is not None:
                days[line] = _day(row.get(columns.date), columns.date)
            rest = {key: value for key, value in row.items() if key not in named}
            read.append((line, _with_target(rest, network)))
        except InputError as error:
            read.append((line, error))
    missing = next((name for name in named if name not in heads), None)
    if read and missing is not None:
        raise InputError(f"no row has the column '{missing}'", nearest(missing, heads))
    found = next(encode_rows(read, open_network, vocabulary, max(len(read), 1)), None)
    if found is None:
        found = CaseTable([], [], np.empty((0, len(network.variables)), np.int64), {}, [], Counter())
    sizes = np.array([weights.get(line, 1.0) for line in found.lines])
    if columns.half_life is not None and len(sizes):
        when = np.array([days[line] for line in found.lines])
        sizes = sizes * 0.5 ** ((when.max() - when) / (_DAYS * columns.half_life))
    return ProvenTable(found, sizes)


def _rows(table: object) -> Iterable[NumberedRow]:
    if isinstance(table, (str, os.PathLike)) and os.fspath(table).lower().endswith(_CASE_FILES):
        return [(number, as_mapping(case)) for number, case in enumerate(read_cases(table), 1)]
    return read_rows(table)


def _with_target(row: Mapping[str, object], network: Network) -> Mapping[str, object]:
    """The row with what was proven as a finding."""
    target = network.target
    if target is None:
        return row
    inside = row.get("findings")
    case = isinstance(inside, Mapping) and "findings" not in network
    told = row.get(target)
    if is_missing(told) and isinstance(inside, Mapping):
        told = inside.get(target)
    told = proven(told, network)
    rest = {key: value for key, value in row.items() if key != target}
    if is_missing(told):
        return rest
    if case and isinstance(inside, Mapping):
        return {**rest, "findings": {**inside, target: told}}
    return {**rest, target: told}


def proven(value: object, network: Network) -> object:
    """What a cell of the target says, in the network's terms; raises InputError for a code that is no diagnosis.

    A diagnosis that the network has no name for is its ``other``. One that looks like a name of the network's stays
    as it is, and is an error: it may be misspelt.
    """
    target = str(network.target)
    states = network.variable(target).states
    if not isinstance(value, str):
        return value
    value = as_state(value, target, states)
    value = diagnosis_meant(value) if value not in states and target == DIAGNOSIS else value
    if value.strip() in ("", *states):
        return value
    if is_code(value, states):
        raise InputError(f"unknown diagnosis '{value}'{note(value)}", nearest(value, states))
    several = re.search(r"[:,]|^not ", value)
    return REST if REST in states and not several and not _misspelt(value, states) else value


def _misspelt(name: str, states: Sequence[str]) -> bool:
    written = name.strip().casefold().replace(" ", "_")
    return bool(difflib.get_close_matches(written, states, n=1, cutoff=_CLOSE))


def _weight(value: object, column: str) -> float:
    weight = number_of(value)
    if weight is None or weight <= 0:
        raise InputError(f"the weight {shown(value)} in column '{column}' is not a number above 0")
    return weight


def _day(value: object, column: str) -> float:
    """A date as a number of days."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return float(value.toordinal())
    text = str(value).strip()
    for shape in ("%Y-%m-%d", "%Y-%m", "%Y"):
        try:
            return float(datetime.strptime(text, shape).toordinal())
        except ValueError:
            continue
    raise InputError(f"the date {shown(value)} in column '{column}' is not of the form 2026-11-28")
