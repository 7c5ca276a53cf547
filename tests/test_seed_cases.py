"""The five starting documents as cases: where their own diagnosis stands under the uniform prior set."""

from __future__ import annotations

from pathlib import Path

import pytest

import bayesdx
from bayesdx.case import Case
from bayesdx.formats.case_file import read_cases
from bayesdx.loading import load_for

EXAMPLES = Path(bayesdx.__file__).resolve().parents[1] / "examples"
CASES = {case.id or "": case for case in read_cases(EXAMPLES / "seed_cases.yaml")}
#: How far from the top the proven diagnosis may stand. The document of the calcified lesion at C7 names the
#: synovial cyst as its major alternative, so either may lead there.
AT_WORST = {
    "foramen-magnum-capnon": 1,
    "thoracolumbar-mesenchymal-chondrosarcoma": 1,
    "c7-radiculopathy": 2,
    "spinal-tumoral-calcinosis": 3,
    "paediatric-heterotopic-calcification": 3,
}


def rank(case: Case) -> int:
    posterior = load_for(case, "uniform").query(case).posterior
    return [row.diagnosis for row in posterior].index(str(case.diagnosis)) + 1


def test_there_are_five() -> None:
    assert CASES.keys() == AT_WORST.keys()


@pytest.mark.parametrize("name", AT_WORST)
def test_rank_of_the_proven_diagnosis(name: str) -> None:
    assert rank(CASES[name]) <= AT_WORST[name]


@pytest.mark.parametrize("name", AT_WORST)
def test_every_named_alternative_is_a_state(name: str) -> None:
    """What a document itself considers is a diagnosis of its network, or of the network of the skull."""
    states = {
        d for network in ("spine", "cranial") for d in bayesdx.load(network).network.variable("diagnosis").states
    }
    named = CASES[name].metadata["named_alternatives"]
    assert isinstance(named, list)
    assert {CASES[name].diagnosis, *named} <= states


@pytest.mark.parametrize("name", [name for name in AT_WORST if (EXAMPLES / f"{name}.yaml").exists()])
def test_the_example_file_is_the_same_case(name: str) -> None:
    alone = read_cases(EXAMPLES / f"{name}.yaml")
    assert len(alone) == 1
    listed = CASES[name]
    assert alone[0].findings == listed.findings
    assert (alone[0].age, alone[0].sex, alone[0].diagnosis) == (listed.age, listed.sex, listed.diagnosis)
