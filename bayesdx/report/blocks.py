"""What an answer says, apart from how it is printed: sections of paragraphs, lists, tables and pictures.

A section is a function of a result; ``text`` (here), ``html`` and ``markdown`` print it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from bayesdx.report.terminal import table

#: Columns of a terminal page.
WIDTH = 100


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under their heads; the columns numbered in ``right`` hold numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A picture as SVG, and in words what it shows. Where pictures cannot be shown, the tables say the same."""

    svg: str
    caption: str


Block = Paragraph | Bullets | Table | Figure


@dataclass(frozen=True)
class Section:
    """Blocks under a title; one without blocks is left out."""

    title: str
    blocks: tuple[Block, ...]


def text(sections: Sequence[Section]) -> str:
    """Sections for the terminal, at most WIDTH columns wide unless a table's cells are wider."""
    return "\n\n".join(_section(section) for section in sections if section.blocks)


def _section(section: Section) -> str:
    parts = [part for part in map(_block, section.blocks) if part]
    return click.style(section.title, bold=True, underline=True) + "\n" + "\n\n".join(parts)


def _block(block: Block) -> str:
    match block:
        case Paragraph(words):
            return click.wrap_text(words, WIDTH)
        case Bullets(items):
            return "\n".join(click.wrap_text(item, WIDTH, "- ", "  ") for item in items)
        case Table(heads, rows, right):
            return table(heads, rows, right)
        case Figure():
            return ""
