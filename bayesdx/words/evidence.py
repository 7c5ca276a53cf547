"""How good the evidence of a row is, in words."""

from __future__ import annotations

from bayesdx.knowledge.grades import RowEvidence
from bayesdx.words.numbers import percent


def evidence_lines(evidence: RowEvidence) -> tuple[str, ...]:
    """How much comes from sources, how much of that from identified publications, and the weight by grade."""
    if evidence.identified_share is None:
        return ("No source: assumption alone.",)
    grades = ", ".join(
        f"{grade} {percent(weight / evidence.weight)}" for grade, weight in evidence.by_grade.items() if weight
    )
    identified = percent(evidence.identified_share)
    return (
        f"{percent(evidence.source_share)} of the weight comes from sources, the rest is assumed.",
        f"{identified} of the evidence weight comes from publications with DOI, PMID or PMCID.",
        f"Evidence weight by grade of the source: {grades}.",
    )
