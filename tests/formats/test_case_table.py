"""Tables of cases: every format gives the posteriors of the single cases, and bad rows are named."""

from __future__ import annotations

import csv
import gc
import io
import json
import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.case_table import CaseTable, Encoder, encode_rows
from bayesdx.formats.table import csv_rows, read_rows, row_count
from bayesdx.formats.table_writing import write_rows
from bayesdx.model import Model

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
        ("a.csv", "id,level\na,lumbar\n".encode("utf-16-le"), "is not a text file"),
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
        write_rows(str(tmp_path / "out.csv"), ("x",), rows())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(str(tmp_path / "no" / "out.csv"), ("x",), iter([(1,)]))


TEXT = "id,level,age,note\np1,lumbar,31,x\np2,cervical,70,y\n"

SAME = {
    "semicolons": TEXT.replace(",", ";"),
    "tabs": TEXT.replace(",", "\t"),
    "bars": TEXT.replace(",", "|"),
    "separator line": "sep=;\n" + TEXT.replace(",", ";"),
    "quoted separator line": '"sep=,"\r\n' + TEXT.replace("\n", "\r\n"),
    "byte-order mark": "\ufeff" + TEXT,
    "two byte-order marks": "\ufeff\ufeff" + TEXT,
    "empty columns at the end": TEXT.replace("note\n", "note,,\n").replace("x\n", "x,,\n").replace("y\n", "y,,\n"),
    "empty cells at the end": TEXT.replace("x\n", "x,,,\n"),
    "empty rows": TEXT.replace("p2", ",,,\n , ,\t,\n\np2") + ",,,\n,,,,,,\n",
    "empty rows before": ",,,\n\n" + TEXT,
    "a row with a long cell that can be read": TEXT.replace(",x", "," + "x" * 100_000),
    "lines within a cell": TEXT.replace(",x", ',"two\nlines"'),
    "Macintosh": TEXT.replace("\n", "\r"),
    "no end of line": TEXT.rstrip(),
    "blanks": TEXT.replace("level", " level ").replace("lumbar", " lumbar "),
    "an unnamed index": TEXT.replace("id,", ",id,", 1).replace("p1", "0,p1").replace("p2", "1,p2"),
}


@pytest.mark.parametrize("name", SAME)
def test_tables_that_say_the_same(tmp_path: Path, small: NetworkDocument, name: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(TEXT)
    plain = encoded(path, small)
    path.write_bytes(SAME[name].encode())
    table = encoded(path, small)
    assert table.errors == []
    assert table.ids == plain.ids == ["p1", "p2"]
    np.testing.assert_array_equal(table.codes, plain.codes)


def rows_of(path: Path, text: str, small: NetworkDocument) -> CaseTable:
    path.write_text(text)
    return encoded(path, small)


@pytest.mark.parametrize(
    ("text", "errors", "ids"),
    [
        (
            'id,level,note\np1,lumbar,"report\np2,cervical,ok\np3,lumbar,ok\n',
            [(2, "a quotation mark is not closed within 30 lines, or where the file ends (lines 2 to 4)")],
            ["p2", "p3"],
        ),
        (
            'id,level,note\np0,lumbar,x\np1,lumbar,"report\np2,cervical,ok\np3,lumbar,"fine"\np4,lumbar,ok\n',
            [(3, "not a row of CSV: ',' expected after '\"' (lines 3 to 5)")],
            ["p0", "p2", "p3", "p4"],
        ),
        (
            f"id,level,note\np1,lumbar,{'x' * 140_000}\np2,lumbar,x\n",
            [(2, "a cell is longer than 131,072 characters")],
            ["p2"],
        ),
        ("id,level,age\np1,lumbar,31,5\np2,lumbar,31\n", [(2, "4 cells, but 3 columns")], ["p2"]),
        (
            "id;age;level\np1;31,5;lumbar\n",
            [(2, "age '31,5' is not a number of years from 0 to 120: a number")],
            [],
        ),
        ("id,when\np1,lumbar\n", [(2, "no column is a finding of network 'small'")], []),
        (
            "id,Level\np1,lumbar\n",
            [(2, "no column is a finding of network 'small': 'Level'; did you mean 'level'")],
            [],
        ),
        ("p1,lumbar,31\np2,cervical,70\n", [(2, "no column is a finding of network 'small'")], []),
        ("id,syrinx\np1,present\n", [(2, "no column is a finding of network 'small'")], []),
        ("id,diagnosis,region\np1,capnon,spine\n", [(2, "no column is a finding of network 'small'")], []),
        ("level,AGE\nlumbar,31\n", [(2, "unknown finding 'AGE'; did you mean 'age'")], []),
    ],
)
def test_rows_that_are_refused(
    tmp_path: Path, small: NetworkDocument, text: str, errors: list[tuple[int, str]], ids: list[str]
) -> None:
    table = rows_of(tmp_path / "t.csv", text, small)
    assert [error.line for error in table.errors] == [line for line, _ in errors]
    for error, (_, message) in zip(table.errors, errors, strict=True):
        assert error.message.startswith(message)
    assert table.ids == ids


STRAY = st.lists(st.tuples(st.integers(0, 79), st.integers(0, 2)), min_size=1, max_size=4)


@given(STRAY)
def test_stray_quotation_marks_take_no_other_row_with_them(places: list[tuple[int, int]]) -> None:
    """A mark before some cells: these rows are errors, and no other."""
    rows = [[f"p{i}", "lumbar", str(i)] for i in range(80)]
    for i, column in places:
        rows[i][column] = '"' + rows[i][column]
    text = "id,level,age\n" + "".join(",".join(row) + "\n" for row in rows)
    read = dict(csv_rows(io.StringIO(text, newline=""), "t.csv"))
    marked = {i for i, _ in places}
    assert sorted(read) == list(range(2, 82))
    for i in range(80):
        row = read[i + 2]
        plain = dict(zip(("id", "level", "age"), rows[i], strict=True))
        assert isinstance(row, InputError) if i in marked else row == plain


@pytest.mark.parametrize(("lines", "read"), [(29, True), (30, False)])
def test_a_row_runs_over_thirty_lines_at_most(lines: int, read: bool) -> None:
    text = 'note,level\n"' + "x\n" * lines + '",lumbar\ny,cervical\n'
    found = dict(csv_rows(io.StringIO(text, newline=""), "t.csv"))
    assert found[lines + 3] == {"note": "y", "level": "cervical"}
    if read:
        assert found[2] == {"note": "x\n" * lines, "level": "lumbar"}
        assert len(found) == 2
    else:
        assert str(found[2]).endswith("(lines 2 to 31)")


def test_missing_words_are_missing_and_rows_without_findings_are_counted(
    tmp_path: Path, small: NetworkDocument
) -> None:
    table = rows_of(tmp_path / "t.csv", "id,level,age\np1,NA,31\np2,lumbar,N/A\np3,?,*\np4,NaN,\n", small)
    assert table.ids == ["p1", "p2", "p3", "p4"]
    assert (table.codes >= 0).sum(axis=1).tolist() == [1, 1, 0, 0]
    assert dict(table.warnings) == {"no finding is stated: the answer is the prior alone": 2}


def test_content_below_no_name_is_a_warning(tmp_path: Path, small: NetworkDocument) -> None:
    table = rows_of(tmp_path / "t.csv", "level,,\nlumbar,hyper,\n", small)
    assert dict(table.warnings) == {"column '' is not a finding, and is not used": 1}


@pytest.mark.parametrize("case", ['{"findings": {"levl": "lumbar"}}', '{"findings": {"qqq": 1}}', '{"id": "a"}'])
def test_json_lines_are_cases(tmp_path: Path, small: NetworkDocument, case: str) -> None:
    table = rows_of(tmp_path / "t.jsonl", case + '\n{"id": "b", "level": "lumbar"}\n[1]\n"x"\n', small)
    assert table.ids == ["b"]
    assert [error.line for error in table.errors] == [1, 3, 4]
    assert table.errors[0].message.startswith(("unknown finding", "no column is a finding of network 'small'"))
    assert table.errors[1].message == "a row is a mapping of finding to state, not a list"


def test_columns_given_twice(tmp_path: Path, small: NetworkDocument) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table([pa.array(["lumbar"]), pa.array(["cervical"])], names=["level", "level"]), path)
    with pytest.raises(InputError, match="column 'level' is given twice"):
        list(read_rows(str(path)))
    with pytest.raises(InputError, match="column 'level' is given twice"):
        read_rows(pd.DataFrame([["lumbar", "cervical"]], columns=["level", "level"]))
    table = rows_of(tmp_path / "t.jsonl", '{"level": "lumbar", "level": "cervical"}\n', small)
    assert table.errors[0].message == "key 'level' is given twice"


@pytest.mark.parametrize("content", [b"", b"level\nlumbar\n", b"PAR1xxxxPAR1"])
def test_files_that_are_no_parquet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    for read in (row_count, lambda name: list(read_rows(name))):
        with pytest.raises(InputError, match="is not a Parquet file"):
            read(str(path))


def test_parquet_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"level": [f"lumbar{i}" for i in range(10_000)]}), path)
    data = bytearray(path.read_bytes())
    data[4:2000] = bytes(1996)
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"t\.parquet: row 1 cannot be read"):
        list(read_rows(str(path)))


def test_parquet_output_whose_first_text_comes_late(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    write_rows(str(path), ("id", "p"), ((f"p{i}" if i > 8500 else None, 0.5) for i in range(9000)))
    ids = pq.read_table(path).column("id").to_pylist()
    assert ids[8500:8502] == [None, "p8501"]
    assert len(ids) == 9000


@pytest.mark.parametrize("table", [{"level": "lumbar"}, 3, None])
def test_what_is_no_table(table: object) -> None:
    with pytest.raises(InputError, match="a table is a file, or rows that are mappings, not a"):
        read_rows(table)


def test_a_link_stays_a_link_and_a_file_keeps_its_mode(tmp_path: Path) -> None:
    real, link, dangling = tmp_path / "real.csv", tmp_path / "link.csv", tmp_path / "dangling.csv"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    dangling.symlink_to(tmp_path / "new.csv")
    for path in (link, dangling):
        write_rows(str(path), ("x",), iter([(1,)]))
        assert path.is_symlink()
        assert path.read_text() == "x\n1\n"
    assert real.stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 4


def test_a_full_disk(tmp_path: Path) -> None:
    full = tmp_path / "full.csv"
    full.symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"full\.csv: cannot be written \(No space left on device\)"):
        write_rows(str(full), ("x",), iter([(1,)]))
    assert [path.name for path in tmp_path.iterdir()] == ["full.csv"]
    assert Path("/dev/full").is_char_device()


class Row(dict[str, object]):
    """A row of which one can tell whether it is kept."""


class Text(str):
    """The same of a text."""


@pytest.mark.parametrize("cell", ["lumbr", "x" * 4000])
def test_what_is_wrong_with_a_cell_keeps_no_row(small: NetworkDocument, cell: str) -> None:
    """The error of a cell that comes again is the same each time, and holds on to no row that it was raised for."""
    encoder = Encoder(small.network, small.vocabulary)
    told, depths, rows = set(), set(), []
    for _ in range(20):
        row = Row(level=cell)
        rows.append(weakref.ref(row))
        with pytest.raises(InputError) as caught:
            encoder.row(row)
        told.add(str(caught.value))
        depths.add(len(caught.traceback))
        del caught
    del row
    gc.collect()
    assert (len(told), len(depths)) == (1, 1)
    assert [row for row in rows if row() is not None] == []


def test_free_text_is_not_remembered(small: NetworkDocument) -> None:
    encoder = Encoder(small.network, small.vocabulary)
    texts, warnings = [], set()
    for i in range(20):
        text = Text(f"report {i}")
        texts.append(weakref.ref(text))
        *_, noted = encoder.row({"level": "lumbar", "report": text})
        warnings.add(tuple(noted))
    del text
    assert warnings == {("column 'report' is not a finding, and is not used",)}
    assert [text for text in texts if text() is not None] == []
    *_, noted = encoder.row({"level": "lumbar", "report": " "})
    assert noted == []


def test_columns_are_remembered_up_to_a_number(small: NetworkDocument, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdx.formats.case_table.REMEMBERED", 50)
    encoder = Encoder(small.network, small.vocabulary)
    for i in range(400):
        *_, noted = encoder.row({"level": "lumbar", f"q{i}zz": i, f"q{i}" * 40: 1})
        assert len(noted) == 2
    assert max(len(encoder.called), len(encoder.known)) <= 50


def test_a_table_of_wrong_rows_is_told_of_in_part(
    small: NetworkDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows are wrong, a summary counts them and lists the first."""
    monkeypatch.setattr("bayesdx.analyses.batch.numbers.LISTED", 5)
    (tmp_path / "t.csv").write_text("level\nlumbar\n" + "".join(f"lum{i % 3}\n" for i in range(40)))
    found = Model(small, "surgical").write_batch(str(tmp_path / "t.csv"), str(tmp_path / "out.csv"))
    assert (found.scored, found.left_out) == (1, 40)
    assert [line for line, _ in found.errors] == [3, 4, 5, 6, 7]
    assert "… 20 more rows that are wrong" in str(found)
    assert found.to_dict()["left_out"] == 40
