"""Write a table: CSV, JSON lines or Parquet, whole or not at all."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from bayesdx.files import print_whole, write_whole
from bayesdx.formats.table import load_pyarrow, table_format

_PARQUET_ROWS = 8192


def write_rows(path: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    """Write rows (cells in the order of ``columns``) to a table; ``-`` is CSV on standard output.

    Nothing is written before the first row is there, and a table appears only when it is whole.
    """
    write = {"parquet": _write_parquet, "jsonl": _write_json_lines, "csv": _write_csv}[table_format(path)]
    first = list(islice(rows, 1))  # raises here when there is nothing to write
    every = chain(first, rows)

    def written(place: str) -> None:
        write(place, columns, every)

    if path == "-":
        print_whole(".csv", written)
    else:
        write_whole(path, written)


def _write_csv(part: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    with open(part, "w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _write_json_lines(part: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    with open(part, "w", encoding="utf-8", errors="replace", newline="") as file:
        file.writelines(json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)


def _write_parquet(part: str, columns: Sequence[str], rows: Iterator[Sequence[object]]) -> None:
    pa = load_pyarrow()
    block = list(islice(rows, _PARQUET_ROWS))
    arrays = [pa.array(values) for values in zip(*block, strict=True)]
    # A column that is empty so far, such as the ids, may hold text further down.
    types = [pa.string() if pa.types.is_null(array.type) else array.type for array in arrays]
    schema = pa.schema(list(zip(columns, types, strict=True)))
    with pa.parquet.ParquetWriter(part, schema) as writer:
        while block:
            cells = dict(zip(columns, zip(*block, strict=True), strict=True))
            writer.write_table(pa.table(cells, schema=schema))
            block = list(islice(rows, _PARQUET_ROWS))
