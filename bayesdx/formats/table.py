"""Tables of cases and of answers: CSV, JSON lines and Parquet (extra ``cohort``), a row at a time.

A row is a flat mapping: ``id``, ``age``, ``sex``, ``diagnosis`` and findings, each under its id. Cells hold what a
case file holds, or the short form of ``-f`` options (``not hyper``, ``hyper:0.8,mixed:0.2``); an empty cell is a
missing finding. A row with the key ``findings``, as in JSON lines, is a case as in a case file.

A CSV file may be separated by commas, semicolons, tabs or bars: its header says by which.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain
from typing import Any, TextIO

from bayesdx.errors import InputError, MissingExtra
from bayesdx.files import marked_encoding, parse_json, place_of, standard_input

#: Line number and row; a row that cannot be read is an InputError instead.
NumberedRow = tuple[int, Mapping[str, object] | InputError]
FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
#: Lines that a row may run over, in cells with quotation marks: what runs on lacks its second mark.
ROW_LINES = 30
_ANSWERS = re.compile(r"part-[0-9a-f]{32}\.parquet")  # as ``answer_name`` has it
_SEPARATORS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
#: Heads of columns that hold nothing of a case; REDCap writes the second one behind every form.
_REPEATED = ("", "Complete?")
_FAULTS = {
    "unexpected end of data": f"a quotation mark is not closed within {ROW_LINES} lines, or where the file ends",
    "field larger than field limit": f"a cell is longer than {csv.field_size_limit():,} characters",
}


class EmptyTable(InputError):
    """A table that has no line."""


def table_format(path: str) -> str:
    """``csv``, ``jsonl`` or ``parquet``, by suffix; standard input and output (``-``) are CSV."""
    suffix = os.path.splitext(path)[1].lower()
    if path != "-" and suffix not in FORMATS:
        raise InputError(f"a table ends in {', '.join(FORMATS)}", place=path)
    return FORMATS.get(suffix, "csv")


def is_table(path: str) -> bool:
    """Whether a path or URI means a table, or a folder of such: by its ending, or because it is one."""
    return "://" in path or os.path.isdir(path) or os.path.splitext(path)[1].lower() in FORMATS


def answer_name(digest: str) -> str:
    """Name of the file of the answers to a part of a cohort; ``digest`` is hexadecimal, of 32 digits or more."""
    return f"part-{digest[:32]}.parquet"


def is_table_name(name: str) -> bool:
    """Whether a file of a folder of tables is one of them.

    None of the steps to it begins with ``.`` or ``_``, and it does not hold the answers to a part of a cohort.
    """
    steps = name.split("/")
    apart = any(step.startswith((".", "_")) for step in steps) or _ANSWERS.fullmatch(steps[-1])
    return not apart and os.path.splitext(name)[1].lower() in FORMATS


def tables_in(folder: str) -> list[str]:
    """Names of the tables in a folder, at any depth and in order; raises InputError when there is none."""
    places = (os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
    names = (os.path.relpath(place, folder).replace(os.sep, "/") for place in places)
    found = sorted(name for name in names if is_table_name(name))
    if not found:
        raise InputError(f"holds no table ({', '.join(FORMATS)})", place=folder)
    return found


def read_rows(table: object) -> Iterator[NumberedRow]:
    """Rows of a table, with the line (Parquet, pandas, sequence: row) that each stands on.

    ``table`` is the path of a file, a pandas table, or rows as mappings. Raises InputError for a file that cannot
    be read, is empty, or names a column twice.
    """
    if isinstance(table, (str, os.PathLike)):
        return _read_file(os.fspath(table))
    if hasattr(table, "itertuples") and hasattr(table, "columns"):
        heads = columns_once(list(table.columns), "table")
        return enumerate(
            (dict(zip(heads, row, strict=True)) for row in table.itertuples(index=False, name=None)), 1
        )
    if isinstance(table, Mapping) or not isinstance(table, Iterable):
        raise InputError(f"a table is a file, or rows that are mappings, not a {type(table).__name__}")
    return ((number, _row(row)) for number, row in enumerate(table, 1))


def _row(row: object) -> Mapping[str, object] | InputError:
    if not isinstance(row, Mapping) and hasattr(row, "keys") and hasattr(row, "items"):
        try:
            columns_once(list(row.keys()), "")
        except InputError as error:
            return error
        row = dict(row.items())  # a row of a pandas table
    if isinstance(row, Mapping):
        return row
    return InputError(f"a row is a mapping of finding to state, not a {type(row).__name__}")


def columns_once(heads: list[Any], place: str) -> list[Any]:
    """The names of the columns, without blanks around them; raises InputError for one that is given twice."""
    heads = [head.strip() if isinstance(head, str) else head for head in heads]
    twice = next((head for head in heads if head not in _REPEATED and heads.count(head) > 1), None)
    if twice is not None:
        raise InputError(f"column '{twice}' is given twice", place=place)
    return heads


def _read_file(path: str) -> Iterator[NumberedRow]:
    file_format, place = table_format(path), place_of(path)
    try:
        if file_format == "parquet":
            yield from _read_parquet(path)
            return
        read = csv_rows if file_format == "csv" else _json_rows
        with _opened(path) as file:
            yield from read(file, place)
    except OSError as error:
        raise InputError(f"{place_of(path)}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{place_of(path)}: is not a text file (UTF-8)") from None


def row_count(path: str) -> int | None:
    """Number of rows, for a progress bar: exact for Parquet, lines otherwise; None where it cannot be told."""
    if path == "-" or not os.path.isfile(path):
        return None
    try:
        if table_format(path) == "parquet":
            return int(_parquet_file(path).metadata.num_rows)
        with open(path, "rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return None  # whoever reads the rows says what is wrong


@contextmanager
def _opened(path: str) -> Iterator[TextIO]:
    """The file, or standard input, as text: UTF-8, or UTF-16 where a byte-order mark says so."""
    with open(path, "rb") if path != "-" else nullcontext(standard_input()) as binary, as_text(binary) as text:
        yield text


@contextmanager
def as_text(binary: Any) -> Iterator[TextIO]:
    """A stream of bytes as text: UTF-8, or UTF-16 where a byte-order mark says so."""
    ahead = io.BufferedReader(binary)
    text = io.TextIOWrapper(ahead, encoding=marked_encoding(ahead.peek(3)), newline="")
    try:
        yield text
    finally:
        text.detach()
        ahead.detach()


def csv_rows(file: TextIO, place: str) -> Iterator[NumberedRow]:
    """Rows of a CSV file with their lines; raises EmptyTable for a file without any.

    A row runs over ``ROW_LINES`` lines at most. One that is none of CSV is an error of its first line, and reading
    goes on at the next: a stray quotation mark takes no other row with it.
    """
    head, before, separator = _head(file, place)
    lines = _Lines(chain([head], file), before)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        heads = [name.lstrip("\ufeff") for name in next(reader)]
    except csv.Error as error:
        raise InputError(f"line {before + 1}: {_fault(error)}", place=place) from None
    heads = columns_once(heads, place)
    if not any(heads):
        raise EmptyTable("is empty", place=place)
    width = len(heads)
    while heads[-1] == "":
        heads.pop()
    while True:
        line = lines.begin()
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, InputError(_fault(error) + lines.span())
            lines.give_back()
            continue
        if cells is None:
            return
        while len(cells) > len(heads) and not cells[-1].strip():
            cells.pop()
        if not any(map(str.strip, cells)):
            continue
        if not len(heads) <= len(cells) <= width:
            yield line, InputError(f"{len(cells)} cells, but {len(heads)} columns{lines.span()}")
            continue
        row = dict(zip(heads, cells, strict=False))
        for cell in cells[len(heads) :]:
            row[""] = row.get("") or cell  # below no name: worth a warning
        yield line, row


class _Lines:
    """The lines of a CSV file, those of one row at a time: a reader that asks for more is told that they end."""

    def __init__(self, lines: Iterator[str], before: int) -> None:
        self._lines, self._before = lines, before
        self._row: list[str] = []
        self._back: deque[str] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._row) == ROW_LINES:
            raise StopIteration
        self._row.append(self._back.popleft() if self._back else next(self._lines))
        return self._row[-1]

    def begin(self) -> int:
        """Begin a row: the number of its first line."""
        self._before += len(self._row)
        self._row.clear()
        return self._before + 1

    def give_back(self) -> None:
        """All lines of the row but its first are read again."""
        self._back.extendleft(reversed(self._row[1:]))
        del self._row[1:]

    def span(self) -> str:
        """Which lines the row has, where it has several."""
        last = self._before + len(self._row)
        return f" (lines {self._before + 1} to {last})" if len(self._row) > 1 else ""


def _head(file: TextIO, place: str) -> tuple[str, int, str]:
    """The header of a CSV file, the number of lines before it, and the separator.

    The separator is stated by a line ``sep=;``, as Excel writes it, else the one that makes most columns.
    """
    stated = ""
    for number, line in enumerate(file):
        if "\0" in line:  # UTF-16 without its mark is UTF-8 too, to the letter
            raise InputError("is not a text file (UTF-8)", place=place)
        text = line.rstrip("\r\n")
        if match := _SEPARATOR_LINE.fullmatch(text):
            stated = match[1]
        elif text.strip(f'{_SEPARATORS} "'):
            return line, number, stated or max(_SEPARATORS, key=lambda one: _width(text, one))
    return "", 0, ","


def _width(line: str, separator: str) -> int:
    """The number of cells of a line."""
    try:
        return len(next(csv.reader([line], delimiter=separator), ()))
    except csv.Error:
        return 0


def _fault(error: csv.Error) -> str:
    text = str(error)
    return next((said for known, said in _FAULTS.items() if text.startswith(known)), f"not a row of CSV: {text}")


def filled_lines(file: TextIO, place: str) -> Iterator[tuple[int, str]]:
    """The lines that hold something, with their numbers; raises EmptyTable for a file without any."""
    number = 0
    for number, line in enumerate(file, 1):
        if line.strip():
            yield number, line
    if number == 0:
        raise EmptyTable("is empty", place=place)


def _json_rows(file: TextIO, place: str) -> Iterator[NumberedRow]:
    return ((number, json_row(line)) for number, line in filled_lines(file, place))


def json_row(line: str) -> Mapping[str, object] | InputError:
    """The row that a line of JSON holds, or what is wrong with it."""
    try:
        return _row(parse_json(line, "row"))
    except InputError as error:
        return InputError(str(error).removeprefix("row: ").removeprefix("line 1, "))


def _read_parquet(path: str) -> Iterator[NumberedRow]:
    arrow, file = load_pyarrow(), _parquet_file(path)
    heads = columns_once(list(file.schema_arrow.names), path)
    number = 0
    try:
        for batch in file.iter_batches():
            for row in zip(*map(cells_of, batch.columns), strict=True):
                number += 1
                yield number, dict(zip(heads, row, strict=True))
    except (ValueError, OSError, arrow.ArrowException) as error:
        raise InputError(f"row {number + 1} cannot be read ({str(error).splitlines()[0]})", place=path) from None


def cells_of(column: Any) -> list[Any]:
    """The cells of an Arrow column as Python has them.

    A struct holds weights, or findings: the fields that only other rows fill are left out. A map is a mapping. A
    cell that Python cannot hold, such as a date after the year 9999, is text that says so; bytes if it is no UTF-8.
    """
    types = load_pyarrow().types
    try:
        cells = column.to_pylist()
    except (ValueError, OverflowError):
        cells = [_cell(one) for one in column]
    if types.is_map(column.type):
        return [cell if cell is None or isinstance(cell, str) else dict(cell) for cell in cells]
    if types.is_struct(column.type):
        return [_filled(cell) if isinstance(cell, dict) else cell for cell in cells]
    return list(cells)


def _filled(fields: Mapping[str, object]) -> Mapping[str, object] | None:
    return {name: value for name, value in fields.items() if value is not None} or None


def _cell(one: Any) -> Any:
    pa = load_pyarrow()
    for kind in (None, pa.string(), pa.binary()):
        with suppress(ValueError, OverflowError, pa.ArrowException):
            return (one if kind is None else one.cast(kind)).as_py()
    return f"a {one.type} that cannot be read"


def _parquet_file(path: str) -> Any:
    arrow = load_pyarrow()
    try:
        return arrow.parquet.ParquetFile(path)
    except (ValueError, OSError, arrow.ArrowException) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(f"is not a Parquet file ({str(error).splitlines()[0]})", place=path) from None


def load_pyarrow() -> Any:
    """Pyarrow with its Parquet part; raises MissingExtra without it."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("reading and writing Parquet", "cohort") from None
    return pyarrow
