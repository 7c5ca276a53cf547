"""Pages as text for the terminal: aligned tables, bars, ANSI styles.

``click.echo`` drops the styles where the output is not a terminal, and the command line replaces what its output
cannot show: the text itself is the same everywhere. (A rich table would take as long to import as the whole query
takes to answer.)
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Collection, Sequence
from typing import Any

import click

from bayesdx.report.blocks import (
    DISCLAIMER,
    WIDTH,
    AnyCell,
    Bar,
    Block,
    Bullets,
    Cell,
    Entries,
    Figure,
    Lines,
    Page,
    Paragraph,
    References,
    Section,
    Table,
    Track,
)

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_EIGHTHS = " ▏▎▍▌▋▊▉"
_NAME = 10  # columns of the names of entries, unless one is longer
_TONES: dict[str, dict[str, Any]] = {
    "strong": {"bold": True},
    "leads": {"fg": "green"},
    "changes": {"fg": "yellow"},
    "faint": {"dim": True},
    "group": {"italic": True},
}


def text(page: Page) -> str:
    """The page: its head, sections, warnings and the disclaimer, a blank line between them."""
    parts = [] if page.head is None else [_block(page.head)]
    parts += [section(one) for one in page.sections if one.blocks]
    if page.warnings:
        parts.append("\n".join(click.style("! ", fg="yellow", bold=True) + warning for warning in page.warnings))
    return "\n\n".join([*parts, click.style(DISCLAIMER, dim=True)] if page.disclaimer else parts)


def printed(page: str) -> str:
    """The text of a page, without its styles where standard output shows none."""
    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return page if styled else click.unstyle(page)


def section(one: Section) -> str:
    """One section, at most WIDTH columns wide unless a table's cells are wider."""
    body = "\n\n".join(filter(None, map(_block, one.blocks)))
    return f"{click.style(one.title, bold=True, underline=True)}\n{body}" if one.title else body


def _block(block: Block) -> str:
    match block:
        case Paragraph(words):
            return _wrapped(words)
        case Lines(items, indent, verbatim):
            lines = ["".join(map(_cell, line)) for line in items]
            return "\n".join(lines if verbatim else [click.wrap_text(s, WIDTH, "", " " * indent) for s in lines])
        case Entries(rows):
            wide = max(_NAME, *(len(name) + 2 for name, _ in rows)) if rows else _NAME
            return "\n".join(_entry(name, words, wide) for name, words in rows)
        case Bullets(items, mark):
            return "\n".join(_wrapped(str(item), mark) for item in items)
        case Table():
            return _table(block)
        case Figure():
            return _table(block.table)
        case References(items):
            return "\n".join(_wrapped(item, f"{f'[{i}]':<6}") for i, item in enumerate(items, 1))


def _entry(name: str, words: str | Sequence[str | Cell], wide: int) -> str:
    said = words if isinstance(words, str) else "".join(map(_cell, words))
    return click.wrap_text(f"{name:<{wide}}{said}", WIDTH, "", " " * wide)


def _wrapped(words: str, mark: str = "") -> str:
    """Lines of at most WIDTH columns; the first begins with ``mark``, the others are indented as far."""
    return textwrap.fill(
        words, WIDTH, initial_indent=mark, subsequent_indent=" " * len(mark), break_on_hyphens=False
    )


def _table(block: Table) -> str:
    lines = aligned(block.heads, [[_cell(cell) for cell in row] for row in block.rows], block.right).split("\n")
    heads, *rows = lines
    if block.notes:
        notes = ["  ".join(map(_cell, note)).rstrip() for note in block.notes]
        pairs = zip(rows, notes, strict=True)
        rows = [line for row, note in pairs for line in (row, click.style(f"  {note}", dim=True) if note else "")]
        rows = [line for line in rows if line]
    titled = ([] if block.title is None else [_cell(block.title)]) + ([heads] if any(block.heads) else [])
    return "\n".join([*titled, *rows, *block.below])


def aligned(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Rows under their heads, columns aligned; those numbered in ``right`` to the right."""
    widths = [max(len(_ANSI.sub("", row[i])) for row in (heads, *rows)) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = []
        for i, cell in enumerate(cells):
            space = " " * (widths[i] - len(_ANSI.sub("", cell)))
            padded.append(space + cell if i in right else cell + space)
        return "  ".join(padded).rstrip()

    return "\n".join([click.style(line(heads), bold=True), *map(line, rows)])


def _cell(cell: AnyCell) -> str:
    match cell:
        case Cell(words, tone):
            return click.style(words, **_TONES[tone]) if tone else words
        case Bar():
            drawn = bar(cell.share, cell.width)
            drawn = f"{drawn:{cell.width}}" if cell.padded else drawn
            return click.style(drawn, **_TONES[cell.tone]) if cell.tone else drawn
        case Track():
            return f"{track(cell):<{cell.width}}"
        case _:
            return cell


def bar(share: float, width: int = 20) -> str:
    """A bar of ``width`` cells for 1, in eighths of a cell."""
    full, eighth = divmod(round(share * width * 8), 8)
    return "█" * full + (_EIGHTHS[eighth] if eighth else "")


def track(one: Track) -> str:
    """The line of a track, and the mark on it."""
    cells = [" "] * one.width
    first, last = (min(int(end * one.width), one.width - 1) for end in sorted((one.low, one.high)))
    cells[first : last + 1] = "─" * (last + 1 - first)
    cells[min(int(one.mark * one.width), one.width - 1)] = "●"
    return "".join(cells).rstrip()
