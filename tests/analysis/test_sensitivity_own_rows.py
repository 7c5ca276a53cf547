"""A target with parents: its own rows are numbers like others, named with their context, letters kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from example_networks import example_network
from sensitivity_networks import ask, hard
from test_sensitivity_one_way import with_target

from bayesdx.analyses import ANALYSES
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity, sensitivity
from bayesdx.analyses.sensitivity.sentences import describe_parameter
from bayesdx.network import Network, Variable


@pytest.fixture(scope="module")
def lung() -> Sensitivity:
    network = with_target(example_network("asia"), "lung")
    return sensitivity(ask(network, hard(network, dysp="yes", xray="yes", smoke="yes")), draws=100).faced(
        ANALYSES["sensitivity"]
    )


def test_own_rows_stand_in_the_text_as_in_json(lung: Sensitivity) -> None:
    first = lung.to_dict()["leader_changes"]
    assert isinstance(first, list)
    assert (first[0]["variable"], first[0]["given"]) == ("lung", {"smoke": "yes"})
    assert first[0]["log_odds"] == pytest.approx(-0.963, abs=1e-3)
    assert first[0]["label"] == "lung: yes given smoke yes"
    shown = " ".join(str(lung).split())
    smallest = (
        "The smallest change of one number that makes another diagnosis lead is that of lung: yes given smoke"
    )
    assert f"{smallest} yes, from" in shown


def test_labels_tell_the_rows_apart(lung: Sensitivity) -> None:
    parameters = lung.one_way.parameters
    labels = [describe_parameter(parameters, i) for i in range(len(parameters))]
    assert len(set(labels)) == len(labels)
    assert "prior of yes" not in labels


def test_names_keep_their_letters() -> None:
    """Ids are names and stand as they are; labels are words and begin small inside a sentence."""
    network = Network(
        "n",
        (
            Variable("Smoker", ("Yes", "No")),
            Variable("AGE", ("Old", "Young"), label="Age of the patient"),
            Variable("Lung", ("Cancer", "Clear")),
        ),
        {"Lung": ("Smoker", "AGE")},
        {
            "Smoker": np.array([0.4, 0.6]),
            "AGE": np.array([0.5, 0.5]),
            "Lung": np.array([[[0.6, 0.4], [0.3, 0.7]], [[0.2, 0.8], [0.1, 0.9]]]),
        },
        target="Lung",
    )
    findings = hard(network, Smoker="Yes", AGE="Old")
    parameters = one_way(ask(network, findings)).parameters
    label = describe_parameter(parameters, parameters.find("Lung", 0, 0))
    assert label == "Lung: Cancer given Smoker Yes, age of the patient Old"
    found = sensitivity(ask(network, findings), draws=100).faced(ANALYSES["sensitivity"])
    assert "then Clear leads" in " ".join(str(found).split())
    lung = replace(network.variable("Lung"), state_labels=("Cancer of the lung", "Clear lung"))
    labelled = replace(network, variables=(*network.variables[:2], lung))
    found = sensitivity(ask(labelled, findings), draws=100).faced(ANALYSES["sensitivity"])
    assert "then clear lung leads" in " ".join(str(found).split())
