"""How good the evidence behind a row is: its weight by grade of the sources, and a grade of the row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from bayesdx.knowledge.parts import Part
from bayesdx.knowledge.sources import GRADES, Evidence

#: Grade of a row in which assumptions weigh more than all sources together.
ASSUMED = "E"


@dataclass(frozen=True)
class RowEvidence:
    """The weight (lesions) behind P(finding | diagnosis): of sources by grade, and of ``assumed`` terms.

    ``identified`` is the weight of sources with a DOI, PubMed or PubMed Central id. Cases that a network has learnt
    from are neither.
    """

    by_grade: Mapping[str, float]
    identified: float
    assumed: float

    @property
    def weight(self) -> float:
        """What all sources weigh."""
        return sum(self.by_grade.values())

    @property
    def identified_share(self) -> float | None:
        """Share of the weight of the sources that identified ones have; None without a source."""
        return min(self.identified / self.weight, 1.0) if self.weight else None

    @property
    def source_share(self) -> float:
        """Share of the weight of the row that its sources have; the rest is assumed."""
        whole = self.weight + self.assumed
        return self.weight / whole if whole else 0.0

    @property
    def grade(self) -> str:
        """The best grade that, with those above it, has half of the weight of the sources.

        ASSUMED where assumptions weigh more than all sources together.

        >>> RowEvidence({"A": 3.0, "C": 4.0}, 3.0, 4.0).grade, RowEvidence({"A": 3.0}, 3.0, 4.0).grade
        ('C', 'E')
        """
        if not self.weight or self.weight < self.assumed:
            return ASSUMED
        held = accumulate(self.by_grade.get(grade, 0.0) for grade in GRADES)
        return next(grade for grade, so_far in zip(GRADES, held, strict=True) if so_far >= self.weight / 2)


def row_evidence(parts: Iterable[Part], evidence: Mapping[str, Evidence]) -> RowEvidence:
    """The evidence of a row that is made of ``parts``, whose sources are of that ``evidence``."""
    by_grade = dict.fromkeys(GRADES, 0.0)
    identified = assumed = 0.0
    for part in parts:
        known = evidence.get(part.entry.source) if part.entry else None
        if known is not None:
            by_grade[known.grade] += part.weight
            identified += part.weight * known.identified
        elif part.kind != "learnt":
            assumed += part.weight
    return RowEvidence(by_grade, identified, assumed)


def together(rows: Iterable[RowEvidence]) -> RowEvidence:
    """The evidence of several rows as one."""
    found = list(rows)
    return RowEvidence(
        {grade: sum(row.by_grade[grade] for row in found) for grade in GRADES},
        sum(row.identified for row in found),
        sum(row.assumed for row in found),
    )
