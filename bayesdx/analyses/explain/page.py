"""The page of ``explain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bayesdx.analyses.explain.numbers.explanation import Explanation
from bayesdx.analyses.explain.sentences import Writer
from bayesdx.analyses.explain.sources import Cite, Numbers, by_key
from bayesdx.analyses.frame import framed
from bayesdx.report.blocks import (
    Block,
    Bullets,
    Figure,
    Lines,
    Page,
    Paragraph,
    References,
    Section,
    Sentence,
    Table,
    Waterfall,
)
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import clipped, ratio, signed

_FINDING_WIDTH = 46
NO_LITERATURE = "Sources are not known: this network was not built from the installed facts."


@dataclass(frozen=True)
class Length:
    """How many sentences a page has room for: for and against, lacking, separators, other diagnoses, statements."""

    weights: int
    lacking: int
    separators: int
    hints: int
    statements: int


SHORT = Length(weights=8, lacking=3, separators=5, hints=4, statements=2)
PRINTED = Length(weights=8, lacking=4, separators=5, hints=4, statements=2)
LONG = Length(weights=100, lacking=100, separators=100, hints=100, statements=4)


def sections(e: Explanation, cite: Cite = by_key, length: Length = LONG) -> tuple[Section, ...]:
    """Everything that an explanation says, section by section."""
    writer = Writer(e, cite, length.statements)
    first, second = writer.label(e.first.diagnosis), writer.label(e.second.diagnosis)
    note: tuple[Block, ...] = (Paragraph(NO_LITERATURE),) if e.literature is None else ()
    return (
        Section(f"Why {first} rather than {second}", (Paragraph(writer.summary()), *note)),
        Section("Weight of each finding", _weights(e, writer)),
        Section("What speaks for and against", _for_and_against(e, writer, length.weights)),
        Section("From prior to posterior", _waterfall(e, writer)),
        Section("Do the findings agree?", _list(writer.conflict())),
        Section(
            f"Typical of {first}, but not shown",
            _list([writer.lacking(row) for row in e.lacking[: length.lacking]]),
        ),
        Section(
            f"What would tell {first} from {second}",
            _list([writer.separator(row) for row in e.separators[: length.separators]]),
        ),
        Section(
            "What would speak for other diagnoses",
            _list([writer.hint(row) for row in e.hints[: length.hints]]),
        ),
    )


def page(e: Explanation, *, show_all: bool = False) -> Page:
    """All sections; with ``show_all`` every sentence, and the references of the sources."""
    numbers = Numbers()
    said = sections(e, numbers, LONG) if show_all else sections(e, by_key, SHORT)
    if show_all:
        said = (*said, references({} if e.literature is None else e.literature.references, numbers))
    elif e.literature is not None:
        said = (*said, Section("", (Lines((("All sentences, with their references: --all.",),)),)))
    return framed(e.question, *said, warnings=e.question.warnings)


def references(known: Mapping[str, str], numbers: Numbers) -> Section:
    """The references of the sources that were cited, in the order of their numbers; ``known`` holds them by key."""
    listed = tuple(known[key] for key in numbers.of)
    return Section("References", (References(listed),) if listed else ())


def _list(items: Sequence[str | Sentence]) -> tuple[Block, ...]:
    said = tuple(item if isinstance(item, Sentence) else Sentence(item) for item in items)
    return (Bullets(said),) if said else ()


def _weights(e: Explanation, writer: Writer) -> tuple[Block, ...]:
    if not e.weights:
        return (Paragraph("There are no findings: the odds are those of the prior set."),)
    rows = tuple(
        (
            clipped(writer.phrase(row.finding, row.stated), _FINDING_WIDTH),
            signed(row.decibans),
            ratio(row.decibans),
            percent(row.likelihoods[0]),
            percent(row.likelihoods[1]),
            signed(row.decibans_alone),
            percent(row.without[0]),
        )
        for row in e.weights
    )
    heads = ("Finding", "dB", "ratio", "in A", "in B", "alone", "A without")
    legend = (
        f"A: {e.first.label}. B: {e.second.label}. dB: weight for A against B, the other findings given; +10 dB "
        "makes A ten times as likely against B. in A, in B: how often such cases show it, the other findings "
        "given. alone: the weight without the other findings, in dB. A without: probability of A without this "
        f"finding (with it {percent(e.first.probability)})."
    )
    return (Table(heads, rows, (1, 2, 3, 4, 5, 6)), Paragraph(legend), Paragraph(writer.left_out()))


def _for_and_against(e: Explanation, writer: Writer, most: int) -> tuple[Block, ...]:
    bearing = e.bearing()
    blocks: list[Block] = []
    first = writer.label(e.first.diagnosis)
    for title, rows in ((f"For {first}:", bearing.pro), (f"Against {first}:", bearing.contra)):
        if rows:
            blocks += [Paragraph(title), *_list([writer.weight(row) for row in rows[:most]])]
    if bearing.averaged:
        blocks.append(Paragraph(writer.averaged(bearing.averaged)))
    if bearing.slight:
        blocks.append(Paragraph(writer.little(bearing.slight)))
    return tuple(blocks)


def _waterfall(e: Explanation, writer: Writer) -> tuple[Block, ...]:
    names = ["prior" if s.finding is None else writer.phrase(s.finding, s.stated) for s in e.waterfall]
    rows = tuple(
        (clipped(name, _FINDING_WIDTH), signed(s.decibans), signed(s.log_odds), *map(percent, s.probabilities))
        for name, s in zip(names, e.waterfall, strict=True)
    )
    order = (
        "Each finding given those above it, in the order in which they are learned: history, location, CT, MR. The "
        "weights add up to the last log-odds; another order shares them out otherwise."
    )
    figure = Figure(
        Waterfall(tuple(names), tuple(s.log_odds for s in e.waterfall), e.first.label, e.second.label),
        f"Log-odds of {e.first.label} against {e.second.label}, in decibans, finding by finding.",
        Table(("Finding", "dB", "log-odds", "A", "B"), rows, (1, 2, 3, 4)),
    )
    return (figure, Paragraph(order))
