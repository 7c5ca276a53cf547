"""``bayesdx.batch.score``: a case in a record batch means what it means in a row, and what a single query says."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tracemalloc
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesdx.batch import Spec, score
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.loading import load
from bayesdx.model import Model

VOCABULARY = {"syrinx": ("absent", "present"), "signs": ("mr_dural_tail", "syrinx"), "level": ("sacral",)}
CELLS = {
    "id": st.sampled_from([None, "", "a", "b\x07", "ü"]),
    "level": st.sampled_from(
        [None, "", " ", "cervical", " lumbar", "not lumbar", "lumber", "sacral", "NA", "cervical:2, lumbar : 1"]
    ),
    "Level": st.sampled_from([None, "", "cervical"]),
    "mr_t2_signal": st.sampled_from(
        [None, "hyper", "not hypo", "hypo:0,iso:3", '{"iso": 2, mixed: 1}', "hypo:1e-3,mixed:1", "hypo:-1", "7"]
    ),
    "mr_dural_tail": st.sampled_from([None, "present", "no", "YES", "absent:1,present:0"]),
    "signs": st.sampled_from([None, "mr_dural_tail", "not mr_dural_tail; syrinx", "syrinx", "flow", "*"]),
    "syrinx": st.sampled_from([None, "present"]),
    "ct_calcification": st.sampled_from([None, "absent", "present"]),
    "ct_calcification_pattern": st.sampled_from([None, "not_applicable", "punctate"]),
    "age": st.sampled_from([None, "68", "61.5", "680", "old"]),
    "age_group": st.sampled_from([None, "60+"]),
    "size_mm": st.sampled_from([None, "12", "<5", "5..20"]),
    "diagnosis": st.sampled_from([None, "capnon", "whatever"]),
    "hospital": st.sampled_from([None, "x", " "]),
}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def model(small: NetworkDocument) -> Model:
    return Model(NetworkDocument(small.network, small.prior_sets, vocabulary=VOCABULARY), "surgical")


def tables() -> st.SearchStrategy[Rows]:
    names = st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=8, unique=True)
    return names.flatmap(
        lambda heads: st.lists(
            st.fixed_dictionaries({head: CELLS[head] for head in heads}), min_size=1, max_size=12
        )
    )


def scored(rows: Rows, spec: Spec, **types: pa.DataType) -> Rows:
    batch = pa.record_batch({head: pa.array([row[head] for row in rows], types.get(head)) for head in rows[0]})
    return [row for answer in score([batch], spec) for row in answer.to_pylist()]


def check(answers: Rows, rows: Rows, model: Model, flat: bool = True) -> None:
    """The answers are those to the same rows as mappings."""
    result = model.query_batch([{head: row.get(head) for head in rows[0]} for row in rows] if flat else rows)
    assert [a["source_row"] for a in answers] == list(range(1, len(rows) + 1))
    assert {a["source_row"]: a["error"] for a in answers if a["error"]} == dict(result.errors)
    right = [a for a in answers if a["error"] is None]
    assert [a["id"] for a in right] == list(result.ids)
    assert [a["leader"] for a in right] == result.leaders
    states = result.states
    found = np.array([[a[state] for state in states] for a in right]).reshape(-1, len(states))
    np.testing.assert_allclose(found, result.probabilities, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose([a["log_likelihood"] for a in right], result.log_likelihood, rtol=1e-12)
    said = Counter(one for a in right for one in (a["warnings"] or "").split("; ") if one)
    expected = {name: n for name, n in result.warnings.items() if name not in model.document.warnings}
    impossible = any(message == "the findings are impossible together" for _, message in result.errors)
    assert said == expected or impossible  # a row counts its warnings before it turns out to be impossible


@given(tables())
def test_a_column_means_what_its_rows_mean(model: Model, rows: Rows) -> None:
    texts = {head: pa.string() for head in rows[0]}
    check(scored(rows, Spec(model), **texts), rows, model)
    check(scored(rows, Spec(model), **{h: pa.dictionary(pa.int8(), pa.string()) for h in texts}), rows, model)


NUMBERS = [
    ("age", pa.int8(), [68, None, -1]),
    ("age", pa.float64(), [68.9, float("nan"), 1e9]),
    ("age", pa.decimal128(5, 2), [None, 3, 7]),
    ("size_mm", pa.float32(), [12.5, 0.0, None]),
    ("mr_dural_tail", pa.bool_(), [True, None, False]),
    ("id", pa.int64(), [7, None, 9]),
    ("id", pa.float64(), [7.0, None, 1e30]),
    (
        "level",
        pa.struct({"cervical": pa.float64(), "lumbar": pa.float64()}),
        [{"cervical": 2.0}, None, {"lumbar": -1.0}],
    ),
    ("level", pa.map_(pa.string(), pa.float64()), [[("cervical", 2.0), ("lumbar", 1.0)], None, []]),
    ("signs", pa.list_(pa.string()), [["mr_dural_tail"], None, ["syrinx", "mr_dural_tail", "mr_dural_tail"]]),
    ("level", pa.null(), [None, None, None]),
]


@pytest.mark.parametrize(("head", "kind", "cells"), NUMBERS)
def test_types_of_columns(model: Model, head: str, kind: pa.DataType, cells: list[Any]) -> None:
    rows = [{head: cell, "sex": "male"} for cell in cells]
    plain = [
        {head: dict(cell) if pa.types.is_map(kind) and cell is not None else cell, "sex": "male"} for cell in cells
    ]
    if pa.types.is_struct(kind):
        plain = [
            {**row, head: {k: v for k, v in (row[head] or {}).items() if v is not None} or None} for row in rows
        ]
    answers = scored(rows, Spec(model), **{head: kind})
    check(answers, pa.array(plain).to_pylist() if pa.types.is_decimal(kind) else plain, model)


def test_as_single_queries(model: Model) -> None:
    rows = [
        {"level": "lumbar", "age": "70", "mr_t2_signal": "hypo:1,iso:2"},
        {"level": "not lumbar", "age": "9", "mr_t2_signal": "mixed"},
        {"level": None, "age": None, "mr_t2_signal": None},
    ]
    for row, answer in zip(rows, scored(rows, Spec(model, top=2, surprise=True)), strict=True):
        single = model.query({"age": row["age"], "findings": {k: v for k, v in row.items() if k != "age" and v}})
        for k in (1, 2):
            assert answer[f"state_{k}"] == single.posterior[k - 1].diagnosis
            assert answer[f"probability_{k}"] == pytest.approx(single.posterior[k - 1].probability, rel=1e-12)
        assert answer["log_likelihood"] == pytest.approx(single.log_likelihood, rel=1e-12)
        assert answer["surprise"] == (None if single.surprise is None else single.surprise.share)


def test_cases_as_json(model: Model) -> None:
    cases: list[Any] = [
        {"id": "a", "age": 68, "findings": {"level": "lumbar", "signs": ["mr_dural_tail"]}},
        {"findings": {"mr_t2_signal": {"hyper": 2, "mixed": 1}}, "level": "lumbar"},
        {"id": "b", "level": "lumbar"},
        {"findings": {"levle": "lumbar"}},
    ]
    answers = scored([{"case_json": json.dumps(case)} for case in cases], Spec(model))
    check(answers, cases, model, flat=False)
    assert "belongs under 'findings'" in answers[1]["warnings"]
    broken = scored([{"case_json": text} for text in ('{"level":', "[1]", '{"a": 1, "a": 2}')], Spec(model))
    assert [row["error"] for row in broken] == [
        "column 10: not valid JSON: Expecting value",
        "a row is a mapping of finding to state, not a list",
        "key 'a' is given twice",
    ]


def test_memory_for_warnings_grows_with_their_text(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cases with twenty warnings of their own each: twice as many take twice the memory, not four times."""
    monkeypatch.setattr(
        "bayesdx.formats.case_table.get_close_matches", lambda *_, **options: []
    )  # which takes long
    peaks = []
    for n in (600, 1200):
        texts = [json.dumps({"level": "lumbar", **{f"q{i}x{k}": 1 for k in range(20)}}) for i in range(n)]
        batch = pa.record_batch({"case_json": texts})
        tracemalloc.start()
        (answer,) = score([batch], Spec(model, top=1))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        said = answer.column("warnings").to_pylist()
        assert all(f"'q{i}x{k}'" in said[i] for i in (0, n - 1) for k in range(20))
        assert len(said[-1].split("; ")) == 20
    assert peaks[1] < 3 * peaks[0]


def test_where_a_row_comes_from_is_kept(model: Model) -> None:
    rows = [
        {"source_file": "a.csv", "source_row": 7, "source_error": None, "level": "lumbar"},
        {"source_file": "a.csv", "source_row": 9, "source_error": "3 cells, but 2 columns", "level": None},
    ]
    found = scored(rows, Spec(model, top=1))
    assert [(row["source_file"], row["source_row"]) for row in found] == [("a.csv", 7), ("a.csv", 9)]
    assert [row["error"] for row in found] == [None, "3 cells, but 2 columns"]
    assert [row["leader"] is None for row in found] == [False, True]


def test_rows_are_numbered_over_all_batches(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdx.batch.scoring.ROWS", 3)
    batches = [pa.record_batch({"level": ["lumbar"] * n}) for n in (2, 7, 0, 1)]
    answers = list(score(iter(batches), Spec(model, top=1)))
    assert [answer.num_rows for answer in answers] == [2, 3, 3, 1, 1]
    assert [row for answer in answers for row in answer.column("source_row").to_pylist()] == list(range(1, 11))


NOT_TEXT = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(np.array([0, 4, 10], np.int32)), pa.py_buffer(b"caf\xe9lumbar")]
)
#: Columns of two cells, of which Python cannot hold the first, and what is wrong with that as a level and as an id.
BEYOND_PYTHON = [
    (pa.array([10**7, 1], pa.date32()), "'29349-01-26' is not a state", None),
    (pa.array([10**18, 1], pa.timestamp("us")), "'<value out of range: 1000000000000000000>' is not", None),
    (NOT_TEXT, "finding 'level' is a bytes", "'id' is text, not b'caf\\xe9'"),
    (NOT_TEXT.dictionary_encode(), "finding 'level' is a bytes", "'id' is text, not b'caf\\xe9'"),
    (pa.array([bytes(16), bytes(16)], pa.uuid()), "finding 'level' is a UUID", None),
    (pa.array([[10**7], None], pa.list_(pa.date32())), "'a list<item: date32[day]> that cannot be read'", None),
]


@pytest.mark.parametrize(("column", "as_level", "as_id"), BEYOND_PYTHON, ids=str)
def test_what_python_cannot_hold_is_a_matter_of_its_row(
    model: Model, column: Any, as_level: str, as_id: str | None
) -> None:
    def answered(**columns: Any) -> Rows:
        (answer,) = score([pa.record_batch(columns)], Spec(model, top=1))
        answer.validate(full=True)
        return answer.to_pylist()

    plain = answered(level=["lumbar", "cervical"])
    beside = answered(level=["lumbar", "cervical"], seen=column)
    assert [row["log_likelihood"] for row in beside] == [row["log_likelihood"] for row in plain]
    assert beside[0]["warnings"] == "column 'seen' is not a finding, and is not used"
    first, second = answered(level=column, sex=["male", "male"])
    assert first["error"].startswith(as_level)
    if column is NOT_TEXT:
        assert second["log_likelihood"] == answered(level=["lumbar"], sex=["male"])[0]["log_likelihood"]
    first, second = answered(id=column, level=["lumbar", "cervical"])
    assert (first["error"], second["error"]) == (as_id, None)
    (by_row, _) = answered(findings=[{"level": "lumbar"}, {"level": "cervical"}], seen=column)
    assert by_row["log_likelihood"] == plain[0]["log_likelihood"]


@pytest.mark.parametrize(
    ("column", "errors", "kept"),
    [
        ({"source_row": ["x", "2"]}, ["'source_row' is a whole number, not 'x'", None], [None, 2]),
        ({"source_row": [3.0, 1.5]}, [None, "'source_row' is a whole number, not 1.5"], [3, None]),
        ({"source_file": [7, None]}, [None, None], ["7", None]),
        ({"source_file": NOT_TEXT}, ["'source_file' is text, not b'caf\\xe9'", None], [None, "lumbar"]),
        ({"source_file": [{"a": 1}, None]}, ["'source_file' is text, not a mapping", None], [None, None]),
        ({"source_error": [0, None]}, ["0", None], None),
        ({"case_json": NOT_TEXT}, ["column 1: not valid JSON: Expecting value"] * 2, None),
    ],
)
def test_where_a_row_comes_from_may_be_wrong(
    model: Model, column: dict[str, Any], errors: list[str | None], kept: list[Any] | None
) -> None:
    (answer,) = score([pa.record_batch({"level": ["lumbar", "cervical"], **column})], Spec(model, top=1))
    answer.validate(full=True)
    assert answer.column("error").to_pylist() == errors
    assert [leader is None for leader in answer.column("leader").to_pylist()] == [one is not None for one in errors]
    if kept is not None:
        assert answer.column(next(iter(column))).to_pylist() == kept


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ({"levle": ["a"]}, "no column is a finding of network 'small': 'levle'; did you mean 'level'?"),
        ({"level": ["lumbar"], "level ": ["lumbar"]}, "column 'level' is given twice"),
        ({"level": ["lumbar"], "levell": ["lumbar"]}, "unknown finding 'levell'; did you mean 'level'?"),
    ],
)
def test_what_is_wrong_with_a_batch_is_said_of_its_rows(model: Model, batch: dict[str, Any], error: str) -> None:
    (answer,) = score([pa.record_batch(batch)], Spec(model))
    assert answer.column("error").to_pylist() == [error]
    assert answer.schema == Spec(model).schema


def test_an_export_of_redcap_is_read_by_rows(model: Model) -> None:
    rows = [{"record_id": "7", "level": "1", "mr_dural_tail": "1", "bayesdx_complete": "2"}]
    check(scored(rows, Spec(model)), rows, model)


def test_a_spec_is_checked_and_travels(model: Model) -> None:
    with pytest.raises(InputError, match="the top 9 is not a number from 1 to 5"):
        Spec(model, top=9)
    spec = Spec(model, top=2)
    assert len({spec.fingerprint, Spec(model, top=3).fingerprint, Spec(model, 2, True).fingerprint}) == 3
    script = "import pickle, sys; print(pickle.load(sys.stdin.buffer).fingerprint)"
    fresh = pickle.dumps(Spec(model, top=2))  # which knows its fingerprint no more than the other process does
    done = subprocess.run([sys.executable, "-c", script], input=fresh, capture_output=True, check=True)
    assert b"fingerprint" not in fresh
    assert done.stdout.decode().strip() == spec.fingerprint


KINDS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]


@pytest.mark.parametrize(
    ("kind", "words"), [(kind, n) for kind in KINDS for n in (3, 127, 256) if n - 1 <= np.iinfo(kind).max]
)
def test_numbers_behind_words_of_every_kind(kind: str, words: int) -> None:
    """A missing cell is missing, however wide the numbers are by which a column names its words, signed or not."""
    model = load("spine")
    level = ["cervical", "lumbar", "thoracic", *(f" thoracic{' ' * i}" for i in range(words - 3))]
    at = pa.array([words - 1, None, 0, None, 1, None], kind)
    column = pa.DictionaryArray.from_arrays(at, level)
    plain = pa.array(["thoracic", None, "cervical", None, "lumbar", None])
    for piece in (slice(None), slice(1, None), slice(3, 5)):
        found, expected = (
            next(iter(score([pa.record_batch({"sex": ["male"] * 6, "level": one}).slice(*of(piece))], Spec(model))))
            for one in (column, plain)
        )
        assert found.equals(expected)


def of(piece: slice) -> tuple[int, int]:
    """Offset and length of a piece of six rows."""
    start, stop, _ = piece.indices(6)
    return start, stop - start


def test_a_missing_cell_is_no_finding_that_is_not_known() -> None:
    note = pa.DictionaryArray.from_arrays(pa.array([None, 0, None], pa.uint8()), ["x"])
    (found,) = score([pa.record_batch({"sex": ["male"] * 3, "remark": note})], Spec(load("spine")))
    assert [said is None for said in found.column("warnings").to_pylist()] == [True, False, True]


def test_a_certain_case_says_the_same_to_the_last_bit_whoever_stands_beside_it() -> None:
    model = load("spine")
    rng = np.random.default_rng(4)
    codes = model.engine.sample({}, 400, rng)
    rows = [
        {
            v.id: v.states[case[model.network.index[v.id]]] if rng.random() < 0.4 else None
            for v in model.network.findings
        }
        for case in codes.tolist()
    ]
    (whole,) = score([pa.RecordBatch.from_pylist(rows)], Spec(model))
    apart = [
        next(iter(score([pa.RecordBatch.from_pylist(rows[i : i + 7])], Spec(model)))) for i in range(0, 400, 7)
    ]
    for name in ("log_likelihood", "capnon", "other"):
        assert pa.chunked_array([one.column(name) for one in apart]).combine_chunks().equals(whole.column(name)), (
            name
        )
