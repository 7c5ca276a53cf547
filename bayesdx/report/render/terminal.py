"""Plain text for the terminal: aligned tables, bars, percentages, and the lines that every answer carries.

Styles are ANSI codes; ``click.echo`` drops them where the output is not a terminal. (A rich table would take as
long to import as the whole query takes to answer.)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence

import click

from bayesdx.analyses.question import Question, words

DISCLAIMER = "For research and education; not a medical device."
#: Columns of a page.
WIDTH = 100
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_EIGHTHS = " ▏▎▍▌▋▊▉"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Rows under their heads, columns aligned; those numbered in ``right`` to the right."""
    widths = [max(len(_ANSI.sub("", row[i])) for row in (heads, *rows)) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = []
        for i, cell in enumerate(cells):
            space = " " * (widths[i] - len(_ANSI.sub("", cell)))
            padded.append(space + cell if i in right else cell + space)
        return "  ".join(padded).rstrip()

    return "\n".join([click.style(line(heads), bold=True), *map(line, rows)])


def percent(probability: float) -> str:
    """A probability as a percentage with one decimal; what would round to 0 or 100 keeps its side of it.

    >>> percent(0.41234), percent(0.0002), percent(0.99999), percent(0.0)
    ('41.2%', '<0.1%', '>99.9%', '0%')
    """
    if probability in (0.0, 1.0):
        return f"{probability:.0%}"
    if probability < 0.0005:
        return "<0.1%"
    return ">99.9%" if probability >= 0.9995 else f"{probability:.1%}"


def bar(probability: float, width: int = 20) -> str:
    """A bar of ``width`` cells for probability 1, in eighths of a cell where the output can show them."""
    if not _prints_blocks():
        return "#" * round(probability * width)
    full, eighth = divmod(round(probability * width * 8), 8)
    return "█" * full + (_EIGHTHS[eighth] if eighth else "")


def span(low: str, high: str) -> str:
    """An interval in words, with a dash that the output can show."""
    return f"{low} {'–' if _prints_blocks() else '-'} {high}"


def _prints_blocks() -> bool:
    return (sys.stdout.encoding or "").lower().startswith("utf")


def heading(question: Question, choice: str = "") -> str:
    """What was asked: network and why this one, prior set and its population, case and findings."""
    network = question.engine.network
    name = network.label or network.id
    lines = [f"Network   {click.style(name, bold=True)} ({network.id}{_version(network.version)})"]
    if choice:
        lines[0] += f": {choice}"
    lines.append(f"Prior     {question.prior}" + (f": {question.population}" if question.population else ""))
    if question.case:
        lines.append(f"Case      {question.case}")
    stated = ", ".join(f"{name}={words(value)}" for name, value in question.stated.items())
    lines.append(f"Findings  {stated or 'none'}")
    return "\n".join(click.wrap_text(line, WIDTH, "", " " * 10) for line in lines)


def _version(version: str) -> str:
    return f" {version}" if version else ""


def warning_lines(warnings: Sequence[str]) -> str:
    """One line a warning."""
    return "\n".join(click.style("! ", fg="yellow", bold=True) + warning for warning in warnings)


def page(*parts: str) -> str:
    """Parts that are not empty, a blank line between them, and the disclaimer below."""
    return "\n\n".join([part for part in parts if part] + [click.style(DISCLAIMER, dim=True)])
