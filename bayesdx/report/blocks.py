"""What an answer says, apart from how it is printed: sections of paragraphs, lists, tables and pictures.

A section is a function of a result; ``text`` (here), ``html`` and ``markdown`` print it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import click

from bayesdx.report.render.terminal import WIDTH, table


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    text: str


@dataclass(frozen=True)
class Sentence:
    """What is said, and in small print what it rests on."""

    claim: str
    sources: str = ""

    def __str__(self) -> str:
        return f"{self.claim} {self.sources}".rstrip()


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[Sentence, ...]


@dataclass(frozen=True)
class Table:
    """Rows of cells under their heads; the columns numbered in ``right`` hold numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


@dataclass(frozen=True)
class Figure:
    """A picture as SVG, in words what it shows, and the table that stands for it where there are no pictures."""

    svg: str
    caption: str
    table: Table


@dataclass(frozen=True)
class References:
    """The list of sources, numbered from 1 as they are cited: [1], [2], …"""

    items: tuple[str, ...]


Block = Paragraph | Bullets | Table | Figure | References


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
            return _wrapped(words)
        case Bullets(items):
            return "\n".join(_wrapped(str(item), "- ") for item in items)
        case Table(heads, rows, right):
            return table(heads, rows, right)
        case Figure():
            return _block(block.table)
        case References(items):
            return "\n".join(_wrapped(item, f"{f'[{i}]':<6}") for i, item in enumerate(items, 1))


def _wrapped(words: str, mark: str = "") -> str:
    """Lines of at most WIDTH columns; the first begins with ``mark``, the others are indented as far."""
    return textwrap.fill(
        words, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
    )
