"""A part of a cohort as record batches, in bounded memory."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from bayesdx.batch.encoding import CASE_JSON, SOURCE_ERROR, SOURCE_FILE, SOURCE_ROW
from bayesdx.batch.parts import Part, line_of, located
from bayesdx.batch.scoring import ROWS, arrow
from bayesdx.errors import InputError
from bayesdx.formats.table import FORMATS, EmptyTable, NumberedRow, as_text, csv_rows, filled_lines

#: Lines of a text that are read together: each cell is an object of its own, until they are a record batch.
LINES = 1 << 13


def read_part(part: Part) -> Iterator[Any]:
    """Record batches of at most ``ROWS`` rows, with their file and numbers; raises InputError.

    Columns are named without blanks around them. An empty file has no rows.
    """
    if part.fault is not None:
        raise part.fault
    fs, root = located(part.root)
    path, place = posixpath.join(root, part.file), part.place
    try:
        if part.groups is not None:
            yield from _parquet(fs, path, part)
            return
        csv = FORMATS[posixpath.splitext(part.file)[1].lower()] == "csv"
        with fs.open_input_stream(path, compression=None) as binary, as_text(binary) as text:
            if csv:
                yield from _rows(csv_rows(text, place), part.file)
            else:
                yield from _lines(filled_lines(text, place), part.file)
    except EmptyTable:
        return
    except UnicodeDecodeError:
        raise InputError("is not a text file (UTF-8)", place=place) from None
    except (OSError, arrow().ArrowException) as error:
        raise InputError(f"cannot be read ({line_of(error)})", place=place) from None


def _parquet(fs: Any, path: str, part: Part) -> Iterator[Any]:
    """Text stays the codes and the words that the file holds."""
    from pyarrow.parquet import ParquetFile, read_schema

    pa = arrow()
    with fs.open_input_file(path) as source:
        words = [field.name for field in read_schema(source) if pa.types.is_string(field.type)]
        file = ParquetFile(source, read_dictionary=[name for name in words if name != "id"])
        groups = list(range(*part.groups)) if part.groups else []
        first = part.first
        for batch in file.iter_batches(batch_size=ROWS, row_groups=groups, use_threads=False):
            foreign = [name for name in batch.schema.names if name.strip() == SOURCE_ERROR]
            batch = batch.drop_columns(foreign) if foreign else batch  # what another program called so is no error
            yield _placed(batch, part.file, np.arange(first, first + batch.num_rows))
            first += batch.num_rows


def _rows(rows: Iterator[NumberedRow], file: str) -> Iterator[Any]:
    pa = arrow()
    while chunk := list(islice(rows, LINES)):
        read = [row if not isinstance(row, InputError) else {} for _, row in chunk]
        heads = dict.fromkeys(head for row in read for head in row)
        columns = {head: pa.array([row.get(head) for row in read], pa.string()) for head in heads}
        errors = [str(row) if isinstance(row, InputError) else None for _, row in chunk]
        columns[SOURCE_ERROR] = pa.array(errors, pa.string())
        yield _placed(pa.record_batch(columns), file, [line for line, _ in chunk])


def _lines(lines: Iterator[tuple[int, str]], file: str) -> Iterator[Any]:
    while chunk := list(islice(lines, LINES)):
        numbers, texts = zip(*chunk, strict=True)
        yield _placed(arrow().record_batch({CASE_JSON: list(texts)}), file, numbers)


def _placed(batch: Any, file: str, numbers: Iterable[int]) -> Any:
    """The batch with the file and the numbers of its rows, in the place of what has these names."""
    pa = arrow()
    batch = batch.rename_columns([name.strip() for name in batch.schema.names])
    own = [name for name in batch.schema.names if name in (SOURCE_FILE, SOURCE_ROW)]
    batch = batch.drop_columns(own) if own else batch
    places = pa.DictionaryArray.from_arrays(np.zeros(batch.num_rows, dtype=np.int8), [file])
    return batch.append_column(SOURCE_FILE, places).append_column(SOURCE_ROW, pa.array(numbers, pa.int64()))
