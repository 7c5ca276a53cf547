"""Words of a sentence that are all said of something beside the lesion, or of a part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayesdx.reading.context import Clauses, Grammar
from bayesdx.reading.phrases import Match
from bayesdx.reading.tokens import HYPHENS, Token

#: Tokens from the first to the last (exclusive).
Place = tuple[int, int]


def of_neighbors(
    tokens: Sequence[Token],
    clauses: Clauses,
    marks: Mapping[str, Sequence[Match[str]]],
    lesions: Sequence[int],
    grammar: Grammar,
) -> list[Place]:
    """What is said of a neighbor of the lesion, up to where the clause comes to that.

    From the subject of a clause on (*the cord is bright*), from a noun with a clause of its own (*the cord, which
    is bright*), and a signal of it (*hyperintensity of the cord*).
    """
    found = [(match.first, match.last) for match in marks["signals_beside"]]
    norms = [token.norm for token in tokens]
    for match in marks["neighbors"]:
        begin, end = clauses.ranges[clauses.clause(match.first)]
        then = next((i for i in range(match.last, end) if norms[i] != ","), end)
        own = then < end and norms[then] in ("which", "that")
        lead = all(norms[i] in grammar.lead or norms[i] in HYPHENS for i in range(begin, match.first))
        verb = any(norms[i] in grammar.verbs for i in range(match.last, end))
        if own or (lead and verb):
            lesion = next((at for at in lesions if match.last <= at < end), end)
            beside = match.last < end and norms[match.last] in grammar.beside
            found.append((match.first, end if beside else lesion))
            goes_on = lead and norms[end : end + 1] == ["and"] and norms[end + 1 : end + 2]
            if goes_on and goes_on[0] in grammar.verbs:  # *the cord is displaced and shows a high signal*
                found.append(clauses.ranges[clauses.clause(end)])
    return found


def of_parts(tokens: Sequence[Token], clauses: Clauses, parts: Sequence[Place], grammar: Grammar) -> list[Place]:
    """What is said of a part of the lesion: *Nodule: T1 iso, T2 high*, *the wall is dark*."""
    found = []
    for start, end in parts:
        begin, until = clauses.ranges[clauses.clause(start)]
        follows = [token.norm for token in tokens[end : min(end + 2, until)]]
        if start - begin <= 1 and (":" in follows or grammar.verbs.intersection(follows[:1])):
            found.append((end, until))
    return found


def is_beside(tokens: Sequence[Token], place: Place, level: bool, grammar: Grammar) -> bool:
    """Whether a place is named for what is beside it (*retro-odontoid*) or reached (*presacral extension*)."""
    before = place[0] > 1 and tokens[place[0] - 1].norm in HYPHENS and tokens[place[0] - 2].norm in grammar.prefixes
    then = tokens[place[1]].norm if place[1] < len(tokens) else ""
    return before or then in grammar.reaching or (not level and then in grammar.marking)


def parted(tokens: Sequence[Token], one: Place, other: Place) -> bool:
    """Whether a comma or a semicolon stands between two places."""
    first, last = min(one[1], other[1]), max(one[0], other[0])
    return any(token.norm in (",", ";") for token in tokens[first:last])


def bears(tokens: Sequence[Token], place: Place, borne: Sequence[int], end: int) -> bool:
    """Whether the same place is said to be thinned or displaced, before ``end``: *the lamina is eroded*."""
    first = next((at for at in borne if place[1] <= at < end), None)
    return first is not None and not parted(tokens, place, (first, first))
