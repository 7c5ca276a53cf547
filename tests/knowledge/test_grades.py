"""Grades of rows, and what sources without an identifier weigh."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bayesdx.knowledge.build import keep_ledger, pool_findings
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.grades import RowEvidence, row_evidence, together
from bayesdx.knowledge.ledger import Entry
from bayesdx.knowledge.library import Library
from bayesdx.knowledge.parts import Part
from bayesdx.knowledge.patients import Learnt
from bayesdx.knowledge.sources import Evidence
from bayesdx.knowledge.studies import without_repeats

MakeFact = Callable[..., Fact]
EVIDENCE = {
    "a": Evidence("series", True, "https://doi.org/10.1/a"),
    "c": Evidence("case report", True, ""),
    "d": Evidence("teaching page", False, ""),
}


def part(source: str, weight: float) -> Part:
    """A part of a source, or of an assumption (empty) or of learnt cases."""
    if source in ("base", "definition", "learnt"):
        return Part(source, np.zeros(2), weight)
    return Part("fact", np.zeros(2), weight, Entry(source, 0, "", True, weight, ()))


@pytest.mark.parametrize(
    ("weights", "grade", "sources", "identified"),
    [
        ({"a": 3, "base": 3}, "A", 0.5, 1.0),
        ({"a": 3, "base": 3.1}, "E", 3 / 6.1, 1.0),
        ({"a": 3, "base": 2, "definition": 2}, "E", 3 / 7, 1.0),
        ({"a": 2, "d": 2}, "A", 1.0, 0.5),
        ({"a": 1, "c": 1.5, "d": 2}, "C", 1.0, 2.5 / 4.5),
        ({"a": 1, "c": 1, "d": 2.5}, "D", 1.0, 2 / 4.5),
        ({"d": 2, "learnt": 50}, "D", 1.0, 0.0),
        ({"base": 6}, "E", 0.0, None),
    ],
)
def test_the_grade_of_a_row(
    weights: dict[str, float], grade: str, sources: float, identified: float | None
) -> None:
    """The median grade of its sources by weight; E where assumptions weigh more. Cases learnt from are neither."""
    row = row_evidence([part(source, weight) for source, weight in weights.items()], EVIDENCE)
    assert row.grade == grade
    assert row.source_share == pytest.approx(sources)
    assert row.identified_share == (identified if identified is None else pytest.approx(identified))


def test_rows_together() -> None:
    rows = [row_evidence([part("a", 3), part("base", 1)], EVIDENCE), row_evidence([part("d", 1)], EVIDENCE)]
    assert together(rows) == RowEvidence({"A": 3, "B": 0, "C": 0, "D": 1}, 3, 1)


def test_unidentified_sources_weigh_less(orchard: Definition, make_fact: MakeFact) -> None:
    """A study of a source without an identifier weighs what the choice says of one that has it."""
    facts = [make_fact("present", 3, 8), make_fact("present", 1, 2, diagnosis="pear", source="s2")]
    known = pool_findings(orchard, facts, identified={"s1", "s2"})["rim"].studies.weight
    without = pool_findings(orchard, facts, identified={"s2"})["rim"].studies.weight
    assert known == pytest.approx(pool_findings(orchard, facts)["rim"].studies.weight)
    assert without == pytest.approx(known * np.array([orchard.pooling.unidentified_weight, 1]))


def test_what_only_repeats_a_better_source(orchard: Definition, make_fact: MakeFact) -> None:
    """Statements without a denominator go where identified sources speak of the same states of the same row."""
    states = {"rim": ("absent", "present"), "signal": ("low", "iso", "high")}
    better = [
        make_fact("present", 3, 8),
        make_fact("low", 3, 8, finding="signal"),
        make_fact("iso", kind="word", value="often", finding="signal"),
        make_fact("high", 1, 1, kind="case", finding="signal"),
        make_fact("high", 2, 4, finding="signal", condition="peeled"),
        make_fact("high", 2, 4, finding="signal", site="elsewhere"),
    ]
    said = {"kind": "word", "value": "often", "source": "s2"}
    gone = [
        make_fact("present", **said),
        make_fact("absent", **said),
        make_fact("present", kind="proportion", value="0.4", source="s2"),
        make_fact("low|iso", finding="signal", **said),
    ]
    kept = [
        make_fact("high", finding="signal", **said),
        make_fact("low|high", finding="signal", **said),
        make_fact("present", diagnosis="pear", **said),
        make_fact("present", form="green", **said),
        make_fact("present", 2, 3, source="s2"),
        make_fact("present", 1, 1, kind="case", source="s2"),
        make_fact("present", kind="word", value="often"),
    ]
    table = (*better, *gone, *kept)
    assert without_repeats(table, {"s1"}, {"spinal"}, states) == (*better, *kept)
    assert without_repeats(table, {"s1", "s2"}, {"spinal"}, states) == table
    assert without_repeats(table, set(), {"spinal"}, states) == table


def test_repeats_enter_when_the_choice_says_so(orchard: Definition, make_fact: MakeFact) -> None:
    facts = [
        make_fact("present", 3, 8),
        make_fact("present", kind="word", value="often", source="s2"),
        make_fact("present", 1, 2, diagnosis="pear"),
    ]
    for choice, sources in ((0.0, ["s1", "s1"]), (1.0, ["s1", "s2", "s1"])):
        definition = replace(orchard, pooling=replace(orchard.pooling, repeated_statements=choice))
        cell = pool_findings(definition, facts, identified={"s1"})["rim"]
        assert [study.source for found in cell.by_diagnosis.values() for study in found] == sources


def test_repeats_are_decided_on_the_whole_table(orchard: Definition, make_fact: MakeFact) -> None:
    """Leaving the better source out afterwards brings none of them back: ``without`` could not do so."""
    facts = [
        make_fact("present", 3, 8),
        make_fact("present", kind="word", value="often", source="s2"),
        make_fact("present", 2, 3, source="s3"),
        make_fact("present", 1, 2, diagnosis="pear", source="s3"),
    ]
    cell = pool_findings(orchard, facts, lambda fact: fact.source != "s1", {"s1", "s3"})["rim"]
    assert [study.source for found in cell.by_diagnosis.values() for study in found] == ["s3", "s3"]


def test_the_ledger_keeps_the_evidence(
    library: Library, definitions: dict[str, Definition], learnt: dict[str, Learnt]
) -> None:
    """Of the publications that facts cite; those of patients have records of their own."""
    ledger = keep_ledger(definitions["spine"], learnt["spine"].cells, library.sources, "1")
    assert ledger.evidence.keys() == ledger.references.keys()
    assert {
        key for key, one in ledger.evidence.items() if one.identified
    } == library.identified & ledger.evidence.keys()
