"""What the pages of all analyses of a case begin with: what was asked, of which network and prior set."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdx.analyses.question import Question, words
from bayesdx.report.blocks import Block, Cell, Entries, Page, Section


def head(question: Question) -> Entries:
    """Network and why this one, prior set and its population, case and findings."""
    network = question.network
    version = f" {network.version}" if network.version else ""
    chosen = f": {question.choice}" if question.choice else ""
    named = (Cell(network.label or network.id), f" ({network.id}{version}){chosen}")
    prior = question.prior + (f": {question.population}" if question.population else "")
    stated = ", ".join(
        f"{name}={words(value, network.variable(name).cardinality)}" for name, value in question.stated.items()
    )
    case = (("Case", question.case),) if question.case else ()
    return Entries((("Network", named), ("Prior", prior), *case, ("Findings", stated or "none")))


def framed(question: Question, *sections: Section, warnings: Sequence[str]) -> Page:
    """A page about a case."""
    return Page(head(question), sections, tuple(warnings))


def untitled(*blocks: Block | None) -> tuple[Section, ...]:
    """Each block as a section of its own without a title; None is left out."""
    return tuple(Section("", (block,)) for block in blocks if block is not None)
