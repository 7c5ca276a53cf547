"""P(target, v, findings without v) against sums over the joint distribution, looked up and differentiated."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdx.analyses.question import Question
from bayesdx.document import NetworkDocument
from bayesdx.model import Model
from bayesdx.network import Array

CASES = [
    {},
    {"level": "cervical", "mr_t2_signal": "hyper"},
    {"ct_calcification": "present", "ct_calcification_pattern": "not dense_solid"},
    {"mr_t2_signal": {"hyper": 8.0, "mixed": 2.0}, "compartment": "extradural", "level": {"cervical": 3.0}},
    {"mr_t2_signal": {"hypo": 0.5, "hyper": 1.0}, "level": {"cervical": 0.5, "lumbar": 1.0}},
    {"level": "not cervical", "ct_calcification_pattern": "not punctate", "mr_t2_signal": "not hypo"},  # many ways
]


def summed(question: Question, name: str) -> Array:
    """The same by summing the joint distribution of the findings, the target and all above them."""
    network = question.network
    number = {one: i for i, one in enumerate(network.ancestral([question.target.id, name, *question.findings]))}
    operands: list[object] = []
    for one in number:
        operands += [network.cpts[one], [number[i] for i in (*network.parents[one], one)]]
    for one, weights in question.findings.items():
        operands += [weights, [number[one]]] if one != name else []
    joint: Array = np.einsum(*operands, [number[question.target.id], number[name]], optimize=True)
    known = question.findings.get(name, np.ones(joint.shape[1]))
    return joint / (joint @ known).sum()


@pytest.mark.parametrize("findings", CASES)
def test_joints_are_sums_over_the_joint_distribution(small: NetworkDocument, findings: dict[str, object]) -> None:
    question = Model(small, "surgical").question({"findings": findings})
    assert question.joints.keys() == {variable.id for variable in question.network.findings}
    for name, joint in question.joints.items():
        np.testing.assert_allclose(joint, summed(question, name), rtol=1e-9, atol=1e-15)
