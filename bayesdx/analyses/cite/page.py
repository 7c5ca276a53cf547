"""How facts, weights and references look on a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import click

from bayesdx.analyses.cite.numbers import SAID, CaseCitation, LikelihoodCitation
from bayesdx.report.render.terminal import WIDTH, bar, heading, page, percent, table

_ASSUMED = {
    "definition": "by definition of the entity",
    "association": "goes with another finding",
    "mineralisation": "not calcified, so no pattern",
    "base": "base: all diagnoses",
}


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
    assumed = [
        f"{percent(citation.base_share)} of the row is the base: the finding over all diagnoses (assumption)"
    ]
    assumed += [f"{text} (assumption)" for text in citation.assumptions]
    none = "" if citation.facts else "No fact speaks of this finding in this diagnosis."
    references = [_reference(numbers[key], text) for key, text in citation.references.items()]
    return page(head, distribution, none, _terms(citation, numbers), "\n".join(assumed), "\n".join(references))


def _terms(citation: LikelihoodCitation, numbers: Mapping[str, int]) -> str:
    """The terms, and below them what they add up to: the whole row, and the probability of the state asked for."""
    terms, states = citation.terms, citation.states
    columns = [adding_up([term.share for term in terms])]
    if states:
        at = citation.variable.state_index(states[0])
        columns.append(adding_up([float(term.adds[at]) for term in terms]))
    rows = [
        [
            (" or ".join(term.states) or "all states") if term.kind in SAID else "",
            term.says or _ASSUMED[term.kind],
            term.form.replace("_", " "),
            "" if term.kind in ("association", "mineralisation") else f"{term.weight:.2f}",
            *(column[i] for column in columns),
            f"[{numbers[term.source]}] {term.source}" if term.source else "assumption",
        ]
        for i, term in enumerate(terms)
    ]
    weight = sum(term.weight for term in terms)
    rows.append(["", "", "sum", f"{weight:.2f}", *(column[-1] for column in columns), ""])
    heads = ("state", "fact", "form", "weight", "of row", *(f"to {state}" for state in states), "source")
    return table(heads, rows, right=range(3, 4 + len(columns)))


def adding_up(parts: Sequence[float]) -> list[str]:
    """Parts as percentages, and their sum at the end: rounded so that what is printed adds up as printed.

    Each is rounded down, and what is then missing is given to those that lost most (largest remainders).

    >>> adding_up([1 / 3, 1 / 3, 1 / 3])
    ['33.4%', '33.3%', '33.3%', '100.0%']
    """
    exact = [1000 * part for part in parts]
    whole = round(sum(exact))
    lower = [math.floor(part) for part in exact]
    ranked = sorted(range(len(exact)), key=lambda i: lower[i] - exact[i])
    for i in ranked[: whole - sum(lower)]:
        lower[i] += 1
    return [f"{part / 10:.1f}%" for part in (*lower, whole)]


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
