"""Words and marks of a text, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W\d_]+(?:\d+[^\W\d_]*)?|\d+(?:st|nd|rd|th)\b|\d+(?:[.,]\d+)*|\.{2,}|[^\w\s]|_", re.UNICODE)
#: What joins the parts of a word: a phrase with a hyphen also matches without one.
HYPHENS = frozenset("-‐‑–")
_NOT_A_PREFIX = frozenset(("none", "nonetheless"))


class Token(NamedTuple):
    """A word, a number or a mark: as it is compared (``norm``), and its place ``text[start:end]``."""

    norm: str
    start: int
    end: int


@lru_cache(maxsize=8192)
def normal(word: str) -> str:
    """A word as it is compared: small letters, and one spelling for British and American ones.

    >>> normal("Oedema") == normal("edema"), normal("Haemorrhage") == normal("hemorrhage")
    (True, True)
    """
    word = word.casefold().replace("ae", "e").replace("oe", "e").replace("our", "or")
    return word.replace("centre", "center").replace("fibre", "fiber")


def tokens_of(text: str, start: int, end: int, short: Mapping[str, str] = MappingProxyType({})) -> list[Token]:
    """The tokens of ``text[start:end]``, ``short`` forms as what they stand for.

    ``nonenhancing`` is two, as ``non-enhancing`` is without its hyphen.
    """
    found = []
    for match in _TOKEN.finditer(text, start, end):
        norm = normal(match.group())
        if norm.startswith("non") and len(norm) > 6 and norm not in _NOT_A_PREFIX:
            found.append(Token("non", match.start(), match.start() + 3))
            found.append(Token(norm[3:], match.start() + 3, match.end()))
        else:
            found.append(Token(short.get(norm, norm), match.start(), match.end()))
    return found


def brackets_of(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """Pairs of round brackets: the tokens that open and close each."""
    opened, found = None, []
    for i, token in enumerate(tokens):
        if token.norm == "(":
            opened = i
        elif token.norm == ")" and opened is not None:
            found.append((opened, i))
            opened = None
    return found
