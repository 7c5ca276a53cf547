"""The summary of a cohort: its sums are those of single answers, and it tells drift from chance."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats
from click.testing import CliRunner, Result
from cohort import drawn_cases, two_variables, write_cohort
from jsonschema import Draft202012Validator

import bayesdx
from bayesdx.analyses.profile.document import as_json, html, markdown
from bayesdx.analyses.profile.numbers.tests import chance, chi_square, classes_of, effect, holm
from bayesdx.analyses.profile.sentences import counted, warnings
from bayesdx.batch import processes, profile_cohort
from bayesdx.batch.parts import Part, parts_of
from bayesdx.batch.profiling import month_of
from bayesdx.cli import main
from bayesdx.errors import InputError
from bayesdx.loading import load
from bayesdx.model import Model

SCHEMA = json.loads((Path(bayesdx.__file__).parent / "analyses" / "profile" / "schema.json").read_text())


@pytest.fixture(scope="module")
def model(small_path: Path) -> Model:
    return load(small_path)


def here(work: Callable[[Part], Any], parts: Sequence[Part]) -> Iterator[Any]:
    return map(work, parts)


def table_of(path: Path, rows: Sequence[dict[str, Any]]) -> str:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def network_cases(model: Model, n: int, stated: float, seed: int = 1) -> list[dict[str, Any]]:
    """Cases that the network draws, findings missing at random."""
    rng = np.random.default_rng(seed)
    drawn = model.engine.sample({}, n, rng)
    columns = [(v, model.network.index[v.id]) for v in model.network.findings]
    return [
        {v.id: v.states[row[i]] if rng.random() < stated else None for v, i in columns} for row in drawn.tolist()
    ]


def test_sums_are_those_of_single_answers(model: Model, tmp_path: Path) -> None:
    rows = drawn_cases(model.network, 150)
    for i, row in enumerate(rows):
        row["seen"] = f"2026-0{1 + i % 3}-11" if i % 10 else "last week"
    found = profile_cohort(table_of(tmp_path / "a.csv", rows), model, "seen", here)
    engine = model.engine
    # a binary finding that is 'not' one state is certain
    binary = {v.id for v in model.network.findings if v.cardinality == 2}
    posteriors, likely, months, left_out = [], [], [], 0
    stated: Counter[str] = Counter()
    for row in rows:
        findings = {k: v for k, v in row.items() if k not in ("id", "seen") and v is not None}
        try:
            question = model.question({"findings": findings})
            posteriors.append(engine.posterior(question.findings).probabilities)
        except InputError:
            left_out += 1
            continue
        months.append(row["seen"][:7] if row["seen"].startswith("2026") else None)
        stated.update(list(findings))
        if findings and all(k in binary or not str(value).startswith("not ") for k, value in findings.items()):
            likely.append(engine.log_likelihood(question.findings))
    mean = np.mean(posteriors, axis=0)
    names = model.network.variable("diagnosis").states
    leaders = Counter(names[int(p.argmax())] for p in posteriors)
    assert (found.cases, found.left_out) == (len(posteriors), left_out)
    assert {one.diagnosis: one.probability for one in found.mix} == pytest.approx(
        dict(zip(names, mean, strict=True))
    )
    assert {one.diagnosis: one.leads * found.cases for one in found.mix} == pytest.approx(
        {name: float(leaders[name]) for name in names}
    )
    error = np.std(posteriors, axis=0, ddof=1) / np.sqrt(len(posteriors))
    first = found.mix[0]
    assert first.interval[1] - first.probability == pytest.approx(1.96 * error[names.index(first.diagnosis)])
    assert {one.finding: (1 - one.missing) * found.cases for one in found.stated} == pytest.approx(dict(stated))
    assert all(not one.uncertain for one in found.stated if one.finding in binary)
    assert {one.month: one.cases for one in found.months} == Counter(filter(None, months))
    assert found.undated == months.count(None)
    assert found.fit is not None
    assert found.fit.cases == len(likely)
    assert found.fit.log_likelihood == pytest.approx(float(np.mean(likely)), rel=1e-9)


def test_log_likelihood_and_what_is_expected(model: Model, tmp_path: Path) -> None:
    """Of one finding the expected log-likelihood is minus its entropy; of cases it is a mean of logarithms."""
    rows = [{"mr_t2_signal": row["mr_t2_signal"]} for row in network_cases(model, 4000, 1.0)]
    shares = model.engine.marginals({}).probabilities["mr_t2_signal"]
    fit = profile_cohort(table_of(tmp_path / "a.csv", rows), model, None, here).fit
    assert fit is not None
    assert fit.expected_log_likelihood == pytest.approx(float(shares @ np.log(shares)), abs=5 * fit.gap[1])
    states = model.network.variable("mr_t2_signal").states
    own = np.mean([np.log(shares[states.index(row["mr_t2_signal"])]) for row in rows])
    assert fit.log_likelihood == pytest.approx(own, rel=1e-9)
    assert 0 < fit.gap[1] < 0.05


def test_a_cohort_of_the_network_does_not_drift(model: Model, tmp_path: Path) -> None:
    rows = network_cases(model, 6000, 0.6)
    for i, row in enumerate(rows):
        row["seen"] = f"2026-{1 + i % 6:02}"
    found = profile_cohort(table_of(tmp_path / "a.csv", rows), model, "seen", here)
    assert not any(one.told for one in found.drifts)
    assert len(found.drifts) == 7 * len(model.network.findings)
    assert 0.1 < np.mean([one.chance < 0.5 for one in found.drifts]) < 0.6
    assert found.fit is not None
    assert abs(found.fit.gap[0]) < 4 * found.fit.gap[1]
    assert found.fit.unusual == pytest.approx(found.fit.expected_unusual, abs=0.01)
    for one in found.mix:
        assert abs(one.probability - one.prior) < 2 * (one.interval[1] - one.probability)


def test_what_changes_is_told_in_its_months(model: Model, tmp_path: Path) -> None:
    rows = network_cases(model, 3000, 0.6)
    for i, row in enumerate(rows):
        row["seen"] = f"2026-{1 + i // 500:02}"
        if i >= 2000 and row["mr_t2_signal"]:
            row["mr_t2_signal"] = "mixed"
    found = profile_cohort(table_of(tmp_path / "a.csv", rows), model, "seen", here)
    told = [(one.finding, one.month) for one in found.drifts if one.told]
    assert set(told) == {("mr_t2_signal", "2026-05"), ("mr_t2_signal", "2026-06"), ("mr_t2_signal", None)}
    assert told[-1] == ("mr_t2_signal", None)  # the strongest first


@pytest.mark.parametrize("target", ["diagnosis", "disease"])
def test_what_was_proven_is_not_used(tmp_path: Path, target: str) -> None:
    """Whatever the target is called, and wherever it stands: the rows are those without it."""
    model, proven = two_variables(("ill", "well"), target), ["ill", "well", "no state"]
    plain = [{"f": state} for state in ("a", "b", "b")]
    rows = [{**row, target: state} for row, state in zip(plain, proven, strict=True)]
    expected = profile_cohort(table_of(tmp_path / "plain.csv", plain), model, None, here)
    assert expected.cases == 3
    lines = [rows[0], {"findings": rows[1]}, {"findings": {"f": "b"}, target: "no state"}]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    pq.write_table(pa.Table.from_pylist([{"findings": row} for row in rows]), tmp_path / "d.parquet")
    for path in (table_of(tmp_path / "a.csv", rows), *map(str, sorted(tmp_path.glob("[bcd].*")))):
        found = profile_cohort(path, model, None, here)
        assert (found.cases, found.left_out, found.stated) == (3, 0, expected.stated)
        assert found.mix == expected.mix


def test_parts_and_processes_add_up(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the format and the parts, counts are the same; whatever the processes, all is."""
    write_cohort(tmp_path / "in", model.network, 300)
    monkeypatch.setattr("bayesdx.batch.profiling.parts_of", partial(parts_of, size=100))
    apart = profile_cohort(str(tmp_path / "in"), model, None, processes(2))
    rows = [case for seed in (1, 2, 3) for case in drawn_cases(model.network, 300, seed)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "all.parquet")
    whole = profile_cohort(str(tmp_path / "all.parquet"), model, None, here)
    assert apart.left_out == whole.left_out + 2  # the two lines that are no cases
    assert apart.stated == whole.stated
    assert apart.drifts == whole.drifts
    assert [one.probability for one in apart.mix] == pytest.approx(
        [one.probability for one in whole.mix], rel=1e-12
    )
    again = profile_cohort(str(tmp_path / "in"), model, None, here)
    assert again.to_dict() == apart.to_dict()


def test_one_month_is_not_compared_twice(model: Model, tmp_path: Path) -> None:
    rows = network_cases(model, 300, 0.8)
    plain = profile_cohort(table_of(tmp_path / "a.csv", rows), model, None, here)
    dated = table_of(tmp_path / "b.csv", [{**row, "seen": "2026-01"} for row in rows])
    found = profile_cohort(dated, model, "seen", here)
    assert [one.month for one in found.months] == ["2026-01"]
    assert found.drifts == plain.drifts
    assert len(found.drifts) > 5
    rows[0]["seen"] = "unknown"  # a case more in all than in the month
    again = table_of(tmp_path / "c.csv", [{"seen": "2026-01", **row} for row in rows])
    assert len(profile_cohort(again, model, "seen", here).drifts) == 2 * len(found.drifts)


def test_one_month_says_which_findings_drift(model: Model, tmp_path: Path) -> None:
    rows = network_cases(model, 1000, 0.6)
    for row in rows:
        row["seen"] = "2026-01"
        row["mr_t2_signal"] = "mixed"
    found = profile_cohort(table_of(tmp_path / "a.csv", rows), model, "seen", here)
    told = sum(one.told for one in found.drifts)
    assert told > 0
    (month,) = (line.split() for line in found.text().splitlines() if line.strip().startswith("2026-01"))
    assert month[-1] == str(told)
    rows[0]["seen"] = "unknown"
    again = profile_cohort(table_of(tmp_path / "b.csv", rows), model, "seen", here)
    own = sum(one.told for one in again.drifts if one.month == "2026-01")
    shown = [line.split() for line in again.text().split("Drift of the findings")[0].splitlines()]
    assert [line[-1] for line in shown if line[:1] == ["2026-01"]] == [str(own)]


def test_months_in_every_form(model: Model, tmp_path: Path) -> None:
    right = ["2025-11-28", " 2025-11 ", "2025-11-28T10:00", "2025-11-28 10:00:00+02:00", "2025-11-28T10:00:00.5Z"]
    right += [datetime(2025, 11, 28, 10), date(2025, 11, 28)]
    wrong = [
        "2026-02-30",
        "2026-13",
        "2026",
        "",
        "28.11.2026",
        "2025-11-28T",
        "2025-11-28 noon",
        "٢٠٢٥-١١",
        None,
        2025,
    ]
    assert [month_of(value) for value in right] == ["2025-11"] * len(right)
    assert [month_of(value) for value in [*wrong, "9999-12-31", date(9999, 12, 31)]] == [""] * (len(wrong) + 2)
    rows = [{"level": "cervical"}] * 3
    lines = [{"findings": row, "seen": day} for row, day in zip(rows, ["2026-11-28", "2026-10", None], strict=True)]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    stamps = pa.array([1764288000, 1761955200, None], pa.timestamp("s", "UTC"))
    pq.write_table(pa.table({"level": ["cervical"] * 3, "seen": stamps}), tmp_path / "a.parquet")
    for name, months in (("a.jsonl", ["2026-10", "2026-11"]), ("a.parquet", ["2025-11"])):
        found = profile_cohort(str(tmp_path / name), model, "seen", here)
        assert [one.month for one in found.months] == months
        assert found.undated == 1


def test_months_without_cases_have_their_place(tmp_path: Path) -> None:
    """Seven months from the first to the last, of which three have cases: the last is at the end of the axis."""
    model = two_variables(("ill", "well"))
    rows = [{"f": "a", "seen": f"2025-{month}-01"} for month in ("08", "09") * 3]
    rows += [{"f": "b", "seen": "2026-02-03"}, {"f": "b", "seen": "9999-12-31"}]
    found = profile_cohort(table_of(tmp_path / "a.csv", rows), model, "seen", here)
    assert [(one.month, one.cases) for one in found.months] == [("2025-08", 3), ("2025-09", 3), ("2026-02", 1)]
    assert found.undated == 1
    assert counted(found) == "8 cases; 1 without a past date in 'seen'"
    at = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', html(found))[:3]]
    assert (at[1] - at[0]) / (at[2] - at[0]) == pytest.approx(1 / 6, abs=0.01)


def test_a_date_is_no_part_of_a_case(model: Model, tmp_path: Path) -> None:
    """A column that is like the name of a finding is dated by, and not taken for a misspelling, in every form."""
    row = {"level": "cervical", "mr_t2_signals": "2026-01-05"}
    table_of(tmp_path / "a.csv", [row])
    (tmp_path / "b.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "c.jsonl").write_text(json.dumps({"findings": {"level": "cervical"}, "mr_t2_signals": "2026-01"}))
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "d.parquet")
    for path in sorted(tmp_path.iterdir()):
        found = profile_cohort(str(path), model, "mr_t2_signals", here)
        assert (found.cases, found.left_out, [one.month for one in found.months]) == (1, 0, ["2026-01"])


def test_too_many_months_in_any_number_of_parts(model: Model, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for start in (1000, 1070):
        days = [f"{year}-{month:02}" for year in range(start, start + 70) for month in range(1, 13)]
        table_of(tmp_path / "in" / f"{start}.csv", [{"level": "lumbar", "seen": day} for day in days])
        assert len(profile_cohort(str(tmp_path / "in" / f"{start}.csv"), model, "seen", here).months) == 840
    with pytest.raises(InputError, match=r"more than 1,200 months: is it a column of dates\?"):
        profile_cohort(str(tmp_path / "in"), model, "seen", here)


def test_a_column_that_is_missing_is_said_before_anything_is_counted(model: Model, tmp_path: Path) -> None:
    def never(work: Callable[[Part], Any], parts: Sequence[Part]) -> Iterator[Any]:
        raise AssertionError

    table_of(tmp_path / "a.csv", [{"level": "lumbar", "seen": "2026-01"}])
    pq.write_table(pa.table({"level": ["lumbar"]}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"no table has the column 'sean'; did you mean 'seen'\?"):
        profile_cohort(str(tmp_path), model, "sean", never)
    (tmp_path / "c.jsonl").write_text('{"level": "lumbar"}\n' * 9000 + '{"level": "lumbar", "sean": "2026-02"}\n')
    assert [one.month for one in profile_cohort(str(tmp_path), model, "sean", here).months] == ["2026-02"]
    with pytest.raises(InputError, match=r"no table has the column 'sea'; did you mean 'sean'\?"):
        profile_cohort(str(tmp_path), model, "sea", here)


def test_one_case_has_no_intervals(tmp_path: Path) -> None:
    found = profile_cohort(table_of(tmp_path / "a.csv", [{"f": "a"}]), two_variables(("ill", "well")), None, here)
    assert [one.interval for one in found.mix] == [None, None]
    assert found.fit is not None
    assert found.fit.gap[1] is None
    Draft202012Validator(SCHEMA).validate(json.loads(as_json(found)))
    assert "±" not in found.text()
    assert "–" not in markdown(found).split("## Are the findings")[0]
    assert "<svg" in html(found)


def test_one_row_is_one() -> None:
    result = SimpleNamespace(cases=1, left_out=1, undated=0, examples=())
    assert counted(result) == "1 case; 1 row is wrong and left out"
    assert warnings(result) == ("… 1 more row that is wrong",)
    result = SimpleNamespace(cases=2, left_out=2, undated=0, examples=())
    assert counted(result) == "2 cases; 2 rows are wrong and left out"
    assert warnings(result) == ("… 2 more rows that are wrong",)


def test_classes() -> None:
    seen, shares = np.array([30.0, 50.0, 20.0]), np.array([0.25, 0.5, 0.25])
    expected = scipy.stats.chisquare(seen, 100 * shares)
    assert len(classes_of(seen, shares)[0]) == 3
    assert chi_square(*classes_of(seen, shares)) == pytest.approx(expected.statistic)
    # 2 and 2 expected: neither alone nor together a class, so they join the next
    seen, shares = np.array([4.0, 0.0, 26.0, 70.0]), np.array([0.02, 0.02, 0.36, 0.6])
    pooled = scipy.stats.chisquare([30.0, 70.0], [40.0, 60.0])
    assert chi_square(*classes_of(seen, shares)) == pytest.approx(pooled.statistic)
    # 4 expected of each: two and two, and what is left joins the last
    joined = classes_of(np.array([1.0, 2.0, 3.0, 6.0, 8.0]), np.full(5, 0.2))
    assert [one.tolist() for one in joined] == [[3.0, 17.0], pytest.approx([0.4, 0.6])]
    assert len(classes_of(np.array([4.0, 3.0]), np.array([0.5, 0.5]))[0]) == 1
    assert effect(12.0, 2, 1000.0) == pytest.approx(0.1)
    assert effect(1.0, 2, 1000.0) == 0.0


@pytest.mark.parametrize(("n", "share"), [(1, 0.3), (12, 0.5), (25, 0.04), (400, 0.013), (100000, 1e-4)])
def test_the_chance_of_two_classes_is_binomial(n: int, share: float) -> None:
    counts = np.arange(n + 1)
    mass = scipy.stats.binom.pmf(counts, n, share)
    far = np.abs(counts - n * share)
    for seen in {0, 1, n // 20, n // 3, n, *range(min(n, 30))}:
        p = chance(np.array([seen, n - seen], dtype=float), np.array([share, 1 - share]))
        assert p == pytest.approx(mass[far >= far[seen] - 1e-9 * n].sum(), rel=1e-6, abs=1e-300)
    if share == 0.5:
        assert chance(np.array([2.0, 10.0]), np.full(2, 0.5)) == pytest.approx(scipy.stats.binomtest(2, 12).pvalue)


@pytest.mark.parametrize("shares", [[0.2, 0.3, 0.5], [0.01, 0.04, 0.15, 0.8], [0.05, 0.95]])
def test_a_chance_is_no_smaller_than_it_says(shares: list[float]) -> None:
    """Over all outcomes of 14 cases: P(chance <= a) <= a, by enumeration."""
    n, given = 14, np.array(shares)
    outcomes = [o for o in itertools.product(range(n + 1), repeat=len(shares)) if sum(o) == n]
    mass = scipy.stats.multinomial.pmf(outcomes, n, given)
    chances = np.array([chance(np.array(o, dtype=float), given) for o in outcomes])
    for a in np.unique(chances)[:40]:
        assert mass[chances <= a].sum() <= a * (1 + 1e-9)
    assert mass[chances < 0.05].sum() > 0.001


def test_cohorts_of_the_network_rarely_drift() -> None:
    """Of 960 comparisons, of states that are rare, one or more stand in no more than 5% of the cohorts."""
    rng = np.random.default_rng(1)
    share = np.array([0.05, 0.95])
    told, by_chi_square = 0, 0
    for _ in range(60):
        seen = rng.multinomial(120, share, 960).astype(float)
        told += min(holm([chance(one, share) for one in seen])) < 0.05
        likely = scipy.stats.chisquare(seen, 120 * share, axis=1).pvalue
        by_chi_square += min(holm(likely.tolist())) < 0.05
    assert told <= scipy.stats.binom.ppf(0.999, 60, 0.05)
    assert by_chi_square > scipy.stats.binom.ppf(0.999, 60, 0.05)  # this test can tell


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@pytest.fixture
def run(small_path: Path) -> Callable[..., Result]:
    return lambda *args: CliRunner().invoke(
        main, ["cohort", *map(str, args), "-n", str(small_path), "--workers", "1"]
    )


def test_the_command(run: Callable[..., Result], model: Model, tmp_path: Path) -> None:
    rows = network_cases(model, 900, 0.6)
    for i, row in enumerate(rows):
        row["seen"] = f"2026-{1 + i // 300:02}"
        if i >= 600 and row["mr_t2_signal"]:
            row["mr_t2_signal"] = "mixed"
    table = table_of(tmp_path / "a.csv", [*rows, {**rows[0], "level": "lumbr"}])
    for ending in ("html", "md", "json"):
        done = run(table, "--date", "seen", "-o", tmp_path / f"page.{ending}")
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr == f"summary of 900 cases written to {tmp_path}/page.{ending}\n"
    page, words = (tmp_path / "page.html").read_text(), (tmp_path / "page.md").read_text()
    assert page.count("<polyline") == 2 * (5 + 1 + 1)  # five diagnoses, unusual findings, one finding that drifts
    assert "T2 signal: mixed" in page
    assert "a.csv: row 902: &#x27;lumbr&#x27; is not a state" in page
    assert "| T2 signal | 2026-03 |" in words
    printed = run(table, "--date", "seen", "--json")
    assert json.loads(printed.stdout) == json.loads((tmp_path / "page.json").read_text())
    shown = run(table).stdout
    assert "Case mix" in shown
    assert "Month by month" not in shown


BAD = [
    (["x.csv", "-o", "x.pdf"], "x.pdf: the summary of a cohort ends in .html, .md, .json"),
    (["x.csv", "--date", "sean"], "x.csv: no table has the column 'sean'; did you mean 'seen'?"),
    (["x.csv", "--date", "level"], "'level' is a variable of network 'small', no date of a case"),
    (["x.csv", "--date", "age"], "'age' is a finding of network 'small', no date of a case"),
    (["x.csv", "--date", "source_row"], "x.csv: no table has the column 'source_row'"),
    (["wrong.csv"], "wrong.csv: no case to summarise; wrong.csv: row 2: 'lumbr' is not a state of 'level'"),
    (["none"], "none: no such file or folder"),
    (["x.csv", "--on", "spark"], "--workers is for this machine"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input_is_one_line(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.csv").write_text("level,seen\nlumbar,2026-01\n")
    Path("wrong.csv").write_text("level\nlumbr\n")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"bayesdx: {message}")
    assert done.stderr.count("\n") == 1
    assert not Path("x.pdf").exists()
