"""The page of ``read``: each proposed finding with the sentence that it rests on."""

from __future__ import annotations

from bayesdx.analyses.read.numbers import ReportReading
from bayesdx.analyses.read.sentences import CERTAINTIES, UNREAD, label, quoted, state, warnings
from bayesdx.reading.gather import Proposal
from bayesdx.reading.mentions import Span
from bayesdx.report.blocks import Cell, Entries, Lines, Page, Section, Table
from bayesdx.words.phrases import clipped

#: Characters of a sentence around the words that it is shown for.
AROUND = 84


def page(result: ReportReading) -> Page:
    """What is proposed, what was mentioned and not read, from what nothing was read, and what was left out."""
    network = result.document.network
    proposed = (*result.patient, *result.findings)
    head = Entries((("Report", result.case.place), ("Network", f"{network.label or network.id}: {result.choice}")))
    tables = (_table(result, proposed),) if proposed else ()
    left = tuple(
        (
            Cell(label(result, one.finding), ""),
            quoted(result.report, one.words),
            UNREAD[why],
        )
        for one, why in result.passages.left_out
    )
    silent = tuple((quoted(result.report, span, 96),) for span in result.passages.silent)
    skipped = tuple((quoted(result.report, span, 96),) for span in result.passages.skipped)
    return Page(
        head,
        (
            Section("Proposed findings", tables),
            Section("Mentioned, and not read", (Table(("finding", "words", "why"), left),) if left else ()),
            Section("Nothing read from", (Lines(silent, indent=2),) if silent else ()),
            Section("Left out by heading", (Lines(skipped, indent=2),) if skipped else ()),
        ),
        warnings(result),
    )


def _table(result: ReportReading, proposed: tuple[Proposal, ...]) -> Table:
    rows, notes = [], []
    for one in proposed:
        tone = "" if one.certainty in ("stated", "negated") else "changes"
        rows.append((label(result, one.finding), Cell(state(result, one)), Cell(CERTAINTIES[one.certainty], tone)))
        notes.append((Cell(around(result.report, one.mentions[0].sentence, one.mentions[0].words), "faint"),))
    return Table(("finding", "state", "how"), tuple(rows), notes=tuple(notes))


def around(text: str, sentence: Span, words: Span) -> str:
    """The sentence about its words, these in ›brackets‹, cut on both sides where it is long."""
    said = " ".join(text[words.start : words.end].split())
    before = " ".join(text[sentence.start : words.start].split())
    after = " ".join(text[words.end : sentence.end].split())
    gap_before = " " if before and text[words.start - 1].isspace() else ""
    gap_after = " " if after and text[words.end].isspace() else ""
    room = max(AROUND - len(said), 20)
    after = clipped(after, max(room // 2, room - len(before)))
    room -= len(after)
    before = before if len(before) <= room else f"…{before[len(before) - room + 1 :]}"
    return f"{before}{gap_before}›{said}‹{gap_after}{after}"
