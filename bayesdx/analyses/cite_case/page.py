"""The page of ``cite CASE``: the references that the answer rests on most."""

from __future__ import annotations

import textwrap

from bayesdx.analyses.cite_case.numbers import CaseCitation
from bayesdx.analyses.frame import framed, untitled
from bayesdx.report.blocks import WIDTH, Lines, Page
from bayesdx.words.numbers import percent

#: References shown unless another number is asked for.
SHOWN = 15


def page(citation: CaseCitation, *, top: int = SHOWN) -> Page:
    """The first references, with their shares and what they are used for."""
    shown = citation.sources[:top]
    lines = []
    for number, row in enumerate(shown, 1):
        uses = ", ".join(f"{finding} in {diagnosis}" for finding, diagnosis in row.likelihoods[:3])
        more = len(row.likelihoods) - 3
        said = f"[{number}] {row.reference} ({row.evidence.kind}, grade {row.evidence.grade})"
        first, *rest = textwrap.wrap(said, WIDTH - 12, break_long_words=False, break_on_hyphens=False)
        lines.append(f"{percent(row.share):>6}  {first}")
        lines += [" " * 12 + line for line in rest]
        uses += f" and {more} more" if more > 0 else ""
        lines += textwrap.wrap(uses, WIDTH, initial_indent=" " * 12, subsequent_indent=" " * 12)
    hidden = citation.sources[top:]
    if hidden:
        lines.append(f"{percent(sum(row.share for row in hidden)):>6}  {len(hidden)} other sources")
    leading = ", ".join(citation.diagnoses)
    intro = Lines(((f"Share of the answer's weight that rests on each source, over {leading}",),))
    listed = Lines(tuple((line,) for line in lines)) if lines else None
    return framed(citation.question, *untitled(intro, listed), warnings=citation.question.warnings)
