"""What the cases of a board are called, and what is to be said of them before anything else."""

from __future__ import annotations

from bayesdx.analyses.board.numbers import Board


def titles(board: Board) -> list[str]:
    """The id of each case, its number where it has none."""
    return [one.case.id or f"case {number}" for number, one in enumerate(board.impressions, 1)]


def warnings(board: Board) -> tuple[str, ...]:
    """Warnings of the cases, each with the name of its case."""
    named = zip(titles(board), board.impressions, strict=True)
    return tuple(f"{title}: {warning}" for title, one in named for warning in one.question.warnings)
