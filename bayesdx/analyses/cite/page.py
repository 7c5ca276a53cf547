"""How facts, weights and references look on a terminal."""

from __future__ import annotations

import click

from bayesdx.analyses.cite.numbers import CaseCitation, LikelihoodCitation
from bayesdx.report.render.terminal import WIDTH, bar, heading, page, percent, table


def likelihood_facts(citation: LikelihoodCitation) -> str:
    """The distribution, what each source says with its weight, what is assumed, and the references."""
    variable = citation.variable
    title = click.style(f"{variable.label or variable.id} in {citation.label}", bold=True)
    head = f"{title}\n{citation.network} {citation.network_version}"
    rows = []
    for i, state in enumerate(variable.states):
        asked = state in citation.states
        name = click.style(f"> {state}", bold=True) if asked else f"  {state}"
        low, high = citation.intervals[i]
        probability = float(citation.probabilities[i])
        rows.append(
            [
                name,
                percent(probability),
                bar(probability),
                f"{percent(low)} – {percent(high)}",
                percent(float(citation.base[i])),
            ]
        )
    distribution = table((f"  {variable.id}", "", "", "95% interval", "base"), rows, right=(1, 3, 4))
    numbers = {key: i for i, key in enumerate(citation.references, 1)}
    facts = [
        [
            " or ".join(s.states) or "all states",
            s.says,
            s.form.replace("_", " "),
            f"{s.weight:.2f}",
            percent(share),
            f"[{numbers[s.source]}] {s.source}" if s.source else "assumption",
        ]
        for s, share in zip(citation.statements, citation.shares, strict=True)
    ]
    said = (
        table(("state", "fact", "form", "weight", "of row", "source"), facts, right=(3, 4))
        if facts
        else "No fact speaks of this finding in this diagnosis."
    )
    assumed = [
        f"{percent(citation.base_share)} of the row is the base: the finding over all diagnoses (assumption)"
    ]
    assumed += [f"{text} (assumption)" for text in citation.assumptions]
    references = [_reference(numbers[key], text) for key, text in citation.references.items()]
    return page(head, distribution, said, "\n".join(assumed), "\n".join(references))


def case_references(citation: CaseCitation, top: int) -> str:
    """The references that the answer rests on most, with their shares and what they are used for."""
    shown = citation.sources[:top]
    lines = []
    for number, row in enumerate(shown, 1):
        uses = ", ".join(f"{finding} in {diagnosis}" for finding, diagnosis in row.likelihoods[:3])
        more = len(row.likelihoods) - 3
        lines.append(
            f"{percent(row.share):>6}  {_reference(number, row.reference, 8)}\n"
            + click.wrap_text(uses + (f" and {more} more" if more > 0 else ""), WIDTH, " " * 12, " " * 12)
        )
    rest = len(citation.sources) - len(shown)
    share = sum(row.share for row in citation.sources[top:])
    if rest:
        lines.append(f"{percent(share):>6}  {rest} other sources")
    leading = ", ".join(citation.diagnoses)
    intro = click.wrap_text(f"Share of the answer's weight that rests on each source, over {leading}", WIDTH)
    return page(heading(citation.question), intro, "\n".join(lines))


def _reference(number: int, text: str, indent: int = 0) -> str:
    first = f"[{number}] {text}"
    return click.wrap_text(first, WIDTH - indent, "", " " * (indent + 4))
