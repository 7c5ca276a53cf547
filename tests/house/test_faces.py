"""Results have one JSON and one page, by library and command line, in every encoding, and after a journey."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bayesdx
from bayesdx.analyses.answer import Answer
from bayesdx.analyses.query.numbers.differential import query
from bayesdx.cli import main
from bayesdx.model import Model
from bayesdx.words.numbers import percent

CASE = {
    "id": "c",
    "age": 50,
    "findings": {"level": "cervical", "mr_t2_signal": "hyper", "ct_calcification": "absent"},
}
OPTIONS = ["-f", "level=cervical", "-f", "mr_t2_signal=hyper", "-f", "ct_calcification=absent", "--age", "50"]


@pytest.fixture(scope="module")
def model(small_path: Path) -> Model:
    return bayesdx.load(small_path)


def answers(model: Model) -> dict[str, Answer]:
    """One answer of every analysis that can be asked of a network file about a case."""
    return {
        "query": model.query(CASE),
        "explain": model.explain(CASE),
        "what_if": model.what_if(CASE, steps=1),
        "compare": model.compare(CASE, {"mr_dural_tail": "present"}),
        "ask": model.questionnaire(CASE),
        "sensitivity": model.sensitivity(CASE, draws=200),
        "impression": model.impression(CASE),
        "board": bayesdx.board([CASE, {"findings": {"level": "lumbar"}}], model),
        "report": model.report(CASE),
        "batch": model.query_batch([{"level": "cervical"}]),
        "export": model.export("bif"),
        "codebook": model.codebook(),
    }


@pytest.mark.parametrize("name", ["query", "explain", "what-if", "impression", "report"])
def test_one_json(model: Model, small_path: Path, tmp_path: Path, name: str) -> None:
    case = tmp_path / "case.json"
    case.write_text(json.dumps(CASE))
    printed = CliRunner().invoke(main, [name, str(case), "--network", str(small_path), "--json"])
    assert printed.exit_code == 0
    folder = name.replace("-", "_")
    read = bayesdx.read_cases(case)[0]
    whole = {"impression": model.impression, "report": model.report}
    asked = whole[name](read) if name in whole else model.ask(folder, read)
    assert json.loads(printed.stdout) == json.loads(json.dumps(asked.to_dict()))


def differentials(value: object) -> list[dict[str, object]]:
    """Every list of diagnoses under the name ``posterior`` with intervals in it: interval by diagnosis."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [one for part in inner for one in differentials(part)]
    rows = value.get("posterior") if isinstance(value, dict) else None
    if isinstance(rows, list) and any("interval" in row for row in rows if isinstance(row, dict)):
        found.append({row["diagnosis"]: row["interval"] for row in rows})
    return found


def test_one_interval_for_a_case(model: Model) -> None:
    """Every answer gives the same interval, in JSON and as it is printed; draws have no part in it."""
    asked = {
        "query": model.query(CASE),
        "explain": model.explain(CASE),
        "what_if": model.what_if(CASE, steps=1),
        "sensitivity": model.sensitivity(CASE),
        "impression": model.impression(CASE),
        "report": model.report(CASE),
    }
    expected = {row.diagnosis: list(row.interval or ()) for row in asked["query"].posterior}
    leader = asked["query"].leader
    assert leader.interval is not None
    holding = {name: differentials(json.loads(json.dumps(one.to_dict()))) for name, one in asked.items()}
    assert {name for name, found in holding.items() if found} == {"query", "sensitivity", "report"}
    for name, found in holding.items():
        assert all(one == expected for one in found), name
    ends = [percent(end) for end in leader.interval]
    assert json.loads(json.dumps(asked["impression"].to_dict()))["leader"]["interval"] == list(leader.interval)
    for name in ("query", "sensitivity", "impression", "report"):
        assert all(end in str(asked[name]) for end in ends), name
    again = model.sensitivity(CASE, draws=300, seed=5)
    assert differentials(json.loads(json.dumps(again.to_dict()))) == [expected]


def test_every_answer_travels(model: Model) -> None:
    for name, answer in answers(model).items():
        for moved in (pickle.loads(pickle.dumps(answer)), copy.deepcopy(answer)):
            assert moved.to_dict() == answer.to_dict(), name
            assert str(moved) == str(answer), name
            assert moved._repr_html_() == answer._repr_html_(), name


def ask_elsewhere(model: Model) -> dict[str, Any]:
    return model.query(CASE).to_dict()


def test_query_in_a_spawned_process(model: Model) -> None:
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(ask_elsewhere, (model,)) == model.query(CASE).to_dict()


def test_an_answer_that_was_not_asked_by_name_says_so(model: Model) -> None:
    result = query(model.question(CASE))
    assert str(result).startswith("QueryResult(")
    with pytest.raises(TypeError, match="was not asked of a model"):
        result.to_dict()


@pytest.mark.parametrize("command", ["query", "explain", "sensitivity", "what-if"])
def test_pages_do_not_depend_on_the_terminal(small_path: Path, command: str) -> None:
    """The same page, but for the characters that the output cannot show; a report file is the same to the byte."""
    pages = {}
    for encoding in ("ascii", "utf-8"):
        call = [sys.executable, "-m", "bayesdx", command, "--network", str(small_path), *OPTIONS]
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        pages[encoding] = subprocess.run(call, capture_output=True, env=environment, check=True).stdout
    plain, whole = pages["ascii"].decode("ascii"), pages["utf-8"].decode("utf-8")
    assert [len(line) for line in plain.splitlines()] == [len(line) for line in whole.splitlines()]


def test_report_files_are_equal_bytes(small_path: Path, tmp_path: Path) -> None:
    for ending in (".html", ".md", ".json"):
        written = []
        for encoding in ("ascii", "utf-8"):
            file = tmp_path / f"{encoding}{ending}"
            call = [
                sys.executable,
                "-m",
                "bayesdx",
                "report",
                "--network",
                str(small_path),
                *OPTIONS,
                "-o",
                str(file),
            ]
            environment = {**os.environ, "PYTHONIOENCODING": encoding}
            subprocess.run([*call, "-o", str(file)], capture_output=True, env=environment, check=True)
            written.append(file.read_bytes())
        assert written[0] == written[1]
