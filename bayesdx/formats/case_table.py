"""Rows of a table in the terms of a network: state codes and likelihood weights, a bounded number at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from bayesdx.case import METADATA, encode_finding, misplaced
from bayesdx.cells import is_blank, is_missing, shown, word
from bayesdx.codes import note
from bayesdx.errors import InputError, nearest, printable
from bayesdx.formats.case_file import case_of
from bayesdx.formats.redcap import Export
from bayesdx.formats.table import NumberedRow
from bayesdx.network import Array, Network, named
from bayesdx.states import gathered

#: Rows that are encoded and scored together: enough for vectorised work, and a few megabytes.
CHUNK = 8192
_NOT_FINDINGS = frozenset(("id", "diagnosis", *METADATA))


@dataclass(frozen=True)
class RowError:
    """What is wrong with one row of a table."""

    line: int
    message: str


@dataclass(frozen=True)
class CaseTable:
    """n rows that could be read.

    ``codes`` has shape (n, n_variables), columns in the order of the network: state index, -1 missing.
    ``weights[v]`` has shape (n, card of v): likelihood weights of the variables of which some row has an uncertain
    or negative finding (1 everywhere in the other rows). ``warnings`` counts the rows that each concerns.
    """

    lines: list[int]
    ids: list[str | None]
    codes: NDArray[np.int64]
    weights: Mapping[str, Array]
    errors: list[RowError]
    warnings: Counter[str]


#: A row as it is encoded: id, hard findings by variable number, uncertain ones, and warnings.
_Encoded = tuple[str | None, dict[int, int], list[tuple[str, Array]], list[str]]
#: What a cell says of a variable: its id, the state or -1, weights unless hard, and warnings.
Cell = tuple[str, int, Array | None, tuple[str, ...]]
#: Said of a case without findings.
NOTHING_STATED = "no finding is stated: the answer is the prior alone"
#: Cells that are remembered, and columns: those of measurements may hold any number, and keys of JSON any names.
REMEMBERED = 1 << 16
#: Characters of a cell or a name that is remembered: longer ones are free text, which does not come again.
_LONGEST = 100


class Encoder:
    """Encodes rows, and remembers their cells: a column of a table repeats a few values."""

    def __init__(self, network: Network, vocabulary: Mapping[str, tuple[str, ...]]) -> None:
        self.network = network
        self.vocabulary = vocabulary
        self.findings = {variable.id for variable in network.findings}
        if "age_group" in self.findings:
            self.findings.add("age")
        #: words of the vocabulary that gather findings, and columns that are none of them
        self.gathering = {name for name, states in vocabulary.items() if self.findings.intersection(states)}
        self.findings |= self.gathering
        self.names = dict.fromkeys([*network.index, *vocabulary, "age", "sex"])
        self.reserved = _NOT_FINDINGS.difference(network.index, vocabulary)
        if network.target == "diagnosis":
            self.reserved |= {"diagnosis"}  # what was proven, which a query never uses
        self.export = Export(network, vocabulary)
        self.called: dict[str, str] = {}
        self.known: dict[tuple[str, type, object], Cell | InputError] = {}

    def row(self, row: Mapping[str, object] | InputError) -> _Encoded:
        """Encode a row; raises InputError for whatever is wrong with it."""
        if isinstance(row, InputError):
            raise row
        if self.export.holds(row):
            row = {name: value for name, value in self.export.plain(row).items() if name != self.network.target}
        if self._is_case(row):
            return self._case(row)
        self.check_columns(row)
        name = word(row.get("id"), "id") if self.has_ids else None
        return self._encoded(name, row.items(), [], self.reserved)

    @property
    def has_ids(self) -> bool:
        """Whether a column ``id`` names the cases: it is no finding."""
        return "id" not in self.network and "id" not in self.vocabulary

    def check_columns(self, row: Iterable[str]) -> None:
        """Raises InputError when none of the columns is a finding."""
        if self.findings.isdisjoint(row) and self.findings.isdisjoint(map(self.name, row)):
            raise InputError(self._no_finding(row))

    def name(self, column: object) -> object:
        """What the network calls a column."""
        if not isinstance(column, str):
            return column
        if column not in self.called:
            found = named(column, self.names)
            if len(column) > _LONGEST:
                return found
            if len(self.called) >= REMEMBERED:
                self.called.clear()
            self.called[column] = found
        return self.called[column]

    def _is_case(self, row: Mapping[str, object]) -> bool:
        if "resourceType" in row and "resourceType" not in self.network:
            return True  # a FHIR resource
        if "findings" not in self.network:
            return "findings" in row
        stated = row.get("findings")  # weights of the variable of this name, or findings
        return isinstance(stated, Mapping) and not set(stated) <= set(self.network.variable("findings").states)

    def _case(self, row: Mapping[str, object]) -> _Encoded:
        """A row that is a case as in a case file."""
        try:
            case = case_of(row, "row")
        except InputError as error:
            raise InputError(str(error).removeprefix("row: ")) from None
        for name, value in case.findings.items():
            if name not in self.names:
                encode_finding(name, value, self.network, self.vocabulary)  # raises, and names the nearest one
        cells = [*case.findings.items(), ("age", case.age), ("sex", case.sex)]
        issues = map(str, case.origin.issues) if case.origin else ()
        return self._encoded(
            case.id, cells, [*case.warnings, *issues, *misplaced(case, self.network, self.vocabulary)]
        )

    def _no_finding(self, row: Iterable[str]) -> str:
        known = f"no column is a finding of network '{self.network.id}'"
        free = [column for column in map(str, row) if column and column not in self.reserved]
        if not free:
            return f"{known}; {nearest('', self.findings)}"
        closest = next((c for c in free if "did you mean" in nearest(c[:100], self.findings)), free[0])
        return f"{known}: '{closest[:100]}'; {nearest(closest[:100], self.findings)}"

    def _encoded(
        self,
        name: str | None,
        cells: Iterable[tuple[str, object]],
        noted: list[str],
        unused: frozenset[str] = frozenset(),
    ) -> _Encoded:
        index = self.network.index
        hard: dict[int, int] = {}
        uncertain: list[tuple[str, Array]] = []
        seen: set[str] = set()
        written = [(c, v) for c, v in cells if not (v is None or (isinstance(v, str) and not v) or c in unused)]
        for column, value in chain.from_iterable(map(self.gathered, written)):
            variable, code, weights, warnings = self.cell(column, value)
            noted += warnings
            if code < 0 and weights is None:
                continue
            if variable in seen:
                raise InputError(given_twice(variable, column))
            seen.add(variable)
            if weights is None:
                hard[index[variable]] = code
            else:
                uncertain.append((variable, weights))
        if not seen:
            noted.append(NOTHING_STATED)
        return name, hard, uncertain, noted

    def gathered(self, cell: tuple[str, object]) -> Iterable[tuple[str, object]]:
        """What a cell says, finding by finding."""
        column, value = cell
        if self.name(column) not in self.gathering or is_missing(value):
            return (cell,)
        return gathered(column, value, self.network, self.vocabulary)

    def cell(self, column: str, value: object) -> Cell:
        """What one cell says; raises InputError."""
        if self.name(column) not in self.names and not is_blank(value):
            value = "anything"  # the column is no finding, whatever it holds
        key = (column, type(value), value)
        try:
            found = self.known.get(key)
        except TypeError:  # a mapping of weights is not hashable
            return self._encode(column, value)
        if found is None:
            try:
                found = self._encode(column, value)
            except InputError as error:
                found = copy(error)  # without what it was raised from
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            if all(len(text) <= _LONGEST for text in (column, value) if isinstance(text, (str, bytes))):
                self.known[key] = found
        if isinstance(found, InputError):
            raise copy(found)  # an error that is raised again would keep every row that it was raised for
        return found

    def _encode(self, column: str, value: object) -> Cell:
        if is_blank(value):
            return column, -1, None, ()
        if not isinstance(column, str):
            raise InputError(f"column {shown(column)} is not text")
        column = named(column, self.names)
        if column not in self.names:
            folded = [name for name in self.names if name.casefold() == column.strip().casefold()]
            if close := folded or get_close_matches(column, self.names, n=1, cutoff=0.8):
                raise InputError(f"unknown finding '{column}'; did you mean '{close[0]}'?")
            return (
                column,
                -1,
                None,
                (f"column '{printable(column)}'{note(column)} is not a finding, and is not used",),
            )
        name, weights, warnings = encode_finding(column, value, self.network, self.vocabulary)
        if weights is None:
            return name, -1, None, warnings
        positive = np.flatnonzero(weights)
        if len(positive) == 1:
            return name, int(positive[0]), None, warnings
        return name, -1, weights, warnings


def given_twice(variable: str, column: str) -> str:
    """Said of a row in which two columns state the same finding."""
    return f"'{variable}' is given twice: once as '{column}'"


def encode_rows(
    rows: Iterable[NumberedRow],
    network: Network,
    vocabulary: Mapping[str, tuple[str, ...]],
    size: int = CHUNK,
) -> Iterator[CaseTable]:
    """Encode rows, at most ``size`` at a time; a row that is wrong is listed in ``errors`` and left out."""
    encoder = Encoder(network, vocabulary)
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield _encode_chunk(chunk, encoder)


def _encode_chunk(chunk: list[NumberedRow], encoder: Encoder) -> CaseTable:
    network = encoder.network
    lines: list[int] = []
    ids: list[str | None] = []
    codes = np.full((len(chunk), len(network.variables)), -1, dtype=np.int64)
    soft: list[tuple[int, str, Array]] = []
    errors: list[RowError] = []
    warnings: Counter[str] = Counter()
    for line, row in chunk:
        try:
            name, hard, uncertain, noted = encoder.row(row)
        except InputError as error:
            errors.append(RowError(line, str(error)))
            continue
        n = len(lines)
        codes[n, list(hard)] = list(hard.values())
        soft += [(n, variable, weights) for variable, weights in uncertain]
        warnings.update(list(dict.fromkeys(noted)))  # rows are counted
        ids.append(name)
        lines.append(line)
    tables: dict[str, Array] = {}
    for n, variable, weights in soft:
        if variable not in tables:
            tables[variable] = np.ones((len(lines), len(weights)))
        tables[variable][n] = weights
    return CaseTable(lines, ids, codes[: len(lines)], tables, errors, warnings)
