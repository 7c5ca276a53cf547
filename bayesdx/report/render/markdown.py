"""Sections as Markdown, with tables in place of the pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bayesdx.report.blocks import (
    AnyCell,
    Bar,
    Block,
    Bullets,
    Entries,
    Figure,
    Lines,
    Paragraph,
    References,
    Section,
    Table,
    Track,
)

_SPECIAL = re.compile(r"([\\`*_<>|#])")


def sections_markdown(sections: Sequence[Section]) -> str:
    """Sections with headings of the second level."""
    parts = []
    for section in sections:
        if section.blocks:
            blocks = [found for block in section.blocks if (found := _block(block))]
            title = [f"## {escaped(section.title)}"] if section.title else []
            parts.append("\n\n".join([*title, *blocks]))
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
        case Lines(items):
            return "\n".join(escaped("".join(map(str, line))) for line in items)
        case Entries(rows):
            return "\n".join(f"- {name}: {escaped(_said(words))}" for name, words in rows)
        case Table():
            return _table(block)
        case Figure():
            return _table(block.table)
        case References(items):
            return "\n".join(f"{i}. {escaped(item)}" for i, item in enumerate(items, 1))


def _said(words: object) -> str:
    return "".join(map(str, words)) if isinstance(words, tuple) else str(words)


def _table(block: Table) -> str:
    rule = ["---:" if i in block.right else "---" for i in range(len(block.heads))]
    lines = [[escaped(head) for head in block.heads], rule, *([_cell(cell) for cell in row] for row in block.rows)]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), *map(escaped, block.below)])


def _cell(cell: AnyCell) -> str:
    return "" if isinstance(cell, Bar | Track) else escaped(str(cell))
