"""Phrases of a lexicon, and where they stand among the words of a sentence.

A phrase is written as its words: ``dural tail``. A word that ends in ``*`` stands for all that begin so
(``calcif*``), ``(a|b)`` for one or the other, ``[a]`` for what may be missing, ``{name}`` for a list of
phrases, and ``..`` for up to five words between, over no semicolon. Where a phrase has a hyphen, the text may have
one, a space or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from bayesdx.errors import InputError, nearest
from bayesdx.reading.tokens import HYPHENS, Token, normal

Meaning = TypeVar("Meaning")

#: Words that ``..`` may stand for.
GAP = 5
_LONGEST = 20_000
_PLACE = itemgetter(0, 1)
_OPEN = {"(": ")", "[": "]", "{": "}"}


class Match(NamedTuple, Generic[Meaning]):
    """Tokens ``first`` to ``last`` (exclusive) of a sentence, and what they mean.

    ``gap`` are the tokens that ``..`` stands for, from first to last (exclusive).
    """

    first: int
    last: int
    meaning: Meaning
    gap: tuple[int, int] = (0, 0)


def spellings(phrase: str, lists: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Every sequence of words that a phrase stands for; raises InputError for one that cannot be read.

    >>> spellings("(low|dark) extra-signal*", {})
    [('low', 'extra', 'signal*'), ('low', 'extrasignal*'), ('dark', 'extra', 'signal*'), ('dark', 'extrasignal*')]
    """
    found = [way for plain in _plain(phrase, lists, ()) for way in _words(plain)]
    if not found or not all(found):
        raise InputError(f"'{phrase}' may stand for no word at all")
    if ("*",) in found:
        raise InputError(f"'{phrase}': '*' ends the beginning of a word")
    if any(".." in (way[0], way[-1]) for way in found):
        raise InputError(f"'{phrase}': '..' stands between words")
    return found


def _plain(phrase: str, lists: Mapping[str, Sequence[str]], within: tuple[str, ...]) -> list[str]:
    """Every phrase without ( ) [ ] and { } that a phrase stands for."""
    ways = [""]
    at = 0
    while at < len(phrase):
        opened = phrase[at]
        if opened not in _OPEN:
            if opened in ")]}|":
                raise InputError(f"'{phrase}': '{opened}' has nothing to end")
            ways = [way + opened for way in ways]
            at += 1
            continue
        end = _end(phrase, at)
        inner, at = phrase[at + 1 : end], end + 1
        if opened == "{":
            if inner not in lists:
                raise InputError(f"'{phrase}': no list of words '{inner}'", nearest(inner, lists))
            if inner in within:
                raise InputError(f"'{phrase}': the list of words '{inner}' holds itself")
            choices = [way for one in lists[inner] for way in _plain(one, lists, (*within, inner))]
        else:
            choices = [way for one in _choices(inner) for way in _plain(one, lists, within)]
        ways = [way + choice for way in ways for choice in ([""] if opened == "[" else []) + choices]
        if len(ways) > _LONGEST:
            raise InputError(f"'{phrase}' stands for more than {_LONGEST} phrases")
    return ways


def _end(phrase: str, at: int) -> int:
    """Where the bracket at ``at`` is closed."""
    awaited: list[str] = []
    for i in range(at, len(phrase)):
        if phrase[i] in _OPEN:
            awaited.append(_OPEN[phrase[i]])
        elif phrase[i] in ")]}":
            if awaited.pop() != phrase[i]:
                break
            if not awaited:
                return i
    raise InputError(f"'{phrase}': '{phrase[at]}' is not closed")


def _choices(inner: str) -> list[str]:
    """What stands between the bars of the outermost level."""
    found, depth = [""], 0
    for character in inner:
        depth += (character in _OPEN) - (character in ")]}")
        if character == "|" and not depth:
            found.append("")
        else:
            found[-1] += character
    return found


def _words(plain: str) -> list[tuple[str, ...]]:
    """A phrase as words; each word with hyphens in it also as one word without them."""
    if HYPHENS.isdisjoint(plain):
        return [tuple(map(normal, plain.split()))]
    ways: list[tuple[str, ...]] = [()]
    for word in plain.split():
        pieces = tuple(normal(piece) for piece in re.split("[-‐‑–]", word) if piece) or (word,)
        joined = [pieces, ("".join(pieces),)] if len(pieces) > 1 else [pieces]
        ways = [way + one for way in ways for one in joined]
    return ways


@dataclass
class _Node(Generic[Meaning]):
    """Where a phrase may go on: by a whole word, by the beginning of one, or over a gap; and what ends here."""

    words: dict[str, _Node[Meaning]] = field(default_factory=dict)
    beginnings: dict[str, _Node[Meaning]] = field(default_factory=dict)
    lengths: tuple[int, ...] = ()
    gap: _Node[Meaning] | None = None
    meanings: list[Meaning] = field(default_factory=list)

    def below(self, word: str) -> _Node[Meaning]:
        if (known := self.words.get(word)) is not None:
            return known
        if word == "..":
            self.gap = self.gap or _Node()
            return self.gap
        if len(word) > 1 and word.endswith("*"):
            self.lengths = tuple(sorted({*self.lengths, len(word) - 1}))
            return self.beginnings.setdefault(word[:-1], _Node())
        return self.words.setdefault(word, _Node())

    def after(self, word: str) -> list[_Node[Meaning]]:
        below = [self.words[word]] if word in self.words else []
        for length in self.lengths:
            if word[:length] in self.beginnings:
                below.append(self.beginnings[word[:length]])
        return below


class Phrases(Generic[Meaning]):
    """Phrases by what they mean, in a tree of their words."""

    def __init__(self) -> None:
        self._root: _Node[Meaning] = _Node()
        self._begun = lru_cache(maxsize=4096)(self._root.after)  # most words begin none

    def add(self, ways: Iterable[tuple[str, ...]], meaning: Meaning) -> None:
        """Let each sequence of words (``spellings``) mean ``meaning``."""
        self._begun.cache_clear()
        for way in ways:
            node = self._root
            for word in way:
                node = node.below(word)
            if meaning not in node.meanings:
                node.meanings.append(meaning)

    def find(self, tokens: Sequence[Token]) -> list[Match[Meaning]]:
        """Where phrases stand; of those that mean the same, one within another is left out."""
        found: list[Match[Meaning]] = []
        words = [token.norm for token in tokens]
        for first, starts in enumerate(map(self._begun, words)):
            for begun in starts:
                self._follow(begun, words, first, first + 1, (0, 0), found)
        if len({match.meaning for match in found}) == len(found):
            return sorted(found, key=_PLACE)
        longest: dict[Meaning, list[Match[Meaning]]] = {}
        for match in sorted(found, key=lambda match: (match.first - match.last, match.first)):
            kept = longest.setdefault(match.meaning, [])
            if not any(other.first <= match.first and match.last <= other.last for other in kept):
                kept.append(match)
        return sorted((match for kept in longest.values() for match in kept), key=_PLACE)

    def _follow(
        self,
        node: _Node[Meaning],
        words: Sequence[str],
        first: int,
        at: int,
        gap: tuple[int, int],
        found: list[Match[Meaning]],
    ) -> None:
        """Add to ``found`` what begins at word ``first`` and has come to ``node`` before word ``at``."""
        if node.meanings:
            found += [Match(first, at, meaning, gap) for meaning in node.meanings]
        if not (node.words or node.beginnings or node.gap):
            return
        while at < len(words) and words[at] in HYPHENS:
            at += 1
        if at == len(words):
            return
        word = words[at]
        if word in node.words:
            self._follow(node.words[word], words, first, at + 1, gap, found)
        for length in node.lengths:
            if word[:length] in node.beginnings:
                self._follow(node.beginnings[word[:length]], words, first, at + 1, gap, found)
        if node.gap is not None:
            passed = 0
            for skipped in range(at, len(words)):
                if words[skipped] == ";":
                    break
                for below in node.gap.after(words[skipped]):
                    self._follow(below, words, first, skipped + 1, (at, skipped), found)
                passed += words[skipped] not in HYPHENS
                if passed > GAP:
                    break


def after(place: tuple[int, int], matches: Sequence[Match[Any]], start: int) -> bool:
    """Whether a place stands after one of the matches, or begins within it, and these not before ``start``."""
    return any(match.first < place[0] and start <= match.last for match in matches)


def apart(matches: Sequence[Match[Meaning]], others: Sequence[Match[Meaning]] = ()) -> list[Match[Meaning]]:
    """The widest of matches that overlap, and none that overlaps one of the others."""
    kept: list[Match[Meaning]] = []
    for match in sorted(matches, key=lambda match: (match.first - match.last, match.first)):
        if not any(match.first < one.last and one.first < match.last for one in (*kept, *others)):
            kept.append(match)
    return sorted(kept, key=lambda match: match.first)


def widest(matches: Sequence[Match[Meaning]]) -> list[Match[Meaning]]:
    """Matches that are no part of a wider one."""

    def within(match: Match[Meaning], one: Match[Meaning]) -> bool:
        wider = one.last - one.first > match.last - match.first
        return wider and one.first <= match.first and match.last <= one.last

    return [match for match in matches if not any(within(match, one) for one in matches)]
