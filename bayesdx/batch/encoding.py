"""Record batches in the terms of a network: each distinct value of a column is read once, rows follow by numpy.

What a value means is decided by ``bayesdx.formats.case_table``, as for every other table. Rows that are cases of
their own (JSON, FHIR) and exports of REDCap, whose columns make sense together only, are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayesdx.cells import is_blank, shown, word
from bayesdx.errors import InputError
from bayesdx.formats.case_table import NOTHING_STATED, Cell, Encoder, given_twice
from bayesdx.formats.table import cells_of, columns_once, json_row
from bayesdx.inference.findings import one_hot
from bayesdx.network import Array, Network

#: Columns that are no part of a case: the file and the number of a row, and why it could not be read.
SOURCES = SOURCE_FILE, SOURCE_ROW, SOURCE_ERROR = "source_file", "source_row", "source_error"
#: A column that holds whole cases, each as JSON.
CASE_JSON = "case_json"

_CONTROL = "[\\x00-\\x08\\x0e-\\x1f\\x7f]"  # as in ``bayesdx.cells.word``

Codes = NDArray[np.int16]
Mask = NDArray[np.bool_]


@dataclass
class Encoded:
    """n rows that were read.

    ``codes`` (n, n_variables) holds state numbers, -1 missing; ``weights[v]`` (n, card of v) the weights of
    variables with uncertain or negative findings, 1 elsewhere. ``fault`` (n,) is the place in ``messages`` of what
    is wrong with a row, -1 where nothing is; such a row has no findings. ``notes`` says which rows (n,) a warning
    is about; of rows that are read one by one, which may have any number of warnings of their own, ``noted`` (n,)
    has them joined. ``ids`` and ``files`` (n,) are Arrow text, ``numbers`` (n,) Arrow whole numbers; the last two
    None where the batch does not say where its rows come from.
    """

    network: Network
    codes: Codes
    fault: NDArray[np.int32]
    weights: dict[str, Array] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    notes: dict[str, Mask] = field(default_factory=dict)
    noted: list[str | None] | None = None
    ids: Any = None
    files: Any = None
    numbers: Any = None

    @classmethod
    def empty(cls, n: int, network: Network) -> Encoded:
        codes = np.full((len(network.variables), n), -1, dtype=np.int16).T
        return cls(network, codes, np.full(n, -1, dtype=np.int32))

    def __len__(self) -> int:
        return len(self.fault)

    def refuse(self, rows: Mask, message: str) -> None:
        """Say what is wrong with the rows of which nothing else is."""
        rows = rows & (self.fault < 0)
        if rows.any():
            self.fault[rows] = len(self.messages)
            self.messages.append(message)

    def note(self, rows: Mask, warning: str) -> None:
        if warning in self.notes:
            rows = rows | self.notes[warning]
        self.notes[warning] = rows

    def weigh(self, variable: str, rows: Any, weights: Array) -> None:
        """Enter weights (rows, card), or (card,) for one row."""
        if variable not in self.weights:
            self.weights[variable] = np.ones((len(self), weights.shape[-1]))
        self.weights[variable][rows] = weights

    def certain(self) -> tuple[Codes, Mask]:
        """``codes``, with the states that weights leave alone, and where weights leave several (n, n_variables)."""
        codes = np.array(self.codes)
        uncertain = np.zeros(codes.shape, dtype=bool)
        for name, table in self.weights.items():
            v = self.network.index[name]
            alone = (np.count_nonzero(table, axis=1) == 1) & (codes[:, v] < 0)
            codes[alone, v] = table[alone].argmax(axis=1)
            uncertain[:, v] = (table != 1.0).any(axis=1) & (codes[:, v] < 0)
        return codes, uncertain

    def findings(self, row: int) -> dict[str, Array]:
        """Likelihood weights (card,) of what a row states, by variable."""
        variables = self.network.variables
        stated = {
            variables[v].id: one_hot(variables[v].cardinality, int(self.codes[row, v]))
            for v in np.flatnonzero(self.codes[row] >= 0).tolist()
        }
        return stated | {name: table[row] for name, table in self.weights.items() if (table[row] != 1.0).any()}

    def without_faults(self) -> Encoded:
        """The same, without the findings and warnings of rows that are wrong."""
        wrong = self.fault >= 0
        if wrong.any():
            self.codes[wrong] = -1
            for table in self.weights.values():
                table[wrong] = 1.0
            self.notes = {warning: rows & ~wrong for warning, rows in self.notes.items()}
            if self.noted is not None:
                self.noted = [None if one else said for one, said in zip(wrong, self.noted, strict=True)]
        self.notes = {warning: rows for warning, rows in self.notes.items() if rows.any()}
        return self


def encode(batch: Any, encoder: Encoder) -> Encoded:
    """Read a record batch; whatever is wrong with a row is said of that row."""
    import pyarrow as pa

    encoded = Encoded.empty(batch.num_rows, encoder.network)
    encoded.ids = pa.nulls(len(encoded), pa.string())
    names = [name.strip() for name in batch.schema.names]
    own = {name: batch.column(names.index(name)) for name in SOURCES if names.count(name) == 1}
    if SOURCE_ERROR in own:
        _refuse_unread(encoded, own[SOURCE_ERROR])
    if SOURCE_FILE in own:
        encoded.files = _cast(encoded, SOURCE_FILE, own[SOURCE_FILE], pa.string(), "text")
    if SOURCE_ROW in own:
        encoded.numbers = _cast(encoded, SOURCE_ROW, own[SOURCE_ROW], pa.int64(), "a whole number")
    try:
        columns = dict(zip(columns_once(names, ""), batch.columns, strict=True))
    except InputError as error:
        encoded.refuse(np.ones(len(encoded), dtype=bool), str(error))
        return encoded
    for name in own:
        del columns[name]
    if _by_rows(columns, encoder):
        _encode_rows(encoded, columns, encoder)
    else:
        try:
            encoder.check_columns(columns)
        except InputError as error:
            encoded.refuse(np.ones(len(encoded), dtype=bool), str(error))
        _encode_columns(encoded, columns, encoder)
    return encoded.without_faults()


def _refuse_unread(encoded: Encoded, column: Any) -> None:
    for row, message in enumerate(cells_of(column) if column.null_count < len(column) else ()):
        if message is not None:
            encoded.fault[row] = len(encoded.messages)
            encoded.messages.append(str(message))


def _cast(encoded: Encoded, name: str, column: Any, kind: Any, words: str) -> Any:
    """A column as another ``kind`` of Arrow; a row whose cell cannot be that is refused."""
    import pyarrow as pa

    with suppress(pa.ArrowException):
        found = column.cast(kind)
        found.validate(full=True)
        return found
    cells: list[object] = [None] * len(encoded)
    for n, one in enumerate(column):
        try:
            cells[n] = one.cast(kind).as_py() if one.is_valid else None
        except (ValueError, pa.ArrowException):
            fault = f"'{name}' is {words}, not {shown(cells_of(column.slice(n, 1))[0])}"
            encoded.refuse(np.arange(len(encoded)) == n, fault)
    return pa.array(cells, kind)


def _by_rows(columns: Mapping[str, Any], encoder: Encoder) -> bool:
    """Whether the columns make sense together only: whole cases, or an export of REDCap."""
    apart = any(name in columns and name not in encoder.network for name in (CASE_JSON, "resourceType"))
    return apart or "findings" in columns or encoder.export.holds(columns)


def _encode_rows(encoded: Encoded, columns: Mapping[str, Any], encoder: Encoder) -> None:
    import pyarrow as pa

    ids: list[str | None] = [None] * len(encoded)
    said: list[str | None] = [None] * len(encoded)
    for n, row in enumerate(_rows(columns, len(encoded))):
        if encoded.fault[n] >= 0:
            continue
        try:
            ids[n], hard, uncertain, noted = encoder.row(row)
        except InputError as error:
            encoded.fault[n] = len(encoded.messages)
            encoded.messages.append(str(error))
            continue
        for variable, code in hard.items():
            encoded.codes[n, variable] = code
        for name, weights in uncertain:
            encoded.weigh(name, n, weights)
        said[n] = "; ".join(dict.fromkeys(noted)) or None
    encoded.ids, encoded.noted = pa.array(ids, pa.string()), said


def _rows(columns: Mapping[str, Any], n: int) -> Iterator[Mapping[str, object] | InputError]:
    if CASE_JSON in columns:
        for text in cells_of(columns[CASE_JSON]):
            yield json_row(str(text))
        return
    cells = {name: cells_of(column) for name, column in columns.items()}
    for i in range(n):
        yield {name: values[i] for name, values in cells.items()}


def _encode_columns(encoded: Encoded, columns: Mapping[str, Any], encoder: Encoder) -> None:
    if encoder.has_ids and "id" in columns:
        encoded.ids = _ids(encoded, columns["id"])
    touched: dict[str, Mask] = {}
    for name, column in columns.items():
        if name in encoder.reserved:
            continue
        if encoder.name(name) not in encoder.names:
            _encode_unknown(encoded, name, column, encoder)
        else:
            _encode_column(encoded, touched, name, column, encoder)
    silent = np.ones(len(encoded), dtype=bool)
    for rows in touched.values():
        silent &= ~rows
    encoded.note(silent, NOTHING_STATED)


def _ids(encoded: Encoded, column: Any) -> Any:
    """The ids as text; a row whose id is none is refused."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_integer(kind):
        return column.cast(kind).cast(pa.string())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        text = column.cast(pa.string())
        with suppress(pa.ArrowInvalid):  # it is no UTF-8
            text.validate(full=True)
            if not pc.any(pc.match_substring_regex(text, _CONTROL)).as_py():
                return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    ids: list[str | None] = [None] * len(encoded)
    for n, value in enumerate(cells_of(column)):
        try:
            ids[n] = word(value, "id")
        except InputError as error:
            encoded.refuse(np.arange(len(encoded)) == n, str(error))
    return pa.array(ids, pa.string())


def _encode_unknown(encoded: Encoded, name: str, column: Any, encoder: Encoder) -> None:
    """A column that is no finding: a warning for every row that fills it, or what it is misspelt from."""
    at, values = _distinct(column)
    filled = np.array([not is_blank(value) for value in (*values, None)]).take(at, mode="clip")
    if not filled.any():
        return
    try:
        *_, warnings = encoder.cell(name, "anything")
    except InputError as error:
        encoded.refuse(filled, str(error))
        return
    for warning in warnings:
        encoded.note(filled, warning)


def _encode_column(encoded: Encoded, touched: dict[str, Mask], name: str, array: Any, encoder: Encoder) -> None:
    if array.null_count == len(array):
        return
    at, values = _distinct(array)
    meanings = [_meaning(name, value, encoder) for value in (*values, None)]
    for step in range(max(len(cells) for cells, _ in meanings)):
        cells = [found[step] if step < len(found) else None for found, _ in meanings]
        stated = {cell[1][0]: cell[0] for cell in cells if cell is not None}
        for variable, column in stated.items():
            of_variable = [cell[1] if cell and cell[1][0] == variable else None for cell in cells]
            _enter(encoded, touched, column, variable, of_variable, at)
    faults = np.full(len(meanings), -1, dtype=np.int32)
    for value, (_, message) in enumerate(meanings):
        if message is not None:
            faults[value] = len(encoded.messages)
            encoded.messages.append(message)
    if (faults >= 0).any():
        encoded.fault = np.where(encoded.fault < 0, faults.take(at, mode="clip"), encoded.fault)


def _meaning(name: str, value: object, encoder: Encoder) -> tuple[list[tuple[str, Cell]], str | None]:
    """What a cell says finding by finding, each under its name, and what is wrong with it."""
    cells: list[tuple[str, Cell]] = []
    if value is None or (isinstance(value, str) and not value):
        return cells, None
    try:
        for column, one in encoder.gathered((name, value)):
            cells.append((column, encoder.cell(column, one)))
    except InputError as error:
        return cells, str(error)
    return cells, None


def _enter(
    encoded: Encoded,
    touched: dict[str, Mask],
    column: str,
    variable: str,
    cells: Sequence[Cell | None],
    at: NDArray[np.integer],
) -> None:
    """Enter what the distinct values of a column say of one variable; ``at`` (n,) is the value of each row."""
    states = np.full(len(cells), -1, dtype=np.int16)
    stated = np.zeros(len(cells), dtype=bool)
    for value, cell in enumerate(cells):
        if cell is None:
            continue
        _, states[value], weights, warnings = cell
        stated[value] = states[value] >= 0 or weights is not None
        for warning in warnings:
            encoded.note((at == value) & (encoded.fault < 0), warning)
    if not stated.any():
        return
    soft = {value: cell[2] for value, cell in enumerate(cells) if cell is not None and cell[2] is not None}
    code = encoded.codes[:, encoded.network.index[variable]]
    found = states.take(at, mode="clip")
    rows = stated.take(at, mode="clip") if soft else found >= 0
    if variable in touched:
        encoded.refuse(rows & touched[variable], given_twice(variable, column))
        touched[variable] = rows | touched[variable]
        code[rows] = found[rows]
    else:
        touched[variable] = rows
        code[:] = found
    if soft:
        table = np.ones((len(cells), encoded.network.variable(variable).cardinality))
        for value, weights in soft.items():
            table[value] = weights
        uncertain = np.isin(at, list(soft))
        encoded.weigh(variable, uncertain, table[at[uncertain]])


def _distinct(column: Any) -> tuple[NDArray[np.integer], list[object]]:
    """The place (n,) of the value of each row among the distinct ones, beyond the last where it is missing."""
    import pyarrow as pa

    kind = column.type
    try:
        if not pa.types.is_dictionary(kind):
            column = column.dictionary_encode()
        elif len(column.dictionary) > len(column):
            column = column.cast(kind.value_type).dictionary_encode()
    except pa.ArrowException:  # nothing that Arrow finds alike, such as weights
        values = cells_of(column)
        return np.arange(len(values)), values
    values = cells_of(column.dictionary)
    return _filled(column.indices), values


def _filled(indices: Any) -> NDArray[np.integer]:
    """Whole numbers of Arrow, and one beyond them all where there is none: much faster than ``fill_null``."""
    n, start = len(indices), indices.offset
    validity, data = indices.buffers()
    plain = np.frombuffer(data, dtype=indices.type.to_pandas_dtype(), count=start + n)[start:]
    if indices.null_count == 0:
        return plain
    if plain.dtype.kind == "u" or plain.itemsize > 4:
        plain = plain.astype(np.int32)  # -1 without its sign is beyond the words of any dictionary, and an index
    valid = np.unpackbits(np.frombuffer(validity, np.uint8), count=start + n, bitorder="little")[start:]
    filled = plain | (valid - 1).view(np.int8)  # -1, which is all bits: the largest number without a sign
    return np.asarray(filled.view(f"u{filled.itemsize}"))
