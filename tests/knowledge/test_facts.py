"""The table of facts and the sources: what is refused, and what the shipped ones hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bayesdx.errors import InputError
from bayesdx.knowledge.facts import COUNTED, EXCLUSIONS, KINDS, SITES, WORDS, read_facts
from bayesdx.knowledge.library import Library
from bayesdx.knowledge.sources import format_reference, identity, read_sources, year

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
VOCABULARY = {"mr_t2_signal": ("hypo", "iso", "hyper"), "age_group": ("0-17", "18+")}


def table(path: Path, *rows: dict[str, str], columns: list[str] = COLUMNS) -> Path:
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def read(path: Path, *rows: dict[str, str], columns: list[str] = COLUMNS) -> str:
    """The message with which a table is refused."""
    with pytest.raises(InputError) as refusal:
        read_facts(table(path / "facts.csv", *rows, columns=columns), {"liu2009", "moser"}, VOCABULARY)
    return str(refusal.value)


def test_good_rows(tmp_path: Path) -> None:
    rows = [
        GOOD,
        {**GOOD, "id": "b", "state": "hypo|iso", "k": "4"},
        {**GOOD, "id": "c", "state": "", "finding": "age_group", "k": "", "kind": "moments", "value": "mean=40"},
        {**GOOD, "id": "d", "k": "", "n": "", "kind": "word", "value": "often", "source": "moser"},
        {**GOOD, "id": "e", "exclude": "overlap"},
    ]
    facts = read_facts(table(tmp_path / "facts.csv", *rows), {"liu2009", "moser"}, VOCABULARY)
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
        read_facts(path, {"liu2009"}, VOCABULARY)


@pytest.mark.parametrize(("kind", "value"), [("word", "oftn"), ("moments", "mean=old"), ("moments", "around 40")])
def test_unreadable_values(tmp_path: Path, kind: str, value: str) -> None:
    bad = {**GOOD, "finding": "age_group", "state": "18+", "k": "", "n": "", "kind": kind, "value": value}
    assert read(tmp_path, bad).startswith("facts.csv, line 2: ")


def test_duplicates(tmp_path: Path) -> None:
    twin = {**GOOD, "id": "liu2009.2", "k": "5"}
    assert read(tmp_path, GOOD, twin) == "facts.csv, line 3: fact 'liu2009.2' states the same as 'liu2009.1'"
    for other in ({"cohort": "a"}, {"condition": "gout"}, {"site": "any"}, {"exclude": "duplicate"}, {"form": "x"}):
        assert len(read_facts(table(tmp_path / "f.csv", GOOD, {**twin, **other}), {"liu2009"}, VOCABULARY)) == 2


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


def test_shipped_sources_are_csl(library: Library) -> None:
    """Names, types and nesting of the fields as in the CSL-JSON schema; identifiers in their usual form."""
    kinds = {"article-journal", "article", "webpage", "book", "chapter", "thesis", "report"}
    fields = {"id", "type", "title", "author", "container-title", "issued", "DOI", "PMID", "URL", "genre", "custom"}
    for key, source in library.sources.items():
        assert source["id"] == key
        assert source["type"] in kinds, key
        assert set(source) <= fields, key
        assert all(set(name) <= {"family", "given", "literal"} for name in source.get("author", ())), key
        assert year(source) is None or 1900 <= year(source) <= 2100, key  # type: ignore[operator]
        assert re.fullmatch(r"10\.\d{4,9}/\S+", source.get("DOI", "10.1000/x")), key
        assert re.fullmatch(r"\d{1,9}", source.get("PMID", "1")), key
        assert re.match(r"https?://", source.get("URL", "https://x")), key
        assert format_reference(source).strip()


def test_sources_refused(tmp_path: Path) -> None:
    path = tmp_path / "sources.json"
    for records, message in [
        ('[{"id": "a"}, {"id": "a"}]', "source 'a' has no key or one that is used twice"),
        ('[{"title": "x"}]', "source 'None' has no key or one that is used twice"),
        ("[{", "Expecting"),
    ]:
        path.write_text(records)
        with pytest.raises(InputError, match=re.escape(message)):
            read_sources(path)
    with pytest.raises(InputError, match="nowhere"):
        read_sources(tmp_path / "nowhere.json")


def test_references() -> None:
    assert format_reference({"id": "a", "title": "On B.", "PMID": "12", "issued": {"date-parts": [[1999]]}}) == (
        "On B. 1999. PMID 12"
    )
    assert format_reference({"id": "a"}) == "[a]"
    assert year({"id": "a", "issued": {"date-parts": [[]]}}) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"DOI": "10.1/AB", "title": "On A"}, {"doi": "10.1/ab", "title": "Something else"}, True),
        ({"pmid": 12}, {"PMID": "12"}, True),
        ({"DOI": "10.1/a", "title": "Tumor of the spine"}, {"DOI": "10.1/b", "title": "Tumor of the spine"}, False),
        ({"DOI": "10.1/a", "title": "Tumor of the spine"}, {"title": "Tumor of the  Spine."}, True),
        ({"title": "Cervical schwannoma (case 7)"}, {"title": "Cervical schwannoma (Eurorad)"}, True),
        ({"title": "KSMR case 97: sarcoma of the spine"}, {"title": "Case 97: sarcoma of the spine"}, True),
        ({"title": "Spinal tumor"}, {"title": "Spinal tumors in children"}, False),
        ({"title": "Chordoma"}, {"title": "Chordoma"}, False),
        ({"title": None}, {}, False),
    ],
)
def test_identity(one: dict[str, object], other: dict[str, object], same: bool) -> None:
    """The same paper under two spellings is one publication; a DOI decides where both have one."""
    assert identity(one).matches(identity(other)) is same
    assert identity(other).matches(identity(one)) is same


def test_sources_have_one_record_a_publication(library: Library) -> None:
    """No two records share a DOI or a PubMed id."""
    for field in ("DOI", "PMID"):
        found: dict[str, str] = {}
        for key, source in library.sources.items():
            if field in source:
                other = found.setdefault(str(source[field]).lower(), key)
                assert other == key, f"{field} of {key} and {other}"


def test_sources_file_is_plain_json(library: Library) -> None:
    text = (library.priors / "sources.json").read_text(encoding="utf-8")
    assert [record["id"] for record in json.loads(text)] == sorted(library.sources)
