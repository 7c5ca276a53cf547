"""Coverage against a count of the table itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable

import pytest

from bayesdx.analyses.coverage.numbers import coverage, exclusions
from bayesdx.knowledge.build import pool_findings
from bayesdx.knowledge.definition import Definition, Form
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.library import Library
from bayesdx.knowledge.patients import Learnt

MakeFact = Callable[..., Fact]
CELLS = [("meningioma", "mr_dural_tail"), ("capnon", "ct_calcification_pattern"), ("synovial_cyst", "mr_t2_signal")]


@pytest.mark.parametrize("name", ["spine", "cranial"])
def test_against_the_table(
    library: Library, definitions: dict[str, Definition], learnt: dict[str, Learnt], name: str
) -> None:
    """All sites count (at a lower weight), so a cell holds every used row that does not repeat a better source."""
    with (library.priors / "facts.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    with (library.priors / "sources.json").open(encoding="utf-8") as file:
        identified = {one["id"] for one in json.load(file) if {"DOI", "PMID", "PMCID"} & one.keys()}
    states = {variable.id: set(variable.states) for variable in definitions[name].vocabulary}
    found = {(c.diagnosis, c.finding): c for c in coverage(definitions[name], learnt[name].cells)}
    repeats = 0
    for diagnosis, finding in CELLS:
        mine = [r for r in rows if (r["diagnosis"], r["finding"]) == (diagnosis, finding)]
        for_form = [
            r for r in mine if r["exclude"] == "overlap" and r["kind"] == "case" and r["form"] and r["cohort"]
        ]
        used = [r for r in mine if not r["exclude"]]
        spoken_of: dict[str, set[str]] = {}
        for r in used:
            better = r["source"] in identified and r["kind"] != "case" and not r["condition"]
            if better and r["site"] in definitions[name].sites:
                spoken_of.setdefault(r["form"], set()).update(r["state"].split("|"))
        repeated = [
            r
            for r in used
            if r["source"] not in identified
            and r["kind"] in ("word", "proportion")
            and (
                set(r["state"].split("|")) <= spoken_of.get(r["form"], set())
                or (len(states[finding]) == 2 and r["form"] in spoken_of)
            )
        ]
        repeats += len(repeated)
        used = [r for r in used if r not in repeated] + for_form
        cell = found[diagnosis, finding]
        assert cell.facts == len(used)
        assert cell.sources == len({r["source"] for r in used})
        denominators: dict[tuple[str, ...], int] = {}
        for r in used:
            if r["kind"] in ("count", "percent", "case", "assumption"):
                key = tuple(r[c] for c in ("source", "cohort", "condition", "form", "site", "exclude"))
                denominators[key] = max(denominators.get(key, 0), int(float(r["n"])))
        assert cell.patients == sum(denominators.values())
        assert not cell.assumption_alone
    assert repeats > 0


def test_in_small(orchard: Definition, make_fact: MakeFact) -> None:
    defined = Form("other", "", "Other", definition={"rim": ("present",)})
    definition = Definition(**{**vars(orchard), "forms": (*orchard.forms[:2], defined)})
    facts = [
        make_fact("present", 3, 8),
        make_fact("absent", 5, 8),
        make_fact("present", kind="word", value="often"),
        make_fact("present", 2, 3, source="s2"),
        make_fact("present", 1, 1, diagnosis="pear", kind="case"),
        make_fact("present", 1, 1, exclude="selected"),
        make_fact("present", 1, 1, exclude="overlap"),
        make_fact("present", 1, 1, exclude="overlap", source="s2"),
    ]
    rows = {row.diagnosis: row for row in coverage(definition, pool_findings(definition, facts))}
    apple = rows["apple"]
    assert (apple.facts, apple.patients, apple.sources, apple.defined) == (4, 11, 2, False)
    assert (rows["pear"].facts, rows["pear"].patients) == (1, 1)
    assert (rows["other"].facts, rows["other"].assumption_alone, rows["other"].defined) == (0, True, True)
    assert exclusions(facts) == {"overlap": 2, "selected": 1}
