"""Whether a mention is affirmed, denied, doubted, or of another time or person: the ConText algorithm.

Words such as *no*, *possible*, *to evaluate for* act on what follows or goes before them, up to the end of the
clause or a word that ends what they reach (Harkema H, Dowling JN, Thornblade T, Chapman WW. ConText: an algorithm
for determining negation, experiencer, and temporal status from clinical reports. J Biomed Inform 2009;42:839-51).
The words stand in ``networks/reading/context.yaml``. Of two triggers that overlap the longer one counts: *no change
in* is no denial.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bayesdx.reading.phrases import Match, Phrases
from bayesdx.reading.tokens import HYPHENS, Token, brackets_of

#: How sure a mention is, by what a trigger says of it: an assumption, no figure of a study.
CERTAINTY = {"compatible": 0.9, "probable": 0.8, "possible": 0.65, "doubted": 0.8}
#: Words that follow *, and* after a denial at least where a clause begins, and not a second thing that is denied.
CLAUSE = 4
#: What joins the parts of a list.
_AND = frozenset((",", "and", "plus", "&", "+"))
#: Words of a clause such as *vertebral bodies normal* at most.
BRIEF = 6
#: What triggers say. Of several that reach a mention the first in this order counts; denials and doubts add up.
UNREAD = ("another person", "hypothetical", "past", "not imaging", "normal", "elsewhere", "not examined")


class Trigger(NamedTuple):
    """What words do to those that they reach.

    ``says``: ``denied``, a key of CERTAINTY (``doubted``: a denial that is not certain), one of UNREAD, or
    ``nothing``. ``reach``: ``after`` it, ``before`` it, the ``next`` word, the ``name`` of a thing after it, or
    the whole ``sentence`` (from its own clause where those before speak of images) and those that follow it in its
    paragraph, up to one that speaks of images. A question mark reaches after it where a word follows at once or
    none goes before, else before it.
    """

    says: str
    reach: str


#: Holds for words that begin among its own too: *family history of cancer*.
_RELATIVES = Trigger("another person", "after")


class Status(NamedTuple):
    """A mention as it is meant: ``unread`` says why it counts for nothing; ``cues`` are the triggers behind it."""

    denied: bool = False
    certainty: float = 1.0
    unread: str = ""
    cues: tuple[Match[Trigger], ...] = ()

    def with_(self, other: Status) -> Status:
        """A value and what it is said of, taken together."""
        return Status(
            self.denied or other.denied,
            min(self.certainty, other.certainty),
            self.unread or other.unread,
            tuple(dict.fromkeys((*self.cues, *other.cues))),
        )


#: What phrases of a language mark in a sentence, beside its triggers.
MARKS = {
    "ends": "the end of a clause",
    "stops": "where the reach of a denial or a doubt ends",
    "affirms": "after a comma or and, where the reach of a denial ends: what follows is there",
    "there": "what stands before it is there",
    "adjectives": "it is of the lesion: behind it and a comma stands another thing",
    "turns": "where that of the other triggers does",
    "complaints": "where that of what is past does",
    "name_ends": "the end of the name of a thing",
    "parts": "a part of a lesion",
    "maybe_lesion": "of the parts, those that are lesions by themselves too",
    "inner": "of these, those that are a part where another of them is named",
    "several": "more than one lesion",
    "lesion": "the lesion",
    "not_lesions": "what has the name of a lesion in it, and is none",
    "normal_study": "the study is called normal: there is no lesion",
    "organs": "other organs",
    "signals_beside": "a signal of what lies beside a lesion",
    "neighbors": "what lies beside a lesion: where a clause begins with it, signals are its own",
    "landmarks": "after these a place that is no level is a landmark",
    "borne": "before these too: it is thinned or displaced",
    "affects": "after these a place that is no level is one only by inference",
    "about": "before these too: it is only about there",
    "resumes": "after these a place is that of the lesion again",
    "person": "the patient: symptoms are read among findings too",
    "imaging": "words that only a sentence about images has",
    "ct": "computed tomography, or what only it shows",
    "mr": "magnetic resonance imaging, or what only it shows",
}


@dataclass(frozen=True)
class Grammar:
    """The words of a language that give a sentence its shape; ``marks`` has the phrases of MARKS."""

    triggers: Phrases[Trigger]
    marks: Phrases[str]
    verbs: frozenset[str]  # finite ones
    lists: frozenset[str]  # words that hold a list together: or, nor
    subjects: frozenset[str]  # a clause begins with these
    no_nouns: frozenset[str]  # behind a word that denies both ways
    announces: frozenset[str]  # before a colon: what is denied follows
    answers: frozenset[str]  # behind the label of a finding
    no_labels: frozenset[str]  # before such a word: it is no answer
    lead: frozenset[str]  # may stand before the subject of a clause
    beside: frozenset[str]  # behind it: where it is, seen from the lesion
    extent: frozenset[str]  # after these stands how far it reaches
    prefixes: frozenset[str]  # before a place: it is beside it
    reaching: frozenset[str]  # after a place: the lesion reaches there
    marking: frozenset[str]  # after a place that is no level: it is a landmark
    abbreviations: Mapping[str, str]
    english: frozenset[str]
    foreign: frozenset[str]

    def marked(self, tokens: Sequence[Token]) -> dict[str, list[Match[str]]]:
        """The phrases of each of MARKS, in order."""
        found: dict[str, list[Match[str]]] = defaultdict(list)
        for match in self.marks.find(tokens):
            found[match.meaning].append(match)
        return found


class Clauses(NamedTuple):
    """A sentence's clauses as ranges of tokens, and its triggers with the tokens that each reaches."""

    ranges: tuple[tuple[int, int], ...]
    reaches: tuple[tuple[Match[Trigger], int, int], ...]

    def clause(self, token: int) -> int:
        """Index of the clause that holds a token."""
        return next((i for i, (_, last) in enumerate(self.ranges) if token < last), len(self.ranges) - 1)


def clauses(tokens: Sequence[Token], grammar: Grammar, marks: Mapping[str, Sequence[Match[str]]]) -> Clauses:
    """Cut a sentence into clauses, and find what its triggers reach; ``marks`` are those of the grammar."""
    triggers = _longest([match for match in grammar.triggers.find(tokens) if _answers(tokens, match)])
    taken = [False] * len(tokens)
    for trigger in triggers:
        taken[trigger.first : trigger.last] = [True] * (trigger.last - trigger.first)
    ends = {match.first: match.last for match in marks["ends"] if not taken[match.first]}
    ranges = _ranges(tokens, triggers, ends, grammar)
    anew = _anew(tokens, marks, taken, grammar)
    stops = [match.first for match in marks["stops"] if not taken[match.first]]
    turns = [match.first for match in marks["turns"]]
    complaints = [match.first for match in marks["complaints"]]
    name_ends = [match.first for match in marks["name_ends"]]
    until = dict.fromkeys(UNREAD, turns) | {"normal": stops, "past": sorted((*turns, *complaints))}
    until |= dict.fromkeys(("denied", "doubted"), sorted({*anew, *stops}))
    both = _both_ways(tokens, triggers, grammar)
    reaches = []
    for trigger in triggers:
        if both.get((trigger.first, trigger.last), trigger.meaning.reach) != trigger.meaning.reach:
            continue
        first, last = next(one for one in ranges if trigger.first < one[1])
        if tokens[trigger.first].norm == "?" and (trigger.meaning.reach == "after") != _asks_after(
            tokens, trigger.first, first
        ):
            continue
        if trigger.meaning.reach == "sentence":
            imaged = any(match.last <= first for match in marks["imaging"])
            reaches.append((trigger, first if imaged else 0, len(tokens)))
        elif trigger.meaning.reach == "next":
            after = trigger.last
            while after < last - 1 and tokens[after].norm in HYPHENS:
                after += 1
            reaches.append((trigger, after, after + 1))
        elif trigger.meaning.reach in ("after", "name"):
            ending = name_ends if trigger.meaning.reach == "name" else until.get(trigger.meaning.says, stops)
            stop = next((stop for stop in ending if stop >= trigger.last), last)
            if trigger.meaning.says == "normal" and _brief(tokens[first:last], tokens[trigger.last : last], marks):
                reaches.append((trigger, first, trigger.first))  # *conus normal.*
            else:
                reaches.append((trigger, trigger.last, min(stop, last)))
        else:
            near = trigger.meaning.says == "past"
            start = max(
                (i + 1 for i in range(first, trigger.first) if near and tokens[i].norm == ","), default=first
            )
            if trigger.meaning.says in ("denied", "doubted"):
                start = _after_what_is_there(tokens, first, trigger.first, triggers, marks, grammar)
            reaches.append((trigger, start, trigger.first))
    return Clauses(tuple(ranges), tuple(reaches))


def status(
    first: int, last: int, reaches: Sequence[tuple[Match[Trigger], int, int]], gap: tuple[int, int] = (0, 0)
) -> Status:
    """How the words ``first`` to ``last`` are meant; triggers among them count only in their ``gap``."""
    cues = [
        trigger
        for trigger, start, end in reaches
        if (
            start < last and first < end
            if trigger.last <= first or last <= trigger.first
            else (gap[0] <= trigger.first and trigger.last <= gap[1])
            or (trigger.first < first < trigger.last and trigger.meaning == _RELATIVES)
        )
    ]
    said = [cue.meaning.says for cue in cues]
    unread = next((why for why in UNREAD if why in said), "")
    certainty = min((CERTAINTY[says] for says in said if says in CERTAINTY), default=1.0)
    denied = "denied" in said or "doubted" in said
    return Status(denied, certainty, unread, tuple(cue for cue in cues if cue.meaning.says != "nothing"))


def _anew(
    tokens: Sequence[Token], marks: Mapping[str, Sequence[Match[str]]], taken: Sequence[bool], grammar: Grammar
) -> list[int]:
    """Where a list goes on with what is there: *no calcification, mild oedema*; *no oedema, dural tail present*.

    Up to a comma or *and* reaches what is denied before it, but in a list that is held together by *or*.
    """
    affirms = {match.first for match in marks["affirms"]}
    there = {match.first for match in marks["there"] if not taken[match.first]}
    found = []
    for at, token in enumerate(tokens[:-1]):
        if token.norm not in _AND:
            continue
        begin = at + 1 + (tokens[at + 1].norm in _AND)
        end = next((i for i in range(begin, len(tokens)) if tokens[i].norm in (",", ";")), len(tokens))
        clause = next((i for i in range(begin, len(tokens)) if tokens[i].norm == ";"), len(tokens))
        if any(one.norm in grammar.lists for one in tokens[at:clause]):
            continue
        labelled = token.norm == "," and any(one.norm == ":" for one in tokens[begin:end])
        if begin in affirms or labelled or any(i in there for i in range(begin, end)):
            found.append(at)
    for at in range(1, len(tokens) - 1):
        colon = tokens[at].norm == ":" and tokens[at - 1].norm not in grammar.announces
        if colon or (tokens[at].norm in HYPHENS and _spaced(tokens, at)):
            found.append(at)
    return sorted(found)


def _spaced(tokens: Sequence[Token], at: int) -> bool:
    """Whether a token stands between two spaces."""
    return tokens[at - 1].end < tokens[at].start and tokens[at].end < tokens[at + 1].start


def _both_ways(
    tokens: Sequence[Token], triggers: Sequence[Match[Trigger]], grammar: Grammar
) -> dict[tuple[int, int], str]:
    """Which way triggers reach that reach both ways: *absent* reaches the word behind it, where there is one."""
    reach: dict[tuple[int, int], set[str]] = {}
    for one in triggers:
        reach.setdefault((one.first, one.last), set()).add(one.meaning.reach)
    return {
        (first, last): "after"
        if last < len(tokens) and tokens[last].norm[0].isalnum() and tokens[last].norm not in grammar.no_nouns
        else "before"
        for (first, last), ways in reach.items()
        if ways == {"after", "before"} and tokens[first].norm != "?"
    }


def _after_what_is_there(
    tokens: Sequence[Token],
    first: int,
    last: int,
    triggers: Sequence[Match[Trigger]],
    marks: Mapping[str, Sequence[Match[str]]],
    grammar: Grammar,
) -> int:
    """Where a denial that stands at ``last`` begins to hold: behind what is there, but not within a list.

    *Calcified mass, oedema absent*.
    """
    signs = [match.last - 1 for kind in ("there", "lesion") for match in marks[kind]]
    signs += [one.last - 1 for one in triggers if one.meaning.reach != "name"]
    signs += [i for i in range(first, last) if tokens[i].norm in ("with", ":")]
    # *mild oedema, enhancement absent*, but not *mild oedema and enhancement absent*
    weak = [match.last - 1 for kind in ("affirms", "adjectives") for match in marks[kind]]
    found = first
    if tokens[last].norm == ":":  # one label after the other on a line, or bare answers
        answered = (
            i + 2 for i in range(first, last) if tokens[i].norm == ":" and tokens[i + 1].norm in grammar.answers
        )
        bare = (
            i + 1 for i in range(first, last) if tokens[i].norm == "," and tokens[last].start == tokens[last].end
        )
        found = max((first, *answered, *bare))
    for signed, ends in ((signs, _AND), (weak, (",",))):
        sign = max((i for i in signed if first <= i < last), default=None)
        if sign is not None and not any(token.norm in grammar.lists for token in tokens[sign:last]):
            found = max(found, next((i + 1 for i in range(sign + 1, last) if tokens[i].norm in ends), first))
    return found


def _brief(clause: Sequence[Token], rest: Sequence[Token], marks: Mapping[str, Sequence[Match[str]]]) -> bool:
    """Whether a clause is a few words about something else than the lesion, of which none are in the ``rest``."""
    words = [token.norm for token in clause if token.norm[0].isalnum()]
    if len(words) > BRIEF or marks["lesion"] or any(token.norm[0].isalnum() for token in rest):
        return False
    return not any(token.norm in (",", ";", ":") for token in clause)


def _answers(tokens: Sequence[Token], match: Match[Trigger]) -> bool:
    """Whether *no* after a colon is the whole answer (*dural tail: no*): other triggers are none."""
    if tokens[match.first].norm != ":" or tokens[match.last - 1].norm not in ("no", "n"):
        return True
    rest = [token.norm for token in tokens[match.last :]]
    return not rest or not rest[0][0].isalnum() or ":" in rest  # one label after the other on a line


def _asks_after(tokens: Sequence[Token], at: int, first: int) -> bool:
    """Whether a question mark is about what follows: a word at once (*?mass*), or nothing goes before it in its
    part of the clause, which begins at ``first`` (*headache, ? mass*)."""
    if at + 1 == len(tokens):
        return False
    return tokens[at + 1].start == tokens[at].end or at == first or tokens[at - 1].norm in (",", ":")


def _longest(found: Sequence[Match[Trigger]]) -> list[Match[Trigger]]:
    """Triggers that do not overlap; of those that do, the longest. One that reaches both ways is there twice."""
    kept: list[Match[Trigger]] = []
    for match in sorted(found, key=lambda match: (match.first - match.last, match.first)):
        if not any(
            match.first < other.last and other.first < match.last and match[:2] != other[:2] for other in kept
        ):
            kept.append(match)
    return sorted(kept, key=lambda match: match.first)


def _ranges(
    tokens: Sequence[Token], triggers: Sequence[Match[Trigger]], ends: Mapping[int, int], grammar: Grammar
) -> list[tuple[int, int]]:
    """Clauses end at a semicolon, at words such as *but*, and at a comma or *and* between two with verbs.

    What stands in brackets is a clause of its own, where it is more than a word or two.
    """
    brackets = _brackets(tokens)
    denials = [trigger.first for trigger in triggers if trigger.meaning.says in ("denied", "doubted")]
    ranges, first, i = [], 0, 0
    while i < len(tokens):
        if i in brackets:
            if i > first:
                ranges.append((first, i))
            first, i = i, i + 1
        elif i in ends or tokens[i].norm == ";" or _divides(tokens, first, i, denials, grammar):
            if i > first:
                ranges.append((first, i))
            first = i
            i = ends.get(i, i + 1)
        else:
            i += 1
    ranges.append((first, len(tokens)))
    return ranges


def _brackets(tokens: Sequence[Token]) -> set[int]:
    """Where brackets with more than two words open and close."""
    return {at for pair in brackets_of(tokens) if pair[1] - pair[0] > 3 for at in pair}


def _divides(tokens: Sequence[Token], first: int, at: int, denials: Sequence[int], grammar: Grammar) -> bool:
    """Whether a comma or *and* stands between two clauses: what follows has a verb, and so has what goes before.

    After a comma a denial without a verb is enough: *no dural tail, oedema is present*. So is *and* after a comma
    and a single thing that is denied: *no dural tail, and vessels along its pole*; or before a subject of its own:
    *no dural tail and there is oedema*.
    """
    comma = tokens[at].norm == ","
    if not comma and tokens[at].norm != "and":
        return False
    denied = [one for one in denials if first <= one < at]
    if comma and denied and at + 1 < len(tokens) and tokens[at + 1].norm == "and":
        alone = all(token.norm not in (",", *grammar.lists) for token in tokens[denied[-1] : at])
        return alone and sum(token.norm[0].isalnum() for token in tokens[at + 2 :]) >= CLAUSE
    right = []
    for token in tokens[at + 1 :]:
        if token.norm in (",", ";"):
            break
        right.append(token.norm)
    verb = next((i for i, word in enumerate(right) if word in grammar.verbs), None)
    if verb is None or any(word in grammar.lists for word in right[:verb]):
        return False
    if not comma and denied and right[0] in grammar.subjects:
        return True
    if any(token.norm in grammar.verbs for token in tokens[first:at]):
        return True
    return comma and bool(right) and bool(denied)


__all__ = ["CERTAINTY", "UNREAD", "Clauses", "Grammar", "Status", "Trigger", "clauses", "status"]
