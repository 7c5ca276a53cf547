"""A board as a file: .tsv or .csv for a spreadsheet, .html to be shown or printed."""

from __future__ import annotations

from bayesdx.analyses.board.numbers import Board
from bayesdx.analyses.board.overview import warnings
from bayesdx.analyses.board.page import table
from bayesdx.analyses.impression.overview import delimited
from bayesdx.analyses.written import Forms
from bayesdx.report.blocks import Section
from bayesdx.report.render.html import whole

TITLE = "Tumour board"
#: A row a case takes the whole width, and paper on its side.
_WIDE = "\nbody { max-width: none; }\n@page { size: A4 landscape; }\ntd, th { overflow-wrap: break-word; }"


def tsv(board: Board) -> str:
    """Rows under their heads, separated by tabs."""
    return delimited(board.impressions)


def csv(board: Board) -> str:
    """Rows under their heads, separated by commas; the mark at the start tells spreadsheets that it is UTF-8."""
    return "\ufeff" + delimited(board.impressions, comma=True)


def html(board: Board) -> str:
    """A whole HTML page with one table."""
    return whole(TITLE, (Section("", (table(board),)),), warnings(board), style=_WIDE)


FILES: Forms[Board] = Forms("rows are written to", {".tsv": tsv, ".csv": csv, ".html": html})
