"""What stands in a file is read as its format has it, whatever system, program or library wrote it."""

from __future__ import annotations

import copy
import io
import json
import os
import pickle
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bayesdx import load
from bayesdx.errors import InputError, MissingExtra
from bayesdx.files import write_text, write_whole
from bayesdx.formats.bif import parse_bif
from bayesdx.formats.case_file import read_cases
from bayesdx.formats.net import net_document
from bayesdx.formats.network_json import network_from_dict
from bayesdx.formats.uai import parse_uai
from bayesdx.model import Model

BIF = """// a comment
network n {}
variable d { type discrete [ 2 ] { ill, well }; }
variable t { type discrete [ 2 ] { pos, neg }; } // another
probability ( d ) { table 0.3, 0.7; }
probability ( t | d ) { (ill) 0.8, 0.2; (well) 0.1, 0.9; }
"""
NET = """% a comment
net {}
node d { states = ("ill" "well"); }
node t { states = ("pos" "neg"); } % another
potential (d) { data = (0.3 0.7); }
potential (t | d) { data = ((0.8 0.2)(0.1 0.9)); }
"""
UAI = "c a comment\nBAYES\n2\n2 2\n2\n1 0\n2 0 1\n\n2\n0.3 0.7 # another\n4\n0.8 0.2 0.1 0.9\n"
ILL = 0.24 / 0.31  # P(d=ill | t=pos)


def model_of(folder: Path, text: str = BIF) -> Model:
    path = folder / "n.bif"
    path.write_text(text, encoding="utf-8")
    return load(path, target="d")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old Macintosh"])
@pytest.mark.parametrize(
    ("ending", "text", "target", "finding"),
    [("bif", BIF, "d", ("t", "pos")), ("net", NET, "d", ("t", "pos")), ("uai", UAI, "x0", ("x1", "0"))],
)
def test_comments_end_with_the_line(
    tmp_path: Path, ending: str, text: str, target: str, finding: tuple[str, str], end: str
) -> None:
    path = tmp_path / f"n.{ending}"
    path.write_bytes(text.replace("\n", end).encode())
    answer = load(path, target=target).query({"findings": dict([finding])})
    assert answer.leader.probability == pytest.approx(ILL)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_name_the_encoding(tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(tmp_path)
    texts = {
        "c.yaml": "id: é\nfindings: {t: pos}\n",
        "c.json": '{"id": "é", "findings": {"t": "pos"}}',
        "t.csv": "id\tt\né\tpos\n",
        "t.jsonl": '{"id": "é", "t": "pos"}\n',
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        if name.startswith("c"):
            assert read_cases(path)[0].id == "é"
            assert model.query(path).leader.probability == pytest.approx(ILL)
        else:
            result = model.query_batch(path)
            assert (result.ids, result.probabilities[0, 0]) == (("é",), pytest.approx(ILL))
    stream = io.TextIOWrapper(io.BytesIO(texts["t.csv"].encode(encoding)))
    monkeypatch.setattr("sys.stdin", stream)
    assert model.query_batch("-").ids == ("é",)


def test_messages_show_what_cannot_be_seen(tmp_path: Path) -> None:
    model = model_of(tmp_path)
    for state, seen in (("pos\0", r"pos\x00"), ("pos\x1b[31m", r"pos\x1b[31m"), ("po\u200bs", r"po\u200bs")):
        with pytest.raises(InputError) as caught:
            model.query({"findings": {"t": state}})
        assert f"'{seen}' is not a state of 't'; did you mean 'pos'?" in str(caught.value)
    assert str(InputError("two\nlines\r\t\u2028")) == r"two\nlines\r\t\u2028"
    with pytest.raises(InputError, match=r"'id' holds a character that cannot be printed: a\\x1b\[31m"):
        model.query({"id": "a\x1b[31m", "findings": {"t": "pos"}})


@pytest.mark.parametrize("error", [MissingExtra("plots", "plots"), InputError("a\nb")])
def test_errors_pickle_and_copy(error: InputError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)):
        assert (type(again), str(again)) == (type(error), str(error))


@pytest.mark.parametrize("spelt", ["NFC", "NFD"])
def test_accents_however_they_are_encoded(tmp_path: Path, spelt: str) -> None:
    def other(text: str) -> str:
        return unicodedata.normalize("NFD" if spelt == "NFC" else "NFC", text)

    text = BIF.replace(" t ", " tést ").replace("pos", "é")
    model = model_of(tmp_path, unicodedata.normalize(spelt, text))
    name, state = other("tést"), other("é")
    for value in (state, f"not {other('neg')}", f"{state}:1,neg:0", {state: 1}):
        assert model.query({"findings": {name: value}}).leader.probability == pytest.approx(ILL)
    assert model.query_batch([{name: state}]).probabilities[0, 0] == pytest.approx(ILL)
    assert (
        "given twice"
        in model.query_batch([{name: state, unicodedata.normalize(spelt, "tést"): state}]).errors[0][1]
    )
    assert model.what_if({"findings": {}}, finding=name).findings[0].variable.id in model.network


def test_merge_keys(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("a: &a {t: pos}\nb: &b {t: neg}\nfindings:\n  <<: *a\n  <<: *b\n")
    with pytest.raises(InputError, match="line 5, column 3: key '<<' is given twice"):
        read_cases(path)
    path.write_text("a: &a {t: pos}\nb: &b {t: neg}\nid: <<\nfindings:\n  <<: [*a, *b]\n")
    (case,) = read_cases(path)
    assert (case.id, dict(case.findings)) == ("<<", {"t": "pos"})


@pytest.mark.parametrize("word", ["nan", "inf", "-inf", "1_0", "0_0.3", "٠.٣", "0x1", "3/10", "1e400"])
def test_numbers_are_decimals(word: str) -> None:
    reads: list[tuple[Callable[[str], Any], str]] = [(parse_bif, BIF), (net_document, NET), (parse_uai, UAI)]
    for read, text in reads:
        with pytest.raises(InputError, match=r"'.*', which is no number|could not convert string to float"):
            read(text.replace("0.3", word))


def test_fields_given_twice() -> None:
    for field in ("data = (0.3 0.7);", 'states = ("ill" "well");'):
        with pytest.raises(InputError, match=f"'{field.split()[0]}' is given twice"):
            net_document(NET.replace(field, field * 2))


def test_counts_that_overflow() -> None:
    data = {
        "format": "bayesdx-network/1",
        "id": "n",
        "variables": [{"id": "a", "states": ["x", "y"]}],
        "counts": {"a": [[1e308, 1e308]]},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match="without a positive finite sum"):
            network_from_dict(json.loads(json.dumps(data)))


def test_columns_without_the_blanks_around_them(tmp_path: Path) -> None:
    model = model_of(tmp_path)
    pq.write_table(pa.table({" t ": ["pos"]}), tmp_path / "t.parquet")
    tables = (str(tmp_path / "t.parquet"), pd.DataFrame({" t ": ["pos"]}))
    for table in tables:
        assert model.query_batch(table).probabilities[0, 0] == pytest.approx(ILL)
    with pytest.raises(InputError, match="column 't' is given twice"):
        model.query_batch(pd.DataFrame([["pos", "neg"]], columns=["t", "t "]))
    assert "did you mean 't'?" in model.query_batch([{"t ": "pos", "x": "y"}]).errors[0][1]


@pytest.mark.parametrize("rows", [[{}], pd.DataFrame(index=[0])], ids=["mapping", "pandas"])
def test_a_row_without_columns_is_no_patient(tmp_path: Path, rows: Any) -> None:
    result = model_of(tmp_path).query_batch(rows)
    assert result.lines == ()
    assert "no column is a finding of network 'n'" in result.errors[0][1]


def test_weights_of_other_rows_in_parquet(tmp_path: Path) -> None:
    """A struct has the fields of all rows: those that a row does not fill are not among its weights."""
    model = model_of(tmp_path)
    rows = [{"t": {"pos": 1.0}}, {"t": {"neg": 1.0}}, {"t": {"pos": 0.8, "neg": 0.2}}, {"t": None}]
    path = tmp_path / "t.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    np.testing.assert_array_equal(model.query_batch(path).probabilities, model.query_batch(rows).probabilities)


def test_row_of_a_pandas_table_is_a_case(tmp_path: Path) -> None:
    model = model_of(tmp_path)
    table = pd.DataFrame([{"id": "p1", "age": pd.NA, "t": "pos", "note": "x"}, {"id": "p2", "t": pd.NA}])
    batch = model.query_batch(table)
    for number, (_, row) in enumerate(table.iterrows()):
        answer = model.query(row)
        assert answer.to_dict()["case"] == batch.ids[number]
        probabilities = {one.diagnosis: one.probability for one in answer.posterior}
        assert probabilities["ill"] == pytest.approx(batch.probabilities[number, 0])
    with pytest.raises(InputError, match="not a DataFrame"):
        model.query(table)


def test_files_that_are_written_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 240}.txt"  # as long as a name may be, and a few characters

    def write(part: str) -> None:
        with open(part, "w") as file:
            file.write("first")
            write_text(str(path), "second")  # somebody else, meanwhile

    write_whole(str(path), write)
    assert path.read_text() == "first"
    assert os.listdir(tmp_path) == [path.name]


def test_link_that_leads_nowhere(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(InputError, match=r"loop: cannot be written \(Too many levels of symbolic links\)"):
        write_text(str(loop), "x")
    assert loop.is_symlink()


@pytest.mark.parametrize(
    "value", ['!!float ""', '!!int ""', "!!timestamp x", "!!bool maybe", "!!int x", "!!binary x"]
)
def test_yaml_tags_on_what_they_cannot_be(value: str, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(f"age: {value}\nfindings: {{}}\n")
    with pytest.raises(InputError, match="not valid YAML"):
        load("spine").query(str(path))


def test_factors_are_read_alike_at_once_and_one_by_one() -> None:
    """A count with a leading zero is one that only reading one by one takes."""
    text = "MARKOV 3 2 3 2 2 2 0 1 2 1 2 {six} .1 .2 .3 .4 .5 0 6 1 2 3 4 5 6"
    at_once, one_by_one = (parse_uai(text.format(six=six)) for six in ("6", "06"))
    assert [factor.scope for factor in at_once.factors] == [(0, 1), (1, 2)]
    for fast, slow in zip(at_once.factors, one_by_one.factors, strict=True):
        assert fast.scope == slow.scope
        assert fast.table.tolist() == slow.table.tolist()
