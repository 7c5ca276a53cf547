"""``bayesdx networks show NAME --coverage``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import bayesdx
from bayesdx.cli import main
from bayesdx.data import data_path

SCHEMA = Path(bayesdx.__file__).parent / "analyses" / "coverage" / "schema.json"


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), prog_name="bayesdx")


def test_json() -> None:
    answer = json.loads(ask("networks", "show", "cranial", "--coverage", "--json").stdout)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(answer)
    with data_path("priors", "facts.csv").open(newline="") as table:
        excluded = [row["exclude"] for row in csv.DictReader(table)]
    assert answer["facts_used"] == excluded.count("")
    reasons = set(excluded) - {""}
    assert answer["facts_excluded"] == {reason: excluded.count(reason) for reason in reasons}
    network = bayesdx.load("cranial").network
    findings = {v.id for v in network.variables if v.kind not in ("diagnosis", "latent")}
    rows = {(row["diagnosis"], row["finding"]) for row in answer["rows"]}
    assert rows == {(d, f) for d in network.variable("diagnosis").states for f in findings}
    assert all(row["assumption_alone"] == (row["facts"] == row["cases"] == 0) for row in answer["rows"])
    assert all((row["identified_share"] is None) == row["assumption_alone"] for row in answer["rows"])
    assert {row["grade"] for row in answer["rows"]} == set("ABCDE")
    cited = json.loads(ask("cite", "sex", "--given", "meningioma", "-n", "cranial", "--json").stdout)
    row = next(row for row in answer["rows"] if (row["diagnosis"], row["finding"]) == ("meningioma", "sex"))
    for key in ("grade", "source_share", "identified_share"):
        assert row[key] == pytest.approx(cited[key], rel=1e-6) if key != "grade" else row[key] == cited[key]


@pytest.mark.parametrize("name", ["spine", "cranial"])
def test_most_of_the_evidence_can_be_looked_up(name: str) -> None:
    """More than half of the weight comes from publications with DOI, PMID or PMCID."""
    answer = json.loads(ask("networks", "show", name, "--coverage", "--json").stdout)
    assert answer["identified_share"] > 0.5


def test_text() -> None:
    text = ask("networks", "show", "spine", "--coverage").stdout
    assert "(capnon)" in text
    assert "Assumption alone: " in text
    assert "on assumption alone." in text
    assert "of the evidence weight comes from publications with DOI, PMID or PMCID." in text
    assert "facts used as likelihoods; not used, by reason:" in text


def test_refused(tmp_path: Path) -> None:
    result = ask("networks", "show", "spin", "--coverage")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no shipped network 'spin'; did you mean 'spine'?" in result.stderr
