"""Which value is said of what: *hypointense on T1 and hyperintense on T2*."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

from bayesdx.reading.tokens import HYPHENS, Token

_JOINS = frozenset(
    (
        ",",
        "and",
        "or",
        "/",
        "&",
        "+",
        "as",
        "well",
        "both",
        "the",
        "weighted",
        "(",
        ")",
        "w",
        "image",
        "images",
        "sequences",
    )
)
#: Between heads in a row where no value follows: *isointense on T1 and on T2*.
_AND_ON = (["and", "on"], ["and", "in"], ["and", "on", "the"])
_ALIKE = frozenset((",", "and", "or", "/", "&", "to", "but", "slightly", "mildly", "markedly", "more", "very"))
_BREAKS = frozenset((",", "and", "or", "/", "(", ")", ":"))
_TOWARDS = frozenset(("on", "in", "at", "with", "of", "to", "during", "after", "following"))
#: Steps from a value to what it is said of: words between, and dearer ones.
_BREAK, _OTHER_VALUE, _OTHER_HEAD, _CLAUSE = 6.0, 5.0, 4.0, 6.0
#: Tokens between a value and a head that are too many in any case.
_ANYWHERE = 80
#: The farthest that a value may stand, unless the lexicon says otherwise.
FARTHEST = 26.0


class Pair(NamedTuple):
    """A value, by its place in the list of values, and the heads that it is said of."""

    value: int
    heads: tuple[int, ...]


def pairs(
    tokens: Sequence[Token],
    values: Sequence[tuple[int, int]],
    heads: Sequence[tuple[int, int]],
    clause_of: Sequence[int],
    farthest: float = FARTHEST,
) -> list[Pair]:
    """Give each value the heads that stand nearest, heads in a row (*T1 and T2*) together.

    ``values`` and ``heads`` are ranges of tokens in order, ``clause_of`` the clause of each token. With
    *respectively*, or slashes between both (*T1/T2: low/high*), values and heads in a row are matched one by one.
    """
    if not heads or not values:
        return []
    rows = _rows(tokens, heads, values, _JOINS)
    told = any(token.norm == "respectively" for token in tokens) or _slashed(tokens, heads, values)
    if len(values) == len(heads) and len(heads) > 1 and told:
        return [Pair(i, (i,)) for i in range(len(values))]
    found = []
    for together in _rows(tokens, values, heads, _ALIKE):
        costs = [
            min(_cost(tokens, values[i], heads[j], values, heads, row, clause_of) for i in together for j in row)
            for row in rows
        ]
        best = min(range(len(rows)), key=costs.__getitem__)
        if costs[best] <= farthest:
            found += [Pair(i, tuple(rows[best])) for i in together]
    return found


def _slashed(tokens: Sequence[Token], *rows: Sequence[tuple[int, int]]) -> bool:
    """Whether nothing but a slash stands between the places of each row."""
    return all(
        [token.norm for token in tokens[one[1] : other[0]]] == ["/"] for row in rows for one, other in pairwise(row)
    )


def _rows(
    tokens: Sequence[Token],
    places: Sequence[tuple[int, int]],
    others: Sequence[tuple[int, int]],
    joins: frozenset[str],
) -> list[list[int]]:
    """Places that stand in a row, with nothing but words that join between, and none of the others."""
    rows: list[list[int]] = []
    for i, place in enumerate(places):
        before = places[i - 1] if i else None
        between = [token.norm for token in tokens[before[1] : place[0]]] if before else []
        joined = before is not None and (
            all(word in joins or word in HYPHENS for word in between)
            or (between in _AND_ON and not any(place[1] <= first <= place[1] + 1 for first, _ in others))
        )
        if joined and before and not any(before[1] <= first < place[0] for first, _ in others):
            rows[-1].append(i)
        else:
            rows.append([i])
    return rows


def _cost(
    tokens: Sequence[Token],
    value: tuple[int, int],
    head: tuple[int, int],
    values: Sequence[tuple[int, int]],
    heads: Sequence[tuple[int, int]],
    row: Sequence[int],
    clause_of: Sequence[int],
) -> float:
    """Words between value and head; breaks, other values and other heads between make it dearer."""
    rightwards = head[0] >= value[1]
    start, end = (value[1], head[0]) if rightwards else (head[1], value[0])
    if start >= end:
        return 0.0
    if end - start > _ANYWHERE:
        return inf
    between = [token.norm for token in tokens[start:end]]
    steps = float(sum(word not in HYPHENS for word in between))
    breaks = sum(word in _BREAKS for word in between)
    steps += _BREAK * (min(breaks, 2) if rightwards else 0.5 * min(breaks, 2))
    steps += _CLAUSE * (clause_of[value[0]] != clause_of[head[0]])
    if rightwards and between[0] in _TOWARDS:
        steps -= 2.0
    broken = [i for i in range(start, end) if tokens[i].norm in _BREAKS]
    steps += _OTHER_VALUE * sum(start <= first and last <= end for first, last in values if broken)
    inner = [j for j, (first, last) in enumerate(heads) if start <= first and last <= end and j not in row]
    return steps + _OTHER_HEAD * len(inner)
