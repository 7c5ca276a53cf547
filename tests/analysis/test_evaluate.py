"""Scores of a few posteriors worked out by hand, and how cases find their network and lose their own source."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from bayesdx.analyses.benchmark.numbers import compare_cases
from bayesdx.analyses.evaluate.numbers.figures import Evaluation, ScoredCase, calibration_error, evaluate
from bayesdx.analyses.evaluate.numbers.scoring import evaluate_cases
from bayesdx.analyses.evaluate.sentences import warnings
from bayesdx.analyses.evaluate.wire import to_dict
from bayesdx.case import Case
from bayesdx.errors import InputError
from bayesdx.inference import compile_network
from bayesdx.knowledge.baseline import naive_bayes
from bayesdx.knowledge.library import open_library
from bayesdx.loading import load
from bayesdx.network import Array

DIAGNOSES = ("a", "b", "c", "d", "other")


def scored(truth: str, *posterior: float, case: str = "x", **given: Any) -> ScoredCase:
    usual = ScoredCase(case, "n", truth, truth, DIAGNOSES, np.array(posterior))
    return replace(usual, **given)


CASES = [
    scored("a", 0.6, 0.2, 0.1, 0.1, 0.0, impression=("a",)),  # first
    scored("b", 0.65, 0.25, 0.05, 0.05, 0.0, impression=("c", "b")),  # second
    scored("b", 0.3, 0.1, 0.3, 0.2, 0.1, impression=("d",)),  # fourth, with a tie behind "other"
    scored("c", 0.0, 0.0, 1.0, 0.0, 0.0),  # certain and right
]


@pytest.fixture(scope="module")
def result() -> Evaluation:
    return evaluate(CASES)


def test_figures(result: Evaluation) -> None:
    values = {name: figure.value for name, figure in result.figures.items()}
    assert result.n == 4
    assert values["top1"] == 0.5
    assert values["top3"] == 0.75
    assert values["log_loss"] == pytest.approx(-(math.log(0.6) + math.log(0.25) + math.log(0.1) + 0) / 4)
    brier = [
        0.4**2 + 0.2**2 + 0.1**2 + 0.1**2,
        0.65**2 + 0.75**2 + 0.05**2 + 0.05**2,
        0.3**2 + 0.9**2 + 0.3**2 + 0.2**2 + 0.1**2,
        0.0,
    ]
    assert values["brier"] == pytest.approx(sum(brier) / 4)
    # fewer cases than bins: each case is a bin of its own
    assert values["calibration_error"] == pytest.approx((0.4 + 0.65 + 0.3 + 0) / 4)


def test_calibration_error_by_hand() -> None:
    """Ten cases in five bins of two: |0.3 - 0|, |0.5 - 1|, |0.9 - 1|, |1.3 - 2|, |1.7 - 1| over ten."""
    leader = np.array([0.1, 0.2, 0.25, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    right = np.array([0, 0, 1, 0, 1, 0, 1, 1, 0, 1.0])
    expected = (0.3 + 0.5 + 0.1 + 0.7 + 0.7) / 10
    assert calibration_error(leader, right) == pytest.approx(expected)
    order = np.random.default_rng(1).permutation(10)
    assert calibration_error(leader[order], right[order]) == pytest.approx(expected)


def test_equal_probabilities_are_one_bin() -> None:
    """Sixty right, then forty wrong, all said to be 0.6: perfectly calibrated, whatever their order."""
    right = np.repeat([1.0, 0.0], [60, 40])
    assert calibration_error(np.full(100, 0.6), right) == pytest.approx(0, abs=1e-12)


def test_chance_calibration_error() -> None:
    """One bin of n leaders at 1/2 is off by |binomial(n, 1/2) - n/2| / n on average."""
    cases = [scored("a", 0.5, 0.3, 0.2, 0.0, 0.0)] * 16
    expected = np.abs(np.arange(17) - 8) @ binom.pmf(np.arange(17), 16, 0.5) / 16
    assert evaluate(cases).chance_calibration_error == pytest.approx(expected, abs=4 * 0.06 / math.sqrt(2000))


def test_ranks_and_ties() -> None:
    assert [case.rank for case in CASES] == [1, 2, 5, 1]
    assert scored("a", 0.4, 0.4, 0.2, 0.0, 0.0).rank == 2
    assert scored("a", 0.2, 0.2, 0.2, 0.2, 0.2).rank == 5
    assert scored("a", 0.2, 0.2, 0.2, 0.2, 0.2).leader == "a"


def test_impossible_truth_costs_much_but_not_everything() -> None:
    found = evaluate([scored("a", 0.0, 1.0, 0.0, 0.0, 0.0)])
    assert found.figures["log_loss"].value == pytest.approx(-math.log(1e-12))
    assert found.figures["brier"].value == pytest.approx(2)


def test_by_diagnosis_and_confusion(result: Evaluation) -> None:
    rows = {row.diagnosis: row for row in result.diagnoses}
    assert [row.diagnosis for row in result.diagnoses] == ["b", "a", "c"]
    assert (rows["b"].n, rows["b"].top1, rows["b"].top3) == (2, 0.0, 0.5)
    assert rows["b"].mean_probability == pytest.approx(0.175)
    assert result.confusion == {("a", "a"): 1, ("b", "a"): 2, ("c", "c"): 1}


def test_impressions(result: Evaluation) -> None:
    """Clinicians: first right in 1 of 3, listed in 2 of 3; the network on those three: 1 and 2 of 3."""
    assert result.impression is not None
    assert result.model_on_impressions is not None
    clinicians, model = result.impression, result.model_on_impressions
    assert (clinicians.n, clinicians.first, clinicians.listed) == (3, 1 / 3, 2 / 3)
    assert (model.n, model.first, model.listed) == (3, 1 / 3, 2 / 3)
    assert evaluate(CASES[3:]).impression is None


def test_intervals() -> None:
    """Of 60 right among 100: mean 0.6, standard error sqrt(0.24 / 100) = 0.049; equal seeds draw the same."""
    cases = [scored("a", 0.6, 0.4, 0.0, 0.0, 0.0)] * 60 + [scored("b", 0.6, 0.4, 0.0, 0.0, 0.0)] * 40
    found = evaluate(cases)
    wilson = binomtest(60, 100).proportion_ci(method="wilson")
    assert found.figures["top1"].interval == pytest.approx((wilson.low, wilson.high), abs=1e-4)
    low, high = found.figures["log_loss"].interval
    error = math.sqrt(0.24 / 100) * math.log(1.5)
    assert found.figures["log_loss"].value - low == pytest.approx(1.96 * error, rel=0.2)
    assert high - found.figures["log_loss"].value == pytest.approx(1.96 * error, rel=0.2)
    for figure in found.figures.values():
        assert figure.interval[0] <= figure.value + 1e-12
        assert figure.value <= figure.interval[1] + 1e-12
    assert evaluate(cases).figures == found.figures
    assert {figure.interval for figure in evaluate(cases[:1]).figures.values()} == {None}


def test_to_dict_holds_the_cases(result: Evaluation) -> None:
    rows: Any = to_dict(result)["cases"]
    row = rows[1]
    assert row["rank"] == 2
    assert row["leader"] == "a"
    assert row["probability"] == 0.25


# Published cases against the shipped networks.

FINDINGS = {"level": "thoracic", "compartment": "intradural_extramedullary", "mr_dural_tail": "present"}
MENINGIOMA = Case(FINDINGS, id="m", age=60, sex="female", diagnosis="meningioma")


def posterior_of(case: Case, **options: Any) -> Array:
    return evaluate_cases([case], **{"silence": False, **options}).cases[0].posterior


def test_a_case_is_scored_by_the_network_itself() -> None:
    answer = load("spine", "surgical").query(MENINGIOMA)
    found = evaluate_cases([MENINGIOMA], "spine", "surgical", silence=False).cases[0]
    wanted = {row.diagnosis: row.probability for row in answer.posterior}
    assert dict(zip(found.diagnoses, found.posterior, strict=True)) == pytest.approx(wanted, abs=1e-12)
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("findings", "region", "network", "expected"),
    [
        ({"level": "thoracic"}, None, None, "spine"),
        ({"level": "posterior_fossa"}, None, None, "cranial"),
        ({}, None, None, "spine"),
        ({"level": "craniocervical"}, None, None, "spine"),
        ({"level": "craniocervical"}, "cranial", None, "cranial"),
        ({"level": "craniocervical"}, "cranial", "spine", "spine"),
    ],
)
def test_routing(findings: dict[str, object], region: str | None, network: str | None, expected: str) -> None:
    """A named network comes before the case's region, the region before its level."""
    metadata = {} if region is None else {"region": region}
    case = Case(findings, diagnosis="meningioma", metadata=metadata)
    assert evaluate_cases([case], network).cases[0].network == expected


def test_own_source_is_left_out() -> None:
    """Without the facts of its own publication: the posterior of a network built without them."""
    library = open_library()
    about = [f for f in library.facts if f.used and (f.diagnosis, f.finding) == ("meningioma", "mr_dural_tail")]
    key = next(
        f.source for f in about if f.kind == "count" and len(library.sources[f.source].get("title", "")) > 30
    )
    source = library.sources[key]
    case = replace(MENINGIOMA, metadata={"source": {"title": source["title"]}})
    found = evaluate_cases([case], silence=False).cases[0]
    assert found.left_out == (key,)
    network = library.without("spine", (key,)).network
    weights = {name: np.eye(network.variable(name).cardinality)[i] for name, i in coded(network, case).items()}
    assert found.posterior == pytest.approx(compile_network(network).posterior(weights).probabilities, abs=1e-9)
    with_it = posterior_of(MENINGIOMA)
    assert np.abs(found.posterior - with_it).max() > 1e-6
    assert posterior_of(case, own_source=True) == pytest.approx(with_it, abs=1e-12)


def coded(network, case: Case) -> dict[str, int]:
    stated = {**case.findings, "age_group": "60+", "sex": case.sex}
    return {name: network.variable(name).state_index(str(state)) for name, state in stated.items()}


def test_another_source_is_not_left_out() -> None:
    case = replace(MENINGIOMA, metadata={"source": {"title": "A paper that no table of facts has ever heard of"}})
    assert evaluate_cases([case]).cases[0].left_out == ()
    assert posterior_of(replace(case, metadata={"source": "a string"})) == pytest.approx(posterior_of(MENINGIOMA))


def test_baseline_is_scored_instead() -> None:
    library = open_library()
    network = naive_bayes(library.definition("spine"), library.facts)
    weights = {n: np.eye(network.variable(n).cardinality)[i] for n, i in coded(network, MENINGIOMA).items()}
    expected = compile_network(network).posterior(weights).probabilities
    assert posterior_of(MENINGIOMA, baseline=True) == pytest.approx(expected, abs=1e-12)


def test_a_diagnosis_outside_the_network_is_other() -> None:
    case = replace(MENINGIOMA, diagnosis="plasmacytoma")
    found = evaluate_cases([case])
    assert (found.cases[0].diagnosis, found.cases[0].scored_as) == ("plasmacytoma", "other")
    assert warnings(found) == ("m: spine does not hold 'plasmacytoma'; scored as 'other'",)


def test_refused(small_path: Path) -> None:
    with pytest.raises(InputError, match="no case to evaluate"):
        evaluate_cases([])
    with pytest.raises(InputError, match="case: no diagnosis; evaluate needs the proven one"):
        evaluate_cases([Case({"level": "thoracic"})])
    with pytest.raises(InputError, match="no network 'spin'; did you mean 'spine'"):
        evaluate_cases([MENINGIOMA], "spin")
    with pytest.raises(InputError, match="surgical"):
        evaluate_cases([MENINGIOMA], None, "surgicl")
    with pytest.raises(InputError, match="baseline needs a shipped network"):
        evaluate_cases([MENINGIOMA], str(small_path), baseline=True)
    assert evaluate_cases([MENINGIOMA], str(small_path)).n == 1


def test_impressions_are_read_from_the_case() -> None:
    case = replace(MENINGIOMA, metadata={"preoperative_impression": ["schwannoma", "meningioma"]})
    found = evaluate_cases([case])
    assert found.impression is not None
    assert (found.impression.first, found.impression.listed) == (0.0, 1.0)


def test_comparison_has_a_row_a_prior_set_and_network() -> None:
    cranial = Case({"level": "posterior_fossa"}, id="c", diagnosis="ependymoma")
    done: list[int] = []
    rows = compare_cases([MENINGIOMA, cranial], advance=done.append).rows
    assert {(row.network, row.prior, row.method, row.evaluation.n) for row in rows} == {
        (network, prior, method, 2 if network == "all" else 1)
        for network in ("all", "spine", "cranial")
        for prior, method in [
            *((name, "network") for name in load("spine").document.prior_sets),
            ("uniform", "naive Bayes"),
        ]
    }
    assert sum(done) == 2 * (len(load("spine").document.prior_sets) + 1)
    by = {(row.network, row.prior, row.method): row.evaluation for row in rows}
    alone = evaluate_cases([MENINGIOMA], prior="incidence")
    assert by["spine", "incidence", "network"].figures == alone.figures
