"""A board as a file: .tsv or .csv for a spreadsheet, .html to be shown or printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from html import escape

from bayesdx.analyses.board.numbers import Board
from bayesdx.analyses.board.overview import warnings
from bayesdx.analyses.board.page import table
from bayesdx.analyses.impression.overview import delimited
from bayesdx.errors import InputError
from bayesdx.files import write_text
from bayesdx.report.blocks import DISCLAIMER, Section
from bayesdx.report.render.html import sections_html, whole

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
    said = "".join(f'<p class="warning">{escape(warning)}</p>\n' for warning in warnings(board))
    rows = sections_html((Section("", (table(board),)),))
    body = (
        f"<header>\n<h1>{TITLE}</h1>\n</header>\n{said}<main>\n{rows}\n</main>\n"
        f"<footer>bayesdx · {escape(DISCLAIMER)}</footer>"
    )
    return whole(TITLE, body, _WIDE)


WRITERS: Mapping[str, Callable[[Board], str]] = {".tsv": tsv, ".csv": csv, ".html": html}


def check_ending(path: str) -> str:
    """The ending of a file of rows; raises InputError that names the valid ones."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in WRITERS:
        raise InputError(f"rows are written to {', '.join(WRITERS)}", place=path)
    return ending


def write_board(board: Board, path: str) -> None:
    """Write the rows, whole or not at all; the ending says how: .tsv, .csv or .html."""
    write_text(path, WRITERS[check_ending(path)](board))
