"""``bayesdx networks``, ``export`` and ``batch``."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pyagrum as gum
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_list(run: Run) -> None:
    lines = run("networks", "list").stdout.splitlines()
    assert lines[0].split() == [
        "network",
        "version",
        "diagnoses",
        "findings",
        "prior",
        "sets",
        "(*",
        "default)",
        "levels",
    ]
    assert [line.split()[0] for line in lines[1:]] == ["cranial", "spine"]
    assert "surgical*, uniform" in lines[1]


def test_show(run: Run) -> None:
    text = run("networks", "show", "spine").stdout
    assert "mr_t2_signal" in text
    assert "operated patients" in text
    assert "Hidden: mineralisation (none, partial, dense), behind" in text
    assert "Not used by this network: syrinx" in text
    shown = json.loads(run("networks", "show", "spine", "--json").stdout)
    assert shown["prior_sets"]["uniform"]["probabilities"] == [0.2] * 5


def test_check(run: Run) -> None:
    assert run("networks", "check", "spine").stdout.startswith("spine: well-formed; 11 variables")


@pytest.mark.parametrize("suffix", ["bif", "xml", "xmlbif", "bifxml"])
def test_export(run: Run, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"spine.{suffix}"
    result = run("export", "spine", "--prior", "uniform", "-o", str(path))
    assert result.stdout == ""
    assert "written to" in result.stderr
    network = gum.BayesNet()
    read = network.loadBIF if suffix == "bif" else network.loadBIFXML
    read(str(path))
    assert network.cpt("diagnosis").tolist() == pytest.approx([0.2] * 5)


def test_export_to_standard_output(run: Run) -> None:
    text = run("export", "--network", "spine").stdout
    assert text.lstrip().startswith("network")
    assert json.loads(run("export", "spine", "--json").stdout)["text"].strip() == text.strip()


TABLE = """id,age,level,mr_t2_signal
a,68,cervical,hyper
b,500,cervical,hyper
c,,lumbar,not iso
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_text(TABLE)
    return path


def test_batch(run: Run, table: Path) -> None:
    out = table.with_name("posteriors.csv")
    result = run("batch", str(table), "-o", str(out))
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{table}: line 3: age '500' is not a number of years from 0 to 120",
        "2 rows scored with network 'spine', 1 left out",
    ]
    rows = list(csv.DictReader(out.open()))
    assert [(row["line"], row["id"]) for row in rows] == [("2", "a"), ("4", "c")]
    single = json.loads(
        run("query", "-f", "level=cervical", "-f", "mr_t2_signal=hyper", "--age", "68", "--json").stdout
    )
    for row in single["posterior"]:
        assert float(rows[0][row["diagnosis"]]) == pytest.approx(row["probability"], abs=1e-12)
    assert rows[0]["leader"] == single["posterior"][0]["diagnosis"]


def test_batch_strict(run: Run, table: Path) -> None:
    out = table.with_name("posteriors.jsonl")
    assert run("batch", str(table), "-o", str(out), "--strict").exit_code == 2
    assert len(out.read_text().splitlines()) == 2
    good = table.with_name("good.csv")
    good.write_text("level\ncervical\n")
    assert run("batch", str(good), "--strict").exit_code == 0


def test_batch_on_standard_streams(run: Run) -> None:
    result = run("batch", "-", stdin=TABLE)
    assert [row["id"] for row in csv.DictReader(result.stdout.splitlines())] == ["a", "c"]


def test_batch_json(run: Run, table: Path) -> None:
    answer = json.loads(run("batch", str(table), "--json").stdout)
    assert (answer["scored"], answer["left_out"]) == (2, 1)
    assert answer["errors"] == [{"line": 3, "message": "age '500' is not a number of years from 0 to 120"}]
    assert [case["id"] for case in answer["cases"]] == ["a", "c"]
    out = table.with_name("posteriors.parquet")
    summary = json.loads(run("batch", str(table), "-o", str(out), "--json").stdout)
    assert summary["scored"] == 2
    assert "cases" not in summary
    assert out.exists()
