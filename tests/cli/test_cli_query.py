"""``bayesdx query`` as a user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

CASE = """
id: c7
age: 68
sex: male
diagnosis: capnon
findings:
  level: cervical
  compartment: extradural
  mr_t2_signal: {hyper: 0.8, mixed: 0.2}
  ct_calcification_pattern: not dense_solid
  syrinx: absent
"""


@pytest.fixture
def case(tmp_path: Path) -> str:
    path = tmp_path / "case.yaml"
    path.write_text(CASE)
    return str(path)


def test_terminal(run: Run, case: str) -> None:
    result = run("query", case)
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Network   Spine (spine 7): it covers level 'cervical'"
    assert lines[1] == "Prior     surgical: operated patients"
    assert lines[2] == "Case      c7"
    assert "level=cervical" in lines[3]
    assert "! 'syrinx' is not used by network 'spine'" in lines
    assert lines[-1] == "For research and education; not a medical device."
    assert "\x1b" not in result.stdout
    table = [line for line in lines if "%" in line and "–" in line]
    assert len(table) == 5


def test_json(run: Run, case: str) -> None:
    answer = json.loads(run("query", case, "--json").stdout)
    assert answer["network"] == "spine"
    assert answer["network_version"] == "7"
    assert answer["prior"] == "surgical"
    assert answer["case"] == "c7"
    assert answer["findings"] == {
        "level": "cervical",
        "compartment": "extradural",
        "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2},
        "ct_calcification_pattern": "not dense_solid",
        "age_group": "60+",
        "sex": "male",
    }
    assert sum(row["probability"] for row in answer["posterior"]) == pytest.approx(1.0)
    assert len(answer["posterior"]) == 5
    for row in answer["posterior"]:
        low, high = row["interval"]
        assert 0 <= low <= high <= 1


def test_file_stdin_and_options_say_the_same(run: Run, case: str) -> None:
    from_file = json.loads(run("query", case, "--json").stdout)
    from_stdin = json.loads(run("query", "-", "--json", stdin=CASE).stdout)
    assert from_stdin == from_file
    pairs = ["level=cervical", "compartment=extradural", "mr_t2_signal=hyper:0.8,mixed:0.2"]
    pairs += ["ct_calcification_pattern=not dense_solid", "syrinx=absent"]
    options = [part for pair in pairs for part in ("-f", pair)]
    from_options = json.loads(run("query", *options, "--age", "68", "--sex", "male", "--json").stdout)
    assert from_options == {**from_file, "case": None}


def test_options_replace_what_the_file_says(run: Run, case: str) -> None:
    result = run("query", case, "-f", "compartment=intradural_extramedullary", "--age", "20", "--json")
    answer = json.loads(result.stdout)
    assert answer["findings"]["compartment"] == "intradural_extramedullary"
    assert answer["findings"]["age_group"] == "18-39"
    assert answer["findings"]["level"] == "cervical"


@pytest.mark.parametrize(
    ("findings", "network", "reason"),
    [
        (["level=posterior_fossa"], "cranial", "it covers level 'posterior_fossa'"),
        (["level=skull_base:3,cervical:1"], "cranial", "it covers level 'skull_base'"),
        (["level=skull_base:1,posterior_fossa:1"], "cranial", "it covers level 'skull_base'"),
        (["level=craniocervical"], "spine", "it covers level 'craniocervical'"),
        (["sex=male"], "spine", "the case states no level"),
    ],
)
def test_the_level_chooses_the_network(run: Run, findings: list[str], network: str, reason: str) -> None:
    options = [part for pair in findings for part in ("-f", pair)]
    assert json.loads(run("query", *options, "--json").stdout)["network"] == network
    assert run("query", *options).stdout.splitlines()[0] == f"Network   {network.title()} ({network} 7): {reason}"


def test_named_network_and_prior(run: Run, case: str) -> None:
    result = run("query", case, "--network", "cranial", "--prior", "uniform", "--json")
    answer = json.loads(result.stdout)
    assert (answer["network"], answer["prior"]) == ("cranial", "uniform")
    assert all(row["prior"] == pytest.approx(0.2) for row in answer["posterior"])


def test_level_of_another_network_is_a_warning(run: Run) -> None:
    result = run("query", "-f", "level=posterior_fossa", "-f", "sex=male", "--network", "spine", "--json")
    answer = json.loads(result.stdout)
    assert answer["findings"] == {"sex": "male"}
    assert answer["warnings"] == ["state 'posterior_fossa' of finding 'level' is not used by network 'spine'"]


def test_one_of_several_cases(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("- {id: a, findings: {level: cervical}}\n- {id: b, findings: {sex: male}}\n")
    assert json.loads(run("query", str(path), "--case", "b", "--json").stdout)["case"] == "b"


def test_case_without_findings_is_answered_by_the_prior(run: Run) -> None:
    answer = json.loads(run("query", "-", "--json", stdin="id: x").stdout)
    assert answer["warnings"] == ["no findings: this is the prior"]
    assert all(row["probability"] == pytest.approx(row["prior"]) for row in answer["posterior"])


def test_short_and_whole_list(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bayesdx.analyses.query.page.SHOWN", 2)
    short = run("query", "-f", "sex=male").stdout
    assert "all 3 others" in short
    assert "capnon" not in short
    whole = run("query", "-f", "sex=male", "--all").stdout
    assert "others" not in whole
    assert "capnon" in whole


def test_public_network_with_a_target(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "rain.bif"
    path.write_text(
        "network rain {}\n"
        "variable rain { type discrete [ 2 ] { yes, no }; }\n"
        "variable wet { type discrete [ 2 ] { yes, no }; }\n"
        "probability ( rain ) { table 0.2, 0.8; }\n"
        "probability ( wet | rain ) { (yes) 0.9, 0.1; (no) 0.1, 0.9; }\n"
    )
    result = run("query", "--network", str(path), "--target", "rain", "-f", "wet=yes", "--json")
    answer = json.loads(result.stdout)
    assert answer["prior"] == "network"
    assert answer["posterior"][0]["diagnosis"] == "yes"
    assert answer["posterior"][0]["probability"] == pytest.approx(0.18 / 0.26)
    assert answer["posterior"][0]["interval"] is None
    assert "yes" in run("query", "--network", str(path), "--target", "rain", "-f", "wet=yes").stdout


def test_help_names_the_options(run: Run) -> None:
    text = run("query", "--help").stdout
    for option in ("--network", "--prior", "--json", "-f", "--age", "--sex", "--case", "--all"):
        assert option in text
    assert "query" in run().stdout


def test_one_weight_alone_is_told_to_be_certain(run: Run) -> None:
    said = "finding 'mr_t2_signal': the weight 0.3 of 'hyper' alone makes it certain: weigh other states, too"
    assert said in run("query", "-f", "mr_t2_signal=hyper:0.3").stdout
    for whole in ("hyper:1", "hyper", "hyper:0.3,mixed:0.1", "not hyper"):
        assert "alone makes it certain" not in run("query", "-f", f"mr_t2_signal={whole}").stdout


def test_levels_of_the_other_network_are_told_of(run: Run) -> None:
    page = run("query", "-f", "level=cervical:0.8,posterior_fossa:0.2").stdout
    assert "it covers level 'cervical'" in page
    assert "state 'posterior_fossa' of finding 'level' is not used by network 'spine'" in page
