"""The page of ``cite --given``: a likelihood, and the terms that add up to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bayesdx.analyses.cite.numbers import SAID, CitedTerm, LikelihoodCitation
from bayesdx.analyses.frame import untitled
from bayesdx.knowledge.ledger import UNMENTIONED
from bayesdx.report.blocks import AnyCell, Bar, Cell, Lines, Page, Table
from bayesdx.words.evidence import evidence_lines
from bayesdx.words.numbers import percent, span
from bayesdx.words.phrases import label_of, state_name
from bayesdx.words.provenance import assumption_words, interval_words

_ASSUMED = {
    "definition": "by definition of the entity",
    "association": "goes with another finding",
    "mineralisation": "not calcified, so no pattern",
    "base": "base: all diagnoses",
    "contamination": "contamination: all diagnoses",
    "learnt": "cases learnt from",
}


def page(citation: LikelihoodCitation) -> Page:
    """The distribution, what each source says with its weight, the grade, what is assumed, and the references."""
    variable = citation.variable
    head = Lines(
        (
            (Cell(f"{variable.label or variable.id} in {citation.label}"),),
            (f"{citation.network.id} {citation.network.version}",),
        )
    )
    numbers = {key: i for i, key in enumerate(citation.references, 1)}
    assumed = [
        f"95% interval: {interval_words(citation.network)}",
        f"{percent(citation.base_share)} of the row is the base: the finding over all diagnoses (assumption)"
        + (f", {percent(citation.contamination)} whatever facts say" if citation.contamination else ""),
        *(
            ["as published: the row without contamination, with the base for want of facts"]
            if citation.facts
            else []
        ),
        *(f"{assumption_words(citation.network, one)} (assumption)" for one in citation.assumptions),
    ]
    none = None if citation.facts else _lines(["No fact speaks of this finding in this diagnosis."])
    references = [
        f"[{numbers[key]}] {text} ({citation.sources[key].kind}, grade {citation.sources[key].grade})"
        for key, text in citation.references.items()
    ]
    graded = [f"Grade of the row: {citation.evidence.grade}.", *evidence_lines(citation.evidence)]
    blocks = (
        head,
        _distribution(citation),
        none,
        _terms(citation, numbers),
        _lines(graded),
        _lines(assumed),
        _lines(references, 4),
    )
    return Page(None, untitled(*blocks))


def _fact(term: CitedTerm) -> str:
    if term.kind == UNMENTIONED:
        return "not mentioned in 1 text" if term.says == "1" else f"not mentioned in {term.says} texts"
    return term.says or _ASSUMED[term.kind]


def _origin(citation: LikelihoodCitation, kind: str) -> str:
    return ", ".join(one.name for one in citation.network.learnt) if kind == "learnt" else "assumption"


def _distribution(citation: LikelihoodCitation) -> Table:
    rows: list[tuple[AnyCell, ...]] = []
    variable = citation.variable
    for i, state in enumerate(variable.states):
        label = state_name(variable, i)
        name = Cell(f"▸ {label}") if state in citation.states else f"  {label}"
        probability, base = float(citation.probabilities[i]), float(citation.base[i])
        published = percent(float(citation.as_published[i])) if citation.facts else "–"
        interval = span(*citation.intervals[i])
        rows.append((name, percent(probability), Bar(probability), interval, published, percent(base)))
    heads = (f"  {label_of(variable)}", "", "", "95% interval", "as published", "base")
    return Table(heads, tuple(rows), (1, 3, 4, 5))


def _lines(lines: Sequence[str], indent: int = 0) -> Lines | None:
    return Lines(tuple((line,) for line in lines), indent) if lines else None


def _terms(citation: LikelihoodCitation, numbers: Mapping[str, int]) -> Table:
    """The terms, and below them what they add up to: the whole row, and the probability of the state asked for."""
    terms, states, variable = citation.terms, citation.states, citation.variable

    def named(state: str) -> str:
        return state_name(variable, variable.state_index(state))

    columns = [adding_up([term.share for term in terms])]
    if states:
        at = variable.state_index(states[0])
        columns.append(adding_up([float(term.adds[at]) for term in terms]))
    rows = [
        (
            (" or ".join(map(named, term.states)) or "all states") if term.kind in SAID else "",
            _fact(term),
            term.form.replace("_", " "),
            "" if term.kind in ("association", "mineralisation") else f"{term.weight:.2f}",
            *(column[i] for column in columns),
            citation.sources[term.source].grade if term.source else "",
            f"[{numbers[term.source]}] {term.source}" if term.source else _origin(citation, term.kind),
        )
        for i, term in enumerate(terms)
    ]
    total = f"{sum(term.weight for term in terms):.2f}"
    rows.append(("", "", "sum", total, *(column[-1] for column in columns), "", ""))
    heads = (
        "state",
        "fact",
        "form",
        "weight",
        "of row",
        *(f"to {named(state)}" for state in states),
        "grade",
        "source",
    )
    return Table(heads, tuple(rows), tuple(range(3, 4 + len(columns))))


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
