"""What mkdocs does besides: fences without the options of scripts/readme.py, and equations as MathML."""

from __future__ import annotations

import html
import re
from typing import Any

from latex2mathml.converter import convert

FENCE = re.compile(r'^(```console) (?:head|from)="[^\n]*$', re.MULTILINE)
EQUATION = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.DOTALL)


def on_page_markdown(markdown: str, **page: Any) -> str:
    """Take the options away that say how an output was shortened."""
    return FENCE.sub(r"\1", markdown)


def on_page_content(content: str, **page: Any) -> str:
    """Browsers show MathML themselves: the site needs no script from elsewhere for its equations."""

    def mathml(match: re.Match[str]) -> str:
        kind = "block" if match[1] == "div" else "inline"
        equation: str = convert(html.unescape(match[2]).strip(), display=kind)
        return f"<{match[1]}>{equation}</{match[1]}>"

    return EQUATION.sub(mathml, content)
