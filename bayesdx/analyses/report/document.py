"""A report as a file that stands alone: .html, .md or .json."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from html import escape

from bayesdx.analyses.report.numbers import Report
from bayesdx.analyses.report.page import page
from bayesdx.analyses.report.sentences import NOTICE, about, title
from bayesdx.analyses.report.wire import to_dict
from bayesdx.errors import InputError
from bayesdx.files import write_text
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.report.render.html import sections_html, whole
from bayesdx.report.render.markdown import escaped, sections_markdown


def html(report: Report) -> str:
    """A whole HTML page."""
    shown, name, said = page(report), title(report), escape(about(report))
    warnings = "".join(f'<p class="warning">{escape(warning)}</p>\n' for warning in shown.warnings)
    body = (
        f"<header>\n<h1>{escape(name)}</h1>\n<p>{said}</p>\n</header>\n"
        f'<p class="notice">{escape(NOTICE)}</p>\n{warnings}'
        f"<main>\n{sections_html(shown.sections)}\n</main>\n"
        f"<footer>bayesdx · {said} · {escape(DISCLAIMER)}</footer>"
    )
    return whole(name, body)


def markdown(report: Report) -> str:
    """A whole Markdown page."""
    shown = page(report)
    warnings = [f"> {escaped(warning)}" for warning in shown.warnings]
    parts = [f"# {escaped(title(report))}", f"**{NOTICE}**", *warnings, sections_markdown(shown.sections)]
    return "\n\n".join(parts) + "\n"


def as_json(report: Report) -> str:
    """The JSON object as text."""
    return json.dumps(to_dict(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


WRITERS: Mapping[str, Callable[[Report], str]] = {".html": html, ".md": markdown, ".json": as_json}


def check_ending(path: str) -> str:
    """The ending of a report file; raises InputError that names the valid ones."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in WRITERS:
        hint = "; print the .html page to get a PDF" if ending == ".pdf" else ""
        raise InputError(f"a report ends in {', '.join(WRITERS)}{hint}", place=path)
    return ending


def write_report(report: Report, path: str) -> None:
    """Write a report, whole or not at all; its ending says what it is: .html, .md or .json."""
    write_text(path, WRITERS[check_ending(path)](report))
