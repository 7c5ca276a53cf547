"""The JSON of a board (schema impression-board/1)."""

from __future__ import annotations

from bayesdx.analyses.board.numbers import Board
from bayesdx.analyses.board.overview import warnings
from bayesdx.analyses.impression.overview import COLUMNS, cells, delimited


def to_dict(board: Board) -> dict[str, object]:
    """The object that ``bayesdx impression --row --json`` prints."""
    return {
        "schema": "impression-board/1",
        "columns": list(COLUMNS.values()),
        "rows": [cells(one) for one in board.impressions],
        "text": delimited(board.impressions),
        "warnings": list(warnings(board)),
    }
