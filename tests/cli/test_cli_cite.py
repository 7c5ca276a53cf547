"""``bayesdx cite`` on the shipped networks, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

import bayesdx
from bayesdx.cli import main

ROOT = Path(bayesdx.__file__).resolve().parents[1]
SCHEMAS = Path(bayesdx.__file__).parent / "analyses"
FOLDERS = {"cite-likelihood": "cite", "cite-case": "cite_case"}
CASE = str(ROOT / "examples" / "c7-radiculopathy.yaml")
TAIL = ["cite", "mr_dural_tail=present", "--given", "diagnosis=meningioma", "--network", "spine"]


def ask(*arguments: str) -> Result:
    result = CliRunner().invoke(main, list(arguments), prog_name="bayesdx")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def refused(*arguments: str) -> str:
    """One line on stderr, nothing on stdout, exit code 2."""
    result = ask(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    return result.stderr.removeprefix("bayesdx: ").rstrip("\n")


def validate(name: str, version: int, text: str) -> dict[str, object]:
    answer: dict[str, object] = json.loads(text)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / FOLDERS[name] / "schema.json").read_text())).validate(
        answer
    )
    assert answer["schema"] == f"{name}/{version}"
    return answer


def test_likelihood() -> None:
    text = ask(*TAIL).stdout
    lines = text.splitlines()
    assert lines[0] == "Dural tail in Meningioma"
    assert any(line.startswith("▸ present") for line in lines)
    assert "21 of 36" in text
    assert "Liu WC" in text
    answer = json.loads(ask(*TAIL, "--json").stdout)
    assert f"{answer['base_share']:.1%} of the row is the base" in text
    assert f"Grade of the row: {answer['grade']}." in text
    share = (
        f"{answer['identified_share']:.1%} of the evidence weight comes from publications with DOI, PMID or PMCID."
    )
    assert share in text
    assert "https://doi.org/10.1007/s00330-009-1466-7 (series, grade A)" in text
    shown = next(line for line in lines if line.startswith("▸ present")).split()[2]
    assert next(line for line in lines if line.split()[:1] == ["sum"]).split()[2:] == ["100.0%", shown]
    assert max(map(len, lines)) <= 120


def test_likelihood_json() -> None:
    answer = validate("cite-likelihood", 3, ask(*TAIL, "--json").stdout)
    assert answer["states"] == ["present"]
    assert {term["source"] for term in answer["terms"] if term["source"]} == set(answer["references"])
    assert answer["sources"].keys() == answer["references"].keys()
    validate("cite-likelihood", 3, ask("cite", "age_group", "--given", "capnon", "-n", "cranial", "--json").stdout)


def test_a_row_without_facts_says_so() -> None:
    text = ask("cite", "mr_dural_tail", "--given", "diagnosis=osteochondroma", "-n", "spine").stdout
    assert "No fact speaks of this finding in this diagnosis." in text
    assert "not mentioned in" in text
    assert "Grade of the row: E." in text
    answer = json.loads(ask("cite", "mr_dural_tail", "--given", "osteochondroma", "-n", "spine", "--json").stdout)
    assert (answer["grade"], answer["source_share"], answer["identified_share"]) == ("E", 0, None)


def test_case() -> None:
    text = ask("cite", CASE, "--top", "3").stdout
    assert "[3] " in text
    assert "[4] " not in text
    assert "other sources" in text


def test_case_json() -> None:
    answer = validate("cite-case", 1, ask("cite", CASE, "--json").stdout)
    assert answer["case"] == "c7-radiculopathy"
    shares = [row["share"] for row in answer["sources"]]
    assert 0 < sum(shares) <= 1 + 1e-12
    assert answer["warnings"] == []


def test_warnings_of_the_case(tmp_path: Path) -> None:
    case = tmp_path / "case.yaml"
    case.write_text("{finding: x, findings: {level: lumbar}}")
    warning = "key 'finding' is not used; did you mean 'findings'?"
    assert f"! {warning}\n" in ask("cite", str(case)).stdout
    assert json.loads(ask("cite", str(case), "--json").stdout)["warnings"] == [warning]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["mr_dural_tal", "--given", "diagnosis=meningioma"], "mr_dural_tail"),
        (["mr_dural_tail=presnt", "--given", "diagnosis=meningioma"], "did you mean 'present'?"),
        (["mr_dural_tail=", "--given", "diagnosis=meningioma"], "mr_dural_tail=: write FINDING=STATE"),
        (["mr_dural_tail", "--given", "diagnosis=meningoma"], "did you mean 'meningioma'?"),
        (["mr_dural_tail", "--given", "sex=male"], "write --given diagnosis=DIAGNOSIS"),
        (["mr_dural_tail=present"], "needs --given diagnosis=…: which diagnosis?"),
        (["form", "--given", "diagnosis=capnon"], "'form' is not a finding: it is never observed"),
        (["nowhere.yaml"], "nowhere.yaml"),
        ([CASE, "--case", "c8"], "c8"),
        ([CASE, "-n", "spin"], "did you mean 'spine'?"),
        ([CASE, "--prior", "surgicl"], "surgical"),
    ],
)
def test_refused(arguments: list[str], message: str) -> None:
    assert message in refused("cite", *arguments)


def test_top_is_a_count() -> None:
    result = ask("cite", CASE, "--top", "-1")
    assert result.exit_code == 2
