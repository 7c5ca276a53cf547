"""The page of a board: the cells of each case under its name."""

from __future__ import annotations

from bayesdx.analyses.board.numbers import Board
from bayesdx.analyses.board.overview import titles, warnings
from bayesdx.analyses.impression.overview import COLUMNS, cells
from bayesdx.report.blocks import Entries, Page, Section, Table


def page(board: Board) -> Page:
    """A section a case."""
    sections = []
    for title, one in zip(titles(board), board.impressions, strict=True):
        row = cells(one)
        entries = tuple((COLUMNS[name], words) for name, words in row.items() if words and name != "case")
        sections.append(Section(title, (Entries(entries),)))
    return Page(None, tuple(sections), warnings(board))


def table(board: Board) -> Table:
    """All cases as the rows of one table, for where there is room."""
    return Table(tuple(COLUMNS.values()), tuple(tuple(cells(one).values()) for one in board.impressions))
