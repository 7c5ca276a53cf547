"""Publications: CSL-JSON records and how a reference is printed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bayesdx.errors import InputError

Source = Mapping[str, Any]
#: Share of their words that the titles of one publication have in common, as different hands copy them.
_SAME_TITLE = 0.8


def read_sources(path: Path) -> dict[str, Source]:
    """Read CSL-JSON records by citation key; raises InputError for a record without id or a key used twice."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(str(error), place=str(path)) from None
    sources: dict[str, Source] = {}
    for record in records:
        key = record.get("id")
        if not key or key in sources:
            raise InputError(f"source '{key}' has no key or one that is used twice", place=str(path))
        sources[key] = record
    return sources


def format_reference(source: Source) -> str:
    """One line: authors, title, journal, year, and a DOI, PubMed or web address; what is unknown is left out.

    >>> format_reference({"id": "x", "author": [{"family": "Liu", "given": "WC"}], "title": "On A",
    ...                   "container-title": "Eur Radiol", "issued": {"date-parts": [[2009]]}, "DOI": "10.1/x"})
    'Liu WC, et al. On A. Eur Radiol 2009. doi:10.1/x'
    """
    authors = ", ".join(f"{a['family']} {a.get('given', '')}".strip() for a in source.get("author", []))
    where = " ".join(filter(None, (source.get("container-title", ""), str(year(source) or ""))))
    if "DOI" in source:
        address = f"doi:{source['DOI']}"
    elif "PMID" in source:
        address = f"PMID {source['PMID']}"
    else:
        address = source.get("URL", "")
    first = f"{authors}, et al" if authors else ""
    title = source.get("title") or f"[{source['id']}]"
    return ". ".join(part.rstrip(".") for part in (first, title, where, address) if part)


def year(source: Source) -> int | None:
    """Year of publication, None when unknown."""
    parts = source.get("issued", {}).get("date-parts", [[None]])[0]
    return parts[0] if parts else None


@dataclass(frozen=True)
class Identity:
    """What tells a publication from others: DOI and PubMed id (empty when unknown), and the words of its title."""

    doi: str
    pmid: str
    words: frozenset[str]

    def matches(self, other: Identity) -> bool:
        """Whether both are one publication: by DOI or PubMed id, else by titles that share four words in five.

        Titles are compared without what stands in brackets; one word alone identifies nothing. Two papers of
        nearly the same title count as one: a case then loses a fact too many, never one too few.
        """
        for mine, theirs in ((self.doi, other.doi), (self.pmid, other.pmid)):
            if mine and theirs:
                return mine == theirs
        shared = len(self.words & other.words)
        return shared >= 2 and shared >= _SAME_TITLE * len(self.words | other.words)


def identity(source: Source) -> Identity:
    """The identity of a CSL-JSON record, or of the ``source`` of a case file (doi, pmid, title)."""
    title = re.sub(r"\([^)]*\)", " ", str(source.get("title") or "").lower())
    return Identity(
        doi=str(source.get("DOI") or source.get("doi") or "").lower(),
        pmid=str(source.get("PMID") or source.get("pmid") or ""),
        words=frozenset(word for word in re.findall(r"\w+", title) if len(word) > 2),
    )


def same_publication(known: Mapping[str, Identity], source: object) -> tuple[str, ...]:
    """Keys of the ``known`` publications that are the ``source`` of a case; none for a case without one."""
    if not isinstance(source, Mapping):
        return ()
    mine = identity(source)
    return tuple(key for key, theirs in known.items() if mine.matches(theirs))
