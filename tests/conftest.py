"""Small networks that several tests ask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from bayesdx.document import NetworkDocument, PriorSet
from bayesdx.formats.network_json import network_text, read_network
from bayesdx.network import Network, Variable

# The same examples in every run: what is found by chance belongs to scripts/fuzz.py, and then here as an example.
settings.register_profile("same", derandomize=True, deadline=None)
settings.load_profile("same")

DIAGNOSES = ("capnon", "meningioma", "schwannoma", "synovial_cyst", "other")


def make_diagnostic_network(seed: int = 1) -> tuple[Network, list[PriorSet]]:
    """A diagnostic network in small: latent mineralisation, and a pattern that only a calcified lesion has."""
    rng = np.random.default_rng(seed)
    variables = (
        Variable("diagnosis", DIAGNOSES, "Diagnosis", kind="diagnosis"),
        Variable("level", ("cervical", "thoracic", "lumbar"), "Level", kind="location", examination="history"),
        Variable("compartment", ("extradural", "intradural_extramedullary"), "Compartment", kind="location"),
        Variable("mineralisation", ("none", "partial", "dense"), "Mineralisation", kind="latent"),
        Variable("ct_calcification", ("absent", "present"), "Calcification", kind="ct", examination="ct"),
        Variable(
            "ct_calcification_pattern",
            ("not_applicable", "dense_solid", "peripheral_rim", "punctate"),
            "Pattern of calcification",
            kind="ct",
            examination="ct",
        ),
        Variable("mr_t2_signal", ("hypo", "iso", "hyper", "mixed"), "T2 signal", kind="mr", examination="mr"),
        Variable("mr_dural_tail", ("absent", "present"), "Dural tail", kind="mr", examination="mr_contrast"),
        Variable("age_group", ("0-17", "18-39", "40-59", "60+"), "Age", kind="clinical", examination="history"),
        Variable("sex", ("female", "male"), "Sex", kind="clinical", examination="history"),
        Variable("size_mm", ("<10", "10-30", ">30"), "Size", kind="location", examination="mr"),
    )
    parents = {v.id: ("diagnosis",) for v in variables[1:]}
    parents["ct_calcification"] = ("diagnosis", "mineralisation")
    parents["ct_calcification_pattern"] = ("diagnosis", "ct_calcification")
    parents["mr_t2_signal"] = ("diagnosis", "mineralisation")
    card = {v.id: v.cardinality for v in variables}
    counts = {
        child: rng.gamma(1.0, 4.0, size=[*(card[p] for p in its_parents), card[child]]).round(3) + 0.05
        for child, its_parents in parents.items()
    }
    pattern = counts["ct_calcification_pattern"]
    pattern[:, 0] = [1.0, 0.0, 0.0, 0.0]
    pattern[:, 1, 0] = 0.0
    cpts = {i: table / table.sum(axis=-1, keepdims=True) for i, table in counts.items()}
    cpts["diagnosis"] = np.full(len(DIAGNOSES), 0.2)
    network = Network(
        "small", variables, parents, cpts, counts, target="diagnosis", label="Small example", version="1"
    )
    priors = [
        PriorSet(
            "surgical",
            np.array([0.02, 0.5, 0.3, 0.1, 0.08]),
            np.array([2.0, 50.0, 30.0, 10.0, 8.0]),
            label="Surgical series",
            population="operated patients",
            default=True,
        ),
        PriorSet("uniform", np.full(5, 0.2), label="Uniform", population="no population"),
    ]
    return network, priors


@pytest.fixture(scope="session")
def small_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """File of the small diagnostic network."""
    network, priors = make_diagnostic_network()
    path = tmp_path_factory.mktemp("networks") / "small.json"
    text = network_text(
        network,
        prior_sets=priors,
        levels=("cervical", "thoracic", "lumbar"),
        vocabulary={"syrinx": ("absent", "present"), "mr_t2_signal": ("fluid",)},
    )
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def small(small_path: Path) -> NetworkDocument:
    """The small diagnostic network, read from its file."""
    return read_network(small_path)
