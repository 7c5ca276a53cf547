"""Read a report: every mention of a finding, with its sentence and how it is meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from bayesdx.errors import InputError
from bayesdx.reading.context import status
from bayesdx.reading.lexicon import Lexicon
from bayesdx.reading.mentions import Mention, Passages, Span
from bayesdx.reading.passages import Sentence, sentences
from bayesdx.reading.sentence import SentenceReader
from bayesdx.reading.tokens import tokens_of

#: A box of a form that is not ticked: which words it belongs to is not known.
_BOX = re.compile(r"\[\s?\]|\(\s\)|[☐□]")


def read_text(text: str, lexicon: Lexicon) -> Passages:
    """Every mention of a finding of the lexicon in a report.

    Raises InputError for a text that is not in the language of the lexicon.
    """
    read = _unheaded(text, sentences(text, lexicon.headings), lexicon)
    _check_language(text, lexicon)
    mentions: list[Mention] = []
    left_out: list[tuple[Mention, str]] = []
    found: dict[str, list[Mention]] = {"age": [], "sex": []}
    several: list[Span] = []
    silent: list[Span] = []
    missed: list[Span] = []
    skipped: list[Span] = []
    elsewhere = False  # in a paragraph that has come to the operation or the microscope
    named = False  # a lesion, whatever it is called
    no_lesion: list[Span] = []
    readers = _readers(text, read, lexicon)
    normal = any(_called_normal(reader) for reader in readers.values())
    if not any(reader.whole for reader in readers.values()):
        cyst = any(
            set(reader.maybe_lesion) - {match.first for match in reader.marks["inner"]}
            for reader in readers.values()
            if _names_lesion(reader) and not reader.organs
        )
        for reader in readers.values():
            reader.nothing_else(within=cyst)
    for sentence in read:
        if sentence not in readers:
            skipped.append(Span(sentence.start, sentence.end))
            continue
        reader = readers[sentence]
        elsewhere = elsewhere and not sentence.begins and not reader.imaging
        form = "a form" if _BOX.search(text, sentence.start, sentence.end) else ""
        said = [(one, "not imaging" if elsewhere else form or why) for one, why in reader.mentions()]
        elsewhere = elsewhere or reader.not_imaging
        mentions += [one for one, why in said if not why]
        left_out += [(one, why) for one, why in said if why]
        patient = {"age": reader.ages(), "sex": reader.sexes()}
        for key, ones in patient.items():
            found[key] += ones
        several += reader.several()
        named = named or (not elsewhere and _names_lesion(reader))
        no_lesion += [reader.span] if (_called_normal(reader) or _denies_lesion(reader)) and not elsewhere else []
        if not said and not any(patient.values()) and sentence.kind != "history" and len(reader.tokens) > 3:
            silent.append(reader.span)
            missed += [reader.span] if reader.tells else []
    shown = [one for one in mentions if _shows_something(one, lexicon)]
    if normal:  # what is only implied shows nothing
        shown = [one for one in shown if one.certainty == 1.0 and not one.part]
    if named or shown or any(one.number is not None for one in mentions):
        no_lesion = []
    if no_lesion:
        left_out += [(one, "no lesion") for one in mentions if lexicon.is_place(one.finding)]
        mentions = [one for one in mentions if not lexicon.is_place(one.finding)]
    return Passages(
        tuple(mentions),
        tuple(left_out),
        tuple(found["age"]),
        tuple(found["sex"]),
        tuple(several),
        tuple(no_lesion),
        tuple(silent),
        tuple(missed),
        tuple(skipped),
    )


def _readers(text: str, read: Iterable[Sentence], lexicon: Lexicon) -> dict[Sentence, SentenceReader]:
    """What reads each sentence that is not skipped; examinations are those spoken of last, or of the heading."""
    found: dict[Sentence, SentenceReader] = {}
    shown: frozenset[str] = frozenset()
    of_patient = False
    for sentence in read:
        if sentence.kind != "skip":
            before = lexicon.examinations.get(sentence.heading, frozenset()) if sentence.begins else shown
            found[sentence] = one = SentenceReader(
                text, sentence, lexicon, before, of_patient and not sentence.begins
            )
            shown, of_patient = one.shown, one.of_patient
    return found


def _unheaded(text: str, read: list[Sentence], lexicon: Lexicon) -> list[Sentence]:
    """The sentences, those behind the first one of a history plain where only there the images are spoken of."""
    if any(one.kind in ("findings", "impression", "plain") for one in read):
        return read
    later = [i for i, one in enumerate(read) if one.kind == "history" and not one.begins]

    def imaging(one: Sentence) -> bool:
        return bool(lexicon.grammar.marked(tokens_of(text, one.start, one.end))["imaging"])

    if not any(imaging(read[i]) for i in later):
        return read
    return [one._replace(kind="plain") if i in later else one for i, one in enumerate(read)]


def _names_lesion(reader: SentenceReader) -> bool:
    """Whether a lesion, a cyst or a diagnosis is named that is not denied, supposed or, in the history, doubted."""
    named = [(first, first + 1) for first in (*reader.lesions, *reader.maybe_lesion)] + reader.found.diagnoses
    how = (status(first, last, reader.clauses.reaches) for first, last in named)
    doubted = reader.kind == "history"  # *? mass* is why the images were asked for
    return any(not one.denied and not one.unread and not (doubted and one.certainty < 1.0) for one in how)


def _denies_lesion(reader: SentenceReader) -> bool:
    """Whether a lesion is denied: *no mass*."""
    return any(status(first, first + 1, reader.clauses.reaches).denied for first in reader.lesions)


def _called_normal(reader: SentenceReader) -> bool:
    """Whether the study is called normal."""
    how = (status(one.first, one.last, reader.clauses.reaches) for one in reader.marks["normal_study"])
    return any(not one.denied and one.unread in ("", "normal") for one in how)


def _shows_something(mention: Mention, lexicon: Lexicon) -> bool:
    """Whether a finding of images is there: then there is a lesion, whatever it is called."""
    absent = mention.denied or mention.weights.keys() == {lexicon.speech[mention.finding].denied}
    return not absent and lexicon.variables[mention.finding].kind in ("ct", "mr", "")


def _check_language(text: str, lexicon: Lexicon) -> None:
    words = Counter(text[:5000].casefold().split())
    foreign = sum(words[word] for word in lexicon.grammar.foreign)
    if foreign > 1 and foreign > sum(words[word] for word in lexicon.grammar.english):
        raise InputError("the report does not look like English, which is what can be read")
