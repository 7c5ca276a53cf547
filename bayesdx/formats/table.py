"""Tables of cases and of answers: CSV, JSON lines and Parquet (extra ``cohort``), a row at a time.

A row is a flat mapping: ``id``, ``age``, ``sex``, ``diagnosis`` and findings, each under its id. Cells hold what a
case file holds, or the short form of ``-f`` options (``not hyper``, ``hyper:0.8,mixed:0.2``); an empty cell is a
missing finding. In JSON lines every line is a case as in a case file.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import Any, TextIO

from bayesdx.case import case_from_mapping
from bayesdx.errors import InputError, MissingExtra
from bayesdx.files import parse_json, write_whole
from bayesdx.formats.options import parse_value

#: Line number and row; a row that cannot be read is an InputError instead.
NumberedRow = tuple[int, Mapping[str, object] | InputError]
_PARQUET_ROWS = 8192
FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def table_format(path: str) -> str:
    """``csv``, ``jsonl`` or ``parquet``, by suffix; standard input and output (``-``) are CSV."""
    suffix = os.path.splitext(path)[1].lower()
    if path != "-" and suffix not in FORMATS:
        raise InputError(f"{path}: a table ends in {', '.join(FORMATS)}")
    return FORMATS.get(suffix, "csv")


def read_rows(path: str) -> Iterator[NumberedRow]:
    """Rows of a table, with the line (Parquet: row) that each stands on.

    Raises InputError for a file that cannot be read, is empty, or names a column twice.
    """
    readers: dict[str, Callable[[str], Iterator[NumberedRow]]]
    readers = {"csv": _read_csv, "jsonl": _read_json_lines, "parquet": _read_parquet}
    try:
        yield from readers[table_format(path)](path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: is not a text file (UTF-8)") from None


def row_count(path: str) -> int | None:
    """Number of rows, for a progress bar: exact for Parquet, lines otherwise; None for standard input."""
    if path == "-" or not os.path.isfile(path):
        return None
    if table_format(path) == "parquet":
        return int(_pyarrow_parquet().ParquetFile(path).metadata.num_rows)
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _open_text(path: str, stack: ExitStack) -> TextIO:
    if path == "-":
        return sys.stdin
    return stack.enter_context(open(path, encoding="utf-8-sig", newline=""))


def _read_csv(path: str) -> Iterator[NumberedRow]:
    with ExitStack() as stack:
        reader = csv.reader(_open_text(path, stack))
        heads = [head.strip() for head in next(reader, [])]
        if not any(heads):
            raise InputError(f"{path}: is empty")
        twice = next((head for head in heads if heads.count(head) > 1), None)
        if twice is not None:
            raise InputError(f"{path}: column '{twice}' is given twice")
        for cells in reader:
            if len(cells) == len(heads):
                yield reader.line_num, dict(zip(heads, cells, strict=True))
            elif cells:
                yield reader.line_num, InputError(f"{len(cells)} cells, but {len(heads)} columns")


def _read_json_lines(path: str) -> Iterator[NumberedRow]:
    with ExitStack() as stack:
        number = 0
        for number, line in enumerate(_open_text(path, stack), 1):
            if not line.strip():
                continue
            try:
                case = case_from_mapping(parse_json(line, "row"), "row")
            except InputError as error:
                yield number, InputError(str(error).removeprefix("row: ").removeprefix("line 1, "))
                continue
            patient = {"id": case.id, "age": case.age, "sex": case.sex, "diagnosis": case.diagnosis}
            yield number, {**patient, **case.findings}
        if number == 0:
            raise InputError(f"{path}: is empty")


def _read_parquet(path: str) -> Iterator[NumberedRow]:
    parquet = _pyarrow_parquet()
    try:
        file = parquet.ParquetFile(path)
    except ValueError as error:  # pyarrow's errors for a file of another kind
        raise InputError(f"{path}: is not a Parquet file ({str(error).splitlines()[0]})") from None
    number = 0
    for batch in file.iter_batches():
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _pyarrow_parquet() -> Any:
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("reading and writing Parquet", "cohort") from None
    return pyarrow.parquet


def cell_value(value: object) -> object:
    """A finding's value from a cell; None for an empty one."""
    if isinstance(value, str):
        return parse_value(value) if value.strip() else None
    if isinstance(value, float) and value != value:  # NaN is how tables write a missing number
        return None
    return value


def write_rows(path: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    """Write rows (cells in the order of ``columns``) to a table; ``-`` is CSV on standard output.

    Nothing is written before the first row is there, and a file appears only when it is whole.
    """
    file_format = table_format(path)
    first = list(islice(rows, 1))  # raises here when there is nothing to write
    every = chain(first, rows)
    if path == "-":
        _write_csv(sys.stdout, columns, every)
    elif file_format == "parquet":
        write_whole(path, lambda part: _write_parquet(part, columns, every))
    else:
        write = _write_csv if file_format == "csv" else _write_json_lines
        write_whole(path, lambda part: _write_text(part, lambda file: write(file, columns, every)))


def _write_text(part: str, write: Callable[[TextIO], None]) -> None:
    with open(part, "w", encoding="utf-8", newline="") as file:
        write(file)


def _write_csv(file: TextIO, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _write_json_lines(file: TextIO, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    file.writelines(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)


def _write_parquet(part: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    parquet = _pyarrow_parquet()
    import pyarrow as pa

    block = list(islice(rows, _PARQUET_ROWS))
    table = pa.table(dict(zip(columns, zip(*block, strict=True), strict=True)))
    with parquet.ParquetWriter(part, table.schema) as writer:
        writer.write_table(table)
        while block := list(islice(rows, _PARQUET_ROWS)):
            values = dict(zip(columns, zip(*block, strict=True), strict=True))
            writer.write_table(pa.table(values, schema=table.schema))
