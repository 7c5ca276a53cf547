"""What an answer says, apart from how it is shown: pages of sections, sections of blocks.

A page is a function of a result. ``render.text``, ``render.html`` and ``render.markdown`` print it; nothing here
knows of a screen, and a page is the same whoever writes it. Blocks are named tuples: every command loads them, and
making a dataclass takes five times as long.
"""

from __future__ import annotations

from typing import NamedTuple

#: Columns of a page on a terminal.
WIDTH = 100
#: What stands below every page.
DISCLAIMER = "For research and education; not a medical device."


class Cell(NamedTuple):
    """Words with a meaning: ``strong``, ``leads``, ``changes``, ``faint`` or ``group``."""

    words: str
    tone: str = "strong"

    def __str__(self) -> str:
        return self.words


class Bar(NamedTuple):
    """A share of 0 to 1 as a bar; ``width`` characters stand for 1, and are taken in any case if ``padded``."""

    share: float
    width: int = 20
    tone: str = ""
    padded: bool = False


class Track(NamedTuple):
    """A line from ``low`` to ``high`` on a scale of 0 to 1, and a mark on it; ``width`` characters long."""

    low: float
    high: float
    mark: float
    width: int


AnyCell = str | Cell | Bar | Track


class Paragraph(NamedTuple):
    """Running text."""

    text: str


class Lines(NamedTuple):
    """Lines of one or more parts; long ones go on ``indent`` characters in, unless they are ``verbatim``."""

    items: tuple[tuple[str | Cell, ...], ...]
    indent: int = 0
    verbatim: bool = False


class Entries(NamedTuple):
    """What is said of a few things by name: ``Findings  level=cervical``."""

    rows: tuple[tuple[str, str | tuple[str | Cell, ...]], ...]


class Sentence(NamedTuple):
    """What is said, and in small print what it rests on."""

    claim: str
    sources: str = ""

    def __str__(self) -> str:
        return f"{self.claim} {self.sources}".rstrip()


class Bullets(NamedTuple):
    """A list of sentences."""

    items: tuple[Sentence, ...]
    mark: str = "- "


class Table(NamedTuple):
    """Rows of cells under their heads; the columns numbered in ``right`` hold numbers.

    ``notes`` has a second line for each row, or is empty; ``below`` are lines that belong to the table, and
    ``title`` stands above it.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[AnyCell, ...], ...]
    right: tuple[int, ...] = ()
    notes: tuple[tuple[AnyCell, ...], ...] = ()
    below: tuple[str, ...] = ()
    title: Cell | None = None


class Differential(NamedTuple):
    """Bars of probabilities with intervals and priors: ``rows`` are label, probability, interval or None, prior.

    The scale ends at ``top``.
    """

    rows: tuple[tuple[str, float, tuple[float, float] | None, float], ...]
    top: float = 1.0


class Waterfall(NamedTuple):
    """From each log-odds (decibans) to the next, the first from zero; the last row is the sum."""

    names: tuple[str, ...]
    log_odds: tuple[float, ...]
    first: str
    second: str


class Tornado(NamedTuple):
    """Probabilities of ``title`` at the lower and the upper end of each number, and where it is ``now``."""

    names: tuple[str, ...]
    ends: tuple[tuple[float, float], ...]
    now: float
    title: str


class Trend(NamedTuple):
    """Shares at the times ``at``, a panel a row: name, shares (None: there is none), and what they are expected to
    be."""

    at: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...], tuple[float | None, ...]], ...]
    title: str


class Figure(NamedTuple):
    """A chart as data, in words what it shows, and the table that stands for it where there are no pictures."""

    chart: Differential | Waterfall | Tornado | Trend
    caption: str
    table: Table


class References(NamedTuple):
    """The list of sources, numbered from 1 as they are cited: [1], [2], …"""

    items: tuple[str, ...]


Block = Paragraph | Lines | Entries | Bullets | Table | Figure | References


class Section(NamedTuple):
    """Blocks under a title, which may be empty; one without blocks is left out."""

    title: str
    blocks: tuple[Block, ...]


class Page(NamedTuple):
    """What was asked (``head``), sections, and warnings; the disclaimer stands below what is about diagnoses."""

    head: Entries | None
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
    disclaimer: bool = True
