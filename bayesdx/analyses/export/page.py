"""The page of ``export``: where the network went, or the network itself."""

from __future__ import annotations

from bayesdx.analyses.export.numbers import NetworkExport
from bayesdx.report.blocks import Lines, Page, Section


def page(result: NetworkExport) -> Page:
    """One line when a file was written, else the text of the file."""
    asked = result.asked
    written = f"{asked['network']} under prior set '{asked['prior']}' written to {result.file}"
    said = result.content if result.file is None else written
    return Page(None, (Section("", (Lines(((said,),), verbatim=True),)),), disclaimer=False)
