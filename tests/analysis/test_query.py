"""The query against pgmpy, closed forms and brute force."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pgmpy.factors.discrete import TabularCPD
from pgmpy.inference import VariableElimination

from bayesdx.analyses.query.numbers.differential import conflict_measure, query
from bayesdx.analyses.query.numbers.surprise import simulated_cases, usual_share
from bayesdx.analyses.query.sentences import warnings
from bayesdx.analyses.question import Question, impossible
from bayesdx.document import NetworkDocument
from bayesdx.errors import ImpossibleFindings
from bayesdx.formats.convert import to_pgmpy
from bayesdx.inference import compile_network
from bayesdx.inference.draws import dirichlet_draws, posterior_draws
from bayesdx.model import Model
from bayesdx.network import Network, Variable


@pytest.fixture(scope="module")
def model(small: NetworkDocument) -> Model:
    return Model(small, "surgical")


def coin(counts: list[list[float]], prior: tuple[float, float] = (0.5, 0.5)) -> Network:
    """Two diagnoses and one finding of two states."""
    table = np.array(counts)
    return Network(
        "coin",
        (Variable("d", ("a", "b")), Variable("x", tuple(f"s{i}" for i in range(table.shape[1])))),
        {"x": ("d",)},
        {"d": np.array(prior), "x": table / table.sum(axis=1, keepdims=True)},
        {"x": table},
        target="d",
    )


VALUES = {
    "level": ["cervical", "not cervical", {"thoracic": 3.0, "lumbar": 0.5}],
    "compartment": ["extradural"],
    "ct_calcification": ["present", {"present": 0.9, "absent": 0.2}],
    "ct_calcification_pattern": ["punctate", "not dense_solid", "not not_applicable"],
    "mr_t2_signal": ["hyper", {"hypo": 1.0, "mixed": 0.1}],
    "mr_dural_tail": [False],
    "size_mm": [12],
}
CASES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})


@settings(max_examples=30, deadline=None)
@given(findings=CASES)
def test_posterior_equals_pgmpy(model: Model, findings: dict[str, object]) -> None:
    result = model.query({"findings": findings}, checks=False)
    weights = model.question({"findings": findings}).findings
    states = {v.id: list(v.states) for v in model.network.variables}
    virtual = [
        TabularCPD(name, len(w), (w / w.sum())[:, None], state_names={name: states[name]})
        for name, w in weights.items()
    ]
    answer = VariableElimination(to_pgmpy(model.network)).query(
        ["diagnosis"], virtual_evidence=virtual or None, show_progress=False
    )
    for row in result.posterior:
        assert row.probability == pytest.approx(answer.get_value(diagnosis=row.diagnosis), abs=1e-10)
    assert sum(row.probability for row in result.posterior) == pytest.approx(1.0, abs=1e-12)
    probabilities = [row.probability for row in result.posterior]
    assert probabilities == sorted(probabilities, reverse=True)


def test_log_likelihood_and_conflict_by_enumeration(model: Model) -> None:
    question = model.question({"findings": {"ct_calcification": "present", "mr_t2_signal": "not hyper"}})
    network = model.network
    ids = ["diagnosis", "mineralisation", "ct_calcification", "mr_t2_signal"]

    def probability(weights: dict[str, np.ndarray]) -> float:
        total = 0.0
        for states in product(*(range(network.variable(i).cardinality) for i in ids)):
            at = dict(zip(ids, states, strict=True))
            term = math.prod(float(w[at[name]]) for name, w in weights.items())
            for i in ids:
                term *= float(network.cpts[i][(*(at[p] for p in network.parents[i]), at[i])])
            total += term
        return total

    whole = probability(dict(question.findings))
    alone = [probability({name: weights}) for name, weights in question.findings.items()]
    result = query(question)
    assert result.log_likelihood == pytest.approx(math.log(whole), abs=1e-10)
    assert result.conflict == pytest.approx(sum(map(math.log, alone)) - math.log(whole), abs=1e-10)


def test_what_is_implied_hides_no_conflict(model: Model) -> None:
    """A pattern says that there is calcification: to state that, too, changes nothing."""
    findings = {"ct_calcification_pattern": "peripheral_rim", "mr_t2_signal": "hyper"}
    alone, together = (
        query(model.question({"findings": stated}))
        for stated in (findings, {"ct_calcification": "present", **findings})
    )
    assert together.log_likelihood == pytest.approx(alone.log_likelihood)
    assert together.conflict == pytest.approx(alone.conflict)


def test_conflict_needs_two_findings(model: Model) -> None:
    assert conflict_measure(Question(model.engine, {"sex": np.array([1.0, 0.0])})) is None


def test_without_findings_the_prior(model: Model) -> None:
    result = model.query({})
    assert [(row.diagnosis, row.probability) for row in result.posterior][:2] == [
        ("meningioma", pytest.approx(0.5)),
        ("schwannoma", pytest.approx(0.3)),
    ]
    assert all(row.probability == pytest.approx(row.prior) for row in result.posterior)
    assert result.surprise is None
    assert warnings(result) == ("no findings: this is the prior",)


def test_dirichlet_draws() -> None:
    rng = np.random.default_rng(0)
    counts = np.array([[2.0, 0.0, 6.0], [1e-4, 3e-4, 0.0]])
    draws = dirichlet_draws(counts, 20_000, rng)
    np.testing.assert_allclose(draws.sum(axis=-1), 1.0)
    assert (draws[..., counts == 0][:] == 0).all()
    np.testing.assert_allclose(draws.mean(axis=0), counts / counts.sum(axis=1, keepdims=True), atol=0.015)
    a, total = 2.0, 8.0
    assert draws[:, 0, 0].var() == pytest.approx(a * (total - a) / (total**2 * (total + 1)), rel=0.05)


def test_tiny_counts_leave_the_findings_possible() -> None:
    engine = compile_network(coin([[1e-4, 1e-4], [1e-4, 1e-4]]))
    draws = posterior_draws(engine, {"x": np.array([1.0, 0.0])}, size=400)
    np.testing.assert_allclose(draws.sum(axis=1), 1.0)
    # a or b alone shows s0 in half of the draws, neither or both in the other half
    assert np.mean(draws[:, 0] > 0.999) == pytest.approx(0.25, abs=0.08)


def test_same_seed_same_answer(model: Model) -> None:
    case = {"findings": {"level": "cervical", "mr_t2_signal": "not hyper"}}
    assert model.query(case).to_dict() == model.query(case).to_dict()
    assert model.query(case).posterior == model.query(case, seed=1).posterior
    shares = {model.query(case, seed=seed).surprise for seed in range(4)}
    assert len(shares) > 1


def test_without_checks_the_posterior_alone(model: Model) -> None:
    result = model.query({"findings": {"level": "cervical"}}, checks=False)
    assert result.surprise is None
    assert result.conflict is None
    assert all(row.interval is None for row in result.posterior)


def test_network_without_counts_has_no_intervals(model: Model) -> None:
    exact = model.network.with_cpts(model.network.cpts)
    result = query(Question(compile_network(exact), {"sex": np.array([0.0, 1.0])}))
    assert all(row.interval is None for row in result.posterior)
    assert result.surprise is not None


def test_usual_share_closed_form() -> None:
    engine = compile_network(coin([[70.0, 25.0, 5.0], [10.0, 10.0, 80.0]]))
    shares = [usual_share(engine, {"x": s}, 0, size=20_000) for s in range(3)]
    np.testing.assert_allclose(shares, [1.0, 0.30, 0.05], atol=0.01)


def test_simulated_cases_follow_the_network(model: Model) -> None:
    names = ["ct_calcification_pattern", "mr_t2_signal"]
    cases = simulated_cases(model.network, {"diagnosis": 2}, names, 60_000, 0)
    joint = np.zeros((4, 4))
    np.add.at(joint, tuple(cases[name] for name in names), 1 / 60_000)
    exact = VariableElimination(to_pgmpy(model.network)).query(
        names, evidence={"diagnosis": "schwannoma"}, show_progress=False
    )
    values = exact.values if exact.variables == names else exact.values.T
    np.testing.assert_allclose(joint, values, atol=0.01)
    assert set(cases) == {"diagnosis", "mineralisation", "ct_calcification", *names}


def test_surprise_names_the_diagnosis_that_explains_better() -> None:
    # b shows s0 always but is rare: a leads all the same, for which s0 is a surprise
    network = coin([[1.0, 999.0], [999.0, 1.0]], prior=(0.9999, 0.0001))
    result = query(Question(compile_network(network), {"x": np.array([1.0, 0.0])}))
    assert result.leader.diagnosis == "a"
    assert result.surprise is not None
    assert result.surprise.unusual
    assert result.surprise.better == ("b",)
    assert any(warning.startswith("surprising for a") for warning in warnings(result))


def test_warnings_name_diagnoses_by_their_labels() -> None:
    diagnoses = Variable("d", ("a", "b"), "Diagnosis", ("Alpha cyst (AAA)", "Beta cyst"))
    network = Network(
        "coin",
        (diagnoses, Variable("x", ("s0", "s1"))),
        {"x": ("d",)},
        {"d": np.array([0.9999, 0.0001]), "x": np.array([[0.001, 0.999], [0.999, 0.001]])},
        target="d",
    )
    said = warnings(query(Question(compile_network(network), {"x": np.array([1.0, 0.0])})))
    surprise = next(warning for warning in said if warning.startswith("surprising for AAA: fewer than"))
    assert surprise.endswith("less so for beta cyst")


def test_nothing_explains() -> None:
    network = coin([[1.0, 2999.0], [1.0, 2999.0]])
    result = query(Question(compile_network(network), {"x": np.array([1.0, 0.0])}))
    assert any(warning.startswith("no diagnosis of the network explains") for warning in warnings(result))


def test_impossible_findings_are_a_smallest_set(model: Model) -> None:
    case = {
        "age": 30,
        "findings": {"level": "cervical", "ct_calcification": "absent", "ct_calcification_pattern": "punctate"},
    }
    with pytest.raises(ImpossibleFindings) as caught:
        model.query(case)
    assert str(caught.value) == (
        "case: the findings ct_calcification=absent and ct_calcification_pattern=punctate are impossible together "
        "under network 'small'"
    )


def test_one_impossible_finding() -> None:
    engine = compile_network(coin([[1.0, 0.0], [1.0, 0.0]]))
    question = Question(engine, {"x": np.array([0.0, 1.0])}, {"x": "s1"})
    assert impossible(question).findings == ("x",)
    assert str(impossible(question)) == "the finding x=s1 is impossible under network 'coin'"


def test_target_with_parents() -> None:
    network = Network(
        "n",
        (Variable("x", ("0", "1")), Variable("d", ("a", "b"))),
        {"d": ("x",)},
        {"x": np.array([0.3, 0.7]), "d": np.array([[0.9, 0.1], [0.2, 0.8]])},
        target="d",
    )
    result = query(Question(compile_network(network), {"x": np.array([1.0, 0.0])}))
    assert {row.diagnosis: (row.probability, row.prior) for row in result.posterior} == {
        "a": (pytest.approx(0.9), pytest.approx(0.41)),
        "b": (pytest.approx(0.1), pytest.approx(0.59)),
    }


def test_batch_equals_single_queries(model: Model) -> None:
    rows = [
        {"id": "a", "age": 50, "level": "cervical", "mr_t2_signal": {"hyper": 0.7, "iso": 0.3}},
        {"id": "b", "ct_calcification": "present", "compartment": "not extradural"},
        {"id": "c", "ct_calcification": "absent", "ct_calcification_pattern": "punctate"},
        {"sex": "female"},
    ]
    batch = model.query_batch(rows)
    assert batch.lines == (1, 2, 4)
    assert batch.errors == ((3, "the findings are impossible together"),)
    for i, row in enumerate([rows[0], rows[1], rows[3]]):
        case = {key: row[key] for key in ("id", "age") if key in row}
        single = model.query({**case, "findings": {k: v for k, v in row.items() if k not in case}}, checks=False)
        expected = {r.diagnosis: r.probability for r in single.posterior}
        np.testing.assert_allclose(batch.probabilities[i], [expected[s] for s in batch.states], atol=1e-12)
        assert batch.log_likelihood[i] == pytest.approx(single.log_likelihood)
        assert batch.leaders[i] == single.leader.diagnosis
