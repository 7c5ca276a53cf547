"""``bayesdx evaluate`` on the shipped networks, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import bayesdx
from bayesdx.cli import main
from bayesdx.formats.network_json import network_text

SCHEMAS = Path(bayesdx.__file__).parent / "analyses"
FOLDERS = {"evaluate": "evaluate", "evaluate-compare": "benchmark"}
CASES = """
- id: m
  region: spine
  diagnosis: meningioma
  age: 60
  sex: female
  findings: {level: thoracic, compartment: intradural_extramedullary, mr_dural_tail: present}
  preoperative_impression: [meningioma, schwannoma]
- diagnosis: plasmacytoma
  findings: {level: lumbar, compartment: osseous}
- id: v
  region: cranial
  diagnosis: schwannoma
  findings: {level: posterior_fossa, epicentre: nerve_root}
"""


def ask(*arguments: str, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(main, list(arguments), input=stdin, prog_name="bayesdx")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def cases(tmp_path: Path) -> str:
    path = tmp_path / "cases.yaml"
    path.write_text(CASES)
    return str(path)


def validate(name: str, text: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(text)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / FOLDERS[name] / "schema.json").read_text())).validate(
        answer
    )
    assert answer["schema"] == f"{name}/2"
    return answer


def test_text(cases: str) -> None:
    text = ask("evaluate", cases, "--prior", "uniform", "--cases").stdout
    assert "3 cases with proven diagnoses" in text
    for word in ("top-1", "top-3", "log loss", "Brier score", "calibration error", "confusion"):
        assert word in text
    assert "1 cases that state an impression" in text or "1 case that states an impression" in text
    assert "spine does not hold 'plasmacytoma'; scored as 'other'" in text


def test_the_page_says_how_cases_were_scored(cases: str, tmp_path: Path) -> None:
    """A network of somebody else knows no rates of mention: silence is summed out whatever is asked."""
    said = "prior set 'uniform'; what a case does not state is "
    assert f"{said}read as silence" in ask("evaluate", cases, "--prior", "uniform").stdout
    assert f"{said}summed out" in ask("evaluate", cases, "--prior", "uniform", "--no-silence").stdout
    assert "the default prior; what" in ask("evaluate", cases).stdout
    (tmp_path / "own.json").write_text(network_text(bayesdx.load("spine").network))
    (tmp_path / "one.yaml").write_text("diagnosis: meningioma\nfindings: {level: thoracic}\n")
    own = ask("evaluate", str(tmp_path / "one.yaml"), "--network", str(tmp_path / "own.json"))
    assert "what a case does not state is summed out" in own.stdout, own.stderr


def test_json(cases: str) -> None:
    answer = validate("evaluate", ask("evaluate", cases, "--prior", "uniform", "--json").stdout)
    assert answer["n"] == 3
    rows = answer["cases"]
    assert [row["network"] for row in rows] == ["spine", "spine", "cranial"]
    assert [row["scored_as"] for row in rows] == ["meningioma", "other", "schwannoma"]
    assert [row["case"] for row in rows][1].endswith("case 2")
    top1 = sum(row["rank"] == 1 for row in rows) / 3
    assert answer["top1"] == pytest.approx(top1)
    for options in (["--baseline"], ["--own-source", "-n", "spine"]):
        validate("evaluate", ask("evaluate", cases, "--json", *options).stdout)


def test_keys_that_are_not_used_are_warnings() -> None:
    case = "- {id: a, diagnosis: capnon, sourc: {pmid: 1}, finding: {level: lumbar}, level: lumbar}"
    warnings = [
        "a: key 'sourc' is not used; did you mean 'source'?",
        "a: key 'finding' is not used; did you mean 'findings'?",
        "a: key 'level' is not used: a finding belongs under 'findings'",
    ]
    options = ("evaluate", "-", "-n", "spine")
    assert validate("evaluate", ask(*options, "--json", stdin=case).stdout)["warnings"] == warnings
    text = ask(*options, stdin=case).stdout
    assert all(f"! {warning}\n" in text for warning in warnings)


def test_no_impression_is_null() -> None:
    case = "- {diagnosis: meningioma, findings: {level: thoracic}}"
    answer = validate("evaluate", ask("evaluate", "-", "--json", stdin=case).stdout)
    assert answer["impression"] is None


def test_one_case_says_nothing_of_intervals() -> None:
    case = "- {diagnosis: meningioma, findings: {level: thoracic}}\n"
    assert "interval" not in ask("evaluate", "-", stdin=case).stdout
    two = ask("evaluate", "-", stdin=case + case.replace("thoracic", "lumbar")).stdout
    assert "95% interval" in two
    assert "chance is in the interval, too" in two


def test_compare(cases: str) -> None:
    answer = validate("evaluate-compare", ask("evaluate", cases, "--compare", "--json").stdout)
    assert {row["method"] for row in answer["rows"]} == {"network", "naive Bayes"}
    assert "naive Bayes" in ask("evaluate", cases, "--compare").stdout


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("- {id: a, findings: {level: thoracic}}", [], "no diagnosis; evaluate needs the proven one"),
        ("[]", [], "no case"),
        ("- {diagnosis: meningioma, findings: {level: thoracc}}", [], "did you mean 'thoracic'?"),
        ("- {diagnosis: meningioma, findings: {levl: thoracic}}", [], "did you mean 'level'?"),
        ("- {diagnosis: meningioma, findings: {level: thoracic}}", ["-n", "spin"], "did you mean 'spine'?"),
        ("- {diagnosis: meningioma, findings: {level: thoracic}}", ["--prior", "unform"], "uniform"),
        ("- {diagnosis: meningioma, age: 200}", [], "200"),
        ("- {diagnosis: [meningioma}", [], "line 1"),
    ],
)
def test_refused(tmp_path: Path, text: str, options: list[str], message: str) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text(text)
    result = ask("evaluate", str(path), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


@pytest.mark.parametrize("options", [["--network", "spine"], ["--prior", "uniform"], ["--baseline"], ["--cases"]])
def test_compare_takes_no_choice(cases: str, options: list[str]) -> None:
    """--compare shows every network, prior set and the baseline: a choice beside it would be ignored."""
    result = ask("evaluate", cases, "--compare", *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"--compare: leave out {options[0]}" in result.stderr
