"""Sections and sentences of a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

#: A heading: a few words at the start of a line, with a colon after them, or alone on the line; or after a
#: sentence with a colon.
_HEADING = re.compile(
    r"^[ \t>*#_]*(?P<words>[A-Za-z][A-Za-z/&,() -]{1,60}?)(?:[ \t*_]*(?P<colon>:)|[ \t][-–—][ \t])"
    r"|^[ \t>*#_\d.]*(?P<alone>[A-Z][A-Za-z/&,() -]{2,60}?)[ \t*_]*$"
    r"|(?<=[.!?] )(?P<inline>[A-Z][A-Za-z/& ]{5,60}?):",
    re.MULTILINE,
)
_END = re.compile(
    # a full stop before a capital, but no answer to a question
    r"(?:(?<=[.!])(?<!\.{5})|(?<=\?)(?!\s+(?:No|Yes|None|Nil)\b))[\"')\]]*\s+(?=[\"'(\[?]*[A-Z0-9?]|\([a-z]\))"
    r"|\s*(?:(?<!\.)\.{2,4}(?!\.)|…)\s*|\n\s*\n"  # what was left out, an empty line
    # an entry of a list, a heading, a label with dots up to its answer
    r"|\n(?=[ \t]*(?:[-*•▪]|\d{1,2}[.)])\s)|\n(?=[ \t]*[A-Z][A-Za-z0-9 /]{0,40}(?::|\.{5}))"
)
#: Where a section of history, or one that is skipped, is over.
_OVER = re.compile(r"\n[ \t]*\n|(?<=[.!?])[ \t]*\n(?=[ \t]*(?:[A-Z0-9(]|[-*•▪]))")
#: Characters of the longest sentence.
LONGEST = 1500
#: What ends in a full stop without ending a sentence.
_SHORT = re.compile(
    r"\b(?:figs?|vs|approx|e\.g|i\.e|y\.o|(?-i:Mrs?|Ms)|"
    r"(?<!no )ca|no|dr|prof|al|resp|incl|st|ref|refs|segm|seg|max|min|diam|pat|"
    r"jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.$",
    re.IGNORECASE,
)

#: What a section may be: of ``findings`` and ``impression`` those of images are read, of ``history`` history and
#: presentation, of ``plain`` all; ``skip`` is not read.
#: ``aside`` is skipped, where no heading of findings follows up to the end of its first sentence alone.
KINDS = ("findings", "impression", "history", "plain", "skip", "aside")
#: Sections that the report itself does not stand in.
_APART = ("history", "skip", "aside")


class Sentence(NamedTuple):
    """``text[start:end]``, in a section of one of the ``KINDS``, ``plain`` where no heading said so.

    ``begins`` says whether it is the first of a paragraph, ``heading`` what the section is called.
    """

    start: int
    end: int
    kind: str
    begins: bool = True
    heading: str = ""


def sentences(text: str, headings: Mapping[str, str]) -> list[Sentence]:
    """The sentences of a report in order; ``headings`` has the kinds of sections by heading in small letters."""
    found: list[Sentence] = []
    for start, end, kind, heading in _sections(text, headings):
        before = start
        for i, (first, last) in enumerate(_cut(text, start, end)):
            begins = i == 0 or "\n\n" in re.sub(r"[ \t\r]", "", text[before:first])
            if kind == "aside":
                found.append(Sentence(first, last, "plain" if i else "skip", begins, "" if i else heading))
            else:
                found.append(Sentence(first, last, kind, begins, heading))
            before = last
    return found


def _sections(text: str, headings: Mapping[str, str]) -> Iterator[tuple[int, int, str, str]]:
    """Pieces of the text from one known heading to the next, with its kind and the heading itself; other headings
    stay where they are, as words.

    But one of those ends a section of history, or one that is skipped, where no heading of findings follows or an
    empty line goes before it: then the report may begin there.
    """
    start, kind, heading = 0, "plain", ""
    body = max((m.start() for m in _HEADING.finditer(text) if headings.get(_heading(m)) == "findings"), default=-1)
    for match in _HEADING.finditer(text):
        found = headings.get(_heading(match))
        found = "skip" if found == "aside" and match.start() < body else found
        if match["inline"] and found in (None, "skip"):
            continue
        apart = match.start() >= body or text[: match.start()].rstrip(" \t").endswith("\n\n")
        if found is None and not (kind in _APART and match["colon"] and apart):
            continue
        yield from _ended(text, start, match.start(), (kind, heading), body < start)
        start, kind, heading = (match.end(), found, _heading(match)) if found else (match.start(), "plain", "")
    yield from _ended(text, start, len(text), (kind, heading), body < start)


def _heading(match: re.Match[str]) -> str:
    return " ".join((match["words"] or match["alone"] or match["inline"]).casefold().split()).strip(" ,-&/()")


def _ended(
    text: str, start: int, end: int, section: tuple[str, str], last: bool
) -> Iterator[tuple[int, int, str, str]]:
    """A section as it is, but for one of history, or one that is skipped, which no heading of findings follows.

    Such a section ends at an empty line, or where a line ends in a full stop and the next one begins anew: what
    follows without a heading is the report.
    """
    over = _OVER.search(text, _written(text, start, end), end) if last and section[0] in _APART else None
    if over is None:
        yield start, end, *section
        return
    yield start, over.start(), *section
    yield over.end(), end, "plain", ""


def _written(text: str, start: int, end: int) -> int:
    """Where something stands after a heading."""
    while start < end and text[start].isspace():
        start += 1
    return start


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    first = start
    for match in _END.finditer(text, start, end):
        if _SHORT.search(text, max(start, match.start() - 8), match.start()):
            continue
        yield from _trimmed(text, first, match.start())
        first = match.end()
    yield from _trimmed(text, first, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Without white space at its ends; a table or the like that never ends is cut into pieces."""
    while end - start > LONGEST:
        space = text.rfind(" ", start, start + LONGEST)
        middle = space if space > start else start + LONGEST
        yield from _trimmed(text, start, middle)
        start = middle
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
