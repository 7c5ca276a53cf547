"""The page of ``codebook``: where the dictionary went, or the dictionary itself."""

from __future__ import annotations

from bayesdx.analyses.codebook.numbers import Codebook
from bayesdx.report.blocks import Lines, Page, Section


def page(result: Codebook) -> Page:
    """One line when a file was written, else the text of the file."""
    written = f"{len(result.dictionary.fields)} fields of {result.asked['network']} written to {result.file}"
    said = result.dictionary.text().replace("\r\n", "\n").rstrip("\n") if result.file is None else written
    return Page(None, (Section("", (Lines(((said,),), verbatim=True),)),), disclaimer=False)
