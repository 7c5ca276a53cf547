"""A cohort's profile as a file that stands alone: .html, .md or .json."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from html import escape

from bayesdx.analyses.answer import json_text
from bayesdx.analyses.profile.numbers.profile import CohortProfile
from bayesdx.analyses.profile.page import page
from bayesdx.analyses.profile.sentences import TITLE, about, counted
from bayesdx.analyses.profile.wire import to_dict
from bayesdx.errors import InputError
from bayesdx.files import write_text
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.report.render.html import sections_html, whole
from bayesdx.report.render.markdown import escaped, sections_markdown


def html(result: CohortProfile) -> str:
    """A whole HTML page."""
    shown, said = page(result), escape(about(result))
    warnings = "".join(f'<p class="warning">{escape(warning)}</p>\n' for warning in shown.warnings)
    body = (
        f"<header>\n<h1>{TITLE}: {escape(counted(result))}</h1>\n<p>{said}</p>\n</header>\n"
        f"<main>\n{sections_html(shown.sections)}\n</main>\n{warnings}"
        f"<footer>bayesdx · {said} · {escape(DISCLAIMER)}</footer>"
    )
    return whole(TITLE, body)


def markdown(result: CohortProfile) -> str:
    """A whole Markdown page."""
    shown = page(result)
    warnings = [f"> {escaped(warning)}" for warning in shown.warnings]
    head = f"# {TITLE}: {escaped(counted(result))}"
    return "\n\n".join([head, escaped(about(result)), sections_markdown(shown.sections), *warnings]) + "\n"


def as_json(result: CohortProfile) -> str:
    """The JSON object as text."""
    return json_text(to_dict(result))


WRITERS: Mapping[str, Callable[[CohortProfile], str]] = {".html": html, ".md": markdown, ".json": as_json}


def check_ending(path: str) -> str:
    """The ending of a file for a profile; raises InputError that names the valid ones."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in WRITERS:
        raise InputError(f"the summary of a cohort ends in {', '.join(WRITERS)}", place=path)
    return ending


def write_profile(result: CohortProfile, path: str) -> None:
    """Write a profile, whole or not at all; the ending says what it is: .html, .md or .json."""
    write_text(path, WRITERS[check_ending(path)](result))
