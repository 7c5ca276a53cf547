"""FHIR on the command line: in as a case file, out by --format, refusals as OperationOutcome."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fhir_rules import check

from bayesdx.cli import main

Run = Callable[..., Result]
FINDINGS = (
    "--age",
    "31",
    "--sex",
    "female",
    "-f",
    "level=cervical",
    "-f",
    "size_mm=4",
    "-f",
    "compartment=extradural",
)


@pytest.fixture
def observations(run: Run, tmp_path: Path) -> Path:
    path = tmp_path / "observations.json"
    path.write_text(run("convert", *FINDINGS).stdout)
    return path


def test_a_case_goes_there_and_back(run: Run, observations: Path) -> None:
    check(json.loads(observations.read_text()))
    expected = "age: 31\nsex: female\nfindings:\n  level: cervical\n  size_mm: 4\n  compartment: extradural\n"
    assert run("convert", str(observations)).stdout == expected
    asked = json.loads(run("query", *FINDINGS, "--json").stdout)
    assert json.loads(run("query", str(observations), "--json").stdout) == asked


@pytest.mark.parametrize(("command", "kind"), [("query", "RiskAssessment"), ("report", "DiagnosticReport")])
def test_answers(run: Run, observations: Path, command: str, kind: str) -> None:
    answer = json.loads(run(command, str(observations), "--format", "fhir").stdout)
    check(answer)
    assert answer["resourceType"] == kind


@pytest.mark.parametrize(
    ("spoilt", "issue", "code"),
    [
        (("extradural", "extradurl"), "did you mean 'extradural'", "code-invalid"),
        (('"size_mm"', '"size_mn"'), "did you mean 'size_mm'", "code-invalid"),
        (('"final"', '"finl"'), "did you mean 'final'", "structure"),
    ],
)
def test_refusals(observations: Path, spoilt: tuple[str, str], issue: str, code: str) -> None:
    observations.write_text(observations.read_text().replace(*spoilt))
    done = CliRunner().invoke(main, ["query", str(observations), "--format", "fhir"])
    assert done.exit_code == 2
    answer = json.loads(done.stdout)
    check(answer)
    assert issue in answer["issue"][0]["details"]["text"]
    assert answer["issue"][0]["code"] == code
    assert done.stderr.count("\n") == 1
    plain = CliRunner().invoke(main, ["query", str(observations)])
    assert (plain.exit_code, plain.stdout) == (2, "")


def test_options_that_exclude_each_other(observations: Path) -> None:
    both = CliRunner().invoke(main, ["query", str(observations), "--format", "fhir", "--json"])
    assert (both.exit_code, both.stderr.count("\n")) == (2, 1)
    file = CliRunner().invoke(main, ["report", str(observations), "--format", "fhir", "-o", "report.html"])
    assert (file.exit_code, file.stderr.count("\n")) == (2, 1)
    for options in (
        ["--codes"],
        ["--codes", "--to", "json"],
        ["--json", "--to", "yaml"],
        ["--json", "--to", "fhir"],
    ):
        form = CliRunner().invoke(main, ["convert", str(observations), *options])
        assert (form.exit_code, form.stdout, form.stderr.count("\n")) == (2, "", 1)


def test_fhir_holds_its_codes_in_any_case(run: Run, observations: Path) -> None:
    asked = ["query", str(observations), "--format", "fhir"]
    assert json.loads(run(*asked, "--codes").stdout) == json.loads(run(*asked).stdout)


def test_what_is_not_used_is_a_warning(run: Run, observations: Path) -> None:
    whole = json.loads(observations.read_text())
    weight = {"code": {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}]}}
    whole["entry"].append({"resource": {"resourceType": "Observation", "status": "final", **weight}})
    observations.write_text(json.dumps(whole))
    said = run("query", str(observations)).stdout
    assert "'http://loinc.org|29463-7' (Body weight) is no finding" in " ".join(said.split())
    assert "29463-7" in run("convert", str(observations)).stderr
