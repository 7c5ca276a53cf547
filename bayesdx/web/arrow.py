"""Cases as an Arrow stream, and posteriors as another (extra ``cohort``).

Whoever sends a stream is not trusted: it is checked in full before it is read, and may hold nothing that unfolds
into more than was sent (compressed buffers, nulls without end, long words in a dictionary).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from bayesdx.analyses.batch.numbers import BatchResult, columns_of
from bayesdx.errors import MissingExtra
from bayesdx.formats.table import NumberedRow
from bayesdx.model import Model
from bayesdx.web.problems import Problem

MEDIA_TYPE = "application/vnd.apache.arrow.stream"
ROWS = 512
#: Rows that a stream may have, and bytes that the words of a dictionary may have.
MOST, WORDS = 1_000_000, 64 << 10
#: Fields in the flatbuffers of a message (Arrow's Message.fbs), and its types that hold a record batch.
_TYPE, _HEADER, _DATA, _LENGTH, _COMPRESSION = 1, 2, 1, 0, 3
_DICTIONARY, _BATCH = 2, 3


def read_batches(sent: bytes) -> Iterator[list[NumberedRow]]:
    """The rows of a stream with their numbers, at most ROWS together; raises Problem for what is none."""
    pa = pyarrow()
    try:
        for message in pa.ipc.MessageReader.open_stream(pa.BufferReader(sent)):
            check_batch(message.metadata.to_pybytes())
        number = 0
        for batch in pa.ipc.open_stream(pa.BufferReader(sent)):
            batch.validate(full=True)
            number = yield from _rows(pa, batch, number)
    except (pa.ArrowException, struct.error, ValueError, OSError) as error:
        raise Problem("bad-json", f"is no Arrow stream ({str(error).splitlines()[0][:100]})") from None


def _rows(pa: Any, batch: Any, number: int) -> Any:
    if number + batch.num_rows > MOST:
        raise Problem("too-large", f"a stream has at most {MOST:,} rows")
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if not _plain(pa, column):
            raise Problem(
                "wrong-input",
                f"a column has words, numbers or weights, not {str(column.type)[:40]}",
                [{"pointer": f"/{name[:60]}", "message": "its type is not read"}],
            )
    for start in range(0, batch.num_rows, ROWS):
        rows = batch.slice(start, ROWS).to_pylist()
        yield [(number + i, {key: _said(value) for key, value in row.items()}) for i, row in enumerate(rows, 1)]
        number += len(rows)
    return number


def _plain(pa: Any, column: Any) -> bool:
    """Whether the cells of a column are no larger than what was sent."""
    kind, types = column.type, pa.types
    if types.is_dictionary(kind):
        return bool(types.is_string(kind.value_type) and column.dictionary.nbytes <= WORDS)
    if types.is_struct(kind):
        return all(types.is_floating(part.type) or types.is_integer(part.type) for part in kind)
    known = (types.is_string, types.is_large_string, types.is_integer, types.is_floating, types.is_boolean)
    return any(one(kind) for one in (*known, types.is_null))


def _said(value: object) -> object:
    """Weights without the states that only other rows name."""
    return {key: one for key, one in value.items() if one is not None} if isinstance(value, dict) else value


def check_batch(metadata: bytes) -> None:
    """Raise Problem for a record batch that is compressed or too long, as the flatbuffer of its message says."""
    message = struct.unpack_from("<I", metadata)[0]
    kind, header = _field(metadata, message, _TYPE), _table(metadata, message, _HEADER)
    if kind is None or header is None:
        return
    name = metadata[kind]
    batch = _table(metadata, header, _DATA) if name == _DICTIONARY else header if name == _BATCH else None
    if batch is None:
        return
    if _field(metadata, batch, _COMPRESSION) is not None:
        raise Problem("wrong-media-type", "send record batches that are not compressed")
    length = _field(metadata, batch, _LENGTH)
    if length is not None and not 0 <= struct.unpack_from("<q", metadata, length)[0] <= MOST:
        raise Problem("too-large", f"a stream has at most {MOST:,} rows")


def _field(data: bytes, table: int, number: int) -> int | None:
    """Where a field of a table stands, None where it is left out."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    if 4 + 2 * number >= struct.unpack_from("<H", data, fields)[0]:
        return None
    offset = struct.unpack_from("<H", data, fields + 4 + 2 * number)[0]
    return table + offset if offset else None


def _table(data: bytes, table: int, number: int) -> int | None:
    at = _field(data, table, number)
    return None if at is None else at + struct.unpack_from("<I", data, at)[0]


class Posteriors:
    """Writes posteriors as an Arrow stream, piece by piece.

    Columns are those of the lines, and ``error`` for the rows that are left out. The metadata of the schema name
    the network, its version and the prior set.
    """

    def __init__(self, model: Model) -> None:
        pa = self._pa = pyarrow()
        states = model.network.variable(str(model.network.target)).states
        self._columns = columns_of(states)
        kinds = {"line": pa.int64(), "id": pa.string(), "leader": pa.string()}
        fields = [(name, kinds.get(name, pa.float64())) for name in self._columns]
        about = {key: str(value) for key, value in model.head().items()}
        self._schema = pa.schema([*fields, ("error", pa.string())], metadata=about)
        self._sink = BytesIO()
        self._writer = pa.ipc.new_stream(self._sink, self._schema)

    def piece(self, result: BatchResult) -> bytes:
        """The next record batch, in the order of the rows; with it what stands in front of the first."""
        rows = [(*row, None) for row in result.rows()]
        rows += [(line, *[None] * (len(self._columns) - 1), message) for line, message in result.errors]
        rows.sort(key=lambda row: int(str(row[0])))
        arrays = [
            self._pa.array(cells, field.type)
            for cells, field in zip(zip(*rows, strict=True), self._schema, strict=True)
        ]
        self._writer.write_batch(self._pa.record_batch(arrays, schema=self._schema))
        return self._written()

    def end(self) -> bytes:
        """What ends the stream."""
        self._writer.close()
        return self._written()

    def _written(self) -> bytes:
        written = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return written


def pyarrow() -> Any:
    """The library; raises MissingExtra without it."""
    try:
        import pyarrow.ipc
    except ImportError:
        raise MissingExtra("an Arrow stream", "cohort") from None
    return pyarrow
