"""The explanation against brute-force enumeration and pyAgrum."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pyagrum
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from bayesdx.analyses.explain.numbers.bearing import FREQUENCIES, far_from, opposes, single_case, tells
from bayesdx.analyses.explain.numbers.explanation import Explanation, explain
from bayesdx.analyses.explain.numbers.support import Statement
from bayesdx.analyses.explain.numbers.weights import decibans
from bayesdx.analyses.explain.wire import to_dict
from bayesdx.analyses.question import Question
from bayesdx.data import data_path
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.inference import compile_network
from bayesdx.loading import load
from bayesdx.model import Model
from bayesdx.network import Array, Network, Variable

VALUES = {
    "level": ["cervical", "not cervical", {"thoracic": 3.0, "lumbar": 0.5}],
    "compartment": ["extradural", "intradural_extramedullary"],
    "ct_calcification": ["present", {"present": 0.9, "absent": 0.2}],
    "ct_calcification_pattern": ["punctate", "not dense_solid", "not not_applicable"],
    "mr_t2_signal": ["hyper", {"hypo": 1.0, "mixed": 0.1}],
    "mr_dural_tail": [False],
    "size_mm": [12],
}
CASES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
SETTINGS = settings(max_examples=20, deadline=None)
FINDINGS = {
    "level": "cervical",
    "ct_calcification": "present",
    "ct_calcification_pattern": "punctate",
    "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2},
    "mr_dural_tail": "absent",
    "sex": "not male",
}


@pytest.fixture(scope="module")
def model(small: NetworkDocument) -> Model:
    return Model(small, "surgical")


@pytest.fixture(scope="module")
def joint(model: Model) -> Array:
    """P(x) of every joint state, one axis a variable."""
    network = model.network
    operands: list[object] = []
    for variable in network.variables:
        family = (*network.parents[variable.id], variable.id)
        operands += [network.cpts[variable.id], [network.index[i] for i in family]]
    table: Array = np.einsum(*operands, list(range(len(network.variables))), optimize=True)
    return table


def with_target(model: Model, joint: Array, findings: dict[str, Array], other: str | None = None) -> Array:
    """P(target, findings) by summing the joint; with ``other`` P(target, other, findings)."""
    network = model.network
    kept = [network.index["diagnosis"]] + ([] if other is None else [network.index[other]])
    operands: list[object] = [joint, list(range(joint.ndim))]
    for name, weights in findings.items():
        operands += [weights / weights.max(), [network.index[name]]]
    table: Array = np.einsum(*operands, kept, optimize=True)
    return table


def bayes_net(network: Network) -> pyagrum.BayesNet:
    """The network for pyAgrum, states by number."""
    net = pyagrum.BayesNet()
    for v in network.variables:
        net.add(pyagrum.LabelizedVariable(v.id, "", [str(i) for i in range(v.cardinality)]))
    for child in network.topological_order:
        for parent in network.parents[child]:
            net.addArc(parent, child)
    for v in network.variables:
        names = [*network.parents[v.id], v.id]
        table = net.cpt(v.id)
        order = [names.index(name) for name in reversed(table.names)]
        table[:] = np.ascontiguousarray(network.cpts[v.id].transpose(order))
    return net


@SETTINGS
@given(findings=CASES)
def test_weights_equal_enumeration(model: Model, joint: Array, findings: dict[str, object]) -> None:
    question = model.question({"findings": findings})
    result = explain(question)
    states = question.target.states
    a, b = states.index(result.first.diagnosis), states.index(result.second.diagnosis)
    whole = with_target(model, joint, dict(question.findings))
    prior = with_target(model, joint, {})
    assert result.first.probability == pytest.approx(whole[a] / whole.sum())
    covered = [name for row in result.weights for name in (row.finding, *row.implies)]
    assert sorted(covered) == sorted(question.findings)
    for row in result.weights:
        group = {row.finding, *row.implies}
        rest = with_target(model, joint, {n: w for n, w in question.findings.items() if n not in group})
        alone = with_target(model, joint, {n: w for n, w in question.findings.items() if n in group})
        assert row.likelihoods == pytest.approx((whole[a] / rest[a], whole[b] / rest[b]))
        assert row.ratio == pytest.approx(whole[a] / rest[a] / (whole[b] / rest[b]))
        assert row.decibans == pytest.approx(10 * math.log10(row.likelihoods[0] / row.likelihoods[1]), abs=1e-9)
        assert row.alone == pytest.approx((alone[a] / prior[a], alone[b] / prior[b]))
        assert row.without == pytest.approx((rest[a] / rest.sum(), rest[b] / rest.sum()))
        assert rest[states.index(row.leader_without)] == pytest.approx(rest.max())


@SETTINGS
@given(findings=CASES)
def test_waterfall_sums_to_the_posterior(model: Model, findings: dict[str, object]) -> None:
    result = model.explain({"findings": findings})
    posterior = 10 * math.log10(result.first.probability / result.second.probability)
    assert sum(step.decibans for step in result.waterfall) == pytest.approx(posterior, abs=1e-9)
    assert result.waterfall[-1].log_odds == pytest.approx(posterior, abs=1e-9)
    assert result.waterfall[0].decibans == pytest.approx(decibans(result.first.prior, result.second.prior))
    for step in result.waterfall:
        assert step.log_odds == pytest.approx(decibans(*step.probabilities))
    assert len(result.waterfall) == 1 + len(findings)


def test_waterfall_takes_history_location_ct_mr(model: Model) -> None:
    result = model.explain({"findings": FINDINGS})
    assert [step.finding for step in result.waterfall] == [
        None,
        "sex",
        "level",
        "ct_calcification",
        "ct_calcification_pattern",
        "mr_t2_signal",
        "mr_dural_tail",
    ]


@SETTINGS
@given(findings=CASES, seed=st.integers(0, 99))
def test_order_of_findings_does_not_matter(model: Model, findings: dict[str, object], seed: int) -> None:
    names = list(findings)
    np.random.default_rng(seed).shuffle(names)
    one = model.explain({"findings": findings}).to_dict()
    two = model.explain({"findings": {name: findings[name] for name in names}}).to_dict()
    assert json.dumps(rounded(one)) == json.dumps(rounded(two))


def rounded(value: object) -> object:
    """Numbers to nine digits; ``findings`` and orders of ties aside."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in sorted(value.items()) if key not in ("findings", "pairs")}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return round(value, 9) + 0.0 if isinstance(value, float) else value


@SETTINGS
@given(findings=CASES)
def test_pair_is_antisymmetric(model: Model, findings: dict[str, object]) -> None:
    one = model.explain({"findings": findings}, pair=("capnon", "meningioma"))
    two = model.explain({"findings": findings}, pair=("meningioma", "capnon"))
    opposite = {row.finding: row for row in two.weights}
    for row in one.weights:
        other = opposite[row.finding]
        assert row.decibans == pytest.approx(-other.decibans, abs=1e-9)
        assert row.likelihoods == pytest.approx(other.likelihoods[::-1])
        assert row.implies == other.implies
    for first, second in zip(one.waterfall, two.waterfall, strict=True):
        assert first.log_odds == pytest.approx(-second.log_odds, abs=1e-9)
    separations = {row.finding: row.separation for row in two.separators}
    assert {row.finding: row.separation for row in one.separators} == pytest.approx(separations)


def test_weights_of_independent_findings_do_not_depend_on_context() -> None:
    network = Network(
        "coins",
        (Variable("d", ("a", "b")), Variable("x", ("0", "1")), Variable("y", ("0", "1"))),
        {"x": ("d",), "y": ("d",)},
        {
            "d": np.array([0.25, 0.75]),
            "x": np.array([[0.8, 0.2], [0.1, 0.9]]),
            "y": np.array([[0.5, 0.5], [0.05, 0.95]]),
        },
        target="d",
    )
    findings = {"x": np.array([1.0, 0.0]), "y": np.array([0.0, 1.0])}
    question = Question(compile_network(network), findings, {"x": "0", "y": "1"})
    result = explain(question, pair=("a", "b"))
    by_name = {row.finding: row for row in result.weights}
    assert by_name["x"].decibans == pytest.approx(10 * math.log10(8))
    assert by_name["y"].decibans == pytest.approx(10 * math.log10(0.5 / 0.95))
    assert by_name["x"].decibans_alone == pytest.approx(by_name["x"].decibans)
    assert [row.finding for row in result.against] == ["y"]
    assert result.waterfall[0].log_odds == pytest.approx(10 * math.log10(1 / 3))
    assert result.literature is None
    assert result.conflict is not None
    together = 0.25 * 0.8 * 0.5 + 0.75 * 0.1 * 0.95
    x, y = 0.25 * 0.8 + 0.75 * 0.1, 0.25 * 0.5 + 0.75 * 0.95
    assert result.conflict.total == pytest.approx(math.log(x * y / together))
    assert result.conflict.pairs == (("x", "y", pytest.approx(math.log(x * y / together))),)


def test_pattern_entails_calcification(model: Model) -> None:
    result = model.explain({"findings": FINDINGS})
    pattern = next(row for row in result.weights if row.finding == "ct_calcification_pattern")
    assert pattern.implies == ("ct_calcification",)
    assert all(row.finding != "ct_calcification" for row in result.weights)


@SETTINGS
@given(findings=CASES)
def test_conflict_equals_enumeration(model: Model, joint: Array, findings: dict[str, object]) -> None:
    question = model.question({"findings": findings})
    conflict = explain(question).conflict
    if len(findings) < 2:
        assert conflict is None
        return
    assert conflict is not None
    likelihood = {name: with_target(model, joint, {name: w}).sum() for name, w in question.findings.items()}
    whole = with_target(model, joint, dict(question.findings)).sum()
    left = dict(question.findings)
    for name in question.findings:  # what the others imply hides nothing
        rest = {n: w for n, w in left.items() if n != name}
        before, after = (with_target(model, joint, of).sum() for of in (left, rest))
        if rest and math.isclose(before, after, rel_tol=1e-8):
            left = rest
    product = math.prod(likelihood[name] for name in left)
    assert conflict.total == pytest.approx(math.log(product / with_target(model, joint, left).sum()), abs=1e-9)
    for name, part in conflict.findings:
        rest = with_target(model, joint, {n: w for n, w in question.findings.items() if n != name}).sum()
        assert part == pytest.approx(math.log(likelihood[name] * rest / whole), abs=1e-9)
    for one, two, part in conflict.pairs:
        both = with_target(model, joint, {n: question.findings[n] for n in (one, two)}).sum()
        assert part == pytest.approx(math.log(likelihood[one] * likelihood[two] / both), abs=1e-9)
        assert part > 0


def test_what_is_missing_equals_enumeration(model: Model, joint: Array) -> None:
    question = model.question({"findings": {"level": "cervical", "mr_t2_signal": "hyper"}})
    result = explain(question)
    states = question.target.states
    a, b = states.index(result.first.diagnosis), states.index(result.second.diagnosis)
    worth = {row.finding for row in result.separators}
    assert worth
    for variable in model.network.findings:
        if variable.id not in question.findings:
            table = with_target(model, joint, dict(question.findings), variable.id)
            p, q = table[a] / table[a].sum(), table[b] / table[b].sum()
            assert (variable.id in worth) == bool(np.any((p > 1.35 * q) | (q > 1.35 * p)))
    for row in result.separators:
        table = with_target(model, joint, dict(question.findings), row.finding)
        p, q = table[a] / table[a].sum(), table[b] / table[b].sum()
        middle = (p + q) / 2
        bits = sum(x * math.log2(x / m) for both in (p, q) for x, m in zip(both, middle, strict=True) if x) / 2
        assert row.separation == pytest.approx(bits, abs=1e-9)
        variable = model.network.variable(row.finding)
        for outlook in row.states:
            s = variable.states.index(outlook.state)
            assert outlook.shares == pytest.approx((p[s], q[s]))
            assert outlook.decibans == pytest.approx(10 * math.log10(p[s] / q[s]), abs=1e-9)
        for side, sign in ((0, 1), (1, -1)):
            gains = {o.state: o.shares[side] * sign * o.decibans for o in row.states}
            best = row.best[side]
            assert best is None or gains[best.state] == max(gains.values())
    for hint in result.hints:
        table = with_target(model, joint, dict(question.findings), hint.finding)
        d, s = states.index(hint.diagnosis), model.network.variable(hint.finding).states.index(hint.state)
        before, after = table[d].sum() / table.sum(), table[d, s] / table[:, s].sum()
        assert hint.probabilities == pytest.approx((before, after))
        assert hint.shares == pytest.approx((table[d, s] / table[d].sum(), table[a, s] / table[a].sum()))
        assert after / (1 - after) > 1.35 * before / (1 - before)
        assert after >= 0.05
        assert hint.shares[0] > 1.35 * hint.shares[1]
    assert not {hint.diagnosis for hint in result.hints} & {result.first.diagnosis, result.second.diagnosis}


def test_lacking_is_typical_and_not_shown(model: Model, joint: Array) -> None:
    question = model.question({"findings": FINDINGS})
    result = explain(question)
    a = question.target.states.index(result.first.diagnosis)
    assert result.lacking
    for row in result.lacking:
        others = {name: w for name, w in question.findings.items() if name != row.finding}
        table = with_target(model, joint, others, row.finding)[a]
        state = model.network.variable(row.finding).states.index(row.state)
        assert row.shares[0] == pytest.approx(table[state] / table.sum())
        assert table[state] == table.max()
        assert row.shares[0] >= 0.5
        assert row.stated == question.stated.get(row.finding)
        assert row.finding not in question.findings or question.findings[row.finding][state] == 0.0
        everyone_else = np.delete(with_target(model, joint, others, row.finding), a, axis=0).sum(axis=0)
        assert row.shares[0] > 1.35 * everyone_else[state] / everyone_else.sum()
        alone = with_target(model, joint, {}, row.finding).sum(axis=0)
        assert row.shares[0] > alone[state]


@pytest.fixture(scope="module")
def chondrosarcoma() -> dict[str, object]:
    """The thoracolumbar mesenchymal chondrosarcoma of the examples."""
    findings = {
        "presentation": "pain",
        "level": "lumbar",
        "compartment": "dumbbell",
        "size_mm": 49,
        "ct_calcification": "present",
        "ct_calcification_pattern": "punctate",
        "mr_t1_signal": "iso",
        "mr_t2_signal": "hyper",
        "mr_enhancement": "homogeneous",
        "mr_dural_tail": "absent",
        "margin": "well_defined",
    }
    return {"age": 19, "sex": "male", "findings": findings}


@pytest.fixture(scope="module")
def against_meningioma(chondrosarcoma: dict[str, object]) -> Explanation:
    return load("spine").explain(chondrosarcoma, pair=("mesenchymal_chondrosarcoma", "meningioma"))


def test_leave_one_out_equals_pyagrum(against_meningioma: Explanation) -> None:
    result = against_meningioma
    question = result.question
    network = question.engine.network
    inference = pyagrum.LazyPropagation(bayes_net(network))
    a, b = (question.target.states.index(side.diagnosis) for side in (result.first, result.second))

    def posterior(left_out: set[str]) -> Array:
        inference.eraseAllEvidence()
        for name, weights in question.findings.items():
            if name not in left_out:
                inference.addEvidence(name, weights.tolist())
        found: Array = inference.posterior(question.target.id).toarray()
        return found

    whole = posterior(set())
    assert (result.first.probability, result.second.probability) == pytest.approx((whole[a], whole[b]))
    for row in result.weights:
        rest = posterior({row.finding, *row.implies})
        assert row.without == pytest.approx((rest[a], rest[b]))
        weight = 10 * math.log10(whole[a] / whole[b] / (rest[a] / rest[b]))
        assert row.decibans == pytest.approx(weight, abs=1e-9)


def test_dural_tail_and_punctate_calcification_speak_against_meningioma(against_meningioma: Explanation) -> None:
    weights = {row.finding: row for row in against_meningioma.weights}
    assert weights["mr_dural_tail"].decibans > 1.0
    assert weights["ct_calcification_pattern"].decibans > 1.0
    assert weights["ct_calcification_pattern"].implies == ("ct_calcification",)
    literature = against_meningioma.literature
    assert literature is not None
    statements = literature.support["mr_dural_tail", "mesenchymal_chondrosarcoma"].statements
    assert ("chen2022", "0 of 4", ("present",)) in [(s.source, s.says, s.states) for s in statements]
    assert all(s.source in literature.references for s in statements if s.source)


def test_degenerated_facet_joint_would_speak_for_a_synovial_cyst() -> None:
    findings = {
        "level": "cervical",
        "compartment": "extradural",
        "ct_calcification_pattern": "peripheral_rim",
        "ct_attenuation": "low",
        "mr_t2_signal": "hyper",
        "mr_enhancement": "rim_or_peripheral",
    }
    result = load("spine").explain({"age": 68, "findings": findings}, pair=("capnon", "synovial_cyst"))
    facet = next(row for row in result.separators if row.finding == "facet_degeneration")
    best = facet.best[1]
    assert best is not None
    assert best.state == "present"
    assert best.decibans < -1.0
    assert result.literature is not None
    support = result.literature.support["facet_degeneration", "synovial_cyst"]
    assert support.statements
    assert support.base_share < 1.0


@pytest.mark.parametrize("case", [{}, {"findings": {"level": "cervical"}}])
def test_few_findings(model: Model, case: dict[str, object]) -> None:
    result = model.explain(case)
    assert result.conflict is None
    assert result.leads
    assert result.leader == model.query(case).leader.diagnosis


def test_bad_pairs(model: Model) -> None:
    case = {"findings": {"level": "cervical"}}
    leader = model.explain(case).leader
    with pytest.raises(InputError, match="did you mean 'meningioma'"):
        model.explain(case, versus="meningoma")
    with pytest.raises(InputError, match=f"'{leader}', which leads, cannot be compared with itself"):
        model.explain(case, versus=leader)
    with pytest.raises(InputError, match="'other' cannot be compared with itself"):
        model.explain(case, pair=("other", "other"))
    with pytest.raises(InputError, match="not both"):
        model.explain(case, versus="other", pair=("other", "capnon"))


def certain(prior: list[float], table: list[list[float]]) -> Question:
    """Two or more diagnoses and one finding that was seen in its first state."""
    states = tuple("abc"[: len(prior)])
    network = Network(
        "certain",
        (Variable("d", states), Variable("x", ("0", "1"))),
        {"x": ("d",)},
        {"d": np.array(prior), "x": np.array(table)},
        target="d",
    )
    return Question(compile_network(network), {"x": np.array([1.0, 0.0])}, {"x": "0"}, prior="series")


def test_impossible_diagnoses_are_named() -> None:
    question = certain([0.5, 0.5], [[0.5, 0.5], [0.0, 1.0]])
    with pytest.raises(InputError, match=r"'b' is impossible given the findings \(x=0\)"):
        explain(question)
    question = certain([0.5, 0.5, 0.0], [[0.5, 0.5], [0.1, 0.9], [0.5, 0.5]])
    with pytest.raises(InputError, match="'c' has probability 0 in the prior set 'series'"):
        explain(question, versus="c")


def test_json_is_finite_when_a_missing_state_rules_a_diagnosis_out() -> None:
    network = Network(
        "ruled_out",
        (Variable("d", ("a", "b")), Variable("x", ("0", "1"))),
        {"x": ("d",)},
        {"d": np.array([0.5, 0.5]), "x": np.array([[0.5, 0.5], [0.0, 1.0]])},
        target="d",
    )
    result = explain(Question(compile_network(network), {}), pair=("a", "b"))
    best = result.separators[0].best[0]
    assert best is not None
    assert best.decibans == math.inf
    text = json.dumps(to_dict(result), allow_nan=False)
    assert json.loads(text)["separators"][0]["states"][0]["decibans"] is None


def test_runner_up_is_a_diagnosis_that_has_a_name(model: Model) -> None:
    answer = model.query({"findings": {"level": "lumbar"}}, checks=False)
    ranked = [row.diagnosis for row in answer.posterior if row.diagnosis != "other"]
    result = model.explain({"findings": {"level": "lumbar"}})
    assert result.first.diagnosis == answer.leader.diagnosis
    assert result.second.diagnosis == next(d for d in ranked if d != result.first.diagnosis)


def test_looks_of_a_result(model: Model) -> None:
    result = model.explain({"findings": FINDINGS})
    assert "Weight of each finding" in str(result)
    assert "<svg" in result._repr_html_()
    assert "not a medical device" in result._repr_html_()


def test_a_state_commoner_elsewhere_is_not_typical() -> None:
    """Most of a show x = 1 (60 %), but b does so more often: x = 0, which was seen, is what tells for a."""
    result = explain(certain([0.5, 0.5], [[0.4, 0.6], [0.1, 0.9]]))
    assert result.first.diagnosis == "a"
    assert result.lacking == ()
    (row,) = explain(certain([0.5, 0.5], [[0.2, 0.8], [0.9, 0.1]]), pair=("a", "b")).lacking
    assert (row.finding, row.state) == ("x", "1")


def test_what_the_case_shows_is_not_untypical_where_it_is_usual_too() -> None:
    """x = 0 has 40 % of a, more than half of the 60 % that x = 1 has: as a neighbouring age may."""
    assert explain(certain([0.5, 0.5], [[0.4, 0.6], [0.9, 0.1]]), pair=("a", "b")).lacking == ()


def test_frequency_words_are_those_of_the_networks() -> None:
    read = yaml.safe_load(data_path("networks", "model.yaml").read_text())["words"]
    assert {word.replace("_", " "): share for word, share in read.items()} == FREQUENCIES


@pytest.mark.parametrize(
    ("says", "states", "bound", "more", "expected"),
    [
        ("0 of 4", ("present",), 0.4, True, True),
        ("4 of 4", ("absent",), 0.4, True, True),
        ("4 of 4", ("present",), 0.4, True, False),
        ("4 of 4", ("present",), 0.4, False, True),
        ('"uncommon"', ("present",), 0.4, True, True),
        ('"usually"', ("absent",), 0.4, True, True),
        ("35%", ("present",), 0.4, True, False),
        ("1 case", ("absent",), 0.4, True, False),
        ("0 of 1", ("present",), 0.4, True, False),
        ("1 case", ("absent",), 0.5, True, True),
        ("3 cases", ("absent",), 0.5, True, True),
        ("0 of 1", ("present",), 0.5, True, True),
        ("1 case", ("present",), 0.5, True, False),
        ("1 case", ("present",), 0.2, False, False),
        ("mean 46", (), 0.4, True, False),
    ],
)
def test_which_way_a_statement_points(
    says: str, states: tuple[str, ...], bound: float, more: bool, expected: bool
) -> None:
    statement = Statement("key", says, states, "", 1.0)
    assert opposes(statement, "present", ("absent", "present"), bound, more) is expected


def test_a_statement_about_several_states_denies_only_what_it_excludes() -> None:
    states = ("iso", "hypo", "hyper")
    either = Statement("key", "9 of 10", ("iso", "hypo"), "", 1.0)
    assert not opposes(either, "iso", states, 0.4, True)
    assert not opposes(either, "iso", states, 0.4, False)
    assert opposes(either, "hyper", states, 0.4, True)
    assert far_from(either, "iso", states, 0.1) == 0
    assert far_from(Statement("key", "9 of 10", ("iso",), "", 1.0), "iso", states, 0.1) == 1
    assert far_from(either, "hyper", states, 0.5) == -1
    rarely = Statement("key", "1 of 10", ("iso", "hypo"), "", 1.0)
    assert opposes(rarely, "iso", states, 0.4, True)


@pytest.mark.parametrize(
    ("says", "named", "states", "expected"),
    [
        ('"usually"', "absent", ("absent", "present"), False),
        ('"uncommon"', "absent", ("absent", "present"), True),
        ("30%", "absent", ("absent", "present"), True),
        ("9 of 10", "absent", ("absent", "present"), True),
        ("1 case", "absent", ("absent", "present"), False),
        ("1 case", "present", ("absent", "present"), True),
        ("9 of 10", "absent", ("absent", "present", "unsure"), False),
    ],
)
def test_what_is_said_of_one_state_tells_another(
    says: str, named: str, states: tuple[str, ...], expected: bool
) -> None:
    assert tells(Statement("key", says, (named,), "", 1.0), "present", states) is expected


@pytest.mark.parametrize(
    ("says", "single"), [("1 case", True), ("0 of 1", True), ("1 of 1", True), ("1 of 10", False)]
)
def test_single_cases(says: str, single: bool) -> None:
    assert single_case(Statement("key", says, ("present",), "", 1.0)) is single


@pytest.mark.parametrize(
    ("mean", "state", "bound", "more", "expected"),
    [
        (25, "60+", 0.5, True, True),
        (65, "60+", 0.5, True, False),
        (45, "60+", 0.12, True, False),
        (70, "60+", 0.5, False, True),
        (25, "18-39", 0.5, False, True),
    ],
)
def test_a_mean_points_where_a_normal_distribution_does(
    mean: float, state: str, bound: float, more: bool, expected: bool
) -> None:
    cuts, states = (0, 18, 40, 60, 110), ("0-17", "18-39", "40-59", "60+")
    spread = np.diff(norm.cdf(cuts, mean, 12))
    statement = Statement("key", f"mean {mean}, SD 12", (), "", 1.0, tuple((spread / spread.sum()).tolist()))
    assert opposes(statement, state, states, bound, more) is expected


def test_spread_of_a_mean_is_that_of_its_study() -> None:
    """The spine's CAPNON facts on age: what the ledger says of a study whose facts are moments alone."""
    literature = load("spine").explain({"findings": {"level": "cervical"}}).literature
    assert literature is not None
    found = [s for d in ("capnon", "meningioma") for s in literature.support["age_group", d].statements if s.spread]
    assert found
    for statement in found:
        assert sum(statement.spread) == pytest.approx(1.0)
        numbers = re.fullmatch(r"mean ([\d.]+), SD ([\d.]+)( \(n = \d+\))?", statement.says)
        if numbers:
            expected = np.diff(norm.cdf((0, 18, 40, 60, 110), float(numbers[1]), float(numbers[2])))
            assert statement.spread == pytest.approx(tuple(expected / expected.sum()), abs=1e-6)


@pytest.mark.parametrize("name", ["spine", "cranial"])
def test_definitions_by_form_are_those_of_the_network_file(name: str) -> None:
    model = load(name)
    literature = model.explain({"findings": {"sex": "male"}}).literature
    assert literature is not None
    data = yaml.safe_load(data_path("networks", f"{name}.yaml").read_text())
    forms = model.network.variable("form")
    for entry in data["diagnoses"]:
        for form in entry.get("forms", [{**entry, "id": ""}]):
            label = forms.state_label(forms.state_index(f"{entry['id']}.{form['id']}".rstrip(".")))
            for variable in model.network.findings:
                defined = set(form.get("definition", {}).get(variable.id, ())) & set(variable.states)
                assert set(literature.support[variable.id, entry["id"]].by_definition(label)) == defined


def test_what_a_source_says_twice_is_one_statement() -> None:
    literature = load("spine").explain({"findings": {"sex": "male"}}).literature
    assert literature is not None
    statements = literature.support["compartment", "meningioma"].statements
    keys = [(s.source, s.says, s.states, s.form) for s in statements]
    assert len(set(keys)) == len(keys)
    assert [s.says for s in statements if s.source == "shah2023" and s.states == ("intradural_extramedullary",)]


def test_claims_that_the_sources_deny_have_no_grounds() -> None:
    """Parenchymal CAPNON: 8 of 21 and 2 of 4, where most must show it; hypointense on T2: 4 of 4."""
    result = load("cranial").explain({"age": 68, "findings": {"level": "posterior_fossa", "mr_t2_signal": "hypo"}})
    grounds = result.grounds
    assert not grounds.hold("epicentre", "cord_or_brain_parenchyma", "capnon", 0.9)
    assert grounds.hold("epicentre", "cord_or_brain_parenchyma", "capnon", 0.1)
    assert grounds.hold("mr_t2_signal", "hypo", "capnon", 0.5)
    assert grounds.denied("mr_t2_signal", "hypo", "capnon", 0.2)
    assert not grounds.denied("mr_t2_signal", "hypo", "capnon", 0.9)
    assert not grounds.spoken("mr_dural_tail", ("present",), "cppd_or_gout")
    assert not grounds.hold("mr_dural_tail", "present", "cppd_or_gout", 0.0)
