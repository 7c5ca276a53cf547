"""The page of ``impression``: the sentences, and nothing else that would have to be cut away."""

from __future__ import annotations

from bayesdx.analyses.impression.numbers import Impression
from bayesdx.analyses.impression.sentences import paragraph
from bayesdx.report.blocks import Page, Paragraph, Section


def page(impression: Impression) -> Page:
    """The sentences as one paragraph, which ends in what it is not; warnings of the case below."""
    said = Section("", (Paragraph(paragraph(impression)),))
    return Page(None, (said,), impression.question.warnings, disclaimer=False)
