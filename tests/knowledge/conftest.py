"""A knowledge base in small, written by hand, and the shipped one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bayesdx.knowledge.definition import Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.library import Library, open_library
from bayesdx.knowledge.patients import Learnt
from bayesdx.network import Variable

#: Modelling choices that make closed forms easy to work out, and differ from each other.
CHOICES = {
    "base_strength": 3.0,
    "form_strength": 2.0,
    "definition_strength": 5.0,
    "study_correlation": 0.5,
    "word_sample_size": 2.0,
    "word_correlation": 0.25,
    "proportion_sample_size": 4.0,
    "case_weight": 0.5,
    "neighbours": 0.0,
    "condition_weight": 0.2,
    "unidentified_weight": 0.4,
    "repeated_statements": 0.0,
    "site_transfer": 0.1,
    "association_strength": 0.5,
    "misplaced": 0.01,
    "unusual_share": 0.0,
    "unusual_kept": 0.0,
    "unusual_strength": 1.0,
    "contamination": 0.0,
    "reliance": 1.0,
}

MakeFact = Callable[..., Fact]


@pytest.fixture(scope="session")
def library() -> Library:
    """The knowledge of this repository."""
    return open_library()


@pytest.fixture(scope="session")
def definitions(library: Library) -> dict[str, Definition]:
    return {name: library.definition(name) for name in ("spine", "cranial")}


@pytest.fixture(scope="session")
def learnt(library: Library, definitions: dict[str, Definition]) -> dict[str, Learnt]:
    """The rows of facts and patients of each network."""
    return {name: library.learnt(definition) for name, definition in definitions.items()}


@pytest.fixture(scope="session")
def make_fact() -> MakeFact:
    """A used count of source s1 about ``rim`` in apples, with whatever is said otherwise."""

    def make(state: str = "present", k: float | None = None, n: float | None = None, **given: str) -> Fact:
        row = dict.fromkeys(("form", "value", "cohort", "condition", "exclude", "note"), "")
        row |= {
            "id": "f",
            "diagnosis": "apple",
            "site": "spinal",
            "finding": "rim",
            "kind": "count",
            "source": "s1",
        }
        return Fact(states=tuple(state.split("|")) if state else (), k=k, n=n, **{**row, **given})

    return make


@pytest.fixture(scope="session")
def orchard(definitions: dict[str, Definition]) -> Definition:
    """Three diagnoses without forms and a few findings without associations."""
    spine = definitions["spine"]
    return replace(
        spine,
        id="orchard",
        levels=("cervical", "lumbar"),
        sites=frozenset({"spinal", "any"}),
        diagnoses=(("apple", "Apple"), ("pear", "Pear"), ("other", "Other")),
        forms=tuple(Form(name, "", name.title(), unspecified=True) for name in ("apple", "pear", "other")),
        vocabulary=(
            Variable("level", ("skull_base", "cervical", "lumbar"), "Level", ("s", "c", "l"), kind="location"),
            Variable("rim", ("absent", "present"), kind="mr"),
            Variable("signal", ("hypo", "iso", "hyper"), kind="mr"),
            Variable("ct_calcification", ("absent", "present"), kind="ct"),
            Variable("ct_calcification_pattern", ("not_applicable", "dense_solid", "peripheral_rim"), kind="ct"),
        ),
        words={"often": 0.6, "rare": 0.05},
        pooling=replace(spine.pooling, **CHOICES),
        associations=(),
        background={},
        ordered=frozenset(),
        contaminations={},
        spreads={},
    )
