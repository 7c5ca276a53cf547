"""The page of ``explain``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from bayesdx.analyses.explain.numbers.explanation import Explanation
from bayesdx.analyses.explain.sentences import NEGLIGIBLE, Cite, Numbers, Writer, by_key, called
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
LONG = Length(weights=100, lacking=8, separators=8, hints=10, statements=4)


def sections(e: Explanation, cite: Cite = by_key, length: Length = LONG) -> tuple[Section, ...]:
    """Everything that an explanation says, section by section."""
    writer = Writer(e, cite, length.statements)
    first, second = called(e.first.label), called(e.second.label)
    note: tuple[Block, ...] = (Paragraph(NO_LITERATURE),) if e.literature is None else ()
    lacking = (said for row in e.lacking if (said := writer.lacking(row)))
    separating = (said for row in e.separators if row.separation > 0.0 and (said := writer.separator(row)))
    return (
        Section(f"Why {first} rather than {second}", (Paragraph(writer.summary()), *note)),
        Section("Weight of each finding", _weights(e, writer)),
        Section("What speaks for and against", _for_and_against(e, writer, length.weights)),
        Section("From prior to posterior", _waterfall(e, writer)),
        Section("Do the findings agree?", _list(writer.conflict())),
        Section(
            f"Typical of {first}, but not shown",
            _list(list(islice(lacking, length.lacking))),
        ),
        Section(f"What would tell {first} from {second}", _list(list(islice(separating, length.separators)))),
        Section(
            "What would speak for other diagnoses",
            _list(list(islice(_hints(e, writer), length.hints))),
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
    strong = [row for row in e.weights if row.decibans > NEGLIGIBLE]
    against = [row for row in e.against if row.decibans < -NEGLIGIBLE]
    weak = [row for row in e.weights if abs(row.decibans) <= NEGLIGIBLE]
    blocks: list[Block] = []
    first = called(e.first.label)
    for title, rows in ((f"For {first}:", strong), (f"Against {first}:", against)):
        if rows:
            blocks += [Paragraph(title), *_list([writer.weight(row) for row in rows[:most]])]
    return (*blocks, *([Paragraph(writer.little(weak))] if weak else []))


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


def _hints(e: Explanation, writer: Writer) -> Iterator[Sentence]:
    """What would speak for the most probable other diagnoses, two sentences a diagnosis."""
    said: Counter[str] = Counter()
    for hint in e.hints:
        if said[hint.diagnosis] < 2 and (sentence := writer.hint(hint)):
            said[hint.diagnosis] += 1
            yield sentence
