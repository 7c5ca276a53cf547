"""Publications: CSL-JSON records and how a reference is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bayesdx.errors import InputError

Source = Mapping[str, Any]


def read_sources(path: Path) -> dict[str, Source]:
    """Read CSL-JSON records by citation key; raises InputError for a record without id or a key used twice."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: {error}") from None
    sources: dict[str, Source] = {}
    for record in records:
        key = record.get("id")
        if not key or key in sources:
            raise InputError(f"{path}: source '{key}' has no key or one that is used twice")
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


def identity(source: Source) -> frozenset[str]:
    """What identifies a publication: DOI, PubMed id and title, in a comparable form."""
    found = set()
    if source.get("DOI") or source.get("doi"):
        found.add(f"doi:{source.get('DOI') or source.get('doi')}".lower())
    if source.get("PMID") or source.get("pmid"):
        found.add(f"pmid:{source.get('PMID') or source.get('pmid')}")
    title = "".join(c for c in str(source.get("title") or "").lower() if c.isalnum())
    if len(title) > 20:
        found.add(f"title:{title}")
    return frozenset(found)
