"""Prior sets: rates, ratios, reported cases and case mixes worked out by hand, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bayesdx.document import PriorSet
from bayesdx.errors import InputError
from bayesdx.knowledge.prior_sets import incidence_rates, read_prior_sets
from bayesdx.loading import load

ABOUT = {"label": "x", "population": "somewhere", "description": "a test"}
DATA: dict[str, Any] = {
    "published_share": 0.1,
    "population_at_risk": 1.0e9,
    "sets": {"uniform": {**ABOUT, "default": True}, "incidence": ABOUT, "surgical": ABOUT, "published": ABOUT},
    "published": {"count": 5},
    "incidence": {
        "spine": {
            "meningioma": {"rate": 0.4, "sources": ["a"]},
            "chordoma": {"rate": 0.1, "share": 0.6, "sources": ["a"]},
            "schwannoma": {"ratio": [3, 2], "to": "meningioma", "share": 0.5, "sources": ["a", "b"]},
            "capnon": {"reported": [26, 40], "sources": ["b"]},
            "other": {"rate": 0.3, "assumption": "the rest"},
        }
    },
    "surgical": {
        "spine": {
            "anchor": "meningioma",
            "groups": [
                {"name": "one", "weight": 0.8, "sources": ["a"], "counts": {"meningioma": 30, "schwannoma": 10}},
                {"name": "two", "weight": 0.2, "assumption": "a guess", "counts": {"chordoma": 1, "other": 3}},
            ],
        }
    },
}
DIAGNOSES = ("meningioma", "schwannoma", "chordoma", "capnon", "other")
RATES = {"meningioma": 0.4, "chordoma": 0.06, "schwannoma": 0.3, "capnon": 26 / 40 / 0.1 / 1e9 * 1e5, "other": 0.3}

Read = Callable[[Any], dict[str, PriorSet]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def of(data: Any) -> dict[str, PriorSet]:
        path = tmp_path / "prior_sets.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False))
        return read_prior_sets(path, "spine", DIAGNOSES, ["a", "b"], [12, 7, 0, 1, 5])

    return of


def test_rates() -> None:
    rates = incidence_rates(DATA, "spine", DIAGNOSES, {"a", "b"}, "here")
    assert rates == pytest.approx(RATES)


def test_sets(read: Read) -> None:
    sets = read(DATA)
    assert list(sets) == ["uniform", "incidence", "surgical", "published"]
    assert sets["uniform"].probabilities == pytest.approx(np.full(5, 0.2))
    incidence = np.array([RATES[diagnosis] for diagnosis in DIAGNOSES])
    assert sets["incidence"].probabilities == pytest.approx(incidence / incidence.sum())
    # 0.8 of the operated lesions split 3 : 1, 0.2 split 1 : 3; capnon, in no group, by its rate to meningioma's
    surgical = np.array([0.6, 0.2, 0.05, 0.6 * RATES["capnon"] / 0.4, 0.15])
    assert sets["surgical"].probabilities == pytest.approx(surgical / surgical.sum())
    assert sets["published"].probabilities == pytest.approx(np.array([17, 12, 5, 6, 10]) / 50)
    assert [name for name, prior in sets.items() if prior.default] == ["uniform"]
    assert sets["incidence"].population == "somewhere"


def change(*keys: Any, value: Any = None) -> Any:
    data = deepcopy(DATA)
    part = data
    for key in keys[:-1]:
        part = part[key]
    if value is None:
        del part[keys[-1]]
    else:
        part[keys[-1]] = value
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (change("incidence", "spine", "capnon"), "prior_sets.yaml, spine: no incidence for 'capnon'"),
        (
            change("incidence", "spine", "capnon", "sources", value=["c"]),
            "prior_sets.yaml, spine, capnon: unknown source 'c'; choose from: a, b",
        ),
        (
            change("incidence", "spine", "other", "assumption"),
            "prior_sets.yaml, spine, other: neither sources nor an assumption is given",
        ),
        (
            change("surgical", "spine", "groups", 1, "assumption"),
            "prior_sets.yaml, spine, two: neither sources nor an assumption is given",
        ),
        (
            change("incidence", "spine", "schwannoma", "to", value="capnon"),
            "prior_sets.yaml, spine, schwannoma: 'capnon' must come before it",
        ),
        (
            change("surgical", "spine", "groups", 0, "counts", value={"meningoma": 3}),
            "prior_sets.yaml, spine: unknown diagnosis 'meningoma'; did you mean 'meningioma'",
        ),
        (
            change("incidence", "spine", "meningoma", value={"rate": 1, "sources": ["a"]}),
            "prior_sets.yaml, spine: unknown diagnosis 'meningoma'; did you mean 'meningioma'",
        ),
        (
            change("incidence", "spine", "capnon", value={"sources": ["a"]}),
            "prior_sets.yaml, spine, capnon: neither rate, ratio nor reported is given",
        ),
        (
            change("incidence", "spine", "capnon", "reported", value=[0, 40]),
            "prior_sets.yaml, spine, capnon: a rate of 0 would rule the diagnosis out",
        ),
        (
            change("surgical", "spine", "anchor", value="capnon"),
            "prior_sets.yaml, spine: the anchor 'capnon' is in no group",
        ),
    ],
)
def test_refused(read: Read, data: Any, message: str) -> None:
    with pytest.raises(InputError) as refusal:
        read(data)
    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize("name", ["spine", "cranial"])
def test_shipped_sets(name: str) -> None:
    """Each set is a distribution that rules nothing out; one is the default; every entry names its origin."""
    sets = load(name).document.prior_sets
    assert {"uniform", "incidence", "surgical", "published"} <= sets.keys()
    for prior in sets.values():
        assert prior.probabilities.sum() == pytest.approx(1)
        assert (prior.probabilities > 0).all()
        assert prior.population
    assert sum(prior.default for prior in sets.values()) == 1
