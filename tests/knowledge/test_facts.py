"""The table of facts and the sources: what is refused, and what the shipped ones hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from bayesdx.errors import InputError
from bayesdx.knowledge.facts import COUNTED, EXCLUSIONS, KINDS, SELECTED_BY_TITLE, SITES, WORDS, read_facts
from bayesdx.knowledge.library import Library

TEXT = ("id", "diagnosis", "form", "site", "finding", "state", "value", "kind", "source", "cohort", "condition")
COLUMNS = [*TEXT, "k", "n", "exclude", "note"]
GOOD = {
    "id": "liu2009.1",
    "diagnosis": "capnon",
    "site": "spinal",
    "finding": "mr_t2_signal",
    "state": "hypo",
    "k": "3",
    "n": "8",
    "kind": "count",
    "source": "liu2009",
}
VOCABULARY = {
    "mr_t2_signal": ("hypo", "iso", "hyper"),
    "age_group": ("0-17", "18+"),
    "level": ("cervical", "lumbar"),
    "ct_calcification": ("absent", "present"),
}
SOURCES = {"liu2009": {"title": "Calcified lesions of the lumbar spine"}, "moser": {}}
UNSPECIFIED = {("capnon", "ordinary"): {"ordinary", "of the ordinary kind"}}


def table(path: Path, *rows: dict[str, str], columns: list[str] = COLUMNS) -> Path:
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def read(path: Path, *rows: dict[str, str], columns: list[str] = COLUMNS) -> str:
    """The message with which a table is refused."""
    with pytest.raises(InputError) as refusal:
        read_facts(table(path / "facts.csv", *rows, columns=columns), SOURCES, VOCABULARY, UNSPECIFIED)
    return str(refusal.value)


def test_good_rows(tmp_path: Path) -> None:
    rows = [
        GOOD,
        {**GOOD, "id": "b", "state": "hypo|iso", "k": "4"},
        {**GOOD, "id": "c", "state": "", "finding": "age_group", "k": "", "kind": "moments", "value": "mean=40"},
        {**GOOD, "id": "d", "k": "", "n": "", "kind": "word", "value": "often", "source": "moser"},
        {**GOOD, "id": "e", "exclude": "overlap"},
    ]
    facts = read_facts(table(tmp_path / "facts.csv", *rows), SOURCES, VOCABULARY)
    assert [fact.used for fact in facts] == [True, True, True, True, False]
    assert facts[1].states == ("hypo", "iso")
    assert (facts[0].k, facts[0].n) == (3.0, 8.0)
    assert facts[2].states == ()
    assert facts[2].k is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": "liu209"}, "unknown source 'liu209'; did you mean 'liu2009'?"),
        ({"state": "hypr"}, "unknown state of mr_t2_signal 'hypr'; did you mean 'hyper'?"),
        ({"state": "hypo|isso"}, "unknown state of mr_t2_signal 'isso'; did you mean 'iso'?"),
        ({"finding": "mr_t2_signl"}, "unknown finding 'mr_t2_signl'; did you mean 'mr_t2_signal'?"),
        ({"site": "spinl"}, "unknown site 'spinl'; did you mean 'spinal'?"),
        ({"kind": "counts"}, "unknown kind 'counts'; did you mean 'count'?"),
        ({"exclude": "overlaps"}, "unknown exclusion 'overlaps'; did you mean 'overlap'?"),
        ({"k": "9"}, "k = 9 exceeds n = 8"),
        ({"k": "9", "exclude": "overlap"}, "k = 9 exceeds n = 8"),
        ({"k": "three"}, "k is 'three', not a number"),
        ({"n": "8?"}, "n is '8?', not a number"),
        ({"n": ""}, "a count needs k and n"),
        ({"n": "0", "k": "0"}, "a count needs k and n"),
        ({"state": ""}, "no state"),
        ({"kind": "proportion", "value": "1.2"}, "proportion '1.2' is not between 0 and 1"),
        ({"kind": "proportion", "value": "most"}, "proportion 'most' is not between 0 and 1"),
    ],
)
def test_refused_rows_name_the_line(tmp_path: Path, change: dict[str, str], message: str) -> None:
    bad = {**GOOD, "id": "bad", "source": "moser", **change}
    assert read(tmp_path, GOOD, bad) == f"facts.csv, line 3: {message}"


@pytest.mark.parametrize("number", ["nan", "inf", "-1"])
def test_counts_are_finite(tmp_path: Path, number: str) -> None:
    assert read(tmp_path, {**GOOD, "k": number}).startswith("facts.csv, line 2: k ")


def test_missing_column(tmp_path: Path) -> None:
    columns = [column for column in COLUMNS if column != "cohort"]
    assert read(tmp_path, GOOD, columns=columns) == "facts.csv, line 2: column 'cohort' is missing"


def test_ragged_row(tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(",".join(COLUMNS) + "\nx,capnon,,spinal\n")
    with pytest.raises(InputError, match=r"facts\.csv, line 2: "):
        read_facts(path, SOURCES, VOCABULARY)


@pytest.mark.parametrize(("kind", "value"), [("word", "oftn"), ("moments", "mean=old"), ("moments", "around 40")])
def test_unreadable_values(tmp_path: Path, kind: str, value: str) -> None:
    bad = {**GOOD, "finding": "age_group", "state": "18+", "k": "", "n": "", "kind": kind, "value": value}
    assert read(tmp_path, bad).startswith("facts.csv, line 2: ")


def test_duplicates(tmp_path: Path) -> None:
    twin = {**GOOD, "id": "liu2009.2", "k": "5"}
    assert read(tmp_path, GOOD, twin) == "facts.csv, line 3: fact 'liu2009.2' states the same as 'liu2009.1'"
    for other in ({"cohort": "a"}, {"condition": "gout"}, {"site": "any"}, {"exclude": "duplicate"}, {"form": "x"}):
        assert len(read_facts(table(tmp_path / "f.csv", GOOD, {**twin, **other}), SOURCES, VOCABULARY)) == 2


def test_a_condition_does_not_describe_the_unspecified_form(tmp_path: Path) -> None:
    bad = {**GOOD, "form": "ordinary", "condition": "women"}
    assert read(tmp_path, bad) == (
        "facts.csv, line 2: the form 'ordinary' is the unspecified one, which a row with the condition 'women' "
        "does not describe: leave the form empty"
    )
    for good in ({"condition": ""}, {"condition": "of the ordinary kind"}, {"form": "rare"}, {"form": ""}):
        rows = table(tmp_path / "f.csv", {**bad, **good})
        assert read_facts(rows, SOURCES, VOCABULARY, UNSPECIFIED)[0].used
    unused = table(tmp_path / "f.csv", {**bad, "exclude": "conditional"})
    assert not read_facts(unused, SOURCES, VOCABULARY, UNSPECIFIED)[0].used


@pytest.mark.parametrize(
    ("finding", "state", "word"), [("level", "lumbar", "lumbar"), ("ct_calcification", "present", "calcified")]
)
def test_a_series_that_its_title_selects_is_no_count(tmp_path: Path, finding: str, state: str, word: str) -> None:
    bad = {**GOOD, "finding": finding, "state": state, "k": "8"}
    message = f"facts.csv, line 2: 8 of 8 in a series whose title says '{word}' were selected by it"
    assert read(tmp_path, bad) == message
    assert read(tmp_path, {**bad, "kind": "percent"}) == message
    other = VOCABULARY[finding][0]
    for good in ({"k": "7"}, {"kind": "case"}, {"source": "moser"}, {"exclude": "selected"}, {"state": other}):
        rows = table(tmp_path / "f.csv", {**bad, **good})
        assert len(read_facts(rows, SOURCES, VOCABULARY, UNSPECIFIED)) == 1


@pytest.mark.parametrize("part", ["L4-5 only", "L4-5 alone", "L4-5 as a lower bound"])
def test_a_part_of_a_state_is_no_count(tmp_path: Path, part: str) -> None:
    bad = {**GOOD, "finding": "level", "state": "lumbar", "condition": part}
    message = read(tmp_path, bad)
    assert message.startswith("facts.csv, line 2: a condition that says '")
    assert message.endswith("' counts a part of the state")
    for good in ({"condition": "lonely"}, {"exclude": "part_of_state"}):
        rows = table(tmp_path / "f.csv", {**bad, **good})
        assert len(read_facts(rows, SOURCES, VOCABULARY, UNSPECIFIED)) == 1


def test_titles_select_by_states_that_there_are(library: Library) -> None:
    findings = {v.id: v.states for v in library.definition("spine").vocabulary}
    for finding, states in SELECTED_BY_TITLE.items():
        assert set(states) <= set(findings[finding]), finding


def test_shipped_facts(library: Library) -> None:
    """Reading checks every row; beyond that, each used row speaks of something that a network holds."""
    facts = library.facts
    assert len({fact.id for fact in facts}) == len(facts)
    held = {d for name in ("spine", "cranial") for d, _ in library.definition(name).diagnoses}
    for fact in facts:
        if not fact.used:
            continue
        assert fact.diagnosis in held, fact.id
        assert fact.source in library.sources, fact.id
        assert fact.kind != "population", fact.id
        assert fact.kind not in COUNTED or (fact.k is not None and fact.n is not None and fact.k <= fact.n), fact.id
        assert fact.kind != "case" or fact.n == 1 or fact.k is not None, fact.id
    assert {fact.exclude for fact in facts} <= {"", *EXCLUSIONS}


def test_the_page_explains_every_word_of_the_table(library: Library) -> None:
    page = (library.priors / "README.md").read_text(encoding="utf-8")
    for word in (*COLUMNS, *KINDS, *SITES, *EXCLUSIONS, *WORDS):
        assert f"`{word}`" in page, word


def test_words_have_a_meaning(library: Library) -> None:
    meaning = library.definition("spine").words
    assert meaning.keys() == set(WORDS)
    assert [meaning[word] for word in WORDS] == sorted(meaning.values(), reverse=True)
