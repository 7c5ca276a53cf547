"""Rows to learn from: like those that are scored, but the target is one more finding, and a row may count in
part."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bayesdx.cells import day_of, is_missing, number_of, shown
from bayesdx.codes import DIAGNOSIS, as_state, diagnosis_meant, is_code, note
from bayesdx.errors import InputError, nearest
from bayesdx.formats.case_file import as_mapping, read_cases
from bayesdx.formats.case_table import Encoder, encode_rows
from bayesdx.formats.redcap import Export
from bayesdx.formats.table import NumberedRow, read_rows, tables_in
from bayesdx.learning.sample import Sample
from bayesdx.learning.storage import Growing
from bayesdx.network import Network

#: The state of a target that stands for all that are not named.
REST = "other"
#: How alike (difflib's ratio) a diagnosis is to a state of the target when it is taken for a misspelling.
_CLOSE = 0.8
_DAYS = 365.25
#: Share of the patients that cases count for when they have faded, below which it is said.
FADED = 0.1
#: Patients that one row may count for.
MOST_PATIENTS = 1_000_000_000
_CASE_FILES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, eq=False)
class ProvenTable:
    """Cases with what was proven of them: the ``sample``, and the number of the line (n,) of each case.

    Of a folder ``files`` are its tables, and ``file`` (n,) the place of that of each case among them. ``errors``
    lists what is wrong with other rows, ``warnings`` counts the rows that each concerns.
    """

    sample: Sample
    lines: NDArray[np.int64]
    files: tuple[str, ...]
    file: NDArray[np.int32]
    errors: tuple[tuple[int, str], ...]
    warnings: Counter[str]

    def wrong(self, case: int, message: str) -> tuple[int, str]:
        """What is wrong with a case, as the other errors say it."""
        return int(self.lines[case]), _of_file(self.files[self.file[case]], message)


def _of_file(file: str, message: str) -> str:
    return f"{file}: {message}" if file else message


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

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that are named."""
        return tuple(name for name in (self.weight, self.date) if name is not None)


def read_proven(
    table: object, network: Network, vocabulary: Mapping[str, tuple[str, ...]], columns: Columns | None = None
) -> ProvenTable:
    """Read a table, a folder of tables, or a case file (.yaml, .json), to learn from.

    A row that is wrong is listed in ``errors`` and left out. Rows with the same ``id`` are of one patient. Dates
    are ``2026-11-28``, ``2026-11`` or ``2026``. Memory holds a few numbers of each row, findings lie on disk where
    there are many. Raises InputError as ``read_rows`` does, and for a column that no row has.
    """
    columns = columns or Columns()
    for name in columns.named:
        no_finding(name, network, vocabulary, "weight or date")
    reader = _Reader(network, Export(network, vocabulary), columns)
    growing = Growing(len(network.variables))
    lines, sizes, days, errors, files, patients = [], [], [], [], [], []
    warnings: Counter[str] = Counter()
    tables = list(_tables(table))
    for number, (name, rows) in enumerate(tables):
        for chunk in encode_rows(reader.rows(rows), replace(network, target=None), vocabulary):
            growing.add(chunk.codes, chunk.weights)
            lines.append(np.array(chunk.lines, dtype=np.int64))
            files.append(np.full(len(chunk.lines), number, dtype=np.int32))
            sizes.append(np.array([reader.weights.get(line, 1.0) for line in chunk.lines]))
            days.append(np.array([reader.days.get(line, 0.0) for line in chunk.lines]))
            patients.append(np.array([_patient(one) for one in chunk.ids], dtype=np.int64))
            errors += [(error.line, _of_file(name, error.message)) for error in chunk.errors]
            warnings += chunk.warnings
            reader.weights.clear()
            reader.days.clear()
    missing = next((name for name in columns.named if name not in reader.heads), None)
    if lines and missing is not None:
        raise InputError(f"no row has the column '{missing}'", nearest(missing, reader.heads))
    counted = np.concatenate([np.empty(0), *sizes])
    when = np.concatenate([np.empty(0), *days])
    if columns.half_life is not None and len(when):
        whole, counted = counted.sum(), counted * 0.5 ** ((when.max() - when) / (_DAYS * columns.half_life))
        if counted.sum() < FADED * whole:
            latest = date.fromordinal(int(when.max()))
            warnings[f"faded: the cases count for {counted.sum():,.1f} patients, the latest is of {latest}"] = len(
                when
            )
    numbers = np.concatenate([np.empty(0, dtype=np.int64), *lines])
    sample = Sample(*growing.whole(), counted, np.concatenate([np.empty(0, dtype=np.int64), *patients]))
    of = np.concatenate([np.empty(0, dtype=np.int32), *files])
    return ProvenTable(sample, numbers, tuple(name for name, _ in tables), of, tuple(errors), warnings)


def _patient(name: str | None) -> int:
    """A number of the patient whose id this is, the same in every file; -1 without one."""
    if name is None:
        return -1
    return int.from_bytes(blake2b(name.encode(), digest_size=7).digest(), "big")


def no_finding(column: str, network: Network, vocabulary: Mapping[str, tuple[str, ...]], what: str) -> None:
    """Raise InputError for a column that says something of a case, and is no ``what`` therefore."""
    encoder = Encoder(network, vocabulary)
    if encoder.name(column) in encoder.names:
        kind = "variable" if column in network else "finding"
        raise InputError(f"'{column}' is a {kind} of network '{network.id}', no {what} of a case")


@dataclass
class _Reader:
    """Rows with what was proven as a finding; how much they count for, and when they were, by line."""

    network: Network
    export: Export
    columns: Columns
    weights: dict[int, float] = field(default_factory=dict)
    days: dict[int, float] = field(default_factory=dict)
    heads: dict[str, None] = field(default_factory=dict)

    def rows(self, rows: Iterable[NumberedRow]) -> Iterator[NumberedRow]:
        for line, row in rows:
            try:
                yield line, row if isinstance(row, InputError) else self._read(line, row)
            except InputError as error:
                yield line, error

    def _read(self, line: int, row: Mapping[str, object]) -> Mapping[str, object]:
        columns = self.columns
        self.heads.update(dict.fromkeys(map(str, row)))
        row = self.export.plain(row) if self.export.holds(row) else row
        if columns.weight is not None:
            self.weights[line] = _weight(row.get(columns.weight), columns.weight)
        if columns.date is not None:
            day = day_of(row.get(columns.date), columns.date, years=True)
            self.days[line] = float(day.toordinal())
        rest = {key: value for key, value in row.items() if key not in columns.named}
        return _with_target(rest, self.network)


def _tables(table: object) -> Iterator[tuple[str, Iterable[NumberedRow]]]:
    """The rows of a table, or of each table in a folder with its name."""
    if not isinstance(table, (str, os.PathLike)):
        yield "", read_rows(table)
        return
    path = os.fspath(table)
    if os.path.isdir(path):
        for name in tables_in(path):
            yield name, read_rows(os.path.join(path, name))
    elif path.lower().endswith(_CASE_FILES):
        yield "", [(number, as_mapping(case)) for number, case in enumerate(read_cases(path), 1)]
    else:
        yield "", read_rows(path)


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
    value = diagnosis_meant(value, states) if target == DIAGNOSIS else value
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
    if weight > MOST_PATIENTS:
        raise InputError(f"the weight {shown(value)} in column '{column}' is more than {MOST_PATIENTS:,} patients")
    return weight
