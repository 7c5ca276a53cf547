"""A cohort's profile as a file that stands alone: .html, .md or .json."""

from __future__ import annotations

from bayesdx.analyses.answer import json_text
from bayesdx.analyses.profile.numbers.profile import CohortProfile
from bayesdx.analyses.profile.page import page
from bayesdx.analyses.profile.sentences import TITLE, about, counted
from bayesdx.analyses.profile.wire import to_dict
from bayesdx.analyses.written import Forms
from bayesdx.report.render.html import whole
from bayesdx.report.render.markdown import escaped, sections_markdown


def html(result: CohortProfile) -> str:
    """A whole HTML page."""
    shown = page(result)
    return whole(f"{TITLE}: {counted(result)}", shown.sections, shown.warnings, about(result))


def markdown(result: CohortProfile) -> str:
    """A whole Markdown page."""
    shown = page(result)
    warnings = [f"> {escaped(warning)}" for warning in shown.warnings]
    head = f"# {TITLE}: {escaped(counted(result))}"
    return "\n\n".join([head, escaped(about(result)), sections_markdown(shown.sections), *warnings]) + "\n"


def as_json(result: CohortProfile) -> str:
    """The JSON object as text."""
    return json_text(to_dict(result))


FILES: Forms[CohortProfile] = Forms(
    "the summary of a cohort ends in", {".html": html, ".md": markdown, ".json": as_json}
)
