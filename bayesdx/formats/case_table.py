"""Rows of a table in the terms of a network: state codes and likelihood weights, a bounded number at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bayesdx.case import METADATA, encode_finding
from bayesdx.errors import InputError
from bayesdx.formats.table import NumberedRow, cell_value
from bayesdx.network import Array, Network

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


class _Encoder:
    """Encodes cells, and remembers them: a column of a table repeats a few values."""

    def __init__(self, network: Network, vocabulary: Mapping[str, tuple[str, ...]]) -> None:
        self.network = network
        self.vocabulary = vocabulary
        self.known: dict[tuple[str, object], tuple[str, int, Array | None, tuple[str, ...]] | InputError] = {}

    def cell(self, column: str, value: object) -> tuple[str, int, Array | None, tuple[str, ...]]:
        """``(variable, code or -1, weights unless hard, warnings)`` of one cell."""
        key = (column, value)
        try:
            found = self.known.get(key)
        except TypeError:  # a mapping of weights is not hashable
            return self._encode(column, value)
        if found is None:
            try:
                found = self._encode(column, value)
            except InputError as error:
                found = error
            self.known[key] = found
        if isinstance(found, InputError):
            raise found
        return found

    def _encode(self, column: str, value: object) -> tuple[str, int, Array | None, tuple[str, ...]]:
        known = [v.id for v in self.network.variables] + [*self.vocabulary, "age", "sex"]
        if column not in known:
            if close := get_close_matches(column, known, n=1, cutoff=0.8):
                raise InputError(f"unknown finding '{column}'; did you mean '{close[0]}'?")
            return column, -1, None, (f"column '{column}' is not a finding, and is not used",)
        written = cell_value(value)
        if written is None:
            return column, -1, None, ()
        name, weights, warnings = encode_finding(column, written, self.network, self.vocabulary)
        if weights is None:
            return name, -1, None, warnings
        positive = np.flatnonzero(weights)
        if len(positive) == 1:
            return name, int(positive[0]), None, warnings
        return name, -1, weights, warnings


def encode_rows(
    rows: Iterable[NumberedRow],
    network: Network,
    vocabulary: Mapping[str, tuple[str, ...]],
    size: int = CHUNK,
) -> Iterator[CaseTable]:
    """Encode rows, at most ``size`` at a time; a row that is wrong is listed in ``errors`` and left out."""
    encoder = _Encoder(network, vocabulary)
    remaining = iter(rows)
    while chunk := list(islice(remaining, size)):
        yield _encode_chunk(chunk, encoder)


def _encode_chunk(chunk: list[NumberedRow], encoder: _Encoder) -> CaseTable:
    network = encoder.network
    lines: list[int] = []
    ids: list[str | None] = []
    codes = np.full((len(chunk), len(network.variables)), -1, dtype=np.int64)
    soft: list[tuple[int, str, Array]] = []
    errors: list[RowError] = []
    warnings: Counter[str] = Counter()
    for line, row in chunk:
        try:
            hard, uncertain, noted = _encode_row(row, encoder)
        except InputError as error:
            errors.append(RowError(line, str(error)))
            continue
        n = len(lines)
        codes[n, list(hard)] = list(hard.values())
        soft += [(n, name, weights) for name, weights in uncertain]
        warnings.update(noted)
        name = row.get("id") if isinstance(row, Mapping) else None
        ids.append(None if name in (None, "") else str(name))
        lines.append(line)
    tables: dict[str, Array] = {}
    for n, name, weights in soft:
        if name not in tables:
            tables[name] = np.ones((len(lines), len(weights)))
        tables[name][n] = weights
    return CaseTable(lines, ids, codes[: len(lines)], tables, errors, warnings)


def _encode_row(
    row: Mapping[str, object] | InputError, encoder: _Encoder
) -> tuple[dict[int, int], list[tuple[str, Array]], list[str]]:
    if isinstance(row, InputError):
        raise row
    index = encoder.network.index
    hard: dict[int, int] = {}
    uncertain: list[tuple[str, Array]] = []
    noted: list[str] = []
    seen: set[str] = set()
    for column, value in row.items():
        if value is None or value == "" or column in _NOT_FINDINGS:
            continue
        name, code, weights, warnings = encoder.cell(column, value)
        noted += warnings
        if code < 0 and weights is None:
            continue
        if name in seen:
            raise InputError(f"'{name}' is given twice: once as '{column}'")
        seen.add(name)
        if weights is None:
            hard[index[name]] = code
        else:
            uncertain.append((name, weights))
    return hard, uncertain, noted
