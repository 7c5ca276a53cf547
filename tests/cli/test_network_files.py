"""Network files on the command line: warnings reach the answer, and what export writes can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bayesdx.cli import main

ROUNDED = """network n { }
variable d { type discrete [ 2 ] { ill, well }; }
variable t { type discrete [ 2 ] { pos, neg }; }
probability ( d ) { table 0.33333, 0.66666; }
probability ( t | d ) { (ill) 0.8, 0.2; (well) 0.1, 0.9; }
"""
NAMES = {
    "format": "bayesdx-network/1",
    "id": "n",
    "target": "d",
    "variables": [
        {"id": "d", "states": ["<10", "lt_10"]},
        {"id": "tumour size (mm), largest", "states": ["良", "否"]},
    ],
    "parents": {"tumour size (mm), largest": ["d"]},
    "cpts": {"d": [[0.3, 0.7]], "tumour size (mm), largest": [[0.8, 0.2], [0.1, 0.9]]},
}


def run(*arguments: str) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_rounded_row_is_a_warning_of_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "N.BIF"
    path.write_text(ROUNDED)
    ask = ("query", "-n", str(path), "--target", "d", "-f", "t=pos")
    warning = "CPT of 'd' sums to 0.99999, not 1: it was divided by its sum"
    answer = json.loads(run(*ask, "--json"))
    assert answer["warnings"] == [warning]
    assert answer["posterior"][0]["probability"] == pytest.approx(0.8, abs=1e-12)
    assert warning in " ".join(run(*ask).split())


def test_what_came_up_while_a_network_was_read_is_said_by_every_command(tmp_path: Path) -> None:
    network, table = tmp_path / "n.bif", tmp_path / "cases.csv"
    network.write_text(ROUNDED)
    table.write_text("t,ward\npos,3\nneg,\nwrong,\n")
    warning = "CPT of 'd' sums to 0.99999, not 1: it was divided by its sum"
    for part in ("check", "show"):
        assert f"! {warning}\n" in run("networks", part, str(network))
        assert json.loads(run("networks", part, str(network), "--json"))["warnings"] == [warning]
    batch = ("batch", str(table), "-n", str(network), "--target", "d")
    unused = "column 'ward' is not a finding, and is not used"
    assert json.loads(run(*batch, "--json"))["warnings"] == {unused: 1, warning: 2}
    scored = CliRunner().invoke(main, [*batch, "-o", str(tmp_path / "out.csv")])
    assert f"warning: {warning} (2 rows)\n" in scored.stderr


@pytest.mark.parametrize("ending", ["bif", "xml", "xmlbif", "bifxml", "BIF"])
def test_what_export_writes_is_read_back(ending: str, tmp_path: Path) -> None:
    source, output = tmp_path / "n.json", tmp_path / f"out.{ending}"
    source.write_text(json.dumps(NAMES))
    done = json.loads(run("export", str(source), "-o", str(output), "--json"))
    run("networks", "check", str(output))
    variable = done["renamed_variables"].get("tumour size (mm), largest", "tumour size (mm), largest")
    states = done["renamed_states"]
    state = states.get("tumour size (mm), largest", {}).get("良", "良")
    answer = json.loads(run("query", "-n", str(output), "--target", "d", "-f", f"{variable}={state}", "--json"))
    found = {row["diagnosis"]: row["probability"] for row in answer["posterior"]}
    assert found[states.get("d", {}).get("<10", "<10")] == pytest.approx(0.24 / 0.31)
    if ending.lower() == "bif":
        assert states["d"] == {"<10": "lt_10_2"}
        assert variable.isascii()
        assert state.isascii()
    else:
        assert done["renamed_variables"] == states == {}
