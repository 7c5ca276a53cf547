"""Tables of cases: every format gives the posteriors of the single cases, and bad rows are named."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.case_table import CaseTable, encode_rows
from bayesdx.formats.table import read_rows, row_count, write_rows

CSV = """id,age,sex,level,mr_t2_signal,syrinx,region
a,68,male,cervical,hyper,,spine
b,,,,not hyper,present,
c,,,lumbar,"hyper:0.8,mixed:0.2",,
d,200,,,,,
e,,,,hypr,,
f,1
"""


def encoded(path: Path, small: NetworkDocument) -> CaseTable:
    (table,) = encode_rows(read_rows(str(path)), small.network, small.vocabulary)
    return table


def test_csv(tmp_path: Path, small: NetworkDocument) -> None:
    path = tmp_path / "cases.csv"
    path.write_text(CSV)
    table = encoded(path, small)
    index = small.network.index
    assert table.lines == [2, 3, 4]
    assert table.ids == ["a", "b", "c"]
    assert table.codes[0, [index["level"], index["age_group"], index["sex"], index["mr_t2_signal"]]].tolist() == [
        0, 3, 1, 2,
    ]  # fmt: skip
    assert (table.codes[1] == -1).all()
    assert {k: v.tolist() for k, v in table.weights.items()} == {
        "mr_t2_signal": [[1, 1, 1, 1], [1, 1, 0, 1], [0, 0, 0.8, 0.2]]
    }
    assert [(error.line, error.message.split(";")[0]) for error in table.errors] == [
        (5, "age '200' is not a number of years from 0 to 120"),
        (6, "'hypr' is not a state of 'mr_t2_signal'"),
        (7, "2 cells, but 7 columns"),
    ]
    assert dict(table.warnings) == {"'syrinx' is not used by network 'small'": 1}
    assert row_count(str(path)) == 7


def test_json_lines_and_parquet_say_the_same(tmp_path: Path, small: NetworkDocument) -> None:
    rows = [
        {"id": "a", "age": 68, "findings": {"level": "cervical", "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2}}},
        {"id": "b", "findings": {"size_mm": 12}},
    ]
    lines = tmp_path / "cases.jsonl"
    lines.write_text("\n".join(json.dumps(row) for row in rows) + "\n\nnot json\n")
    by_line = encoded(lines, small)
    assert [error.line for error in by_line.errors] == [4]

    file = tmp_path / "cases.parquet"
    columns = {
        "id": ["a", "b"],
        "age": [68.0, None],
        "level": ["cervical", None],
        "mr_t2_signal": ["hyper:0.8,mixed:0.2", None],
        "size_mm": [None, 12.0],
    }
    pq.write_table(pa.table(columns), file)
    by_row = encoded(file, small)
    assert by_row.ids == by_line.ids
    np.testing.assert_array_equal(by_row.codes, by_line.codes)
    np.testing.assert_array_equal(by_row.weights["mr_t2_signal"], by_line.weights["mr_t2_signal"])
    assert row_count(str(file)) == 2


def test_chunks(tmp_path: Path, small: NetworkDocument) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("level\n" + "cervical\nlumbar\n" * 5)
    tables = list(encode_rows(read_rows(str(path)), small.network, small.vocabulary, size=4))
    assert [len(table.lines) for table in tables] == [4, 4, 2]
    assert [line for table in tables for line in table.lines] == list(range(2, 12))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"level,level\na,b\n", "column 'level' is given twice"),
        ("a.csv", bytes(range(128, 256)), "is not a text file"),
        ("a.jsonl", b"", "is empty"),
        ("a.parquet", b"PAR1 but not really", "is not a Parquet file"),
        ("a.xlsx", b"x", "a table ends in .csv"),
    ],
)
def test_broken_tables(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_rows(str(path)))


def test_missing_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read \(No such file"):
        list(read_rows(str(tmp_path / "none.csv")))


def test_misspelt_column_is_an_error_of_the_row(tmp_path: Path, small: NetworkDocument) -> None:
    path = tmp_path / "cases.csv"
    path.write_text("level,mr_t2_signl,hospital\ncervical,hyper,x\n")
    table = encoded(path, small)
    assert table.errors[0].message == "unknown finding 'mr_t2_signl'; did you mean 'mr_t2_signal'?"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_write_and_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    write_rows(str(path), ("line", "id", "p"), iter([(1, "a", 0.25), (2, None, 0.1)]))
    if suffix == "csv":
        assert list(csv.reader(path.open())) == [["line", "id", "p"], ["1", "a", "0.25"], ["2", "", "0.1"]]
    elif suffix == "jsonl":
        assert [json.loads(line)["p"] for line in path.open()] == [0.25, 0.1]
    else:
        assert [row for _, row in read_rows(str(path))] == [
            {"line": 1, "id": "a", "p": 0.25},
            {"line": 2, "id": None, "p": 0.1},
        ]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_nothing_half_written(tmp_path: Path) -> None:
    def rows() -> object:
        yield (1,)
        raise InputError("bad")

    with pytest.raises(InputError, match="bad"):
        write_rows(str(tmp_path / "out.csv"), ("x",), rows())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(str(tmp_path / "no" / "out.csv"), ("x",), iter([(1,)]))
