"""How the answer to ``explain`` looks: its sections, and the page of the terminal and the notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bayesdx.analyses.explain.numbers.expected import Hint
from bayesdx.analyses.explain.numbers.explanation import Explanation
from bayesdx.analyses.explain.sentences import Cite, Numbers, Writer, by_key, called
from bayesdx.report.blocks import Block, Bullets, Figure, Paragraph, References, Section, Sentence, Table, text
from bayesdx.report.render.html import sections_html
from bayesdx.report.render.svg import waterfall_svg
from bayesdx.report.render.terminal import DISCLAIMER, heading, page, percent, warning_lines
from bayesdx.words.phrases import clipped, ratio, signed

#: Weights below this many decibans get one sentence together.
NEGLIGIBLE = 1.0
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
    separating = [row for row in e.separators if row.separation > 0.0][: length.separators]
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
        Section(f"What would tell {first} from {second}", _list([writer.separator(row) for row in separating])),
        Section(
            "What would speak for other diagnoses",
            _list([writer.hint(row) for row in _best_hints(e)[: length.hints]]),
        ),
    )


def explanation(e: Explanation, choice: str = "", show_all: bool = False) -> str:
    """The page of the terminal; with ``show_all`` every sentence, and the references of the sources."""
    numbers = Numbers()
    said = sections(e, numbers, LONG) if show_all else sections(e, by_key, SHORT)
    if show_all:
        said = (*said, references({} if e.literature is None else e.literature.references, numbers))
    note = "" if show_all or e.literature is None else "All sentences, with their references: --all."
    return page(heading(e.question, choice), text(said), note, warning_lines(e.question.warnings))


def explanation_html(e: Explanation) -> str:
    """The same for notebooks, with the picture."""
    return f"{sections_html(sections(e, by_key, SHORT), level=4)}<p><small>{DISCLAIMER}</small></p>"


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
    strong = [row for row in e.weights if row.decibans >= NEGLIGIBLE]
    against = [row for row in e.against if row.decibans <= -NEGLIGIBLE]
    weak = [row for row in e.weights if abs(row.decibans) < NEGLIGIBLE]
    blocks: list[Block] = []
    first = called(e.first.label)
    for title, rows in ((f"For {first}:", strong), (f"Against {first}:", against)):
        if rows:
            blocks += [Paragraph(title), *_list([writer.weight(row) for row in rows[:most]])]
    return (*blocks, *([Paragraph(writer.little(weak))] if weak else []))


def _waterfall(e: Explanation, writer: Writer) -> tuple[Block, ...]:
    names = ["prior" if s.finding is None else writer.phrase(s.finding, s.stated) for s in e.waterfall]
    rows = tuple(
        (clipped(name, _FINDING_WIDTH), signed(s.decibans), signed(s.odds), *map(percent, s.probabilities))
        for name, s in zip(names, e.waterfall, strict=True)
    )
    order = (
        "Each finding given those above it, in the order in which they are learned: history, location, CT, MR. The "
        "weights add up to the last log-odds; another order shares them out otherwise."
    )
    figure = Figure(
        waterfall_svg(names, [s.odds for s in e.waterfall], e.first.label, e.second.label),
        f"Log-odds of {e.first.label} against {e.second.label}, in decibans, finding by finding.",
        Table(("Finding", "dB", "log-odds", "A", "B"), rows, (1, 2, 3, 4)),
    )
    return (figure, Paragraph(order))


def _best_hints(e: Explanation) -> list[Hint]:
    """The first hints of the most probable other diagnoses, two a diagnosis."""
    kept: list[Hint] = []
    for hint in e.hints:
        if sum(other.diagnosis == hint.diagnosis for other in kept) < 2:
            kept.append(hint)
    return kept
