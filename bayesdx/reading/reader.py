"""Read a report: every mention of a finding, with its sentence and how it is meant."""

from __future__ import annotations

from bayesdx.reading.lexicon import Lexicon
from bayesdx.reading.mentions import Mention, Passages, Span
from bayesdx.reading.passages import sentences
from bayesdx.reading.sentence import SentenceReader


def read_text(text: str, lexicon: Lexicon) -> Passages:
    """Every mention of a finding of the lexicon in a report."""
    mentions: list[Mention] = []
    left_out: list[tuple[Mention, str]] = []
    age: list[Mention] = []
    sex: list[Mention] = []
    several: list[Span] = []
    silent: list[Span] = []
    elsewhere = False  # in a paragraph that has come to the operation or the microscope
    for sentence in sentences(text, lexicon.headings):
        if sentence.kind == "skip":
            continue
        reader = SentenceReader(text, sentence, lexicon)
        elsewhere = reader.not_imaging or (elsewhere and not sentence.begins and not reader.imaging)
        found = list(reader.mentions())
        for mention, why in found:
            if elsewhere or why:
                left_out.append((mention, "not imaging" if elsewhere else why))
            else:
                mentions.append(mention)
        age += reader.ages()
        sex += reader.sexes()
        several += reader.several()
        if not found and sentence.kind != "history":
            silent.append(reader.span)
    return Passages(tuple(mentions), tuple(left_out), tuple(age), tuple(sex), tuple(several), tuple(silent))
