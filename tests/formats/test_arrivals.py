"""A case means the same however it arrives, and the model's own names come before the words of the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from bayesdx.analyses.batch.numbers import BatchResult, columns_of
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.case_file import read_cases, with_changes
from bayesdx.model import Model
from bayesdx.network import Network, Variable

RESERVED = (
    "id",
    "age",
    "sex",
    "diagnosis",
    "source",
    "region",
    "proof",
    "note",
    "preoperative_impression",
    "expect",
)
OTHERS = ("line", "leader", "log_likelihood", "findings_seen", "unit", "case", "prior")


def two_findings(name: str, states: tuple[str, ...] = ("north", "south"), target: str = "d") -> Model:
    """P(d) even, P(name | d) 0.9 and 0.1, P(test | d) 0.8 and 0.3: the posterior is a fraction of two products."""
    variables = (
        Variable(target, ("ill", "well")),
        Variable(name, states),
        Variable("test", ("pos", "neg")),
    )
    rest = [0.0] * (len(states) - 2)
    cpts = {
        target: np.array([0.5, 0.5]),
        name: np.array([[0.9, 0.1, *rest], [0.1, 0.9, *rest]]),
        "test": np.array([[0.8, 0.2], [0.3, 0.7]]),
    }
    network = Network("n", variables, {name: (target,), "test": (target,)}, cpts, target=target)
    return Model(NetworkDocument(network), "network")


SECOND = 0.9 * 0.3 / (0.9 * 0.3 + 0.1 * 0.8)  # P(well | second state, test=pos)
Write = Callable[[Path, dict[str, Any]], object]


def _csv(path: Path, row: dict[str, Any]) -> object:
    file = path / "t.csv"
    pd.DataFrame([row]).to_csv(file, index=False)
    return str(file)


def _semicolons(path: Path, row: dict[str, Any]) -> object:
    file = path / "t.csv"
    pd.DataFrame([row]).to_csv(file, index=False, sep=";")
    return str(file)


def _flat_lines(path: Path, row: dict[str, Any]) -> object:
    file = path / "t.jsonl"
    file.write_text(json.dumps(row) + "\n")
    return str(file)


def _lines(path: Path, row: dict[str, Any]) -> object:
    file = path / "t.jsonl"
    file.write_text(json.dumps({"id": "p1", "findings": row}) + "\n")
    return str(file)


def _parquet(path: Path, row: dict[str, Any]) -> object:
    file = path / "t.parquet"
    pq.write_table(pa.table({key: [value] for key, value in row.items()}), file)
    return str(file)


WAYS: dict[str, Write] = {
    "csv": _csv,
    "semicolons": _semicolons,
    "flat JSON lines": _flat_lines,
    "JSON lines": _lines,
    "Parquet": _parquet,
    "mapping": lambda path, row: [row],
    "case": lambda path, row: [{"findings": row}],
    "pandas": lambda path, row: pd.DataFrame([row]),
    "pandas rows": lambda path, row: [series for _, series in pd.DataFrame([row]).iterrows()],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*RESERVED, *OTHERS])
def test_names_of_the_network_come_first(tmp_path: Path, name: str, way: str) -> None:
    model = two_findings(name)
    answer: BatchResult = model.query_batch(WAYS[way](tmp_path, {name: "south", "test": "pos"}))
    assert answer.errors == ()
    assert answer.warnings == {}
    assert answer.probabilities[0, 1] == pytest.approx(SECOND)


@pytest.mark.parametrize("name", [*RESERVED, *OTHERS])
def test_names_of_the_network_in_a_query(tmp_path: Path, name: str) -> None:
    model = two_findings(name)
    findings = {name: "south", "test": "pos"}
    assert model.query({"findings": findings}).leader.probability == pytest.approx(SECOND)
    changed = with_changes(
        read_cases(_yaml(tmp_path, {"id": "a", "findings": {"test": "pos"}}))[0], {name: "south"}
    )
    assert model.query(changed).leader.probability == pytest.approx(SECOND)
    moved = model.compare({"findings": {"test": "pos"}}, {name: "south"})
    assert moved.posterior_after[1] == pytest.approx(SECOND)


def _yaml(path: Path, case: dict[str, Any]) -> Path:
    file = path / "case.yaml"
    file.write_text(yaml.safe_dump(case))
    return file


@pytest.mark.parametrize("name", ["id", "diagnosis", "region"])
def test_name_of_a_finding_beside_the_findings_is_a_warning(name: str) -> None:
    answer = two_findings(name).query({name: "south", "findings": {"test": "pos"}})
    assert f"key '{name}' is not used: a finding belongs under 'findings'" in answer.to_dict()["warnings"]


def test_states_called_like_columns() -> None:
    states = ("line", "id", "leader", "log_likelihood", "P(line)", "x")
    assert columns_of(states) == (
        *("line", "id", "leader"),
        *("P(P(line))", "P(id)", "P(leader)", "P(log_likelihood)", "P(line)", "x"),
        "log_likelihood",
    )
    network = Network("n", (Variable("d", states), Variable("t", ("a", "b"))), {}, {
        "d": np.array([0.1, 0.2, 0.3, 0.25, 0.05, 0.1]), "t": np.array([0.5, 0.5]),
    }, target="d")  # fmt: skip
    result = Model(NetworkDocument(network), "network").query_batch([{"id": "p1", "t": "a"}])
    (row,) = result.to_dict()["cases"]
    assert (row["line"], row["id"], row["leader"]) == (1, "p1", "leader")
    assert row["log_likelihood"] == pytest.approx(np.log(0.5))
    assert (row["P(P(line))"], row["P(id)"], row["P(line)"]) == pytest.approx((0.1, 0.2, 0.05))


VALUES = [
    (("1:30", "1:45"), "1:45"),
    (("TRUE", "FALSE"), "FALSE"),
    (("yes", "NO"), "NO"),
    (("on", "off"), "off"),
    (("a", "0012"), "0012"),
    (("a", "0x1F"), "0x1F"),
    (("a", "1e5"), "1e5"),
    (("a", "1_000"), "1_000"),
    (("a", "2024-01-02"), "2024-01-02"),
    (("a", "null"), "null"),
    (("a", "NA"), "NA"),
    (("a", "?"), "?"),
    (("a", "not done"), "not done"),
    (("a", ".5"), ".5"),
    (("a", "1.10"), "1.10"),
    (("a", "not_b", "b"), "not_b"),
]


@pytest.mark.parametrize(("states", "written"), VALUES)
def test_states_stay_as_they_are_written(tmp_path: Path, states: tuple[str, ...], written: str) -> None:
    model = two_findings("x", states)
    plain = tmp_path / "plain.yaml"
    quoted = f"'{written}'" if written in ("null", "?") else written
    plain.write_text(f"findings: {{x: {quoted}, test: pos}}\n")
    assert model.query(plain).leader.probability == pytest.approx(SECOND)
    for way, write in WAYS.items():
        answer = model.query_batch(write(tmp_path, {"x": written, "test": "pos"}))
        assert answer.probabilities[0, 1] == pytest.approx(SECOND), way


@pytest.mark.parametrize(
    ("states", "value"),
    [
        (("TRUE", "FALSE"), False),
        (("yes", "no"), np.False_),
        (("present", "absent"), "no"),
        (("On", "Off"), "false"),
        (("1", "2"), 2),
        (("1", "2"), 2.0),
        (("1", "2"), np.int64(2)),
        (("1", "2"), np.float32(2)),
        (("1", "2"), Decimal("2.0")),
        (("-1.0", "-2.0"), -2),
    ],
)
def test_values_of_other_types(states: tuple[str, ...], value: object) -> None:
    model = two_findings("x", states)
    found = model.question({"findings": {"x": value}}).stated["x"]
    assert found == states[1]
    assert model.query_batch([{"x": value, "test": "pos"}]).probabilities[0, 1] == pytest.approx(SECOND)


def test_true_and_one_are_not_mixed_up() -> None:
    model = two_findings("x", ("1", "TRUE"))
    answer = model.query_batch([{"x": 1, "test": "pos"}, {"x": True, "test": "pos"}, {"x": 1.0, "test": "pos"}])
    assert answer.probabilities[1, 1] == pytest.approx(SECOND)
    assert answer.probabilities[0, 1] == answer.probabilities[2, 1] == pytest.approx(0.03 / (0.03 + 0.72))


MISSING = [
    None,
    float("nan"),
    pd.NA,
    pd.NaT,
    np.nan,
    Decimal("NaN"),
    "",
    "NA",
    "N/A",
    "NaN",
    "nan",
    "*",
    "?",
    "#N/A",
]


@pytest.mark.parametrize("value", MISSING, ids=repr)
@pytest.mark.parametrize("name", ["level", "age", "sex", "age_group"])
def test_missing_values(small: NetworkDocument, name: str, value: object) -> None:
    model = Model(small, "surgical")
    case = {name: value} if name in ("age", "sex") else {"findings": {name: value}}
    assert dict(model.question(case).stated) == {}
    answer = model.query_batch([{name: value, "mr_t2_signal": "hyper"}])
    assert answer.errors == ()
    alone = model.query({"findings": {"mr_t2_signal": "hyper"}})
    assert answer.log_likelihood[0] == pytest.approx(alone.log_likelihood)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"mr_t2_signal": "hypr"}, "'hypr' is not a state of 'mr_t2_signal'"),
    ({"mr_t2_signal": 3}, "'mr_t2_signal' takes one of its states, not the number 3"),
    ({"mr_t2_signal": {"hyper": "NaN"}}, "weight 'NaN' of 'hyper' is not a finite number >= 0"),
    ({"mr_t2_signal": {"hyper": -1}}, "weight -1 of 'hyper' is not a finite number >= 0"),
    ({"mr_t2_signal": {"hyper": 10**400}}, "of 'hyper' is not a finite number >= 0"),
    ({"mr_t2_signal": "hyper:1e400"}, "weight inf of 'hyper' is not a finite number >= 0"),
    ({"mr_t2_signal": ["hyper"]}, "finding 'mr_t2_signal' is a list"),
    ({"mr_dural_tail": {"yes": 1, "present": 1}}, "finding 'mr_dural_tail': state 'present' is given twice"),
    ({"size_mm": float("inf")}, "'inf' is not a state of 'size_mm'"),
    ({"size_mm": "1e999"}, "'1e999' is not a state of 'size_mm'"),
    ({"size_mm": "12,5"}, "a number has a decimal point, not a comma"),
    ({"size_mm": date(2024, 1, 2)}, "finding 'size_mm' is a date"),
    ({"mr_t2_signal": "x" * 200_000}, "is not a state of 'mr_t2_signal'"),
    ({"age": "old"}, "age 'old' is not a number of years from 0 to 120"),
    ({"age": 10**400}, "is not a number of years from 0 to 120"),
    ({"age": 10**5000}, "age a number of many digits is not a number of years from 0 to 120"),
    ({"age": "3_1"}, "age '3_1' is not a number of years from 0 to 120"),
    ({"age": "1e400"}, "age '1e400' is not a number of years from 0 to 120"),
    ({"age": "31,5"}, "from 0 to 120: a number has a decimal point, not a comma"),
    ({"age": True}, "age True is not a number of years"),
    ({"sex": 1}, "'sex' takes one of its states, not the number 1"),
    ({"levl": "lumbar", "sex": "male"}, "unknown finding 'levl'"),
]


@pytest.mark.parametrize(("stated", "message"), REFUSED, ids=range(len(REFUSED)))
def test_refusals_are_the_same(small: NetworkDocument, stated: dict[str, Any], message: str) -> None:
    model = Model(small, "surgical")
    patient = {key: value for key, value in stated.items() if key in ("age", "sex")}
    findings = {key: value for key, value in stated.items() if key not in patient}
    with pytest.raises(InputError) as caught:
        model.query({**patient, "findings": findings})
    assert message in str(caught.value)
    assert len(str(caught.value)) < 400
    for row in (stated, {**patient, "findings": findings}, pd.Series(stated)):
        answer = model.query_batch([row, {"sex": "male"}])
        assert len(answer.lines) == 1
        assert message in answer.errors[0][1]


IDS = [
    "0012345",
    "12345",
    "1e5",
    "1.10",
    "1.0",
    "0x1F",
    "1:30",
    "2024-01-02",
    "yes",
    "off",
    "1_000",
    "+5",
    ".5",
    "é",
]


@pytest.mark.parametrize("name", IDS)
def test_ids_stay_as_they_are_written(tmp_path: Path, small: NetworkDocument, name: str) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(f"id: {name}\nfindings: {{level: lumbar}}\n", encoding="utf-8")
    assert read_cases(file)[0].id == name
    table = tmp_path / "t.csv"
    table.write_text(f"id,level\n{name},lumbar\n", encoding="utf-8")
    assert Model(small, "surgical").query_batch(str(table)).ids == (name,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("~: a note\nfindings: {level: lumbar}\n", "line 1, column 1: key null is not text"),
        ("findings: {null: x}\n", "line 1, column 12: key null is not text"),
        ("? [a, b]\n: x\n", "line 1, column 3: key of several values is not text"),
        ("findings: {1: x, '1': y}\n", "line 1, column 18: key '1' is given twice"),
        ("id: [a]\n", "'id' is text, not a list"),
        ("id: true\n", "'id' is text, not True"),
        ("a: !!int x\n", "not valid YAML"),
    ],
)
def test_keys_and_ids_that_are_no_text(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_cases(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_yaml_numbers_and_merges(tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(
        "- &first {id: a, age: 31, source: {year: 2019, doi: 10.1/x}, "
        "findings: {x: {a: 0.8, b: 0.20}, y: null, z: ~}}\n"
        "- {<<: *first, id: 2}\n"
    )
    one, two = read_cases(path)
    assert one.metadata == {"source": {"year": 2019, "doi": "10.1/x"}}
    assert dict(one.findings) == {"x": {"a": 0.8, "b": "0.20"}}
    assert (two.id, two.age) == ("2", 31.0)


def test_json_number_of_too_many_digits(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"age": ' + "9" * 5000 + "}")
    with pytest.raises(InputError, match="a number has too many digits"):
        read_cases(path)


def test_half_a_character_is_no_id(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text('{"id": "\\ud800"}')
    with pytest.raises(InputError, match="'id' is text, not"):
        read_cases(path)
