"""Read a report: every mention of a finding, with its sentence and how it is meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bayesdx.reading.context import Clauses, Status, clauses, status
from bayesdx.reading.lexicon import Beyond, Lexicon, Of, Says, Unless, Value
from bayesdx.reading.measures import ages, durations, lengths, sexes, vertebrae
from bayesdx.reading.pairs import pairs
from bayesdx.reading.passages import Sentence, sentences
from bayesdx.reading.phrases import Match
from bayesdx.reading.tokens import Token, tokens_of

#: How sure a state is that the lexicon calls likely.
LIKELY = 0.8
#: Words beside a mention, at most this many tokens away, that say that it is of a part of the lesion.
_NEAR = 3


class Span(NamedTuple):
    """``text[start:end]`` of a report."""

    start: int
    end: int


@dataclass(frozen=True)
class Mention:
    """What one place of a report says of a finding.

    ``weights`` by state are likelihood weights: 1 for each that is possible where it is certain. ``number`` is what was
    measured: of a length in mm, of an age in years. ``sentence``, ``words`` and ``cues`` are places in the text.
    """

    finding: str
    weights: Mapping[str, float]
    sentence: Span
    words: Span
    cues: tuple[Span, ...] = ()
    number: float | None = None
    denied: bool = False
    certainty: float = 1.0
    weak: bool = False
    part: bool = False


@dataclass(frozen=True)
class Passages:
    """A report as it was read: its mentions in order, age (years) and sex, and the sentences of which nothing was read.

    ``several`` are words that speak of more than one lesion. ``unread`` are mentions that do not count, by why.
    """

    mentions: tuple[Mention, ...]
    age: tuple[Mention, ...] = ()
    sex: tuple[Mention, ...] = ()
    several: tuple[Span, ...] = ()
    silent: tuple[Span, ...] = ()
    left_out: tuple[tuple[Mention, str], ...] = field(default=())


def read_text(text: str, lexicon: Lexicon) -> Passages:
    """Every mention of a finding of the lexicon in a report."""
    mentions: list[Mention] = []
    left_out: list[tuple[Mention, str]] = []
    ages_found: list[Mention] = []
    sexes_found: list[Mention] = []
    silent: list[Span] = []
    several: list[Span] = []
    elsewhere = False  # in a paragraph that has come to the operation or the microscope
    for sentence in sentences(text, lexicon.headings):
        if sentence.kind == "skip":
            continue
        read = _Sentence(text, sentence, lexicon)
        elsewhere = read.not_imaging or (elsewhere and not sentence.begins and not read.imaging)
        read.elsewhere = elsewhere
        found = [(one, why) for one, why in read.mentions()]
        mentions += [one for one, why in found if not why]
        left_out += [(one, why) for one, why in found if why]
        ages_found += read.patient_ages()
        sexes_found += read.patient_sexes()
        several += read.several()
        if not found and sentence.kind != "history":
            silent.append(Span(sentence.start, sentence.end))
    return Passages(
        tuple(mentions), tuple(ages_found), tuple(sexes_found), tuple(several), tuple(silent), tuple(left_out)
    )


class _Sentence:
    """One sentence with its tokens, clauses and matches."""

    def __init__(self, text: str, sentence: Sentence, lexicon: Lexicon) -> None:
        self.text, self.sentence, self.lexicon = text, sentence, lexicon
        self.span = Span(sentence.start, sentence.end)
        self.tokens = tokens_of(text, sentence.start, sentence.end)
        matches = lexicon.phrases.find(self.tokens)
        hidden = [
            (match.first, match.last, match.meaning.finding)
            for match in matches
            if isinstance(match.meaning, Unless)
        ]
        self.matches = [
            match
            for match in matches
            if not isinstance(match.meaning, (Unless, Beyond))
            and not any(
                _hides(first, last, name, match)
                or (not name and match.last == first and not lexicon.is_place(match.meaning.finding))
                for first, last, name in hidden
            )
        ]
        self.hidden = hidden  # also the word before the name of a diagnosis: *calcified schwannoma*
        self.beyond = [match.last for match in matches if isinstance(match.meaning, Beyond)]
        self.clauses: Clauses = clauses(self.tokens, lexicon.grammar)
        self.not_imaging = any(trigger.meaning.says == "not imaging" for trigger, _, _ in self.clauses.reaches)
        self.imaging = bool(lexicon.grammar.imaging.find(self.tokens))
        self.elsewhere = False
        self.parts = [(match.first, match.last) for match in lexicon.grammar.parts.find(self.tokens)]

    def mentions(self) -> Iterator[tuple[Mention, str]]:
        """Each mention, and why it does not count (empty where it does)."""
        said = [match for match in self.matches if isinstance(match.meaning, Says)]
        for match in self._longest(said):
            meaning = match.meaning
            assert isinstance(meaning, Says)
            yield from self._mention(
                meaning.finding, meaning.state, match.first, match.last, weak=meaning.weak, gap=match.gap
            )
        yield from self._paired(said)
        yield from self._measured()

    def patient_ages(self) -> list[Mention]:
        return [
            Mention("age", {}, self.span, Span(one.start, one.end), number=one.value, weak=not one.sure)
            for one in ages(self.text, *self.span)
            if not self._status_at(one.start, one.end).unread == "another person"
        ]

    def patient_sexes(self) -> list[Mention]:
        return [
            Mention("sex", {sex: 1.0}, self.span, Span(start, end), weak=not sure)
            for sex, start, end, sure in sexes(self.text, *self.span)
            if not self._status_at(start, end).unread == "another person"
        ]

    def several(self) -> list[Span]:
        """Words that speak of another lesion than the one that is described."""
        return [
            Span(self.tokens[match.first].start, self.tokens[match.last - 1].end)
            for match in self.lexicon.grammar.several.find(self.tokens)
            if not self._status_of(match).denied and not self._status_of(match).unread
        ]

    def _status_of(self, match: Match[str]) -> Status:
        return status(match.first, match.last, self.clauses.reaches)

    def _longest(self, said: Sequence[Match[Says]]) -> list[Match[Says]]:
        """Of a finding's phrases that overlap the longest, and of equal ones the first."""
        kept: list[Match[Says]] = []
        for match in sorted(said, key=lambda m: (m.first - m.last, m.first)):
            name = match.meaning.finding
            if not any(
                one.meaning.finding == name and one.first < match.last and match.first < one.last for one in kept
            ):
                kept.append(match)
        return sorted(kept, key=lambda m: m.first)

    def _paired(self, said: Sequence[Match[Says]]) -> Iterator[tuple[Mention, str]]:
        """Values and what they are said of; and what is spoken of without a value."""
        of = [match for match in self.matches if isinstance(match.meaning, Of)]
        values = [match for match in self.matches if isinstance(match.meaning, Value)]
        if not of:
            return
        groups = self._groups()
        for group in groups:
            heads = self._apart([match for match in of if match.meaning.finding in group])
            others = (
                self._apart([match for match in of if not match.meaning.finding], heads) if len(group) > 1 else []
            )
            within = [match for match in values if match.meaning.finding in group]
            places = sorted({(match.first, match.last) for match in self._widest(within)})
            head_places = sorted({(match.first, match.last) for match in (*heads, *others)})
            if not heads:
                continue
            clause_of = [self.clauses.clause(i) for i in range(len(self.tokens))]
            reach = max(self.lexicon.speech[name].reach for name in group)
            linked = pairs(self.tokens, places, head_places, clause_of, reach)
            spoken = {(match.first, match.last): match.meaning.finding for match in (*heads, *others)}
            valued: dict[str, list[tuple[int, int]]] = {}
            for pair in linked:
                first, last = places[pair.value]
                for j in pair.heads:
                    name = spoken[head_places[j]]
                    for match in within:
                        if name and match.meaning.finding == name and (match.first, match.last) == (first, last):
                            made = list(self._value(match, first, last, head_places[j], said))
                            if made:
                                valued.setdefault(name, []).append(head_places[j])
                            yield from made
            for match in heads:
                name = match.meaning.finding
                if (match.first, match.last) not in valued.get(name, ()):
                    yield from self._bare(name, match, said)

    def _value(
        self, match: Match[Value], first: int, last: int, head: tuple[int, int], said: Sequence[Match[Says]]
    ) -> Iterator[tuple[Mention, str]]:
        name, state, likely = match.meaning
        of = status(*head, self.clauses.reaches)
        if of.denied and not status(first, last, self.clauses.reaches).denied:
            return  # a value that the denial does not reach belongs to something else
        if any(other.meaning.finding == name and other.first < last and first < other.last for other in said):
            return
        start, end = min(first, head[0]), max(last, head[1])
        yield from self._mention(name, state, first, last, whole=(start, end), likely=likely, head=head)

    def _bare(self, name: str, match: Match[Of], said: Sequence[Match[Says]]) -> Iterator[tuple[Mention, str]]:
        """*The lesion enhances*: what the word itself says, and what its denial does."""
        if any(
            other.meaning.finding == name and other.first < match.last and match.first < other.last
            for other in said
        ):
            return
        speech, states = self.lexicon.speech[name], self.lexicon.variables[name].states
        how = status(match.first, match.last, self.clauses.reaches)
        stated = speech.denied if how.denied else speech.itself
        if not stated:
            return
        wanted = stated.removeprefix("not ")
        if wanted not in states:
            return
        sure = 1.0 if how.certainty == 1.0 else how.certainty
        one = weights_of(states, wanted, stated.startswith("not "), sure)
        why = how.unread or self._section(name)
        if how.denied and not why and self._of_a_part(match.first):
            why = "a part of the lesion"
        yield self._made(name, one, match.first, match.last, how, how.denied, weak=not how.denied), why

    def _mention(
        self,
        name: str,
        state: str,
        first: int,
        last: int,
        *,
        weak: bool = False,
        likely: bool = False,
        whole: tuple[int, int] | None = None,
        head: tuple[int, int] | None = None,
        gap: tuple[int, int] = (0, 0),
    ) -> Iterator[tuple[Mention, str]]:
        speech, states = self.lexicon.speech[name], self.lexicon.variables[name].states
        if state not in states:
            return
        how = status(first, last, self.clauses.reaches, gap)
        if head is not None and not how.denied:
            how = _both(how, status(*head, self.clauses.reaches))
        certainty = min(how.certainty, LIKELY) if likely else how.certainty
        denied = how.denied
        wanted, out = state, denied
        if denied and speech.denied and head is None and state != speech.denied:
            wanted, out = speech.denied, False
        one = weights_of(states, wanted, out, certainty)
        why = how.unread
        if speech.past and why == "past":
            why = ""
        if not why and speech.place and self._is_beyond(first):
            why = "beyond the lesion"
        a, b = whole or (first, last)
        made = self._made(name, one, a, b, how, denied, weak=weak, certainty=certainty, value=(first, last))
        yield made, why or self._section(name)

    def _made(
        self,
        name: str,
        weights: Mapping[str, float],
        first: int,
        last: int,
        how: Status,
        denied: bool,
        *,
        weak: bool = False,
        certainty: float | None = None,
        number: float | None = None,
        value: tuple[int, int] | None = None,
    ) -> Mention:
        words = Span(self.tokens[first].start, self.tokens[last - 1].end)
        cues = tuple(Span(self.tokens[c.first].start, self.tokens[c.last - 1].end) for c in how.cues)
        at = value or (first, last)
        near = any(p[1] <= at[0] <= p[1] + _NEAR or at[1] <= p[0] < at[1] + _NEAR for p in self.parts)
        sure = how.certainty if certainty is None else certainty
        return Mention(name, weights, self.span, words, cues, number, denied, sure, weak, near)

    def _measured(self) -> Iterator[tuple[Mention, str]]:
        signal = any(isinstance(m.meaning, (Of, Value)) and "signal" in m.meaning.finding for m in self.matches)
        for name, speech in self.lexicon.speech.items():
            if not speech.measure:
                continue
            states = self.lexicon.variables[name].states
            if speech.measure == "length":
                for one in lengths(self.text, *self.span):
                    yield from self._number(name, {}, one.start, one.end, one.value)
            elif speech.measure == "duration":
                for one in durations(self.text, *self.span):
                    state = next((s for s, most in speech.states.items() if one.value <= most), None)
                    if state is not None:
                        yield from self._number(
                            name, weights_of(states, state, False, 1.0), one.start, one.end, None
                        )
            elif speech.measure == "vertebra":
                for span in vertebrae(self.text, *self.span, signal):
                    shares = {
                        speech.states[letter]: n for letter, n in span.counts.items() if letter in speech.states
                    }
                    weights = {state: n / max(shares.values()) for state, n in shares.items() if state in states}
                    if weights:
                        yield from self._number(name, weights, span.start, span.end, None)

    def _number(
        self, name: str, weights: Mapping[str, float], start: int, end: int, number: float | None
    ) -> Iterator[tuple[Mention, str]]:
        first, last = self._tokens_at(start, end)
        hidden = any(a <= first and last <= b and finding in ("", name) for a, b, finding in self.hidden)
        if hidden:
            return
        how = status(first, last, self.clauses.reaches)
        speech = self.lexicon.speech[name]
        why = how.unread or ("denied" if how.denied else "")
        if not why and speech.place and self._is_beyond(first):
            why = "beyond the lesion"
        yield self._made(name, weights, first, last, how, False, number=number), why or self._section(name)

    def _section(self, name: str) -> str:
        """Why a finding is not read in this section: history holds history only, findings no symptoms."""
        clinical = self.lexicon.variables[name].kind == "clinical"
        if self.elsewhere:
            return "not imaging"
        if self.sentence.kind == "history" and not clinical:
            return "history"
        if self.sentence.kind == "findings" and self.lexicon.speech[name].history:
            return "findings"
        return ""

    def _is_beyond(self, first: int) -> bool:
        clause = self.clauses.clause(first)
        start = self.clauses.ranges[clause][0]
        return any(start <= at <= first for at in self.beyond)

    def _of_a_part(self, first: int) -> bool:
        """Whether the clause speaks of a part of the lesion before this word."""
        start, end = self.clauses.ranges[self.clauses.clause(first)]
        return any(start <= p[0] < end and p[0] <= first + _NEAR for p in self.parts)

    def _groups(self) -> list[frozenset[str]]:
        """Findings whose values are the same words, such as the signals of T1 and T2, are linked together."""
        named: dict[tuple[int, int], set[str]] = {}
        for match in self.matches:
            if isinstance(match.meaning, Value):
                named.setdefault((match.first, match.last), set()).add(match.meaning.finding)
        groups: list[set[str]] = [
            {match.meaning.finding}
            for match in self.matches
            if isinstance(match.meaning, Of) and match.meaning.finding
        ]
        for names in named.values():
            touched = [group for group in groups if group & names]
            merged = set().union(*touched) if touched else set()
            groups = [group for group in groups if not group & names] + ([merged] if merged else [])
        return list(dict.fromkeys(frozenset(group) for group in groups))

    @staticmethod
    def _apart(matches: Sequence[Match[Of]], others: Sequence[Match[Of]] = ()) -> list[Match[Of]]:
        """The widest of matches that overlap, and none that overlaps one of the others."""
        kept: list[Match[Of]] = []
        for match in sorted(matches, key=lambda m: (m.first - m.last, m.first)):
            if not any(match.first < one.last and one.first < match.last for one in (*kept, *others)):
                kept.append(match)
        return sorted(kept, key=lambda m: m.first)

    @staticmethod
    def _widest(matches: Sequence[Match[Value]]) -> list[Match[Value]]:
        """Values that are no part of a wider one."""
        return [
            match
            for match in matches
            if not any(
                one.first <= match.first
                and match.last <= one.last
                and one.last - one.first > match.last - match.first
                for one in matches
            )
        ]

    def _tokens_at(self, start: int, end: int) -> tuple[int, int]:
        inside = [i for i, token in enumerate(self.tokens) if token.start < end and start < token.end]
        return inside[0], inside[-1] + 1

    def _status_at(self, start: int, end: int) -> Status:
        return status(*self._tokens_at(start, end), self.clauses.reaches)


def _hides(first: int, last: int, name: str, match: Match[Says | Of | Value]) -> bool:
    """Whether nothing is read in a match: it lies in the name of a diagnosis, or meets words that are about something
    else and as many as its own."""
    if not name:
        return first <= match.first and match.last <= last
    meets = first < match.last and match.first < last
    return meets and name == match.meaning.finding and match.last - match.first <= last - first


def weights_of(states: Sequence[str], state: str, denied: bool, certainty: float) -> dict[str, float]:
    """Likelihood weights of *state* or, denied, of any other one.

    Where it is not certain, the weight ``1 - certainty`` falls to the other states (denied: to the state) in equal
    parts: P(these words | state), an assumption that CERTAINTY names.
    """
    others = [one for one in states if one != state]
    if denied and certainty == 1.0:
        return dict.fromkeys(others, 1.0)
    if certainty == 1.0 or not others:
        return {state: 1.0}
    sure = 1.0 - certainty if denied else certainty
    return {one: sure if one == state else (1.0 - sure) / len(others) for one in states}


def _both(one: Status, other: Status) -> Status:
    return Status(
        one.denied or other.denied,
        min(one.certainty, other.certainty),
        one.unread or other.unread,
        tuple(dict.fromkeys((*one.cues, *other.cues))),
    )
