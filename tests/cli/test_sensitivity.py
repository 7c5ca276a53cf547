"""``bayesdx sensitivity``: text, JSON, plots and bad input."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import click
import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner, Result

import bayesdx
from bayesdx.analyses.sensitivity.numbers.literature import Origin
from bayesdx.analyses.sensitivity.sentences import carrying, in_short, origin_summary, unsourced
from bayesdx.case import case_from_mapping
from bayesdx.cli import main
from bayesdx.data import data_path
from bayesdx.inference import compile_network
from bayesdx.words.parameters import describe

Run = Callable[..., Result]
Refused = Callable[..., str]
CASE = ("-f", "level=cervical", "-f", "mr_t2_signal=hyper", "-f", "ct_calcification=present", "--sex", "male")
SCHEMA = Path(bayesdx.__file__).parent / "analyses" / "sensitivity" / "schema.json"


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    result = run("sensitivity", *CASE, "--draws", "300", "--json", *arguments)
    answer: dict[str, Any] = json.loads(result.stdout)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(answer)
    return answer


def test_json(run: Run, data: Path) -> None:
    answer = ask(run, "--require", "capnon >= 0.5", "--require", "capnon >= 2 * meningioma")
    model = bayesdx.load(data / "networks" / "spine.json")
    case = case_from_mapping(
        {"sex": "male", "findings": {"level": "cervical", "mr_t2_signal": "hyper", "ct_calcification": "present"}}
    )
    posterior = {row.diagnosis: row.probability for row in model.query(case).posterior}
    for row in answer["posterior"]:
        assert row["probability"] == pytest.approx(posterior[row["diagnosis"]])
    leader = answer["posterior"][0]["diagnosis"]
    assert sum(row["leads"] for row in answer["posterior"]) == pytest.approx(1)
    for bar in answer["tornado"][:5]:
        assert bar["at_low"].keys() == posterior.keys()
        assert sum(bar["at_high"].values()) == pytest.approx(1)
    for parameter in answer["parameters"][:5]:
        f, x = parameter["function"]["up"], parameter["value"]
        value = (f["a"][leader] * x + f["b"][leader]) / (f["c"] * x + f["d"])
        assert value == pytest.approx(posterior[leader])
        low, high = parameter["posterior_range"]
        assert low <= value <= high
    assert [one["constraint"] for one in answer["constraints"]] == ["capnon >= 0.5", "capnon >= 2 * meningioma"]
    for one in answer["constraints"]:
        for change in one["changes"][:2]:
            assert abs(change["log_odds"]) <= change["distance"] + 1e-9


def test_change_does_what_it_says(run: Run, data: Path) -> None:
    """The first proposed change, written into the network file's CPT."""
    answer = ask(run)
    change = answer["leader_changes"][0]
    model = bayesdx.load(data / "networks" / "spine.json")
    network = model.network
    table = np.array(network.cpts[change["variable"]])
    at = tuple(network.variable(p).state_index(change["given"][p]) for p in network.parents[change["variable"]])
    state = network.variable(change["variable"]).state_index(change["state"])
    row, others = table[at], np.arange(table.shape[-1]) != state
    row[others] *= (1 - change["new_value"]) / (1 - row[state])
    row[state] = change["new_value"]
    question = model.question(
        {"sex": "male", "findings": dict(part.split("=") for part in CASE[1::2] if "=" in part)}
    )
    changed = compile_network(network.with_cpts({change["variable"]: table})).posterior(question.findings)
    first, second = np.sort(changed.probabilities)[::-1][:2]
    assert first == pytest.approx(second, abs=1e-9)


def test_text(run: Run) -> None:
    result = run("sensitivity", *CASE, "--draws", "300", "--require", "capnon >= 0.9", "--top", "4")
    lines = result.stdout.splitlines()
    assert max(len(click.unstyle(line)) for line in lines) <= 100
    for title in ("In short", "Which numbers matter", "Smallest change", "P(capnon) >= 0.9", "Prior sets", "study"):
        assert title in result.stdout
    assert lines[-1] == "For research and education; not a medical device."


def test_of_a_prior_alone_nothing_is_said_that_findings_would_have_to_say(data: Path) -> None:
    said = in_short(bayesdx.load(data / "networks" / "spine.json").sensitivity({"findings": {}}, draws=300))
    assert said[0].startswith("No finding is stated: this is the prior alone")
    assert not [word for word in ("draws", "unless", "off by") if word in " ".join(said)]


def test_sentences_are_true(data: Path) -> None:
    """The leader stays just before the stated factor of rarity, and the named one leads just after."""
    model = bayesdx.load(data / "networks" / "spine.json")
    case = {"findings": {"level": "cervical", "mr_t2_signal": "hyper", "ct_calcification": "present"}}
    result = model.sensitivity(case, draws=300)
    text = " ".join(in_short(result))
    stated = re.search(r"(\w+) leads unless it is more than ([\d.]+) times rarer .*?; then (\w+) leads", text)
    assert stated is not None
    prior = np.array(model.network.cpts["diagnosis"])
    leader = result.leader
    factor = 1 / (result.priors[0].break_even or 1)
    level = result.priors[0].break_even_prior
    assert level == pytest.approx(prior[leader] / factor / (1 - prior[leader] + prior[leader] / factor))
    assert float(stated[2]) == pytest.approx(prior[leader] / level, rel=0.06)
    for ratio, expected in ((factor * 0.999, leader), (factor * 1.001, result.priors[0].rival)):
        weights = prior.copy()
        weights[leader] /= ratio
        network = model.network.with_cpts({"diagnosis": weights / weights.sum()})
        found = compile_network(network).posterior(model.question(case).findings)
        assert int(found.probabilities.argmax()) == expected
    assert stated[3] in model.network.variable("diagnosis").state_label(result.priors[0].rival or 0).lower()


def test_notebook(data: Path) -> None:
    result = bayesdx.load(data / "networks" / "spine.json").sensitivity({"sex": "male"}, draws=100)
    html = result._repr_html_()
    assert all(f"<li>{escape(line)}</li>" in html for line in in_short(result))
    assert str(result.__rich__()) == click.unstyle(str(result))


@pytest.mark.parametrize("covariation", ["uniform", "order-preserving"])
def test_options(run: Run, covariation: str) -> None:
    answer = ask(run, "--covariation", covariation, "--range", "20%", "--seed", "3", "--leave-out", "0", "--all")
    assert answer["covariation"] == covariation
    assert answer["range"] == "±20%"
    assert answer["seed"] == 3
    assert answer["robustness"]["leave_one_out"] is None
    assert len(answer["parameters"]) > 50
    assert ask(run, "--seed", "3")["posterior"] == ask(run, "--seed", "3")["posterior"]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots(run: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"figure.{ending}"
    run("sensitivity", *CASE, "--draws", "300", "--plot", str(path))
    content = path.read_bytes()
    assert content[:4] in (b"\x89PNG", b"<?xm", b"%PDF")
    if ending == "svg":
        assert b"Sensitivity functions" in content
        width = re.search(rb'width="([\d.]+)pt"', content)
        assert width is not None
        assert 85 <= float(width[1]) / 72 * 25.4 <= 90


def test_one_panel(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "ranks.svg"
    run("sensitivity", *CASE, "--draws", "300", "--plot", str(path), "--panel", "ranks")
    assert b"Rank under" in path.read_bytes()
    assert b"Sensitivity functions" not in path.read_bytes()


def test_network_file_without_counts(run: Run, tmp_path: Path) -> None:
    """A BIF file: no literature, no intervals, a target with a parent; everything else is there."""
    from example_networks import example_network

    from bayesdx.formats.convert import interchange_text

    path = tmp_path / "asia.bif"
    path.write_text(interchange_text(example_network("asia"), "bif"))
    arguments = ("--network", str(path), "--target", "lung", "-f", "xray=yes", "-f", "dysp=yes", "--draws", "200")
    text = run("sensitivity", *arguments, "--plot", str(tmp_path / "asia.png")).stdout
    assert "the network holds no counts" in text
    answer = json.loads(run("sensitivity", *arguments, "--range", "0.1-0.9", "--json").stdout)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(answer)
    assert answer["tornado"]
    assert answer["importance"]["groups"] == []
    assert answer["robustness"]["worst_case"]["kind"] == "exact"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--require", "capnom >= 0.5"), "did you mean 'capnon'"),
        (("--require", "capnon"), "cannot be read"),
        (("--range", "wide"), "range 'wide' cannot be used"),
        (("--range", "-5%"), "range '-5%' cannot be used"),
        (("--panel", "ranks"), "--panel needs --plot"),
        (("--covariation", "unifrm"), "did you mean 'uniform'"),
        (("--draws", "3"), "3"),
        (("--plot", "figure.gif"), "a plot ends in .png, .svg, .pdf"),
        (("--plot", "nowhere/figure.png"), "there is no folder 'nowhere'"),
        (("--plot", "figure.png", "--panel", "tornade"), "did you mean 'tornado'"),
        (("-f", "margin=ill"), "margin"),
    ],
)
def test_bad_input(refused: Refused, arguments: tuple[str, ...], message: str) -> None:
    assert message in refused("sensitivity", *CASE, *arguments)


def test_plots_without_matplotlib(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    assert "pip install 'bayesdx[plots]'" in refused("sensitivity", *CASE, "--plot", "figure.png")


@functools.cache
def asked(case: str) -> str:
    """The page about a development case."""
    cases = str(data_path("priors", "cases", "development.yaml"))
    arguments = ["sensitivity", cases, "--case", case, "--draws", "2000"]
    result = CliRunner().invoke(main, arguments, prog_name="bayesdx")
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_equal_columns_are_one(data: Path) -> None:
    """Where studies differ so much that 20, 50 and 100 lesions count alike, one column says it."""
    page = " ".join(asked("crira2018_mcs21").split())
    assert re.search(r"One study of 20, 50 or 100 lesions counts as [\d.]+, [\d.]+ or [\d.]+ lesions here", page)
    case = {"findings": {"level": "cervical", "mr_t2_signal": "hyper", "ct_calcification": "present"}}
    result = bayesdx.load(data / "networks" / "spine.json").sensitivity(case, draws=100)
    alike = replace(result, importance=replace(result.importance, effective=(1.39, 1.41, 1.42)))
    page = click.unstyle(alike.text())
    assert re.search(r"^known exactly; at most, after so many lesions +exactly +20–100$", page, re.M)
    assert "One study of 20, 50 or 100 lesions counts as 1.4 lesions here" in page


@pytest.mark.parametrize("case", ["thakur2019", "medicina2022_mo18"])
def test_shares_have_one_rounding(case: str) -> None:
    page = asked(case)
    assert "±0.0%" not in page
    assert "100.0%" not in page
    assert not re.search(r"(?<![\d.])0\.0%", page)


def test_the_summary_says_on_how_little_the_largest_bar_rests() -> None:
    page = " ".join(asked("crira2018_mcs21").split())
    number = "symptom duration: subacute (2 weeks to 3 months) in solitary fibrous tumour (haemangiopericytoma)"
    assert f"The number that moves the answer most, {number}, rests on one published case." in page
    assert "The number that moves the answer most" not in asked("hughes2003")


@pytest.mark.parametrize(
    ("origin", "summary", "largest"),
    [
        (Origin(), "no source: the average of all diagnoses", "is given by no source and is the average"),
        (Origin(about=2), "no source on this state; 2 sources on others", "is given by no source: those on"),
        (Origin("forms"), "shares of forms: few sources count them", "is one that few sources count"),
        (Origin("unusual"), "assumed: how often the picture", "is an assumption: no source counts how often"),
        (
            Origin(assumptions=("definition",)),
            "no source: the average",
            "is given by no source but by the definition",
        ),
        (Origin(lesions=(1, 1), counting=1), "one published case", "rests on one published case"),
        (
            Origin(lesions=(0, 1), counting=1),
            "one published case, which does not show it",
            "rests on one published",
        ),
        (Origin(lesions=(3, 8), counting=2), "3 of 8 lesions in 2 sources", None),
        (Origin(worded=1), "1 source without counts", None),
    ],
)
def test_what_a_number_rests_on(origin: Origin, summary: str, largest: str | None) -> None:
    assert origin_summary(origin).startswith(summary)
    said = unsourced(origin)
    assert said is None if largest is None else (said or "").startswith(largest)


def test_prior_sets_and_publications_read_straight() -> None:
    page = " ".join(asked("crira2018_mcs21").split())
    leads = "Disc herniation leads under the prior set 'incidence' and schwannoma under 'surgical' and 'published'."
    assert leads in page
    page = " ".join(asked("hughes2003").split())
    assert "Disc herniation leads under the prior set 'incidence'." in page
    assert re.search(r"answer: meningioma still leads without any one of the \d{3,4}\.", page)
    assert "was left out in turn; the leader stays each time." in page


def test_publications_that_carry_the_answer_are_counted_right() -> None:
    assert carrying(["a"]) == "The lead rests on a single publication: it is lost without [a]."
    several = "The lead rests on single publications: it is lost without"
    assert carrying(["a", "b"]) == f"{several} [a] or [b]."
    assert carrying(["a", "b", "c", "d"]) == f"{several} [a], [b], [c] or one other."
    assert carrying(list("abcdefg")) == f"{several} [a], [b], [c] or any of 4 others."


def test_rows_of_the_tables_can_be_told_apart() -> None:
    """Where a number is too long for its cell, its state stays, and the form and what else it is given."""
    for case in ("rmh_mo_c45", "medicina2022_mo18"):
        page = asked(case)
        table = page.partition("Which numbers matter")[2].partition("Smallest change")[0]
        rows = [line[:54] for line in table.splitlines() if re.match(r"[A-Z]|share of the form ", line)]
        assert len(set(rows)) == len(rows) >= 5
        assert all(re.search(r" (in|form) [A-Z].*[^…]$", row.rstrip()) for row in rows)


@pytest.mark.parametrize("width", [54, 50])
def test_numbers_given_another_finding_differ_where_they_are_cut(width: int) -> None:
    network = bayesdx.load("spine").network
    compartment, epicentre = network.variable("compartment"), network.variable("epicentre")
    forms = network.variable("form")
    form = forms.state_index("tuberculosis.spondylitis")
    for state in range(epicentre.cardinality):
        rows = {
            describe(network, "epicentre", state, {"form": form, "compartment": within}, width=width)
            for within in range(compartment.cardinality)
        }
        assert len(rows) == compartment.cardinality
        assert all(len(row) <= width for row in rows)
