"""``bayesdx what-if`` as a user sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bayesdx.cli import main

Run = Callable[..., Result]
Refused = Callable[..., str]

FINDINGS = ["-f", "level=cervical", "-f", "mr_t2_signal=hyper:0.8,mixed:0.2", "--age", "68"]


@pytest.fixture
def costs(tmp_path: Path) -> str:
    path = tmp_path / "costs.yaml"
    path.write_text("unit: EUR\nct: 100\nmr_contrast: 600\n")
    return str(path)


def test_terminal(run: Run) -> None:
    result = run("what-if", *FINDINGS)
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Network   Spine (spine 7)")
    assert any(line.startswith("Leading   ") and line.endswith("bits are open") for line in lines)
    assert any(line.startswith("ct_calcification_pattern") for line in lines)
    assert any(line.startswith("All that is missing") for line in lines)
    assert lines[-1] == "For research and education; not a medical device."
    assert "\x1b" not in result.stdout


def test_top_and_filters(run: Run) -> None:
    answer = json.loads(run("what-if", *FINDINGS, "--json").stdout)
    order = [row["finding"] for row in answer["open"]]
    short = run("what-if", *FINDINGS, "--top", "2").stdout
    assert all(f"\n{name} " in short for name in order[:2])
    assert not any(f"\n{name} " in short for name in order[2:])
    assert f"and {len(order) - 2} more" in short
    ct = json.loads(run("what-if", *FINDINGS, "--kind", "ct", "--json").stdout)
    assert {row["kind"] for row in ct["open"]} == {"ct"}
    tail = json.loads(run("what-if", *FINDINGS, "--examination", "mr_contrast", "--json").stdout)
    assert [row["finding"] for row in tail["open"]] == ["mr_dural_tail"]


def test_one_finding_in_full(run: Run) -> None:
    result = run("what-if", *FINDINGS, "--finding", "mr_t2_signal")
    assert "mr_t2_signal" in result.stdout
    assert "Stated as {hyper: 0.8, mixed: 0.2}: still open" in result.stdout
    rows = [line for line in result.stdout.splitlines() if line.startswith(("hyper ", "mixed ", "hypo ", "iso "))]
    assert [row.split()[0] for row in rows] == ["hyper", "mixed"] or [row.split()[0] for row in rows] == [
        "mixed",
        "hyper",
    ]
    answer = json.loads(run("what-if", *FINDINGS, "--finding", "mr_t2_signal", "--json").stdout)
    (only,) = answer["open"]
    assert [state["state"] for state in only["states"] if state["posterior"]] == ["hyper", "mixed"]


def test_posterior_under_a_state_is_what_query_says(run: Run) -> None:
    answer = json.loads(run("what-if", *FINDINGS, "--finding", "mr_dural_tail", "--json").stdout)
    for state in answer["open"][0]["states"]:
        told = json.loads(run("query", *FINDINGS, "-f", f"mr_dural_tail={state['state']}", "--json").stdout)
        for row, expected in zip(state["posterior"], told["posterior"], strict=False):
            assert row["diagnosis"] == expected["diagnosis"]
            assert row["probability"] == pytest.approx(expected["probability"])


def test_set_and_unset(run: Run) -> None:
    changes = ["--set", "ct_calcification_pattern=punctate", "--set", "sex=not male", "--unset", "mr_t2_signal"]
    result = run("what-if", *FINDINGS, *changes)
    assert "Pattern of calcification: not stated → punctate" in result.stdout
    assert "T2 signal: hyper 0.8, mixed 0.2 → not stated" in result.stdout
    assert "before" in result.stdout
    answer = json.loads(run("what-if", *FINDINGS, *changes, "--json").stdout)
    before = json.loads(run("query", *FINDINGS, "--json").stdout)
    after = ["-f", "level=cervical", "--age", "68", "-f", "ct_calcification_pattern=punctate", "-f", "sex=female"]
    told = json.loads(run("query", *after, "--json").stdout)
    for key, expected in (("before", before), ("after", told)):
        found = {row["diagnosis"]: row[key] for row in answer["posterior"]}
        assert found == pytest.approx({row["diagnosis"]: row["probability"] for row in expected["posterior"]})


def test_costs_and_steps(run: Run, costs: str) -> None:
    result = run("what-if", *FINDINGS, "--costs", costs, "--steps", "3", "--worth", "0.0001")
    assert "bits/cost" in result.stdout
    assert "Next steps, greedy" in result.stdout
    assert "EUR" in result.stdout
    answer = json.loads(run("what-if", *FINDINGS, "--costs", costs, "--steps", "3", "--json").stdout)
    assert answer["cost_unit"] == "EUR"
    assert [sequence["method"] for sequence in answer["sequences"]] == ["greedy", "look-ahead"]
    dear = json.loads(run("what-if", *FINDINGS, "--costs", costs, "--steps", "3", "--worth", "1", "--json").stdout)
    assert {step["step"] for step in dear["sequences"][0]["steps"]} <= {"free"}
    assert dear["sequences"][0]["stopped"] == "nothing that is left is worth its cost"


def test_same_seed_same_answer(run: Run) -> None:
    arguments = ["what-if", *FINDINGS, "--steps", "2", "--json"]
    assert run(*arguments).stdout == run(*arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--finding", "mr_dural_tal"], "did you mean 'mr_dural_tail'?"),
        (["--finding", "level"], "finding 'level' is known already: cervical"),
        (["--kind", "ctt"], "no finding of kind 'ctt'; did you mean 'ct'?"),
        (["--examination", "xray"], "no finding of examination 'xray'"),
        (["--set", "ct_calcification"], "--set ct_calcification: write finding=state"),
        (["--set", "ct_calcification=maybe"], "'maybe' is not a state of 'ct_calcification'"),
        (["--unset", "sex"], "states no finding 'sex' to remove"),
        (["--set", "sex=male", "--kind", "ct"], "leave the other options"),
        (["--costs", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["--top", "0"], "0 is not in the range x>=1"),
        (
            ["--set", "ct_calcification=absent", "--set", "ct_calcification_pattern=punctate"],
            "impossible together",
        ),
    ],
)
def test_bad_input(refused: Refused, arguments: list[str], message: str) -> None:
    assert message in refused("what-if", *FINDINGS, *arguments)


def test_shipped_network_fits_a_terminal_of_100_columns(tmp_path: Path) -> None:
    costs = tmp_path / "costs.yaml"
    costs.write_text("{ct: 100, mr: 400, mr_contrast: 600, mr_swi: 50}")
    findings = ["-f", "level=cervical", "-f", "compartment=extradural", "-f", "mr_t1_signal=iso"]
    for arguments in (
        ["--top", "60"],
        ["--costs", str(costs), "--top", "60"],
        ["--finding", "epicentre"],
        ["--set", "mr_dural_tail=present", "--unset", "level"],
    ):
        result = CliRunner().invoke(main, ["what-if", *findings, *arguments])
        assert result.exit_code == 0
        body = result.stdout.partition("\n\n")[2]
        assert max(map(len, body.splitlines())) <= 100


@pytest.mark.parametrize("finding", ["level=cervical", "compartment=intra_axial"])
def test_states_stand_in_words_and_nothing_is_cut_that_fits(finding: str) -> None:
    """Ids with underscores are those of findings, by which they are asked for; no line is longer than the page."""
    command = ["what-if", "-f", finding, "--top", "40", "-n", "spine"]
    page = CliRunner().invoke(main, command, prog_name="bayesdx").stdout
    table = page.partition("Not yet seen")[2].partition("change: the chance")[0].splitlines()[1:]
    assert table
    for line in table:
        assert len(line) <= 100
        assert "_" not in line.partition(" ")[2]


def test_changes_that_the_network_cannot_use_are_refused(refused: Refused) -> None:
    said = refused("what-if", "-f", "level=cervical", "--set", "level=posterior_fossa")
    assert said == "nothing would change: state 'posterior_fossa' of finding 'level' is not used by network 'spine'"


def test_worth_needs_steps_and_costs(refused: Refused, costs: str) -> None:
    for options in ([], ["--steps", "2"], ["--costs", costs]):
        said = refused("what-if", *FINDINGS, "--worth", "0.1", *options)
        assert said == "--worth is bits of a step per unit of cost: add --steps and --costs"


def test_an_examination_is_called_by_the_least_that_shows_its_findings(run: Run) -> None:
    page = run("what-if", *FINDINGS, "--examination", "mr_contrast").stdout
    assert "Contrast series alone" in page
    assert "MR without and with contrast" not in page
