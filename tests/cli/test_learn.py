"""``bayesdx learn`` on tables as they are, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from jsonschema import Draft202012Validator

import bayesdx
from bayesdx.document import NetworkDocument
from bayesdx.formats.network_file import read_network_file
from bayesdx.inference import compile_network

Run = Callable[..., Result]
SCHEMA = json.loads((Path(bayesdx.__file__).parent / "analyses" / "learn" / "schema.json").read_text())


@pytest.fixture
def table(small: NetworkDocument, tmp_path: Path) -> str:
    """Sixty patients of the small network, a third of their values missing."""
    network, rng = small.network, np.random.default_rng(3)
    codes = compile_network(network).sample({}, 60, rng)
    missing = rng.random(codes.shape) < 0.3
    missing[:, network.index["diagnosis"]] = False
    stated = [v for v in network.variables if v.kind != "latent"]
    rows = [
        ["" if missing[n, at] else v.states[codes[n, at]] for v in stated for at in (network.index[v.id],)]
        for n in range(len(codes))
    ]
    path = tmp_path / "cases.csv"
    path.write_text("\n".join([",".join(v.id for v in stated), *(",".join(row) for row in rows)]) + "\n")
    return str(path)


def test_a_hospital_learns(run: Run, table: str, small_path: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.json"
    done = run("learn", str(small_path), table, "-o", str(new), "--anyway", "--name", "here")
    assert done.exit_code == 0, done.stderr
    assert "60 of 'here'" in done.stdout
    assert "On cases held out" in done.stdout
    assert read_network_file(new).network.learnt[0].cases == 60
    answer = run("query", "-n", str(new), "--sex", "male")
    assert "with 60 cases of 'here'" in " ".join(answer.stdout.split())
    as_json = json.loads(run("query", "-n", str(new), "--sex", "male", "--json").stdout)
    assert as_json["learnt"] == [{"name": "here", "cases": 60.0}]
    shown = run("networks", "show", str(new), "--learnt")
    assert "here" in shown.stdout
    rows = json.loads(run("networks", "show", str(new), "--learnt", "--json").stdout)["learnt_rows"]
    target = next(row for row in rows if row["variable"] == "diagnosis")
    assert sum(target["counts"].values()) == pytest.approx(60)
    written = new.read_text()
    assert not any(row in written for row in Path(table).read_text().splitlines())  # counts alone are written


def test_json_follows_the_schema_and_a_seed(run: Run, table: str, small_path: Path, tmp_path: Path) -> None:
    first, second = (
        run("learn", str(small_path), table, "-o", str(tmp_path / f"{i}.json"), "--anyway", "--json")
        for i in (1, 2)
    )
    answer = json.loads(first.stdout)
    Draft202012Validator(SCHEMA).validate(answer)
    assert answer["cases"] == 60
    assert np.diff(answer["objective"]).min() > -1e-6
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    assert json.loads(second.stdout) == {**answer, "file": str(tmp_path / "2.json")}


def test_taken_back_and_added(run: Run, table: str, small_path: Path, tmp_path: Path) -> None:
    files = [str(tmp_path / f"{name}.json") for name in ("north", "south", "both", "back")]
    for name, file in zip(("north", "south"), files, strict=False):
        assert run("learn", str(small_path), table, "-o", file, "--anyway", "--name", name).exit_code == 0
    assert run("learn", files[0], "--add", files[1], "-o", files[2]).exit_code == 0
    both = json.loads(run("learn", files[2], "--without", "south", "-o", files[3], "--json").stdout)
    Draft202012Validator(SCHEMA).validate(both)
    assert both["learnt"] == [{"name": "north", "cases": 60.0}]
    north, back = (read_network_file(file).network for file in (files[0], files[3]))
    for name in north.cpts:
        np.testing.assert_allclose(north.cpts[name], back.cpts[name], atol=2e-6)


def test_other_formats_and_plain_maximum_likelihood(run: Run, tmp_path: Path) -> None:
    bif = tmp_path / "coin.bif"
    bif.write_text(
        "network coin {}\nvariable x { type discrete [2] { yes, no }; }\n"
        "variable y { type discrete [2] { a, b }; }\n"
        "probability (x) { table 0.5, 0.5; }\nprobability (y | x) { (yes) 0.5, 0.5; (no) 0.5, 0.5; }\n"
    )
    table = tmp_path / "coin.csv"
    table.write_text("x,y\nyes,a\nyes,b\nyes,a\nno,b\n")
    for ending in (".bif", ".xml", ".json"):
        new = tmp_path / f"new{ending}"
        done = run("learn", str(bif), str(table), "--prior-count", "0", "-o", str(new))
        assert done.exit_code == 0, done.stderr
        learnt = read_network_file(new).network
        assert learnt.cpts["x"] == pytest.approx([0.75, 0.25])
        assert learnt.cpts["y"] == pytest.approx(np.array([[2 / 3, 1 / 3], [0.0, 1.0]]))  # one patient
        assert learnt.cpts["y"][0] == pytest.approx([2 / 3, 1 / 3], abs=1e-6)
    counted = tmp_path / "counted.json"
    done = run("learn", str(bif), str(table), "--prior-count", "4", "--trust", "1", "-o", str(counted))
    assert done.exit_code == 0, done.stderr
    assert "Not measured: the network has no target." in done.stdout


def test_old_cases_fade_and_weights_count(run: Run, small_path: Path, tmp_path: Path) -> None:
    table = tmp_path / "dated.csv"
    table.write_text("diagnosis,sex,when,n\ncapnon,male,2020-01-01,1\ncapnon,male,2026-01-01,2\n")
    args = ("learn", str(small_path), str(table), "--json")
    plain = json.loads(run(*args).stdout)
    assert plain["patients"] == 2
    assert "column 'when' is not a finding, and is not used" in plain["warnings"]
    faded = json.loads(run(*args, "--date", "when", "--half-life", "3", "--weight", "n").stdout)
    assert faded["patients"] == pytest.approx(2 + 0.25, abs=1e-3)


def test_a_date_that_means_none_is_refused(run: Run, small_path: Path, tmp_path: Path) -> None:
    """One case of the year 9999 does not make the others fade: it is left out, and the row is named."""
    table = tmp_path / "dated.csv"
    rows = ["capnon,male,2024-05-01"] * 3 + ["capnon,male,9999-12-31", "capnon,male,2024-05-01T10:00"]
    table.write_text("diagnosis,sex,when\n" + "\n".join(rows) + "\n")
    answer = json.loads(
        run("learn", str(small_path), str(table), "--date", "when", "--half-life", "3", "--json").stdout
    )
    assert (answer["cases"], answer["patients"]) == (4, pytest.approx(4))
    (error,) = answer["errors"]
    assert error == {"line": 5, "message": "the date '9999-12-31' in column 'when' lies in the future"}
    assert not [said for said in answer["warnings"] if "faded" in said]
    table.write_text("diagnosis,sex,when\n" + "capnon,male,1990\n" * 99 + "capnon,male,2020\n")
    answer = json.loads(
        run("learn", str(small_path), str(table), "--date", "when", "--half-life", "3", "--json").stdout
    )
    patients = 1 + 99 * 0.5**10
    assert answer["patients"] == pytest.approx(patients, rel=1e-3)
    said = f"faded: the cases count for {patients:.1f} patients, the latest is of 2020-01-01"
    assert answer["warnings"][said] == 100


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        ("diagnosis,sex\ncapnon,male\n", ("--date", "sex"), "give both"),
        ("diagnosis,sex\ncapnon,male\n", ("--weight", "sex"), "is a variable of network"),
        ("diagnosis,age\ncapnon,60\n", ("--weight", "age"), "'age' is a finding of network"),
        ("diagnosis,sex\ncapnon,male\n", ("--weight", "n"), "no row has the column 'n'"),
        ("diagnosis,sex,n\ncapnon,male,-1\n", ("--weight", "n"), "is not a number above 0"),
        ("diagnosis,sex,n\ncapnon,male,1e18\n", ("--weight", "n"), "is more than 1,000,000,000 patients"),
        ("diagnosis,sex\ncapnon,male\n", ("--seed", "-5"), "-5 is not in the range"),
        ("diagnosis,sex,d\ncapnon,male,soon\n", ("--date", "d", "--half-life", "2"), "is not of the form"),
        ("sex,level\nmale,cervical\n", (), "no case to learn from"),
        ("diagnosis,sex\nCapnom,male\n", (), "did you mean 'capnon'?"),
        ("diagnosis;sex,level\n", (), ""),
        ("diagnosis,sex\ncapnon,male\n", ("--fixed", "sexx"), "did you mean 'sex'?"),
        ("diagnosis,sex\ncapnon,male\n", ("--trust", "nan"), "not"),
        ("diagnosis,sex\ncapnon,male\n", ("-o", "new.net"), "a network that is written ends in"),
        ("diagnosis,sex\ncapnon,male\n", ("--without", "here"), "name one thing to learn from"),
    ],
)
def test_what_cannot_be_meant(
    run: Run, small_path: Path, tmp_path: Path, rows: str, options: tuple[str, ...], said: str
) -> None:
    table = tmp_path / "bad.csv"
    table.write_text(rows)
    done = run("learn", str(small_path), str(table), *options)
    assert done.exit_code == 2, done.stdout
    assert done.stderr.startswith("bayesdx: ")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_a_bad_row_is_left_out_and_named(run: Run, table: str, small_path: Path) -> None:
    lines = Path(table).read_text().splitlines()
    at = lines[0].split(",").index("sex")
    cells = lines[4].split(",")
    cells[at] = "neither"
    lines[4] = ",".join(cells)
    Path(table).write_text("\n".join(lines) + "\n")
    answer = json.loads(run("learn", str(small_path), table, "--json").stdout)
    assert answer["cases"] == 59
    assert answer["errors"][0]["line"] == 5
    assert "neither" in answer["errors"][0]["message"]


def test_worse_is_not_written(run: Run, table: str, small_path: Path, tmp_path: Path) -> None:
    """Diagnoses in another order have nothing to do with the findings."""
    lines = [line.split(",") for line in Path(table).read_text().splitlines()]
    at = lines[0].index("diagnosis")
    order = np.random.default_rng(0).permutation(len(lines) - 1)
    mixed = [lines[1 + i][at] for i in order]
    for line, diagnosis in zip(lines[1:], mixed, strict=True):
        line[at] = diagnosis
    Path(table).write_text("\n".join(map(",".join, lines)) + "\n")
    new = tmp_path / "new.json"
    done = run("learn", str(small_path), table, "-o", str(new))
    assert done.exit_code == 2
    assert "not written" in done.stderr
    assert "--anyway" in done.stderr
    assert not new.exists()
    assert run("learn", str(small_path), table, "-o", str(new), "--anyway").exit_code == 0
    assert new.exists()


def test_the_example_of_hugin_on_the_command_line(run: Run, tmp_path: Path) -> None:
    """(0.5, 0.5), ten patients' worth, and five times yes: (0.667, 0.333) and a count of 15."""
    bif, table, new = tmp_path / "one.bif", tmp_path / "five.csv", tmp_path / "new.json"
    bif.write_text(
        "network one {}\nvariable x { type discrete [2] { yes, no }; }\nprobability (x) { table 0.5, 0.5; }\n"
    )
    table.write_text("x\n" + "yes\n" * 5)
    assert run("learn", str(bif), str(table), "--prior-count", "10", "-o", str(new)).exit_code == 0
    learnt = read_network_file(new).network
    assert learnt.cpts["x"] == pytest.approx([2 / 3, 1 / 3], abs=1e-6)
    assert learnt.counts["x"].sum() == pytest.approx(15, abs=1e-5)


def test_copies_of_a_case_are_held_out_together(run: Run, table: str, small_path: Path, tmp_path: Path) -> None:
    """Five copies of each case do not make its score better than the case alone does, where the id tells them."""
    head, *rows = Path(table).read_text().splitlines()
    copied, losses = tmp_path / "copied.csv", []
    for name in ("id", "note"):
        five = (f"{row},patient {i}" for i, row in enumerate(rows[:25]) for _ in range(5))
        copied.write_text("\n".join([f"{head},{name}", *five]) + "\n")
        scores = json.loads(run("learn", str(small_path), str(copied), "--json").stdout)["held_out"]
        assert scores["n"] == 125
        losses.append(scores["log_loss_after"])
    assert losses[0] > 0.5 > losses[1]


def test_what_no_order_can_tell(run: Run, table: str, small_path: Path, tmp_path: Path) -> None:
    """Cases of one diagnosis are not called mixed up; cases of none are counted."""
    head, *rows = [line.split(",") for line in Path(table).read_text().splitlines()]
    at = head.index("diagnosis")
    alone = tmp_path / "alone.csv"
    same = [",".join([*row[:at], "capnon", *row[at + 1 :]]) for row in rows]
    alone.write_text("\n".join([",".join(head), *same]) + "\n")
    answer = json.loads(run("learn", str(small_path), str(alone), "--json").stdout)
    assert answer["held_out"]["unrelated_p"] is None
    assert "unrelated" not in answer["refused"]
    none = tmp_path / "none.csv"
    none.write_text("sex\nmale\nfemale\n")
    done = run("learn", str(small_path), str(none))
    assert done.exit_code == 2
    assert "none of 2 states 'diagnosis'" in done.stderr


def test_copies_of_one_case_alone(run: Run, small_path: Path, tmp_path: Path) -> None:
    """There is nothing to hold out."""
    table = tmp_path / "copies.csv"
    table.write_text("id,diagnosis,sex\n" + "a,capnon,male\n" * 25)
    done = run("learn", str(small_path), str(table), "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["held_out"] is None
    assert json.loads(done.stdout)["refused"] == ["together"]
    new = tmp_path / "new.json"
    done = run("learn", str(small_path), str(table), "-o", str(new))
    assert done.exit_code == 2
    assert done.stderr.endswith(
        "new.json: not written: nothing can be held out, because the proven cases are of fewer patients (by id) "
        "than --folds; --anyway writes it all the same\n"
    )
    assert "Not measured: the proven cases are of fewer patients than there are folds" in done.stdout
    assert not new.exists()
    assert run("learn", str(small_path), str(table), "-o", str(new), "--anyway").exit_code == 0
    assert new.exists()
