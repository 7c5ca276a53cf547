"""Names of the network on the command line come first, and options that cannot be meant are refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import Result

from bayesdx.formats.network_json import network_text
from bayesdx.network import Network, Variable

Run = Callable[..., Result]
Refused = Callable[..., str]
SOUTH = 0.27 / 0.35  # P(well | second state, test=pos)


def written(folder: Path, name: str, states: Sequence[str] = ("north", "south")) -> str:
    """P(d) even, P(name | d) 0.9 and 0.1, P(test | d) 0.8 and 0.3."""
    variables = (Variable("d", ("ill", "well")), Variable(name, tuple(states)), Variable("test", ("pos", "neg")))
    rest = [0.0] * (len(states) - 2)
    cpts = {
        "d": np.array([0.5, 0.5]),
        name: np.array([[0.9, 0.1, *rest], [0.1, 0.9, *rest]]),
        "test": np.array([[0.8, 0.2], [0.3, 0.7]]),
    }
    path = folder / "own.json"
    Path(path).write_text(
        network_text(Network("own", variables, {name: ("d",), "test": ("d",)}, cpts, target="d")), encoding="utf-8"
    )
    return str(path)


@pytest.mark.parametrize(
    "states",
    [
        ("done", "skip"),
        ("why", "undo"),
        ("unknown", "Help"),
        ("?", "quit"),
        ("none", "1", "2"),
        ("1", "0"),
        ("a", "not a"),
        ("a 0.5", "b"),
        ("y", "n"),
    ],
)
def test_states_come_before_commands_and_numbers(run: Run, tmp_path: Path, states: tuple[str, ...]) -> None:
    network, saved = written(tmp_path, "q", states), tmp_path / "saved.yaml"
    options = ("-n", network, "-f", "test=pos", "--certain", "1", "--information", "0", "--save", str(saved))
    for state in states[:2]:
        assert run("ask", *options, stdin=f"{state}\ndone\n").exit_code == 0
        assert str(yaml.safe_load(saved.read_text())["findings"]["q"]) == state
        answer = json.loads(run("query", str(saved), "-n", network, "--json").stdout)
        assert answer["findings"]["q"] == state


@pytest.mark.parametrize("name", ["x=y", "x=y=z", "=", "a = b", "done", "-"])
def test_findings_with_an_equals_sign(run: Run, tmp_path: Path, name: str) -> None:
    network = written(tmp_path, name)
    for command, option, other in (
        ("query", "-f", ()),
        ("what-if", "--set", ()),
        ("ask", "-f", ("--certain", "0.1")),
    ):
        result = run(command, "-n", network, "-f", "test=pos", option, f"{name} = south", *other, "--json")
        assert "0.77142857" in result.stdout
    case = tmp_path / "case.yaml"
    case.write_text("findings: {test: pos}")
    answer = json.loads(run("query", str(case), "-n", network, "-f", f"{name}=south", "--json").stdout)
    assert answer["posterior"][0]["probability"] == pytest.approx(SOUTH)


def test_one_finding_in_full_for_two_diagnoses(run: Run, tmp_path: Path) -> None:
    network = written(tmp_path, "q")
    shown = run("what-if", "-n", network, "-f", "test=pos", "--finding", "q").stdout
    north = 0.9 * 0.8 / (0.9 * 0.8 + 0.1 * 0.3)  # P(ill | north, test=pos)
    words = " ".join(shown.split())
    assert f"{north:.1%} ill {1 - north:.1%} well" in words
    assert f"{SOUTH:.1%} well {1 - SOUTH:.1%} ill" in words


def test_export_repeats_what_came_up_while_reading(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "n.bif"
    path.write_text("variable a { type discrete [ 2 ] { x, y }; } probability ( a ) { table 0.3, 0.7005; }")
    for options in ((), ("--json",), ("-o", str(tmp_path / "out.xml"))):
        result = run("export", str(path), *options)
        assert result.exit_code == 0
        assert "warning: CPT of 'a' sums to 1.0005, not 1: it was divided by its sum\n" in result.stderr
        assert "warning" not in result.stdout


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_options_are_finite_numbers(refused: Refused, value: str) -> None:
    for command, option in (("what-if", "--certain"), ("what-if", "--worth"), ("ask", "--information")):
        message = refused(command, "-f", "level=cervical", f"{option}={value}")
        assert message.startswith(f"Invalid value for '{option}'")


def test_commands_of_networks(refused: Refused) -> None:
    assert refused("networks") == "name what to do with networks: list, show or check"
    assert refused("networks", "lst") == "no command 'lst'; did you mean 'list'?"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "findings: {ct_calcification: absent, ct_calcification_pattern: punctate}, diagnosis: capnon",
            "the findings ct_calcification=absent and ct_calcification_pattern=punctate are impossible together",
        ),
        ("diagnosis: Capnon", "unknown diagnosis 'Capnon'; did you mean 'capnon'?"),
        ("diagnosis: Synovial-Cyst", "unknown diagnosis 'Synovial-Cyst'; did you mean 'synovial_cyst'?"),
    ],
)
def test_cases_that_cannot_be_scored_are_named(tmp_path: Path, text: str, message: str) -> None:
    from click.testing import CliRunner

    from bayesdx.cli import main

    path = tmp_path / "cases.yaml"
    path.write_text(f"- {{id: a, {text}}}\n")
    result = CliRunner().invoke(main, ["evaluate", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"bayesdx: {path}: case 1 (a): {message}")


def test_networks_that_cannot_be_scored_or_cited(refused: Refused, tmp_path: Path) -> None:
    bif, cases = tmp_path / "n.bif", tmp_path / "cases.yaml"
    bif.write_text("variable a { type discrete [ 2 ] { x, y }; } probability ( a ) { table 0.3, 0.7; }")
    cases.write_text("- {id: a, diagnosis: x}\n")
    assert refused("evaluate", str(cases), "-n", str(bif)) == "network 'n' names no target to score"
    assert refused("cite", "a", "--given", "x", "-n", str(bif)).startswith(
        "network 'n' was not built from the facts"
    )


def test_conditions_that_no_number_meets(refused: Refused) -> None:
    condition = "capnon >= 1e400 * meningioma"
    message = refused("sensitivity", "-f", "level=cervical", "--require", condition)
    assert message == f"constraint '{condition}': 1e400 is too large a number"


@pytest.mark.parametrize("states", [("x", "y"), ("only",)])
def test_network_of_the_target_alone(run: Run, tmp_path: Path, states: tuple[str, ...]) -> None:
    path, even = str(tmp_path / "alone.json"), np.full(len(states), 1 / len(states))
    Path(path).write_text(
        network_text(Network("alone", (Variable("d", states),), {}, {"d": even}, target="d")), encoding="utf-8"
    )
    case = ("-n", path, "--sex", "male")  # which the network does not use
    for command in ("query", "what-if", "sensitivity", "ask", "explain", "report"):
        result = run(command, *case, *(("-o", str(tmp_path / "r.html")) if command == "report" else ()))
        assert result.exit_code == (2 if command == "explain" and len(states) == 1 else 0), command
