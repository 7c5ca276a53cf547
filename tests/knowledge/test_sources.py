"""The shipped sources: CSL-JSON, one record a publication, no copies; what is refused, and how references print."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bayesdx.errors import InputError
from bayesdx.knowledge.library import Library
from bayesdx.knowledge.sources import (
    GRADES,
    IDENTIFIERS,
    KINDS,
    Evidence,
    evidence_of,
    format_reference,
    identity,
    is_copy,
    link,
    read_sources,
    same_publication,
    year,
)


def test_the_page_explains_every_kind_of_source(library: Library) -> None:
    page = (library.priors / "README.md").read_text(encoding="utf-8")
    for kind in KINDS:
        assert f"`{kind}`" in page, kind


def test_shipped_sources_are_csl(library: Library) -> None:
    """Names, types and nesting of the fields as in the CSL-JSON schema; identifiers in their usual form."""
    kinds = {"article-journal", "article", "webpage", "book", "chapter", "thesis", "report"}
    fields = {
        "id",
        "type",
        "title",
        "author",
        "container-title",
        "issued",
        "volume",
        "issue",
        "page",
        "URL",
        "genre",
    }
    fields |= {"custom", *IDENTIFIERS}
    for key, source in library.sources.items():
        assert source["id"] == key
        assert source["type"] in kinds, key
        assert set(source) <= fields, key
        assert all(set(name) <= {"family", "given", "literal"} for name in source.get("author", ())), key
        assert year(source) is None or 1900 <= year(source) <= 2100, key
        assert re.fullmatch(r"10\.\d{4,9}/\S+", source.get("DOI", "10.1000/x")), key
        assert re.fullmatch(r"\d{4,8}", source.get("PMID", "1234")), key
        assert re.fullmatch(r"PMC\d{4,9}", source.get("PMCID", "PMC1234")), key
        assert re.match(r"https?://", source.get("URL", "https://x")), key
        assert format_reference(source).strip()


def write(path: Path, *records: dict[str, object]) -> Path:
    """A file of sources, each a series unless it says otherwise."""
    path.write_text(json.dumps([{"genre": "series", **record} for record in records]))
    return path


def test_sources_refused(tmp_path: Path) -> None:
    path = tmp_path / "sources.json"
    for records, message in [
        ([{"id": "a"}, {"id": "a"}], "source 'a' has no key or one that is used twice"),
        ([{"title": "x"}], "source 'None' has no key or one that is used twice"),
        ([{"id": "a", "genre": "serie"}], "source 'a': unknown kind 'serie'; did you mean 'series'?"),
        ([{"id": "a", "genre": ""}], "source 'a': unknown kind ''"),
        ([{"id": "a", "URL": "https://staging.scite.ai/x"}], "source 'a': https://staging.scite.ai/x is a copy"),
    ]:
        with pytest.raises(InputError, match=re.escape(message)):
            read_sources(write(path, *records))
    path.write_text("[{")
    with pytest.raises(InputError, match="Expecting"):
        read_sources(path)
    with pytest.raises(InputError, match="nowhere"):
        read_sources(tmp_path / "nowhere.json")


LONG = "Calcified lesions of the spinal canal"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"DOI": "10.1/AB"}, {"DOI": "10.1/ab"}, "DOI"),
        ({"PMID": "1234"}, {"PMID": "1234"}, "PMID"),
        ({"PMCID": "PMC1234"}, {"PMCID": "PMC1234"}, "PMCID"),
        ({"title": LONG}, {"title": f"{LONG.upper()} (review)."}, "title"),
        ({"title": LONG, "issued": {"date-parts": [[2001]]}}, {"title": LONG}, "title"),
        (
            {"title": LONG, "issued": {"date-parts": [[2001]]}},
            {"title": LONG, "issued": {"date-parts": [[2009]]}},
            "",
        ),
        ({"title": LONG, "container-title": "Spine"}, {"title": LONG, "container-title": "Brain"}, ""),
        ({"title": LONG, "DOI": "10.1/a"}, {"title": LONG, "DOI": "10.1/b"}, ""),
        ({"title": LONG, "URL": "https://a.org"}, {"title": LONG, "URL": "https://b.org"}, "title"),
        ({"title": "Chordoma", "URL": "https://a.org"}, {"title": "Chordoma", "URL": "https://b.org"}, ""),
        ({"title": "Chordoma", "URL": "https://a.org"}, {"title": "Chordoma", "URL": "https://a.org"}, "title"),
        ({"title": "Chordoma"}, {"title": "Chordoma", "genre": "slides"}, ""),
    ],
)
def test_one_record_a_publication(
    tmp_path: Path, one: dict[str, object], other: dict[str, object], same: str
) -> None:
    """Two records of one publication are refused; pages that share the name of a tumour are two sources."""
    path = write(tmp_path / "sources.json", {"id": "a", **one}, {"id": "b", **other})
    if same:
        with pytest.raises(InputError, match=f"sources 'a' and 'b' are one publication: same {same}"):
            read_sources(path)
    else:
        assert list(read_sources(path)) == ["a", "b"]


@pytest.mark.parametrize(
    ("address", "copy"),
    [
        ("https://staging.scite.ai/reports/x", True),
        ("http://ajnr-stage2.highwire.org/content/43/9/1325", True),
        ("https://acnpsearch.tweb-dev.unibo.it/x", True),
        ("https://preview-www.nature.com/articles/x", True),
        ("https://bibliotheek.ehb.be:2400/topics", True),
        ("https://ebusca.uv.mx/Record/x", True),
        ("https://de.scribd.com/document/1", True),
        ("https://docksci.com/x", True),
        ("https://docslide.us/x", True),
        ("https://de.slideshare.net/x", True),
        ("https://discovery.researcher.life/article/x", True),
        ("https://scholar.archive.org/work/x", False),
        ("https://www.ajnr.org/content/12/6/1087", False),
        ("https://www.eurorad.org/case/1766", False),
        ("https://mayoclinic.elsevierpure.com/en/publications/x", False),
        ("", False),
    ],
)
def test_copies(address: str, copy: bool) -> None:
    assert is_copy(address) is copy


def test_no_shipped_source_has_the_address_of_a_copy(library: Library) -> None:
    """Nor names a copy as its place of publication."""
    for key, source in library.sources.items():
        assert not is_copy(source.get("URL", "")), key
        assert not is_copy(f"https://{source.get('container-title', '')}"), key


def test_grades(library: Library) -> None:
    """Every kind has a grade; without an identifier it is never better, and only what is identified is A or B."""
    for kind in KINDS:
        with_id, without_id = (Evidence(kind, known, "").grade for known in (True, False))
        assert GRADES.index(with_id) <= GRADES.index(without_id)
        assert without_id in "CD"
    found = {Evidence(kind, True, "").grade for kind in KINDS}
    assert found == set(GRADES)
    shipped = [evidence_of(source) for source in library.sources.values()]
    assert {one.grade for one in shipped} == set(GRADES)
    assert all(re.match("https://(doi.org|pubmed.ncbi|pmc.ncbi)", one.link) for one in shipped if one.identified)


def test_links() -> None:
    assert link({"DOI": "10.1/a<1>b", "PMID": "12"}) == "https://doi.org/10.1/a%3C1%3Eb"
    assert link({"PMID": "12", "PMCID": "PMC3"}) == "https://pubmed.ncbi.nlm.nih.gov/12"
    assert link({"PMCID": "PMC3", "URL": "https://a.org"}) == "https://pmc.ncbi.nlm.nih.gov/articles/PMC3"
    assert link({"URL": "https://a.org"}) == "https://a.org"
    assert link({}) == ""


def test_references() -> None:
    assert format_reference({"id": "a", "title": "On B.", "PMID": "12", "issued": {"date-parts": [[1999]]}}) == (
        "On B. 1999. https://pubmed.ncbi.nlm.nih.gov/12"
    )
    assert (
        format_reference({"id": "a", "title": "On B", "container-title": "Spine", "volume": "7"}) == "On B. Spine 7"
    )
    assert format_reference({"id": "a"}) == "[a]"
    assert year({"id": "a", "issued": {"date-parts": [[]]}}) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"DOI": "10.1/AB", "title": "On A"}, {"doi": "10.1/ab", "title": "Something else"}, True),
        ({"pmid": 12}, {"PMID": "12"}, True),
        ({"pmcid": "pmc12"}, {"PMCID": "PMC12"}, True),
        ({"DOI": "10.1/a", "title": "Tumor of the spine"}, {"DOI": "10.1/b", "title": "Tumor of the spine"}, False),
        ({"DOI": "10.1/a", "title": "Tumor of the spine"}, {"title": "Tumor of the  Spine."}, True),
        ({"title": "Cervical schwannoma (case 7)"}, {"title": "Cervical schwannoma (Eurorad)"}, True),
        ({"title": "KSMR case 97: sarcoma of the spine"}, {"title": "Case 97: sarcoma of the spine"}, True),
        ({"title": "Spinal tumor"}, {"title": "Spinal tumors in children"}, False),
        ({"title": "Chordoma"}, {"title": "Chordoma"}, False),
        ({"title": None}, {}, False),
        ({"DOI": "10.1/AB"}, {"doi": " https://doi.org/10.1/ab "}, True),
        ({"DOI": "10.1/AB"}, {"doi": "http://dx.doi.org/10.1%2FAB"}, True),
        ({"DOI": "10.1/AB"}, {"doi": "doi: 10.1/ab."}, True),
        ({"DOI": "10.1/AB"}, {"doi": "DOI:10.1/abc"}, False),
        ({"DOI": "10.1/S0140(05)7"}, {"doi": "https://journal.org/doi/full/10.1/s0140(05)7"}, True),
        ({"PMID": "12"}, {"pmid": "PMID: 12"}, True),
        ({"PMID": "12"}, {"pmid": 12.0}, True),
        ({"PMID": "12"}, {"pmid": "https://pubmed.ncbi.nlm.nih.gov/12/"}, True),
        ({"PMCID": "PMC12"}, {"pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/PMC12/"}, True),
        ({"PMCID": "PMC12"}, {"pmcid": 12}, True),
    ],
)
def test_identity(one: dict[str, object], other: dict[str, object], same: bool) -> None:
    """The same paper under two spellings is one publication; a DOI decides where both have one."""
    assert identity(one).matches(identity(other)) is same
    assert identity(other).matches(identity(one)) is same


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("k", True),
        ("https://doi.org/10.1234/AB", True),
        ("Liu A. On B. Spine 2001;3:4 (doi:10.1234/ab).", True),
        ("Liu A. PMID: 12", True),
        ("https://pmc.ncbi.nlm.nih.gov/articles/PMC7/", True),
        ("somewhere", False),
        ("10.1234/abc", False),
        (12, False),
        (None, False),
        ({"year": 2001}, False),
    ],
)
def test_a_source_that_is_text(source: object, same: bool) -> None:
    known = {"k": identity({"id": "k", "DOI": "10.1234/ab", "PMID": "12", "PMCID": "PMC7"})}
    assert same_publication(known, source) == (("k",) if same else ())


def test_sources_file_is_plain_json(library: Library) -> None:
    text = (library.priors / "sources.json").read_text(encoding="utf-8")
    assert [record["id"] for record in json.loads(text)] == sorted(library.sources)
