"""A radiology report as findings to be confirmed: each with its sentence, the words marked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from bayesdx.analyses.read.numbers import ReportReading
from bayesdx.analyses.read.sentences import CERTAINTIES, UNREAD, label, likely, quoted, shares, state, warnings
from bayesdx.case import Case, encode
from bayesdx.errors import InputError, printable
from bayesdx.model import Model
from bayesdx.reading.gather import Proposal
from bayesdx.reading.mentions import Mention, Span
from bayesdx.web.models import Models
from bayesdx.web.page.asked import Asked
from bayesdx.web.page.markup import template
from bayesdx.web.page.told import warned
from bayesdx.words.phrases import state_phrase, title_of

#: Sentences shown of one finding; mentions that were not read, and sentences of which nothing was, that are listed.
SENTENCES, LISTED = 3, 40
#: Characters of a long sentence that are shown before and after its words.
AROUND = 200


class Piece(NamedTuple):
    """Part of a sentence: whether a finding rests on it, and whether it denies or doubts that."""

    text: str
    words: bool = False
    cue: bool = False


class Row(NamedTuple):
    """A proposed finding. ``said`` is what the case would hold, as JSON; empty where it cannot be taken over.

    ``name`` and ``state`` are for people, ``certainty`` is as in ``Proposal`` and ``how`` the same in words.
    ``sentences`` are those that it rests on, and ``more`` is how many others there are.
    """

    id: str
    said: str
    name: str
    state: str
    certainty: str
    how: str
    sentences: tuple[tuple[Piece, ...], ...]
    more: int


def propose(models: Models, asked: Asked) -> dict[str, str]:
    """``html`` of what a report proposes, and ``brief``, how much that is.

    It is read in the terms of the network that is named, else of that which covers the level of the report or,
    where it names none, of the case. Raises InputError for a report that is empty or too long, and for an unknown
    network.
    """
    found = models.reports(asked.network).read(asked.report or "")
    findings = {**asked.case.findings, **found.case.findings}
    model = models.model(asked.network, None, replace(found.case, findings=findings))
    found = replace(found, document=model.document, choice=model.choice)
    told, rows = list(warnings(found)), []
    for one in (*found.patient, *found.findings):
        row, unused = _row(found, model, one)
        rows.append(row)
        told += unused
    passages, count = found.passages, sum(bool(row.said) for row in rows)
    doubtful = found.several or found.no_lesion
    html = template("proposal.html").render(
        warnings=Markup(warned([printable(one) for one in told], {}, {})),
        network=model.network.label or model.network.id,
        choice=model.choice if asked.network is None and models.only is None else "",
        rows=rows,
        checked=not doubtful,
        left_out=[
            (
                label(found, one.finding),
                printable(quoted(found.report, one.words)),
                UNREAD[why],
                pieces(found.report, [one]),
            )
            for one, why in passages.left_out[:LISTED]
        ],
        left_out_rest=len(passages.left_out[LISTED:]),
        unread=[
            (title, [_plain(found.report[one.start : one.end]) for one in spans[:LISTED]], len(spans))
            for title, spans in (
                ("Nothing read from", passages.silent),
                ("Left out by heading", passages.skipped),
            )
            if spans
        ],
    )
    brief = f"{count} {'finding is' if count == 1 else 'findings are'} read{', none is checked' * doubtful}."
    return {"html": html, "brief": brief}


def _row(found: ReportReading, model: Model, one: Proposal) -> tuple[Row, tuple[str, ...]]:
    """A finding in the terms of the network, with warnings of states that it does not use."""
    by_sentence: dict[Span, list[Mention]] = {}
    for mention in one.mentions:
        by_sentence.setdefault(mention.sentence, []).append(mention)
    shown = tuple(pieces(found.report, mentions) for mentions in list(by_sentence.values())[:SENTENCES])
    row = Row(
        id=one.finding,
        said="",
        name=label(found, one.finding),
        state=state(found, one),
        certainty=one.certainty,
        how=CERTAINTIES[one.certainty],
        sentences=shown,
        more=max(len(by_sentence) - SENTENCES, 0),
    )
    if one.value is None:
        return row, ()
    try:
        encoded = encode(_alone(one, one in found.patient), model.network, model.document.vocabulary)
    except InputError as error:
        return row._replace(how=error.message), ()
    if not encoded.stated:
        return row._replace(how="not used by this network"), ()
    name, stated = next(iter(encoded.stated.items()))
    if isinstance(stated, dict):
        stated = {name: round(share, 4) for name, share in shares(stated).items()}
    variable = model.network.variable(name)
    words = likely(variable, stated) if isinstance(stated, dict) else state_phrase(variable, stated)
    row = row._replace(id=name, said=json.dumps(stated), name=title_of(variable, words), state=words)
    return row, encoded.warnings


def _alone(one: Proposal, of_patient: bool) -> Case:
    """A case that holds this alone."""
    if not of_patient:
        return Case({one.finding: one.value})
    return Case(age=one.value) if one.finding == "age" else Case(sex=one.value)


def pieces(report: str, mentions: Sequence[Mention]) -> tuple[Piece, ...]:
    """The sentence of some mentions, their words and cues as pieces of their own; cut where it is long."""
    sentence = mentions[0].sentence
    words = [mention.words for mention in mentions]
    cues = [cue for mention in mentions for cue in mention.cues]
    start, end = _window(report, sentence, [*words, *cues])
    cuts = {at for span in (*words, *cues) for at in span if start < at < end}
    edges = sorted({start, end, *cuts})
    found = [
        Piece(_plain(report[first:last]), _within(first, words), _within(first, cues))
        for first, last in pairwise(edges)
    ]
    before = [Piece("… ")] if start > sentence.start else []
    after = [Piece(" …")] if end < sentence.end else []
    return (*before, *found, *after)


def _window(report: str, sentence: Span, spans: Sequence[Span]) -> Span:
    """The sentence, or the part of it about some places, from one space to another."""
    start, end = sentence
    first = min(span.start for span in spans) - AROUND
    last = max(span.end for span in spans) + AROUND
    if first > start:
        start = max(report.find(" ", first, first + AROUND), first)
    if last < end:
        space = report.rfind(" ", last - AROUND, last)
        end = space if space >= 0 else last
    return Span(start, end)


def _within(at: int, spans: Iterable[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def _plain(text: str) -> str:
    """Text of a report with its line breaks as spaces; what is invisible is spelt out."""
    return printable(re.sub(r"\s+", " ", text))
