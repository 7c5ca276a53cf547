"""Publications: CSL-JSON records, what kind of evidence each is, and how a reference is printed.

``genre`` says the kind of a source, one of KINDS. Kind and identification together give its grade:

=====================================  ============  ==============
kind                                   identified    not identified
=====================================  ============  ==============
series, registry                       A             C
review, textbook                       B             C
case report, conference abstract       C             D
teaching page, slides, unknown         D             D
=====================================  ============  ==============

A source is identified when it has a DOI, PubMed id or PubMed Central id: everyone then reads the same text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bayesdx.cells import identifier, identifiers_in
from bayesdx.errors import InputError, nearest

Source = Mapping[str, Any]
KINDS: Mapping[str, str] = {
    "series": "patients of the authors, counted: a series, a cohort, a trial",
    "registry": "a population, counted: a registry, a national database, a survey",
    "review": "patients or statements of other publications: a review, a meta-analysis, a pictorial essay",
    "textbook": "a book or a chapter, on paper or as a page",
    "case report": "one or two patients, in a journal or as a teaching case that is an article",
    "conference abstract": "an abstract or a poster of a meeting",
    "teaching page": "a page of the web without a publication behind it: teaching files, encyclopedias, blogs",
    "slides": "slides of a lecture",
    "unknown": "nothing is known that would tell",
}
#: Grades of evidence, the best first.
GRADES = ("A", "B", "C", "D")
#: Grade of a kind with a DOI, PubMed id or PubMed Central id, and without.
_GRADE: Mapping[str, tuple[str, str]] = {
    "series": ("A", "C"),
    "registry": ("A", "C"),
    "review": ("B", "C"),
    "textbook": ("B", "C"),
    "case report": ("C", "D"),
    "conference abstract": ("C", "D"),
    "teaching page": ("D", "D"),
    "slides": ("D", "D"),
    "unknown": ("D", "D"),
}
IDENTIFIERS: Mapping[str, str] = {
    "DOI": "https://doi.org/",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/",
    "PMCID": "https://pmc.ncbi.nlm.nih.gov/articles/",
}
#: Names of hosts that are no place of publication: library proxies, test and staging servers, …
_SERVERS = re.compile(
    r"staging|\bstage\d?\b|highwirestage|\bdev\b|mimsdev|\btest\b|\bqa\d*\b|preview|\bprod\b|proxy|cache|varnish|petabox"
    r"|:\d+$|elogim\.com|ehb\.be|ebusca|laibokeji|digitaloceanspaces|cominsight|rd\.springer|skyscape|deploy"
)
#: … collections of copies and slides, and indexes that list the publications of others.
_COPIES = re.compile(
    r"123dok|21docs|78steps|91fabiao|acemap|alljournals|arxivlens|biomaterialdatabase|bohrium|booksci|cflabs|cnpereading"
    r"|coek\.info|daneshyari|dissem\.in|dntb\.gov|docks?ci|docslib|docslide|doczz|dokumen\.tips|expertsbiography"
    r"|fanyv88|fdocument|feedreader|freewechat|fx361|globalauthorid|greenberg\.news|ifeeds|importsp|issuhub|jizihe"
    r"|journalfeeds|jxxfw|kpfans|lanfanshu|lausr|linkedlifedata|litmetric|medicalinfo|mendeley|metajournal|moam\.info"
    r"|mypharmacyvisit|mysciencework|oalib|paperexplained|paperzz|pdfslide|peeref|peervoice|pharmacy-notebook|ppdoc"
    r"|prideseotools|pubget|qxmd|referencecitationanalysis|research-nexus|researcher\.life|researchersprofile|sciencegate"
    r"|scilit|scite\.ai|sciety|scribd|semanticscholar|siliu\.net|slidepub|slideshare|suppr|synapsesocial|syue\.com"
    r"|tomesphere|uzngq|vdocument|verydays|victorzhang|vukou|wilddata|zendy|zgkjsz"
)
#: Share of their words that the titles of one publication have in common, as different hands copy them.
_SAME_TITLE = 0.8
#: Titles of so few words are shared by pages that have nothing to do with each other.
_GENERIC = 4


def read_sources(path: Path) -> dict[str, Source]:
    """Read CSL-JSON records by citation key.

    Raises InputError for a record without id, a key used twice, an unknown kind, the address of a copy, and two
    records of one publication.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(str(error), place=str(path)) from None
    sources: dict[str, Source] = {}
    for record in records:
        key = record.get("id")
        if not key or key in sources:
            raise InputError(f"source '{key}' has no key or one that is used twice", place=str(path))
        kind, address = str(record.get("genre", "")), str(record.get("URL", ""))
        if kind not in KINDS:
            raise InputError(f"source '{key}': unknown kind '{kind}'", nearest(kind, KINDS), place=str(path))
        if is_copy(address):
            raise InputError(f"source '{key}': {address} is a copy, not the place of publication", place=str(path))
        sources[key] = record
    for one, other, what in _twice(sources):
        raise InputError(f"sources '{one}' and '{other}' are one publication: same {what}", place=str(path))
    return sources


def _twice(sources: Mapping[str, Source]) -> list[tuple[str, str, str]]:
    """Pairs of keys that stand for one publication, and what they share."""
    found = []
    for name in IDENTIFIERS:
        first: dict[str, str] = {}
        for key, source in sources.items():
            if name in source:
                other = first.setdefault(str(source[name]).lower(), key)
                found += [(other, key, name)] if other != key else []
    titled: dict[str, list[str]] = {}
    for key, source in sources.items():
        titled.setdefault(" ".join(_title_words(source)), []).append(key)
    for title, keys in titled.items():
        if title:
            found += [
                (one, other, "title")
                for i, one in enumerate(keys)
                for other in keys[i + 1 :]
                if not _told_apart(sources[one], sources[other], generic=len(title.split()) <= _GENERIC)
            ]
    return found


def _told_apart(one: Source, other: Source, *, generic: bool) -> bool:
    """Whether two records of the same title are two publications: by year, journal or an identifier of each.

    Under a ``generic`` title, such as the name of a tumour, by address and kind as well.
    """
    for name in ("container-title", *IDENTIFIERS):
        if name in one and name in other and str(one[name]).lower() != str(other[name]).lower():
            return True
    if year(one) and year(other) and year(one) != year(other):
        return True
    return generic and (link(one), one["genre"]) != (link(other), other["genre"])


def is_copy(address: str) -> bool:
    """Whether an address is that of a mirror, proxy, staging server, slide share or index, by its host.

    >>> is_copy("https://staging.scite.ai/x"), is_copy("https://www.ajnr.org/content/12/6/1087")
    (True, False)
    """
    host = urlsplit(address).netloc.lower()
    return bool(_SERVERS.search(host) or _COPIES.search(host))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source is worth as evidence: its ``kind``, and whether it has a DOI, PubMed or PubMed Central id.

    ``link`` is where it can be read, empty when that is not known.
    """

    kind: str
    identified: bool
    link: str

    @property
    def grade(self) -> str:
        """One of GRADES.

        >>> Evidence("series", True, "").grade, Evidence("series", False, "").grade
        ('A', 'C')
        """
        return _GRADE[self.kind][0 if self.identified else 1]


def evidence_of(source: Source) -> Evidence:
    """The evidence that a CSL-JSON record stands for."""
    return Evidence(source.get("genre", "unknown"), any(name in source for name in IDENTIFIERS), link(source))


def link(source: Source) -> str:
    """The address under which a publication is found: of its identifier, else its own; empty when unknown.

    >>> link({"PMCID": "PMC7", "URL": "https://example.org"})
    'https://pmc.ncbi.nlm.nih.gov/articles/PMC7'
    """
    for name, resolver in IDENTIFIERS.items():
        if name in source:
            return resolver + quote(str(source[name]), safe="/:;()._-")
    return str(source.get("URL", ""))


def format_reference(source: Source) -> str:
    """One line: authors, title, journal, year, volume, pages and a link; what is unknown is left out.

    >>> format_reference({"id": "x", "author": [{"family": "Liu", "given": "WC"}], "title": "On A", "page": "1-5",
    ...                   "container-title": "Eur Radiol", "issued": {"date-parts": [[2009]]}, "volume": "24",
    ...                   "issue": "3", "DOI": "10.1/x"})
    'Liu WC, et al. On A. Eur Radiol 2009;24(3):1-5. https://doi.org/10.1/x'
    """
    authors = [f"{a['family']} {a.get('given', '')}".strip() for a in source.get("author", [])]
    first = f"{authors[0]}, et al" if authors else ""
    title = source.get("title") or f"[{source['id']}]"
    issue = f"({source['issue']})" if "issue" in source else ""
    inside = f"{source.get('volume', '')}{issue}" + (f":{source['page']}" if "page" in source else "")
    when = ";".join(filter(None, (str(year(source) or ""), inside)))
    where = " ".join(filter(None, (source.get("container-title", ""), when)))
    return ". ".join(part.rstrip(".") for part in (first, title, where, link(source)) if part)


def year(source: Source) -> int | None:
    """Year of publication, None when unknown."""
    parts = source.get("issued", {}).get("date-parts", [[None]])[0]
    return parts[0] if parts else None


#: Keys of the ``source`` of a case, and what CSL-JSON calls them.
_CSL = {
    "title": "title",
    "journal": "container-title",
    "doi": "DOI",
    "pmid": "PMID",
    "pmcid": "PMCID",
    "url": "URL",
}


def as_record(key: str, source: Source) -> Source:
    """The ``source`` of a case as a CSL-JSON record."""
    record = {"id": key, "genre": "case report"} | {
        csl: str(source[name]) for name, csl in _CSL.items() if source.get(name)
    }
    return record | ({"issued": {"date-parts": [[source["year"]]]}} if source.get("year") else {})


@dataclass(frozen=True)
class Identity:
    """What tells a publication from others: its citation keys, identifiers (empty when unknown), and the words of
    its title."""

    keys: frozenset[str]
    doi: str
    pmid: str
    pmcid: str
    words: frozenset[str]

    def matches(self, other: Identity) -> bool:
        """Whether both are one publication: by key or identifier, else by titles that share four words in five.

        Titles are compared without what stands in brackets; one word alone identifies nothing. Two papers of
        nearly the same title count as one: a case then loses a fact too many, never one too few.
        """
        if not self.keys.isdisjoint(other.keys):
            return True
        for mine, theirs in ((self.doi, other.doi), (self.pmid, other.pmid), (self.pmcid, other.pmcid)):
            if mine and theirs:
                return mine == theirs
        shared = len(self.words & other.words)
        return shared >= 2 and shared >= _SAME_TITLE * len(self.words | other.words)


def identity(source: Source) -> Identity:
    """The identity of a CSL-JSON record, or of the ``source`` of a case file (key, doi, pmid, pmcid, title).

    Raises InputError for an identifier that is none.
    """
    custom = source.get("custom")
    also = custom.get("also", ()) if isinstance(custom, Mapping) else ()
    return Identity(
        keys=frozenset(map(str, (source.get("id") or source.get("key"), *also))) - {"None"},
        doi=identifier("doi", source.get("DOI") or source.get("doi")),
        pmid=identifier("pmid", source.get("PMID") or source.get("pmid")),
        pmcid=identifier("pmcid", source.get("PMCID") or source.get("pmcid")),
        words=frozenset(word for word in _title_words(source) if len(word) > 2),
    )


def _title_words(source: Source) -> list[str]:
    """The words of a title in lower case, without what stands in brackets."""
    return re.findall(r"\w+", re.sub(r"\([^)]*\)", " ", str(source.get("title") or "").lower()))


def same_publication(known: Mapping[str, Identity], source: object) -> tuple[str, ...]:
    """Keys of the ``known`` publications that are the ``source`` of a case; none for a case without one.

    A source that is text is a key, a title, or names an identifier.
    """
    if source is None:
        return ()
    if not isinstance(source, Mapping):
        source = {"key": str(source), "title": str(source), **identifiers_in(str(source))}
    mine = identity(source)
    return tuple(key for key, theirs in known.items() if mine.matches(theirs))
