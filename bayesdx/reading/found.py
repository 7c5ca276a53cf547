"""The phrases of a lexicon that stand in a sentence, by what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from bayesdx.reading.lexicon import Beyond, Lexicon, Of, Says, Unless, Value
from bayesdx.reading.phrases import Match
from bayesdx.reading.tokens import Token, brackets_of


class FoundPhrases:
    """What is said of findings (``says``), what is spoken ``of`` and the ``values`` that may be said of it.

    After those ``beyond`` a place is not that of the lesion. Phrases within which nothing is read hide others.
    """

    def __init__(self, lexicon: Lexicon, tokens: Sequence[Token]) -> None:
        self._lexicon = lexicon
        self._words = [token.norm for token in tokens]
        self._hidden: list[tuple[int, int, str]] = []
        self._named: list[tuple[int, int]] = []  # what follows the name of a diagnosis in brackets
        self._behind: list[tuple[int, int]] = []  # brackets that follow one
        #: Tokens that name a diagnosis, from the first to the last (exclusive).
        self.diagnoses: list[tuple[int, int]] = []
        self.beyond: list[Match[Beyond]] = []
        self.says: list[Match[Says]] = []
        self.of: list[Match[Of]] = []
        values: list[Match[Value]] = []
        found = lexicon.phrases.find(tokens)
        brackets = brackets_of(tokens)
        for match in found:
            if isinstance(match.meaning, Unless):
                self._hidden.append((match.first, match.last, match.meaning.finding))
                if not match.meaning.finding:
                    self.diagnoses.append((match.first, match.last))
                    self._named += [
                        (match.last - 1, _piece_end(tokens, match.last, last))
                        for first, last in brackets
                        if first < match.first and match.last <= last
                    ]
                    self._behind += [(first, last) for first, last in brackets if first == match.last]
            elif isinstance(match.meaning, Beyond):
                self.beyond.append(Match(match.first, match.last, match.meaning))
        for match in found:
            meaning = match.meaning
            if isinstance(meaning, (Unless, Beyond)) or self.hides(match.first, match.last, meaning.finding):
                continue
            if isinstance(meaning, Says):
                self.says.append(Match(match.first, match.last, meaning, match.gap))
            elif isinstance(meaning, Of):
                self.of.append(Match(match.first, match.last, meaning))
            else:
                values.append(Match(match.first, match.last, meaning))
        self.values = [match for match in values if not self._taken(match)]

    def hides(self, first: int, last: int, finding: str) -> bool:
        """Whether nothing is read in words of a finding.

        They lie in the name of a diagnosis, behind it in brackets, or before it (*calcified schwannoma*) and are no
        place; or they meet words that are about something else, and are no more than those.
        """
        behind = () if finding in self._lexicon.measured else self._behind  # *meningioma (3 cm)*
        if any(start < first and last <= end for start, end in (*self._named, *behind)):
            return True
        for start, end, name in self._hidden:
            if not name:
                before = last == start and not self._lexicon.is_place(finding)
                if before or (start <= first and last <= end):
                    return True
            elif name == finding and start < last and first < end and last - first <= end - start:
                return True
        return False

    def _taken(self, match: Match[Value]) -> bool:
        """Whether a value is part of a longer phrase about something else: *low signal rim*."""
        return any(
            one.meaning.finding != match.meaning.finding
            and one.first <= match.first
            and match.last <= one.last
            and one.last - one.first > match.last - match.first
            and one.gap == (0, 0)
            for one in self.says
        )

    def longest(self) -> list[Match[Says]]:
        """Of a finding's phrases that overlap the longest; of equal ones the smallest gap goes first."""
        kept: list[Match[Says]] = []
        for match in sorted(
            self.says, key=lambda match: (match.first - match.last, match.gap[1] - match.gap[0], match.first)
        ):
            finding = match.meaning.finding
            if not any(
                one.meaning.finding == finding and one.first < match.last and match.first < one.last for one in kept
            ):
                kept.append(match)
        return sorted(kept, key=lambda match: match.first)

    def says_of(self, finding: str, place: tuple[int, int]) -> bool:
        """Whether a whole phrase says the state of the finding here."""
        return any(
            one.meaning.finding == finding and one.first < place[1] and place[0] < one.last for one in self.says
        )

    @property
    def signal(self) -> bool:
        """Whether it is about signals: values such as *hyperintense* stand here, which several findings share."""
        return any(len(group) > 1 for group in self.groups) or any("intens" in word for word in self._words)

    @cached_property
    def groups(self) -> list[frozenset[str]]:
        """Findings that are spoken of; those whose values are the same words, such as T1 and T2, together."""
        named: dict[tuple[int, int], set[str]] = {}
        for match in self.values:
            named.setdefault((match.first, match.last), set()).add(match.meaning.finding)
        groups = [{match.meaning.finding} for match in self.of if match.meaning.finding]
        for names in named.values():
            touched = [group for group in groups if group & names]
            if touched:
                groups = [group for group in groups if not group & names] + [set().union(*touched)]
        return list(dict.fromkeys(frozenset(group) for group in groups))


def _piece_end(tokens: Sequence[Token], first: int, last: int) -> int:
    """Where the piece of a bracket that holds the token ``first`` ends."""
    return next((i for i in range(first, last) if tokens[i].norm in (",", ";")), last)
