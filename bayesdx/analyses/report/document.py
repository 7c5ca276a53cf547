"""A report as a file that stands alone: .html, .md or .json."""

from __future__ import annotations

import json

from bayesdx.analyses.report.numbers import Report
from bayesdx.analyses.report.page import page
from bayesdx.analyses.report.sentences import NOTICE, about, title
from bayesdx.analyses.report.wire import to_dict
from bayesdx.analyses.written import Forms
from bayesdx.report.render.html import whole
from bayesdx.report.render.markdown import escaped, sections_markdown


def html(report: Report) -> str:
    """A whole HTML page."""
    shown = page(report)
    return whole(title(report), shown.sections, shown.warnings, about(report), NOTICE)


def markdown(report: Report) -> str:
    """A whole Markdown page."""
    shown = page(report)
    warnings = [f"> {escaped(warning)}" for warning in shown.warnings]
    parts = [f"# {escaped(title(report))}", f"**{NOTICE}**", *warnings, sections_markdown(shown.sections)]
    return "\n\n".join(parts) + "\n"


def as_json(report: Report) -> str:
    """The JSON object as text."""
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FILES: Forms[Report] = Forms(
    "a report ends in",
    {".html": html, ".md": markdown, ".json": as_json},
    {".pdf": "; print the .html page to get a PDF"},
)
