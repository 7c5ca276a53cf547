"""Proven tables of any size: the figures are those of cases one by one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats
from click.testing import CliRunner, Result
from cohort import two_variables

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.evaluate.numbers.figures import FIGURES, ScoredCase, calibration_error, evaluate
from bayesdx.analyses.evaluate.numbers.sums import _calibration_error, evaluation, sums_of
from bayesdx.batch import evaluate_cohort, processes
from bayesdx.batch.parts import Part, parts_of
from bayesdx.cli import main
from bayesdx.errors import InputError
from bayesdx.formats.proven_table import read_proven
from bayesdx.loading import load
from bayesdx.model import Model


@pytest.fixture(scope="module")
def model(small_path: Path) -> Model:
    return load(small_path)


def here(work: Callable[[Part], Any], parts: Sequence[Part]) -> Iterator[Any]:
    return map(work, parts)


def proven_cases(model: Model, n: int, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    network = model.network
    rows = []
    for i, case in enumerate(model.engine.sample({}, n, rng).tolist()):
        row: dict[str, Any] = {"id": f"p{i}"}
        for v in network.findings:
            row[v.id] = v.states[case[network.index[v.id]]] if rng.random() < 0.5 else None
        row["diagnosis"] = network.variables[0].states[case[0]]
        rows.append(row)
    rows[3]["diagnosis"] = "glioblastoma"  # which the network has no name for
    rows[7]["diagnosis"] = None
    rows[8]["diagnosis"] = "meningeoma"
    rows[9]["level"] = "lumbr"
    return rows


WRONG = {
    7: "no diagnosis",
    8: "'meningeoma' is not a state of 'diagnosis'; did you mean 'meningioma'?",
    9: "'lumbr'",
}


def scored(model: Model, rows: list[dict[str, Any]]) -> list[ScoredCase]:
    """The rows that are right, one query each."""
    cases = []
    for i, row in enumerate(rows):
        if i in WRONG:
            continue
        findings = {k: v for k, v in row.items() if k not in ("id", "diagnosis") and v is not None}
        posterior = model.engine.posterior(model.question({"findings": findings}).findings).probabilities
        states = model.network.variables[0].states
        truth = row["diagnosis"] if row["diagnosis"] in states else "other"
        cases.append(ScoredCase(row["id"], "small", truth, truth, states, posterior))
    return cases


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    """The rows in four forms: a file of each, and Parquet with a column of findings."""
    folder.mkdir()
    quarter = len(rows) // 4
    heads = list(rows[0])
    first, second, third, fourth = (rows[k * quarter : (k + 1) * quarter] for k in range(4))
    lines = [",".join(heads), *(",".join(row[head] or "" for head in heads) for row in first)]
    (folder / "a.csv").write_text("\n".join(lines))
    named = [
        {"id": row["id"], "findings": {k: v for k, v in row.items() if k != "id" and v is not None}}
        for row in second
    ]
    (folder / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in named))
    pq.write_table(pa.Table.from_pylist(third), folder / "c.parquet", quarter // 3)
    nested = [
        {"diagnosis": row["diagnosis"], "findings": {k: v for k, v in row.items() if k not in ("id", "diagnosis")}}
        for row in fourth
    ]
    pq.write_table(pa.Table.from_pylist(nested), folder / "d.parquet")


def test_figures_are_those_of_single_queries(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = proven_cases(model, 800, 1)
    write(tmp_path / "in", rows)
    expected = evaluate(scored(model, rows))
    monkeypatch.setattr("bayesdx.batch.evaluating.parts_of", partial(parts_of, size=60))
    found = evaluate_cohort(str(tmp_path / "in"), model, here)
    assert (found.n, found.left_out) == (expected.n, len(WRONG)) == (797, 3)
    assert found.confusion == expected.confusion
    assert [(row.diagnosis, row.n) for row in found.diagnoses] == [(r.diagnosis, r.n) for r in expected.diagnoses]
    for mine, theirs in zip(found.diagnoses, expected.diagnoses, strict=True):
        assert (mine.top1, mine.top3) == pytest.approx((theirs.top1, theirs.top3), rel=1e-12)
        assert mine.mean_probability == pytest.approx(theirs.mean_probability, rel=1e-9)
    for name in FIGURES[:4]:
        mine, theirs = found.figures[name], expected.figures[name]
        assert mine.value == pytest.approx(theirs.value, rel=1e-9), name
        width = theirs.interval[1] - theirs.interval[0]
        assert mine.interval == pytest.approx(theirs.interval, abs=0.1 * width), name
    assert found.figures[FIGURES[4]].value == pytest.approx(expected.figures[FIGURES[4]].value, abs=2e-3)
    assert found.figures[FIGURES[4]].interval == pytest.approx(expected.figures[FIGURES[4]].interval, abs=0.01)
    assert found.chance_calibration_error == pytest.approx(expected.chance_calibration_error, rel=0.05)
    again = evaluate_cohort(str(tmp_path / "in"), model, processes(2))
    assert again.to_dict() == found.to_dict()
    assert [row for _, row, _ in found.examples] == [9, 10, 11]  # the line of the head comes first
    for (_, _, message), said in zip(found.examples, WRONG.values(), strict=True):
        assert said in message


def test_blanks_around_the_names_of_columns(model: Model, tmp_path: Path) -> None:
    """Of all columns, that of the diagnosis, too; whatever the format."""
    rows = [row for i, row in enumerate(proven_cases(model, 60, 4)) if i not in WRONG]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table.rename_columns([f" {name} " for name in table.column_names]), tmp_path / "a.parquet")
    lines = [" , ".join(rows[0]), *(",".join(value or "" for value in row.values()) for row in rows)]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    expected = evaluate(scored(model, proven_cases(model, 60, 4)))
    for name in ("a.parquet", "a.csv"):
        found = evaluate_cohort(str(tmp_path / name), model, here)
        assert (found.n, found.left_out, found.confusion) == (expected.n, 0, expected.confusion)


PROVEN: list[tuple[tuple[str, ...], list[Any], dict[str, int]]] = [
    (("None", "Mild", "Severe"), ["None", None, None, "Mild", ""], {"None": 1, "Mild": 1}),
    (("None", "Mild", "Severe"), [None, "None", "Mild"], {"None": 1, "Mild": 1}),
    (("0", "1"), ["1", 1, 0, True, 1.5], {"1": 2, "0": 1}),
    (("false", "true"), [True, "true", False, 1], {"true": 2, "false": 1}),
    (("ill", "well"), [{"ill": 1}, {"ill": 0.5, "well": 0.5}, "not ill", ["ill"]], {"ill": 1, "well": 1}),
]


@pytest.mark.parametrize(("states", "told", "counts"), PROVEN)
def test_what_is_proven_is_what_is_learnt_from(
    tmp_path: Path, states: tuple[str, ...], told: list[Any], counts: dict[str, int]
) -> None:
    """Each cell is read for itself, by its type, as learning reads it: what is no state is a row that is wrong."""
    model, path = two_variables(states), tmp_path / "a.jsonl"
    rows = [{"f": "a"} if value is None else {"f": "a", "disease": value} for value in told]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = evaluate_cohort(str(path), model, here)
    assert {row.diagnosis: row.n for row in found.diagnoses} == counts
    assert found.left_out == len(told) - sum(counts.values())
    sample = read_proven(path, model.network, {}).sample
    hard = sample.codes[sample.codes[:, 0] >= 0, 0]
    assert dict(Counter(states[i] for i in hard)) == counts
    whole = [{"findings": row} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in whole))
    assert evaluate_cohort(str(path), model, here).confusion == found.confusion


def test_calibration_from_cells() -> None:
    """Probabilities in the middle of cells lose nothing by being counted."""
    rng = np.random.default_rng(2)
    most = (np.floor(1000 * rng.uniform(0.5, 0.999, 5000)) + 0.5) / 1000
    truth = (rng.random(5000) > most**2).astype(int)  # over-confident
    posterior = np.stack([most, 1 - most], axis=1)
    found = evaluation(sums_of(posterior, truth), ("a", "b"), 0, ())
    error = calibration_error(most, (truth == 0).astype(float))
    assert error > 0.1
    assert found.figures["calibration_error"].value == pytest.approx(error, rel=1e-9)
    assert found.chance_calibration_error < 0.1 * error


@pytest.mark.parametrize("n", [1, 2, 5, 7, 12, 23, 200])
def test_bins_are_those_of_the_cases_one_by_one(n: int) -> None:
    """Bins end at the quantiles of the leaders' probabilities, whether these are at hand or counted in cells."""
    rng = np.random.default_rng(n)
    for _ in range(30):
        most = (np.floor(1000 * rng.choice(rng.uniform(0.5, 0.999, 1 + n // 2), n)) + 0.5) / 1000  # some are equal
        truth = (rng.random(n) > most).astype(int)
        edges = np.quantile(most, [0.2, 0.4, 0.6, 0.8], method="lower")
        bins = (most[:, None] > edges).sum(axis=1)
        error = sum(abs((most - (truth == 0))[bins == k].sum()) for k in range(5)) / n
        assert calibration_error(most, (truth == 0).astype(float)) == pytest.approx(error, abs=1e-12)
        sums = sums_of(np.stack([most, 1 - most], axis=1), truth)
        mean = sums.mass / np.maximum(sums.cells.sum(axis=1), 1.0)
        assert _calibration_error(sums.cells, mean) == pytest.approx(error, abs=1e-9)


@pytest.mark.parametrize("right", [0, 1, 49, 50])
def test_intervals_of_shares(right: int) -> None:
    """Those of scipy, also where none or all are right; none of one case."""
    posterior = np.tile([0.7, 0.2, 0.1], (50, 1))
    truth = (np.arange(50) >= right).astype(int)
    found = evaluation(sums_of(posterior, truth), ("a", "b", "c"), 0, ())
    wilson = scipy.stats.binomtest(right, 50).proportion_ci(method="wilson")
    assert found.figures["top1"].interval == pytest.approx((wilson.low, wilson.high), abs=1e-4)
    assert found.figures["top3"].interval == pytest.approx((0.92865, 1.0), abs=1e-4)
    names = ("a", "b", "c")
    cases = [ScoredCase(str(i), "n", names[t], names[t], names, posterior[i]) for i, t in enumerate(truth)]
    one_by_one = evaluate(cases)
    for name in FIGURES[:2]:
        assert one_by_one.figures[name].interval == pytest.approx(found.figures[name].interval)
    alone = evaluation(sums_of(posterior[:1], truth[:1]), names, 0, ())
    assert {figure.interval for figure in alone.figures.values()} == {None}
    assert json.loads(json.dumps(alone.faced(ANALYSES["evaluate"]).to_dict()))["intervals"]["top1"] is None
    assert "–" not in alone.faced(ANALYSES["evaluate"]).text()


def test_ties_count_against_the_truth() -> None:
    found = evaluation(sums_of(np.array([[0.5, 0.5, 0.0]]), np.array([1])), ("a", "b", "c"), 0, ())
    assert (found.figures["top1"].value, found.figures["top3"].value) == (0.0, 1.0)
    assert found.figures["brier"].value == pytest.approx(0.5)
    assert found.figures["log_loss"].value == pytest.approx(np.log(2))


def test_a_file_that_cannot_be_read_is_known_before_others_are(model: Model, tmp_path: Path) -> None:
    write(tmp_path / "in", proven_cases(model, 40, 1))
    (tmp_path / "in" / "z.parquet").write_text("PAR1")
    read: list[str] = []

    def across(work: Callable[[Part], Any], parts: Sequence[Part]) -> Iterator[Any]:
        for part in parts:
            read.append(part.file)
            yield work(part)

    with pytest.raises(InputError, match=r"z\.parquet: is not a Parquet file"):
        evaluate_cohort(str(tmp_path / "in"), model, across)
    assert read == ["z.parquet"]


@pytest.fixture
def run(small_path: Path) -> Callable[..., Result]:
    options = ["-n", str(small_path)]
    return lambda *args: CliRunner().invoke(main, ["evaluate", *map(str, args), *options])


def test_help_says_which_network_scores_tables() -> None:
    for command in ("batch", "cohort"):
        said = " ".join(CliRunner().invoke(main, [command, "--help"]).stdout.split())
        assert "Default: spine." in said
        assert "chosen by the finding" not in said
    said = " ".join(CliRunner().invoke(main, ["evaluate", "--help"]).stdout.split())
    assert "Default: chosen by the finding 'level'; of tables spine." in said


def test_the_command(run: Callable[..., Result], model: Model, tmp_path: Path) -> None:
    write(tmp_path / "in", proven_cases(model, 400, 2))
    done = run(tmp_path / "in", "--workers", "1")
    assert done.exit_code == 0
    assert "397 cases with proven diagnoses" in done.stdout
    assert "95% interval" in done.stdout
    assert "a.csv: row 9: no diagnosis" in done.stdout
    told = json.loads(run(tmp_path / "in", "--workers", "1", "--json").stdout)
    assert (told["n"], told["left_out"], told["cases"]) == (397, 3, [])


COIN = """network coin {}
variable x { type discrete [2] { yes, no }; }
variable y { type discrete [2] { a, b }; }
probability (x) { table 0.5, 0.5; }
probability (y | x) { (yes) 0.9, 0.1; (no) 0.2, 0.8; }
"""


def test_the_target_of_a_network_file(tmp_path: Path) -> None:
    """P(yes | a) = 9/11 and P(no | b) = 8/9; a file that names no target says which option does."""
    (tmp_path / "coin.bif").write_text(COIN)
    table = tmp_path / "a.csv"
    table.write_text("x,y\nyes,a\nno,b\n")
    options = ["evaluate", str(table), "-n", str(tmp_path / "coin.bif"), "--workers", "1"]
    without = CliRunner().invoke(main, options)
    assert (without.exit_code, without.stdout) == (2, "")
    assert without.stderr.endswith("name the variable to ask for (--target)\n")
    told = json.loads(CliRunner().invoke(main, [*options, "--target", "x", "--json"]).stdout)
    assert told["n"] == 2
    assert told["log_loss"] == pytest.approx(-(np.log(9 / 11) + np.log(8 / 9)) / 2)


BAD = [
    (["x.csv", "--own-source"], "--own-source is for case files"),
    (["x.csv", "--compare"], "--compare is for case files"),
    (["x.csv", "--silence"], "--silence is for case files"),
    (["x.csv", "--no-silence"], "--no-silence is for case files"),
    (["x.yaml", "--target", "level"], "--target is for tables: a case file states the 'diagnosis'"),
    (["x.yaml", "--workers", "2"], "--workers and --on are for tables"),
    (["x.csv", "--workers", "1"], "no case to evaluate; x.csv: row 2: no diagnosis; evaluate needs the proven one"),
    (["none.csv", "--workers", "1"], "none.csv: no such file or folder"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("level\nlumbar\n")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"bayesdx: {message}")
    assert done.stderr.count("\n") == 1
