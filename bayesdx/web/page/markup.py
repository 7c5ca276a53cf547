"""Templates, and the HTML of report blocks made fit for the page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

_ADDRESS = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:)\]]")
_MARK = re.compile(r'(href="#|id=")ref-(\d+)"')

_CUT = re.compile(r"<(t[dh])([^>]*)>([^<>]+)…</t[dh]>")

_ENVIRONMENT = Environment(
    loader=PackageLoader("bayesdx.web.page"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


#: What a grade is, in a line.
GRADE = "How good the source is: from A, patients counted by the authors, to D"


@lru_cache
def template(name: str) -> Template:
    """A template of this package; everything that it prints is escaped."""
    return _ENVIRONMENT.get_template(name)


def whole_in_title(html: str, labels: Iterable[str]) -> str:
    """HTML in which every cell that was cut short has the whole label as its title."""

    def titled(cell: re.Match[str]) -> str:
        tag, given, words = cell.groups()
        whole = next((label for label in known if label.startswith(words)), None)
        return cell[0] if whole is None else f'<{tag}{given} title="{whole}">{words}…</{tag}>'

    known = [str(escape(label)) for label in labels]
    return _CUT.sub(titled, html)


def linked(html: str, view: str) -> Markup:
    """HTML of blocks with addresses as links, tables that can be scrolled, and reference ids of their own.

    A link opens in a window of its own, tells its host nothing of this page, and is never opened unasked.
    """
    html = _ADDRESS.sub(r'<a href="\g<0>" target="_blank" rel="noreferrer noopener">\g<0></a>', html)
    html = _MARK.sub(rf'\1{view}-ref-\2"', html)
    html = html.replace(">grade</th>", f' title="{GRADE}">grade</th>')
    html = html.replace("<table>", '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>')
    return Markup(html.replace("</table>", "</table></div>"))
