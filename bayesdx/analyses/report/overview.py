"""The sections of a report that say what was asked and what came out."""

from __future__ import annotations

from collections.abc import Sequence

from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis
from bayesdx.analyses.query.page import interval
from bayesdx.analyses.query.sentences import usual
from bayesdx.analyses.question import Question
from bayesdx.case import Case
from bayesdx.codes import diagnosis_meant
from bayesdx.report.blocks import Block, Differential, Figure, Paragraph, Section, Table
from bayesdx.words.numbers import percent
from bayesdx.words.phrases import label_of, state_phrase
from bayesdx.words.provenance import interval_words

#: Diagnoses in the picture of the differential.
SHOWN = 8
_EXAMINATIONS = {"history": "History", "ct": "CT", "mr": "MR", "mr_contrast": "MR, contrast", "mr_swi": "MR, SWI"}


def case_section(case: Case, question: Question) -> Section:
    """The findings as used, and the proven diagnosis when the case states one."""
    seen: dict[str, list[str]] = {name: [] for name in _EXAMINATIONS.values()}
    for variable in question.engine.network.findings:
        if variable.id in question.stated:
            stated = state_phrase(variable, question.stated[variable.id])
            if variable.id == "age_group" and isinstance(case.age, float):
                stated = f"{case.age:g} years ({stated})"
            where = _EXAMINATIONS.get(variable.examination, variable.examination)
            seen.setdefault(where, []).append(f"{label_of(variable)}: {stated}")
    rows = tuple((where, "; ".join(found)) for where, found in seen.items() if found)
    blocks: list[Block] = [Table(("Seen in", "Findings"), rows) if rows else Paragraph("No findings.")]
    if case.diagnosis is not None:
        target = question.target
        proven = diagnosis_meant(case.diagnosis, target.states)
        name = target.state_label(target.states.index(proven)) if proven in target.states else proven
        blocks.append(Paragraph(f"Proven diagnosis, not used by the analysis: {name}."))
    return Section("Case", tuple(blocks))


def differential_section(result: QueryResult) -> Section:
    """The ranked diagnoses with intervals and priors, and how well the findings fit."""
    shown = result.posterior[:SHOWN]
    rest = result.posterior[SHOWN:]
    rows = [(row.label, percent(row.probability), interval(row), percent(row.prior)) for row in shown]
    total = 0.0
    if rest:
        total, prior = sum(row.probability for row in rest), sum(row.prior for row in rest)
        rows.append((f"all {len(rest)} others", percent(total), "", percent(prior)))
    caption = "Probability of each diagnosis given the findings (bar); dashed tick: before the findings."
    if result.leader.interval is not None:
        caption += f" Line: 95% interval: {interval_words(result.question.network)}."
    table = Table(("Diagnosis", "Probability", "95% interval", "Prior"), tuple(rows), (1, 2, 3))
    blocks: list[Block] = [Figure(_chart(shown), caption, table)]
    if rest:
        blocks.append(Paragraph(f"The other {len(rest)} diagnoses together: {percent(total)}."))
    if share := usual(result):
        blocks.append(Paragraph(f"{share}."))
    return Section("Differential", tuple(blocks))


def _chart(rows: Sequence[RankedDiagnosis]) -> Differential:
    return Differential(tuple((row.label, row.probability, row.interval, row.prior) for row in rows))


def method_section(question: Question) -> Section:
    """Which network and which prior set gave the answer."""
    network, choice = question.network, question.choice
    version = f", version {network.version}" if network.version else ""
    why = f" It was chosen because {choice}." if choice.startswith("it covers") else ""
    population = f" ({question.population})" if question.population else ""
    words = (
        f"Bayesian network: {network.label or network.id} ({network.id}{version}).{why} Prior set: "
        f"{question.prior}{population}. Probabilities are exact for this network; intervals and the check for "
        "unusual findings are simulated."
    )
    return Section("Method", (Paragraph(words),))
