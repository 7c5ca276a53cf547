"""The impressions of some cases side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.impression.numbers import Impression


@dataclass(frozen=True, eq=False)
class Board(Answer):
    """Impressions for a tumour board, in the order of the cases; each was asked of a network of its own."""

    impressions: tuple[Impression, ...]


def board(impressions: Iterable[Impression]) -> Board:
    """Put impressions side by side."""
    return Board(tuple(impressions))
