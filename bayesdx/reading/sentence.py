"""One sentence: what it says of which finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from bayesdx.reading.answers import answered
from bayesdx.reading.beside import Place, bears, is_beside, of_neighbors, of_parts, parted
from bayesdx.reading.checks import EXAMINATIONS
from bayesdx.reading.context import Status, Trigger, clauses, status
from bayesdx.reading.found import FoundPhrases
from bayesdx.reading.lexicon import Lexicon, Of, Value
from bayesdx.reading.measures import ages, durations, lengths, sexes, vertebrae
from bayesdx.reading.mentions import IMPLIED, Mention, Span, weights_of
from bayesdx.reading.pairs import pairs
from bayesdx.reading.passages import Sentence
from bayesdx.reading.phrases import Match, after, apart, widest
from bayesdx.reading.tokens import tokens_of

#: Words for a part of the lesion count for a mention that is at most this many tokens away.
NEAR = 3

Found = tuple[Mention, str]


class SentenceReader:
    """A sentence with its tokens, clauses, and the phrases that were ``found`` in it.

    ``not_imaging`` says that it is about an operation or the microscope, ``imaging`` that it is about images, and
    ``shown`` of which (ct, mr): those that it names, else those named ``before``. ``of_patient`` says that it
    speaks of the patient: by a word of its own, or as the sentence before does (``of_patient_before``) and without
    one of images.
    """

    def __init__(
        self,
        text: str,
        sentence: Sentence,
        lexicon: Lexicon,
        before: frozenset[str] = frozenset(),
        of_patient_before: bool = False,
    ) -> None:
        self.text, self.kind, self.lexicon = text, sentence.kind, lexicon
        self.span = Span(sentence.start, sentence.end)
        grammar = lexicon.grammar
        tokens = tokens_of(text, *self.span, grammar.abbreviations)
        self.tokens = answered(tokens, grammar.answers, grammar.no_labels)
        self.marks = grammar.marked(self.tokens)
        self.clauses = clauses(self.tokens, grammar, self.marks)
        # parts of a lesion, among them words that may be one by themselves: only the whole report tells
        self.parts = [(match.first, match.last) for match in self.marks["parts"]]
        self.maybe_lesion = self._firsts("maybe_lesion")
        others = {at for match in self.marks["not_lesions"] for at in range(match.first, match.last)}
        self.lesions = [at for at in self._firsts("lesion") if at not in others]
        self.whole = any(
            not status(first, first + 1, self.clauses.reaches).denied
            for first in self.lesions
            if first not in self.maybe_lesion
        )
        self.not_imaging = any(trigger.meaning.says == "not imaging" for trigger, _, _ in self.clauses.reaches)
        self.imaging = bool(self.marks["imaging"])
        self.shown = frozenset(name for name in EXAMINATIONS if self.marks[name]) or before
        kinds = ("organs", "resumes", "borne", "about")
        self.organs, self.resumes, self.borne, self.about = map(self._firsts, kinds)
        self.neighbors = of_neighbors(self.tokens, self.clauses, self.marks, self.lesions, grammar)
        self.of_patient = bool(self.marks["person"]) or (
            of_patient_before and not self.imaging and not self.lesions
        )
        self.found = FoundPhrases(lexicon, self.tokens)

    def nothing_else(self, within: bool) -> None:
        """Nothing but a cyst or a nodule is named in the report: that is no part, but the lesion; or what else the
        report speaks of is.

        A nodule ``within`` a cyst stays one.
        """
        self.neighbors = []
        parts = self._firsts("inner") if within else []
        self.parts = [part for part in self.parts if part[0] not in self.maybe_lesion or part[0] in parts]

    def _firsts(self, kind: str) -> list[int]:
        return [match.first for match in self.marks[kind]]

    def mentions(self) -> Iterator[Found]:
        """Each mention, and why it does not count (empty where it does)."""
        for match in self.found.longest():
            finding, state, weak = match.meaning
            how = status(match.first, match.last, self.clauses.reaches, match.gap)
            sure = IMPLIED if weak else 1.0
            yield from self._stated(finding, state, (match.first, match.last), how, weak=weak, certainty=sure)
        for group in self.found.groups:
            yield from self._linked(group)
        for finding in self.lexicon.measured:
            yield from self._measured(finding)

    @property
    def tells(self) -> bool:
        """Whether it speaks of the lesion, a part of it or a signal, and neither denies nor supposes, nor names a
        diagnosis or another organ."""
        plain = all(trigger.meaning.says == "nothing" for trigger, _, _ in self.clauses.reaches)
        of_lesion = bool(self.lesions or self.parts or self.found.values)
        return plain and of_lesion and not self.found.diagnoses and not self.organs

    def ages(self) -> list[Mention]:
        """Ages in years, but for those of other persons."""
        return [
            Mention("age", {}, self.span, Span(one.start, one.end), number=one.value, weak=not one.sure)
            for one in ages(self.text, *self.span)
            if self._status_at(one.start, one.end).unread != "another person"
        ]

    def sexes(self) -> list[Mention]:
        """Words for a sex, but for that of other persons."""
        return [
            Mention("sex", {sex: 1.0}, self.span, Span(start, end), weak=not sure)
            for sex, start, end, sure in sexes(self.text, *self.span)
            if self._status_at(start, end).unread != "another person"
        ]

    def several(self) -> list[Span]:
        """Words that speak of another lesion than the one that is described."""
        found = self.marks["several"]
        how = [status(match.first, match.last, self.clauses.reaches) for match in found]
        return [
            self._span(match.first, match.last)
            for match, one in zip(found, how, strict=True)
            if not one.denied
            and not one.unread
            and not any(denied.first <= match.first < denied.last for denied in self.marks["not_lesions"])
        ]

    def _stated(
        self,
        finding: str,
        state: str,
        place: Place,
        how: Status,
        *,
        weak: bool = False,
        certainty: float = 1.0,
        whole: Place | None = None,
    ) -> Iterator[Found]:
        """A state that stands at ``place``; ``whole`` are the words with what it is said of, for a value."""
        speech, states = self.lexicon.speech[finding], self.lexicon.variables[finding].states
        if state not in states:
            return
        itself = self._denies(place) or (state == speech.denied and self._denied_apart(place, how))
        if how.denied and itself:
            how = how._replace(denied=False, cues=())  # *no calcification, bone normal*; *no oedema, no other mass*
        if self._affected(finding, place):
            weak, certainty = True, min(certainty, IMPLIED)
        certainty = min(certainty, how.certainty)
        opposite = how.denied and whole is None and speech.denied and state != speech.denied
        weights = (
            weights_of(states, speech.denied, False, certainty)
            if opposite
            else weights_of(states, state, how.denied, certainty)
        )
        why = "" if speech.past and how.unread == "past" else how.unread
        why = why or self._elsewhere(finding, place, how.denied)
        if not why and how.denied and len(states) > 2 and whole is None and self._of_a_part(finding, place[0]):
            why = "a part of the lesion"
        one = self._made(finding, weights, whole or place, how, place, weak=weak, certainty=certainty)
        yield one, why or self._section(finding)

    def _linked(self, group: frozenset[str]) -> Iterator[Found]:
        """Values and what they are said of, and what is spoken of without a value."""
        heads = apart([match for match in self.found.of if match.meaning.finding in group])
        if not heads:
            return
        # the signal of a sequence that is no finding belongs to that sequence
        bare = [match for match in self.found.of if not match.meaning.finding]
        others = apart(bare, heads) if len(group) > 1 else []
        spoken = {(match.first, match.last): match.meaning.finding for match in (*heads, *others)}
        places = sorted(spoken)
        within = widest([match for match in self.found.values if match.meaning.finding in group])
        valued = sorted({(match.first, match.last) for match in within})
        farthest = max(self.lexicon.speech[finding].reach for finding in group)
        clause_of = [self.clauses.clause(i) for i in range(len(self.tokens))]
        done: set[Place] = set()
        for pair in pairs(self.tokens, valued, places, clause_of, farthest):
            for head in (places[j] for j in pair.heads):
                for match in within:
                    if match.meaning.finding == spoken[head] and (match.first, match.last) == valued[pair.value]:
                        found = list(self._value(match, head))
                        done |= {head} if found else set()
                        yield from found
        for spoken_of in heads:
            if (spoken_of.first, spoken_of.last) not in done:
                yield from self._bare(spoken_of)

    def _value(self, match: Match[Value], head: Place) -> Iterator[Found]:
        finding, state, likely = match.meaning
        place = (match.first, match.last)
        of, how = status(*head, self.clauses.reaches), status(*place, self.clauses.reaches)
        if of.denied and not how.denied:
            return  # a value that the denial does not reach belongs to something else
        if self.found.says_of(finding, place) or self.found.says_of(finding, head):
            return
        whole = min(place[0], head[0]), max(place[1], head[1])
        certainty = IMPLIED if likely else 1.0
        yield from self._stated(finding, state, place, how.with_(of), certainty=certainty, whole=whole)

    def _bare(self, match: Match[Of]) -> Iterator[Found]:
        """*The lesion enhances*: what the word itself says, and what its denial does."""
        finding, place = match.meaning.finding, (match.first, match.last)
        speech, states = self.lexicon.speech[finding], self.lexicon.variables[finding].states
        how = status(*place, self.clauses.reaches)
        said = speech.denied if how.denied else speech.itself
        state = said.removeprefix("not ")
        if not said or state not in states or self.found.says_of(finding, place):
            return
        why = how.unread or self._elsewhere(finding, place, how.denied) or self._section(finding)
        if how.denied and not why and self._of_a_part(finding, match.first):
            why = "a part of the lesion"
        weights = weights_of(states, state, said.startswith("not "), how.certainty)
        made = self._made(finding, weights, place, how, place, weak=not how.denied)
        lacking = how.denied and how.certainty == 1.0 and not made.part and self._of_lesion(place)
        yield replace(made, lacking=lacking), why

    def _of_lesion(self, place: Place) -> bool:
        """Whether the clause names the lesion before a place, and does not deny it: *the mass does not enhance*."""
        start, _ = self.clauses.ranges[self.clauses.clause(place[0])]
        named = (at for at in self.lesions if start <= at < place[0])
        return any(not status(at, at + 1, self.clauses.reaches).denied for at in named)

    def _measured(self, finding: str) -> Iterator[Found]:
        """Lengths, durations and vertebrae."""
        speech, states = self.lexicon.speech[finding], self.lexicon.variables[finding].states
        if speech.measure == "length":
            for one in lengths(self.text, *self.span):
                yield from self._number(finding, {}, Span(one.start, one.end), one.value)
        elif speech.measure == "duration":
            for one in durations(self.text, *self.span):
                state = next((state for state, most in speech.states.items() if one.value <= most), None)
                if state in states:
                    weights = weights_of(states, str(state), False, 1.0)
                    yield from self._number(finding, weights, Span(one.start, one.end), None)
        else:
            for found in vertebrae(self.text, *self.span, self.found.signal):
                shares = {
                    speech.states[letter]: count
                    for letter, count in found.counts.items()
                    if speech.states.get(letter) in states
                }
                if shares:
                    most = max(shares.values())
                    weights = {state: count / most for state, count in shares.items()}
                    yield from self._number(finding, weights, Span(found.start, found.end), None)

    def _number(
        self, finding: str, weights: Mapping[str, float], at: Span, number: float | None
    ) -> Iterator[Found]:
        place = self._tokens_at(*at)
        if self.found.hides(*place, finding):
            return
        how = status(*place, self.clauses.reaches)
        numbered = self.lexicon.speech[finding].measure == "vertebra" and self._one_level(place)
        why = how.unread or ("denied" if how.denied else self._elsewhere(finding, place, False, numbered))
        yield (
            self._made(finding, weights, place, Status(cues=how.cues), place, number=number),
            why or self._section(finding),
        )

    def _made(
        self,
        finding: str,
        weights: Mapping[str, float],
        words: Place,
        how: Status,
        value: Place,
        *,
        weak: bool = False,
        certainty: float | None = None,
        number: float | None = None,
    ) -> Mention:
        cues = tuple(self._span(cue.first, cue.last) for cue in how.cues)
        own = [one for one in self.found.values if one.meaning.finding == finding]
        part = any(
            any(end <= first <= end + NEAR or last <= start < last + NEAR for first, last in (value, words))
            and not any(one.first <= start < one.last for one in own)
            and not parted(self.tokens, (start, end), value)
            and not any(token.norm == "with" for token in self.tokens[value[1] : start])
            for start, end in self.parts
        ) or any(start <= value[0] < end for start, end in self._said_of_parts)
        sure = how.certainty if certainty is None else certainty
        said = self._span(*words)
        of_lesion = any(not status(at, at + 1, self.clauses.reaches).denied for at in self.lesions)
        mention = Mention(finding, weights, self.span, said, cues, number, how.denied, sure, weak, part, of_lesion)
        shown_by = self.lexicon.speech[finding].shown_by
        if sure == 1.0 and shown_by and shown_by not in (self._shown_in(value) or {shown_by}):
            return mention.implied(self.lexicon.variables[finding].states)
        return mention

    def _shown_in(self, place: Place) -> frozenset[str]:
        """The examinations that the clause speaks of, else those of the sentence."""
        start, end = self.clauses.ranges[self.clauses.clause(place[0])]
        own = (name for name in EXAMINATIONS if any(start <= one.first < end for one in self.marks[name]))
        return frozenset(own) or self.shown

    def _section(self, finding: str) -> str:
        """Why a finding is not read in this section: history holds history only, findings no symptoms."""
        symptom = self.lexicon.speech[finding].history
        if self.kind == "history" and not symptom and self.lexicon.variables[finding].kind != "clinical":
            return "history"
        among = self.kind in ("findings", "impression") and not self.of_patient
        return "findings" if symptom and among else ""

    def _elsewhere(self, finding: str, place: Place, denied: bool, numbered: bool = False) -> str:
        """Why words are about another place than that of the lesion, or about another organ.

        A ``numbered`` vertebra is its level even where the lesion only touches what is there.
        """
        start, end = self.clauses.ranges[self.clauses.clause(place[0])]
        organ = any(start <= at < end for at in self.organs)
        lesion = any(start <= at < end for at in self.lesions if at not in (*self.organs, *self.maybe_lesion))
        if organ and not lesion and self.lexicon.variables[finding].kind != "clinical":
            return "another organ"
        if self.lexicon.speech[finding].valued and any(a <= place[0] < b for a, b in self.neighbors):
            return "beside the lesion"
        if not self.lexicon.speech[finding].place:
            return ""
        if denied:
            return "denied"
        level = self.lexicon.speech[finding].measure == "vertebra"
        extent = [i for i in range(start, place[0]) if level and self.tokens[i].norm in self.lexicon.grammar.extent]
        start = max((at for at in (*self.resumes, *extent) if start <= at < place[0]), default=start)
        denials = [cue.first for cue, _, _ in self.clauses.reaches if cue.meaning == Trigger("denied", "after")]
        if any(start <= at < place[0] for at in denials):
            return "of what is denied"
        beyond = [one for one in self.found.beyond if not (numbered and one.meaning.touching)]
        reached = after(place, beyond, start) or (
            not level
            and (after(place, self.marks["landmarks"], start) or bears(self.tokens, place, self.borne, end))
        )
        return "beyond the lesion" if reached or is_beside(self.tokens, place, level, self.lexicon.grammar) else ""

    def _affected(self, finding: str, place: Place) -> bool:
        """Whether a place, no level, is named for what the lesion does to it (*destruction of the lamina*), or as
        about where it is (*basal ganglia region*)."""
        speech = self.lexicon.speech[finding]
        if not speech.place or speech.measure:
            return False
        if place[1] in self.about:
            return True
        start = self.clauses.ranges[self.clauses.clause(place[0])][0]
        start = max((at for at in self.resumes if start <= at < place[0]), default=start)
        return after(place, self.marks["affects"], start)

    def _one_level(self, place: Place) -> bool:
        """Whether the clause names the lesion, and its sentence one vertebra or range of them only."""
        start, end = self.clauses.ranges[self.clauses.clause(place[0])]
        named = any(start <= at < end for at in (*self.lesions, *self.maybe_lesion))
        return named and len(list(vertebrae(self.text, *self.span, self.found.signal))) == 1

    def _denied_apart(self, place: Place, how: Status) -> bool:
        """Whether a comma, or the beginning of a bracket, stands between a place and whatever denies it."""
        denials = [cue for cue in how.cues if cue.meaning.says in ("denied", "doubted")]
        opened = self.tokens[place[0] - 1].norm == "(" if place[0] else False
        return opened or all(parted(self.tokens, place, (cue.first, cue.last)) for cue in denials)

    def _denies(self, place: Place) -> bool:
        """Whether words begin with a denial of their own: *no bony change*."""
        return any(
            cue.first == place[0] and cue.meaning.says in ("denied", "doubted")
            for cue, _, _ in self.clauses.reaches
        )

    @cached_property
    def _said_of_parts(self) -> list[Place]:
        return of_parts(self.tokens, self.clauses, self.parts, self.lexicon.grammar)

    def _of_a_part(self, finding: str, first: int) -> bool:
        """Whether the clause speaks of a part of the lesion up to this word, but for words of another finding
        (*surrounding oedema*) and what comes before a comma and a denial (*wall thin, no enhancement*)."""
        start, end = self.clauses.ranges[self.clauses.clause(first)]
        denials = [cue.first for cue, _, _ in self.clauses.reaches if cue.meaning == Trigger("denied", "after")]
        afresh = [at for at in denials if at and start < at <= first and self.tokens[at - 1].norm == ","]
        start = max(afresh, default=start)
        return any(
            start <= at < end
            and at <= first + NEAR
            and not any(one.first <= at < one.last and one.meaning.finding != finding for one in self.found.says)
            for at, _ in self.parts
        )

    def _span(self, first: int, last: int) -> Span:
        return Span(self.tokens[first].start, self.tokens[last - 1].end)

    def _tokens_at(self, start: int, end: int) -> Place:
        inside = [i for i, token in enumerate(self.tokens) if token.start < end and start < token.end]
        return inside[0], inside[-1] + 1

    def _status_at(self, start: int, end: int) -> Status:
        return status(*self._tokens_at(start, end), self.clauses.reaches)
