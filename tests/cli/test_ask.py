"""``bayesdx ask`` as a user, a pipe and a narrow terminal see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from bayesdx.cli import main
from bayesdx.formats.case_file import read_cases
from bayesdx.formats.network_json import network_text
from bayesdx.network import Network, Variable

Run = Callable[..., Result]
Refused = Callable[..., str]
#: So that the questions go on.
ON = ["--certain", "1", "--information", "0"]


def outcome(result: Result) -> dict[str, object]:
    assert result.exit_code == 0
    answer: dict[str, object] = json.loads(result.stdout)
    return answer


def first_question(run: Run) -> dict[str, object]:
    answer = json.loads(run("what-if", "-f", "level=cervical", "--json").stdout)
    question: dict[str, object] = answer["open"][0]
    return question


def test_asks_saves_and_the_file_is_a_case(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    result = run("ask", "-f", "level=cervical", *ON, "--save", str(path), stdin="2\nskip\nnot 1\ndone\n")
    assert result.exit_code == 0
    assert f"Case saved to {path}" in result.stdout
    assert "Stopped after 2 answers: as you wish." in result.stdout
    (case,) = read_cases(path)
    assert len(case.findings) + (case.sex is not None) == 3
    told = json.loads(run("query", str(path), "--json").stdout)
    shown = outcome(run("ask", "-f", "level=cervical", *ON, "--json", stdin="2\nskip\nnot 1\ndone\n"))
    assert told["findings"] == shown["findings"]
    found = {row["diagnosis"]: row["probability"] for row in shown["posterior"]}
    assert found == pytest.approx({row["diagnosis"]: row["probability"] for row in told["posterior"]})


def test_asks_what_what_if_ranks_first(run: Run) -> None:
    shown = outcome(run("ask", "-f", "level=cervical", *ON, "--json", stdin="1\n"))
    (answer,) = shown["answers"]
    expected = first_question(run)
    assert answer["finding"] == expected["finding"]
    assert answer["information"] == pytest.approx(expected["information"])


def test_conversation_goes_to_stderr_with_json(run: Run) -> None:
    result = run("ask", "-f", "level=cervical", "--json", stdin="")
    assert "1. " in result.stderr
    assert outcome(result)["answers"] == []


def test_undo(run: Run) -> None:
    plain = outcome(run("ask", "-f", "level=cervical", *ON, "--json", stdin=""))
    undone = outcome(run("ask", "-f", "level=cervical", *ON, "--json", stdin="1\n1\nundo\nskip\nundo\nundo\n"))
    assert undone == plain
    result = run("ask", "-f", "level=cervical", *ON, stdin="undo\n")
    assert "! there is no answer to undo" in result.stdout


def test_uncertain_answer(run: Run) -> None:
    states = [state["state"] for state in first_question(run)["states"] if state["probability"] > 0]
    answer = outcome(run("ask", "-f", "level=cervical", *ON, "--json", stdin=f"{states[0]} 0.8, {states[1]} 0.2\n"))
    name = answer["answers"][0]["finding"]
    assert answer["findings"][name] == {states[0]: 0.8, states[1]: 0.2}


def test_mistakes_help_and_why(run: Run) -> None:
    result = run("ask", "-f", "level=cervical", *ON, stdin="zzz\n99\n?\nwhy\nquit\n")
    assert result.exit_code == 0
    assert "! 'zzz' is none of the states" in result.stdout
    assert "! there is no state 99" in result.stdout
    assert "undo           take the last answer back" in result.stdout
    assert "The chance that another diagnosis leads" in result.stdout
    assert "Stopped after 0 answers: as you wish." in result.stdout


def test_age_in_years_and_sex(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    findings = ["level=cervical", "compartment=extradural", "ct_calcification=absent", "mr_t2_signal=iso"]
    options = [part for pair in [*findings, "mr_dural_tail=absent", "size_mm=3"] for part in ("-f", pair)]
    first = run("ask", *options, *ON, "--save", str(path), stdin="61\n61\n2\n")
    assert "Age in years" in first.stdout
    both = run("ask", *options, *ON, "--save", str(path), stdin="male\n61\nmale\n")
    case = read_cases(path)[0]
    assert (case.age, case.sex) == (61, "male")
    assert "nothing that is left is worth asking" in both.stdout


def test_level_chooses_the_network(run: Run) -> None:
    shown = outcome(run("ask", "--json", stdin="posterior fossa\n"))
    assert (shown["network"], shown["findings"]) == ("cranial", {"level": "posterior_fossa"})
    assert outcome(run("ask", "--json", stdin="?\nnowhere\n2\n"))["findings"] == {"level": "cervical"}
    assert outcome(run("ask", "--json", stdin="skip\n"))["findings"] == {}
    assert outcome(run("ask", "--network", "cranial", "--json", stdin=""))["network"] == "cranial"


def test_stops_by_the_rules(run: Run) -> None:
    certain = run("ask", "-f", "level=cervical", "--certain", "0.1", stdin="1\n1\n")
    leader = json.loads(run("query", "-f", "level=cervical", "--json").stdout)["posterior"][0]["label"]
    assert f"Stopped after 0 answers: {leader} has" in certain.stdout
    assert "which is at least 10%" in certain.stdout
    dull = outcome(run("ask", "-f", "level=cervical", "--information", "5", "--json", stdin="1\n"))
    assert dull["stopped"] == "nothing that is left is worth asking"


STATES = ("done", "none", "skip", "why", "undo", "?")


@pytest.mark.parametrize("states", [STATES[:2], STATES[2:4], STATES])
def test_the_end_of_the_input_is_no_answer(run: Run, tmp_path: Path, states: tuple[str, ...]) -> None:
    """Whatever the states of what is asked are called."""
    variables = (Variable("d", ("yes", "no")), Variable("t", states))
    rows = np.stack([np.arange(1.0, len(states) + 1), np.ones(len(states))])
    cpts = {"d": np.array([0.4, 0.6]), "t": rows / rows.sum(axis=1, keepdims=True)}
    network = tmp_path / "n.json"
    network.write_text(network_text(Network("n", variables, {"t": ("d",)}, cpts, target="d")))
    saved = tmp_path / "saved.yaml"
    asked = ("ask", "-n", str(network), *ON, "--save", str(saved))
    answer = outcome(run(*asked, "--json", stdin=""))
    assert (answer["answers"], answer["findings"], answer["stopped"]) == ([], {}, None)
    assert not read_cases(saved)[0].findings
    run(*asked, stdin=f"{states[0]}\n")
    assert read_cases(saved)[0].findings == {"t": states[0]}


def test_costs(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "costs.yaml"
    path.write_text("{ct: 100, mr: 300, mr_contrast: 500}")
    shown = outcome(run("ask", "-f", "level=cervical", *ON, "--costs", str(path), "--json", stdin="skip\n" * 9))
    asked = [answer["finding"] for answer in shown["answers"]]
    assert set(asked[:3]) == {"compartment", "age_group", "sex"}


def test_case_file_to_start_from(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("{id: a, source: somewhere, age: 4, diagnosis: capnon, findings: {level: cervical}}")
    saved = tmp_path / "saved.yaml"
    run("ask", str(path), *ON, "--save", str(saved), stdin="1\n")
    case = read_cases(saved)[0]
    assert (case.id, case.age, case.diagnosis, case.metadata) == ("a", 4, "capnon", {"source": "somewhere"})
    assert case.findings["level"] == "cervical"
    assert len(case.findings) == 2


def test_bad_input(refused: Refused) -> None:
    assert "standard input holds the answers" in refused("ask", "-")
    assert "no network 'spin'" in refused("ask", "--network", "spin")
    assert "nowhere.yaml: no such file" in refused("ask", "nowhere.yaml")


@pytest.mark.parametrize("stdin", ["", "\n" * 60, "why\n" * 3 + "1\n" * 40])
def test_shipped_network_fits_80_columns_and_24_lines(stdin: str) -> None:
    result = CliRunner().invoke(main, ["ask", "-f", "level=cervical", "--certain", "1"], input=stdin)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) < 80
    prompts = [number for number, line in enumerate(lines) if line.startswith(">")]
    assert all(after - before <= 24 for before, after in pairwise(prompts))
