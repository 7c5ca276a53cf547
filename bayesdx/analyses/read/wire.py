"""The JSON of ``read`` (schema read/1)."""

from __future__ import annotations

from bayesdx.analyses.read.numbers import ReportReading
from bayesdx.analyses.read.sentences import label, warnings
from bayesdx.formats.case_file import as_mapping
from bayesdx.reading.gather import Proposal
from bayesdx.reading.mentions import Mention, Span


def to_dict(result: ReportReading) -> dict[str, object]:
    """The object that ``bayesdx read --json`` prints."""
    network = result.document.network
    return {
        "schema": "read/1",
        "network": network.id,
        "network_version": network.version,
        "network_choice": result.choice,
        "case": as_mapping(result.case),
        "findings": [_proposal(result, one) for one in (*result.patient, *result.findings)],
        "unread": [
            {"finding": one.finding, "why": why, **_place(result.report, one.words, one.sentence)}
            for one, why in result.passages.left_out
        ],
        "silent": [_words(result.report, span) for span in result.passages.silent],
        "skipped": [_words(result.report, span) for span in result.passages.skipped],
        "several": [_words(result.report, span) for span in result.passages.several],
        "no_lesion": [_words(result.report, span) for span in result.passages.no_lesion],
        "warnings": list(warnings(result)),
    }


def _proposal(result: ReportReading, one: Proposal) -> dict[str, object]:
    return {
        "finding": one.finding,
        "label": label(result, one.finding),
        "value": one.value,
        "certainty": one.certainty,
        "mentions": [_mention(result.report, mention) for mention in one.mentions],
        "others": [_mention(result.report, mention) for mention in one.others],
    }


def _mention(text: str, one: Mention) -> dict[str, object]:
    said: dict[str, object] = {"number": one.number} if one.number is not None else {"weights": dict(one.weights)}
    return {
        **_place(text, one.words, one.sentence),
        "cues": [_words(text, cue) for cue in one.cues],
        "certainty": one.certainty,
        **said,
    }


def _place(text: str, words: Span, sentence: Span) -> dict[str, object]:
    return {
        "words": _words(text, words),
        "start": words.start,
        "end": words.end,
        "sentence": _words(text, sentence),
        "sentence_start": sentence.start,
        "sentence_end": sentence.end,
    }


def _words(text: str, span: Span) -> str:
    return text[span.start : span.end]
