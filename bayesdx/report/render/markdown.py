"""Sections as Markdown, with tables in place of the pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bayesdx.report.blocks import Block, Bullets, Figure, Paragraph, References, Section, Table

_SPECIAL = re.compile(r"([\\`*_<>|#])")


def sections_markdown(sections: Sequence[Section]) -> str:
    """Sections with headings of the second level."""
    parts = []
    for section in sections:
        if section.blocks:
            blocks = [found for block in section.blocks if (found := _block(block))]
            parts.append("\n\n".join([f"## {escaped(section.title)}", *blocks]))
    return "\n\n".join(parts)


def escaped(words: str) -> str:
    """Text in which nothing is taken for Markdown.

    >>> escaped("<10 mm *")
    '\\\\<10 mm \\\\*'
    """
    return _SPECIAL.sub(r"\\\1", words)


def _block(block: Block) -> str:
    match block:
        case Paragraph(words):
            return escaped(words)
        case Bullets(items):
            return "\n".join(f"- {escaped(str(item))}" for item in items)
        case Table(heads, rows, right):
            rule = ["---:" if i in right else "---" for i in range(len(heads))]
            lines = [map(escaped, heads), rule, *(map(escaped, row) for row in rows)]
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case Figure():
            return _block(block.table)
        case References(items):
            return "\n".join(f"{i}. {escaped(item)}" for i, item in enumerate(items, 1))
