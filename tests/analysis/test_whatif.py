"""The worth of findings and examinations against enumeration of the joint distribution, and against pyAgrum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyagrum
import pytest
from example_networks import example_network
from hypothesis import given, settings
from hypothesis import strategies as st

import bayesdx
from bayesdx.analyses.question import Question
from bayesdx.analyses.what_if.numbers.examinations import ExaminationValue, examination_values
from bayesdx.analyses.what_if.numbers.outcomes import Prospects
from bayesdx.analyses.what_if.numbers.worth import WhatIf, what_if
from bayesdx.document import NetworkDocument
from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference import compile_network
from bayesdx.model import Model
from bayesdx.network import Array, Network, Variable

VALUES = {
    "level": ["cervical", "not cervical", {"thoracic": 3.0, "lumbar": 0.5}],
    "compartment": ["extradural"],
    "ct_calcification": ["present", "absent", {"present": 0.9, "absent": 0.2}],
    "ct_calcification_pattern": ["not dense_solid", {"punctate": 1.0, "not_applicable": 0.3}],
    "mr_t2_signal": ["hyper", {"hypo": 1.0, "mixed": 0.1}],
    "mr_dural_tail": ["absent"],
    "size_mm": [12],
}
CASES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
SOME = {
    "findings": {"level": "cervical", "mr_t2_signal": {"hyper": 0.8, "mixed": 0.2}, "compartment": "extradural"}
}


@pytest.fixture(scope="module")
def model(small: NetworkDocument) -> Model:
    return Model(small, "surgical")


def joint_of(question: Question, names: list[str]) -> Array:
    """P(target, names | findings) by summing the joint distribution of these variables and all above them."""
    network = question.engine.network
    number = {name: i for i, name in enumerate(network.ancestral([question.target.id, *question.findings, *names]))}
    operands: list[object] = []
    for name in number:
        operands += [network.cpts[name], [number[i] for i in (*network.parents[name], name)]]
    for name, weights in question.findings.items():
        operands += [weights, [number[name]]]
    kept = [number[name] for name in (question.target.id, *names)]
    joint: Array = np.einsum(*operands, kept, optimize=True)
    return joint / joint.sum()


def entropy(p: Array) -> float:
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def information(joint: Array) -> float:
    """H(target) + H(rest) - H(both), the rest taken as one variable."""
    joint = joint.reshape(len(joint), -1)
    return entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0)) - entropy(joint)


def leader_change(joint: Array) -> float:
    joint = joint.reshape(len(joint), -1)
    leads = joint.argmax(axis=0) != joint.sum(axis=1).argmax()
    return float(joint.sum(axis=0)[leads].sum())


@settings(max_examples=40, deadline=None)
@given(findings=CASES)
def test_findings_equal_enumeration(model: Model, findings: dict[str, object]) -> None:
    case = {"findings": findings}
    try:
        result = model.what_if(case, patients=10)
    except ImpossibleFindings:
        return
    question = model.question(case)
    hard = question.hard_findings()
    assert {v.variable.id for v in result.findings} | result.settled.keys() | hard.keys() == {
        v.id for v in model.network.findings
    }
    for name, state in result.settled.items():
        assert joint_of(question, [name]).sum(axis=0)[
            model.network.variable(name).state_index(state)
        ] == pytest.approx(1.0)
    for value in result.findings:
        joint = joint_of(question, [value.variable.id])
        possible = joint.sum(axis=0) > 0
        np.testing.assert_allclose(value.predictive, joint.sum(axis=0), atol=1e-12)
        np.testing.assert_allclose(
            value.posteriors[possible], (joint / joint.sum(axis=0).clip(1e-300)).T[possible], atol=1e-9
        )
        assert not value.posteriors[~possible].any()
        assert value.information == pytest.approx(information(joint), abs=1e-10)
        assert value.information >= 0
        assert value.leader_change == pytest.approx(leader_change(joint), abs=1e-9)
        # what is expected to be believed is what is believed
        np.testing.assert_allclose(value.predictive @ value.posteriors, result.posterior, atol=1e-12)
        expected = joint.sum(axis=0) >= 0.05
        moved = np.abs(value.posteriors[:, result.leader] - result.posterior[result.leader])[expected]
        assert moved.max() == pytest.approx(
            abs(value.posteriors[value.strongest, result.leader] - result.posterior[result.leader])
        )
        assert value.predictive[value.strongest] >= 0.05
    bits = [round(value.information, 12) for value in result.findings]
    assert bits == sorted(bits, reverse=True)
    assert result.entropy == pytest.approx(entropy(result.posterior))


@settings(max_examples=15, deadline=None)
@given(findings=CASES)
def test_examinations_equal_enumeration(model: Model, findings: dict[str, object]) -> None:
    case = {"findings": findings}
    try:
        question = model.question(case)
        result = model.what_if(case, patients=10)
    except ImpossibleFindings:
        return
    alone = {value.variable.id: value.information for value in result.findings}
    names = tuple(alone)
    exact = examination_values(Prospects(question), names, limit=100_000)
    for value in exact:
        assert value.exact
        assert value.information_error == value.leader_change_error == 0
        joint = joint_of(question, list(value.findings))
        assert value.information == pytest.approx(information(joint), abs=1e-9)
        assert value.leader_change == pytest.approx(leader_change(joint), abs=1e-9)
        assert value.outcomes == np.count_nonzero(joint.sum(axis=0))
        assert value.information >= max(alone[name] for name in value.findings) - 1e-9
        assert value.information <= result.entropy + 1e-9


@pytest.mark.parametrize("case", [SOME, {}, {"age": 70, "findings": {"ct_calcification": "present"}}])
@pytest.mark.parametrize("seed", [0, 1])
def test_simulation_agrees_with_enumeration(model: Model, case: dict[str, object], seed: int) -> None:
    question = model.question(case)
    names = [value.variable.id for value in model.what_if(case, patients=10).findings]
    exact = examination_values(Prospects(question), names, limit=100_000)
    simulated = examination_values(Prospects(question, 1500, seed), names, limit=0)
    assert [value.examination for value in exact] == [value.examination for value in simulated]
    for true, estimate in zip(exact, simulated, strict=True):
        assert not estimate.exact
        assert estimate.outcomes == 1500
        assert abs(estimate.information - true.information) <= 4 * estimate.information_error
        assert abs(estimate.leader_change - true.leader_change) <= 4 * estimate.leader_change_error


def test_which_examinations(model: Model) -> None:
    values = {value.examination: value for value in model.what_if(SOME).examinations}
    assert list(values) == ["history", "ct", "mr", "mr_contrast", "contrast", "all"]
    assert set(values["mr"].findings) == {"mr_t2_signal", "size_mm"}
    assert set(values["mr_contrast"].findings) == {"mr_t2_signal", "size_mm", "mr_dural_tail"}
    assert values["contrast"].findings == ("mr_dural_tail",)
    assert values["all"].information >= values["mr_contrast"].information
    tail = model.what_if(SOME).finding("mr_dural_tail")
    assert values["contrast"].information == pytest.approx(tail.information)


def test_uncertain_finding_is_still_open(model: Model) -> None:
    value = model.what_if(SOME).finding("mr_t2_signal")
    assert value.stated == {"hyper": 0.8, "mixed": 0.2}
    assert value.predictive[[0, 1]].tolist() == [0.0, 0.0]
    settled_as = {"findings": {**SOME["findings"], "mr_t2_signal": "mixed"}}
    np.testing.assert_allclose(
        value.posteriors[3], model.engine.posterior(model.question(settled_as).findings).probabilities, atol=1e-12
    )


def test_implied_findings_are_settled(model: Model) -> None:
    absent = model.what_if({"findings": {"ct_calcification": "absent"}})
    assert absent.settled == {"ct_calcification_pattern": "not_applicable"}
    present = model.what_if({"findings": {"ct_calcification_pattern": "punctate"}})
    assert present.settled == {"ct_calcification": "present"}
    with pytest.raises(InputError, match="settled by the other findings: present"):
        present.finding("ct_calcification")


def test_filters(model: Model) -> None:
    def names(result: WhatIf) -> set[str]:
        return {value.variable.id for value in result.findings}

    assert names(model.what_if(SOME, kind="ct")) == {"ct_calcification", "ct_calcification_pattern"}
    assert names(model.what_if(SOME, examination="mr_contrast")) == {"mr_dural_tail"}
    assert [value.examination for value in model.what_if(SOME, kind="ct").examinations] == ["ct"]
    assert names(model.what_if(SOME, finding="sex")) == {"sex"}
    assert model.what_if(SOME, finding="sex").examinations == ()
    with pytest.raises(InputError, match="no finding of kind 'CT'"):
        model.what_if(SOME, kind="CT")
    with pytest.raises(InputError, match="known already"):
        model.what_if(SOME, finding="level")
    with pytest.raises(InputError, match="did you mean 'mr_dural_tail'"):
        model.what_if(SOME, finding="mr_dural_tal")


def test_nothing_left(model: Model) -> None:
    first = {"level": "cervical", "compartment": "extradural", "ct_calcification_pattern": "punctate"}
    rest = {"mr_t2_signal": "hypo", "mr_dural_tail": "absent", "size_mm": 3, "sex": "male", "age_group": "60+"}
    result = model.what_if({"findings": {**first, **rest}}, steps=2)
    assert result.findings == ()
    assert result.examinations == ()
    assert all(sequence.steps == () for sequence in result.sequences)
    assert "No finding is open" in str(result)


def test_comparison(model: Model) -> None:
    case = {"age": 50, "sex": "male", "findings": {"level": "cervical", "mr_dural_tail": "present"}}
    changes = {"ct_calcification_pattern": "punctate", "age": 11, "sex": "female"}
    result = model.compare(case, changes, ["mr_dural_tail"])
    assert result.changed == {
        "mr_dural_tail": ("present", None),
        "ct_calcification_pattern": (None, "punctate"),
        "age_group": ("40-59", "0-17"),
        "sex": ("male", "female"),
    }
    after = {"age": 11, "sex": "female", "findings": {"level": "cervical", "ct_calcification_pattern": "punctate"}}
    for asked, posterior in ((case, result.posterior_before), (after, result.posterior_after)):
        expected = {row.diagnosis: row.probability for row in model.query(asked, checks=False).posterior}
        assert dict(zip(result.before.target.states, posterior.tolist(), strict=True)) == pytest.approx(expected)
    with pytest.raises(InputError, match="states no finding 'mr_t2_signal' to remove"):
        model.compare(case, {}, ["mr_t2_signal"])
    with pytest.raises(InputError, match="both set and removed"):
        model.compare(case, {"level": "lumbar"}, ["level"])
    with pytest.raises(ImpossibleFindings, match=r"ct_calcification=absent and ct_calcification_pattern=punctate"):
        model.compare(case, {"ct_calcification": "absent", "ct_calcification_pattern": "punctate"})


def test_representations(model: Model) -> None:
    result = model.what_if(SOME, steps=2)
    comparison = model.compare(SOME, {"mr_dural_tail": "absent"})
    for one in (result, comparison):
        assert max(len(line) for line in str(one).splitlines()) <= 130
        assert "not a medical device" in str(one)
        assert "<table>" in one._repr_html_()
        assert str(one.__rich__())


def bayes_net(network: Network) -> pyagrum.BayesNet:
    net = pyagrum.BayesNet()
    for v in network.variables:
        net.add(pyagrum.LabelizedVariable(v.id, "", [str(i) for i in range(v.cardinality)]))
    for child, parents in network.parents.items():
        for parent in parents:
            net.addArc(parent, child)
    for child, table in network.cpts.items():
        order = list(reversed(net.cpt(child).names))
        family = [*network.parents[child], child]
        net.cpt(child)[:] = np.ascontiguousarray(table.transpose([family.index(i) for i in order]))
    return net


def check_against_pyagrum(result: WhatIf, names: list[str]) -> None:
    network, target = result.question.engine.network, result.question.target.id
    inference = pyagrum.LazyPropagation(bayes_net(network))
    stated: Mapping[str, object] = {n: w.tolist() for n, w in result.question.findings.items()}
    inference.setEvidence(dict(stated))
    for name in names:
        value = result.finding(name)
        inference.setEvidence(dict(stated))
        inference.addJointTarget({target, name})
        inference.makeInference()
        theory = pyagrum.InformationTheory(inference, [target], [name])
        np.testing.assert_allclose(value.predictive, inference.posterior(name).toarray(), atol=1e-9)
        assert value.information == pytest.approx(theory.mutualInformationXY(), abs=1e-9)
        for k in np.flatnonzero(value.predictive > 0).tolist():
            inference.setEvidence({**stated, name: k})
            inference.makeInference()
            np.testing.assert_allclose(value.posteriors[k], inference.posterior(target).toarray(), atol=1e-9)


def test_small_network_equals_pyagrum(model: Model) -> None:
    result = model.what_if(SOME)
    check_against_pyagrum(result, [v.variable.id for v in result.findings if v.stated is None])


def test_shipped_network_equals_pyagrum() -> None:
    model = bayesdx.load("spine", prior="uniform")
    case = {"age": 68, "sex": "male", "findings": {"level": "cervical", "ct_calcification": "present"}}
    names = ["facet_degeneration", "ct_calcification_pattern", "mr_swi_blooming", "compartment"]
    check_against_pyagrum(model.what_if(case, patients=50), names)


def test_shipped_network_ct_jointly_equals_enumeration() -> None:
    model = bayesdx.load("spine", prior="uniform")
    case = {"age": 31, "findings": {"level": "craniocervical", "mr_t2_signal": "hypo"}}
    result = model.what_if(case, patients=50)
    ct = next(value for value in result.examinations if value.examination == "ct")
    assert ct.exact
    joint = joint_of(result.question, list(ct.findings))
    assert ct.information == pytest.approx(information(joint), abs=1e-9)
    assert ct.leader_change == pytest.approx(leader_change(joint), abs=1e-6)


def test_rounding_ranks_nothing() -> None:
    """Findings that are independent of the target stand in the network's order, whatever the last digit says."""
    network = replace(example_network("alarm"), target="ANAPHYLAXIS")
    values = what_if(Question(compile_network(network), {}), patients=10).findings
    silent = [value for value in values if value.information < 1e-12]
    assert len(silent) > 20
    assert values[-len(silent) :] == tuple(silent)
    order = [network.index[value.variable.id] for value in silent]
    assert order == sorted(order)


def test_examination_that_only_a_joint_reveals() -> None:
    """Two findings that say nothing alone and everything together."""
    half = np.full(2, 0.5)
    same = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    network = Network(
        "xor",
        (
            Variable("a", ("0", "1"), examination="scan"),
            Variable("b", ("0", "1"), examination="scan"),
            Variable("d", ("same", "other")),
        ),
        {"d": ("a", "b")},
        {"a": half, "b": half, "d": same},
        target="d",
    )
    result = what_if(Question(compile_network(network), {}), steps=3)
    assert [value.information for value in result.findings] == pytest.approx([0.0, 0.0])
    scan: ExaminationValue = result.examinations[0]
    assert (scan.examination, scan.information) == ("scan", pytest.approx(1.0))
    greedy, ahead = result.sequences
    assert greedy.steps == ()
    assert [step.gain for step in ahead.steps] == pytest.approx([0.0, 1.0])
    assert ahead.expected_information == pytest.approx(1.0)
