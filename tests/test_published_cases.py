"""priors/cases/published.yaml: every patient once, in known states, with a publication that can be named."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from bayesdx.case import Case
from bayesdx.data import data_path
from bayesdx.formats.case_file import read_cases
from bayesdx.knowledge.definition import read_vocabulary

CASES = read_cases(data_path("priors", "cases", "published.yaml"))
PLACE = {"compartment", "epicentre"}
IDENTIFIERS = ("doi", "pmid", "pmcid")


def publication(case: Case) -> dict[str, object]:
    source = case.metadata["source"]
    assert isinstance(source, dict)
    return source


def test_every_patient_stands_once() -> None:
    developed_with = read_cases(data_path("priors", "cases", "development.yaml"))
    seen = Counter(case.id for case in [*CASES, *developed_with])
    assert [name for name, times in seen.items() if times > 1] == []


def test_no_two_patients_of_one_publication_are_alike() -> None:
    """Two patients of one publication differ in age, sex, diagnosis or a finding that both state."""
    alike = []
    for number, one in enumerate(CASES):
        for other in CASES[:number]:
            mine, theirs = publication(one), publication(other)
            same = any(mine.get(name) and mine.get(name) == theirs.get(name) for name in IDENTIFIERS)
            shared = one.findings.keys() & other.findings.keys()
            differ = any(one.findings[name] != other.findings[name] for name in shared)
            if same and not differ and (one.age, one.sex, one.diagnosis) == (other.age, other.sex, other.diagnosis):
                alike.append((one.id, other.id))
    assert alike == []


def test_no_key_is_misspelt() -> None:
    assert [case.id for case in CASES if case.warnings] == []


def test_every_state_is_in_the_vocabulary() -> None:
    known = {v.id: v.states for v in read_vocabulary(data_path("networks", "vocabulary.yaml"))}
    unknown = [
        (case.id, name, state)
        for case in CASES
        for name, state in case.findings.items()
        if state not in known.get(name, ()) and not (name == "size_mm" and isinstance(state, (int, float)))
    ]
    assert unknown == []


@pytest.mark.parametrize("region", ["spine", "cranial"])
def test_each_region_is_a_network(region: str) -> None:
    mine = [case for case in CASES if case.metadata["region"] == region]
    definition = yaml.safe_load(data_path("networks", f"{region}.yaml").read_text(encoding="utf-8"))
    assert len(mine) > 200
    assert {case.findings["level"] for case in mine if "level" in case.findings} <= set(definition["levels"])


def test_a_compartment_never_rules_out_the_epicentre() -> None:
    model = yaml.safe_load(data_path("networks", "model.yaml").read_text(encoding="utf-8"))
    impossible = next(table["impossible"] for table in model["associations"] if "impossible" in table)
    pairs = {
        c.id: (str(c.findings["compartment"]), c.findings["epicentre"]) for c in CASES if c.findings.keys() >= PLACE
    }
    wrong = [name for name, (compartment, epicentre) in pairs.items() if epicentre in impossible[compartment]]
    assert len(pairs) > 100
    assert wrong == []


def test_every_publication_can_be_named_and_links_to_itself() -> None:
    named = ("title", *IDENTIFIERS, "url")
    assert [case.id for case in CASES if not any(publication(case).get(name) for name in named)] == []
    both = [case.id for case in CASES if "url" in publication(case) and publication(case).keys() & set(IDENTIFIERS)]
    assert both == []


def test_titles_are_those_of_the_publications() -> None:
    """Or a description of ours in brackets, without a word on what could be read of the publication."""
    developed_with = read_cases(data_path("priors", "cases", "development.yaml"))
    titles = [str(publication(case).get("title")) for case in [*CASES, *developed_with]]
    assert [title for title in titles if re.search(r"excerpt|\bnot (?:shown|visible|given)\b", title)] == []
