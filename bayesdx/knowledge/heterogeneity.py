"""How far studies of one thing differ, and diagnoses from each other, as the facts themselves tell.

A study of n lesions of a diagnosis with row theta counts its states like a Dirichlet-multinomial with parameters
``theta (1 - rho) / rho``: rho is the correlation among lesions of one study (Griffiths 1973, Biometrics 29:637).
The rows of the diagnoses scatter about the base like a Dirichlet distribution of m counts. Both are estimated for
each finding by the predictive log likelihood of each study that counts, given the base and the other studies of its
diagnosis at the weights that rho gives them. A finding of which few studies speak leans on all findings together.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import gammaln

from bayesdx.knowledge.build import Cell
from bayesdx.knowledge.definition import Definition, Spread
from bayesdx.knowledge.pooling import discounts, effective_size
from bayesdx.network import Array

#: Values that are tried.
STRENGTHS: tuple[float, ...] = (1, 1.5, 2, 3, 4, 6, 8, 12, 16)
CORRELATIONS: tuple[float, ...] = (0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25, 0.35, 0.5, 0.7)
#: All findings together count like so many studies of each finding.
SHARED = 20.0
_COUNTED = frozenset({"count", "percent", "case"})
_NEVER_ZERO = 1e-9


def estimate(definition: Definition, cells: Mapping[str, Cell]) -> dict[str, Spread]:
    """The spread of each finding that is pooled, by the studies of ``cells``."""
    tables, studies = {}, {}
    for finding, cell in cells.items():
        tables[finding], studies[finding] = predictive(definition, cell)
    shared = sum(tables.values(), np.zeros((len(STRENGTHS), len(CORRELATIONS)))) / max(sum(studies.values()), 1)
    found = {}
    for finding, table in tables.items():
        at = np.unravel_index(int((table + SHARED * shared).argmax()), table.shape)
        found[finding] = Spread(CORRELATIONS[at[1]], STRENGTHS[at[0]])
    return found


def predictive(definition: Definition, cell: Cell) -> tuple[Array, int]:
    """Predictive log likelihood of the studies of a finding, shape (strengths, correlations), and their number.

    Studies at other sites inform the others with the weight that pooling gives them, and are not predicted.
    """
    total = np.zeros((len(STRENGTHS), len(CORRELATIONS)))
    predicted = 0
    completing, base = cell.pooled.completing[0], cell.base
    strengths = np.array(STRENGTHS)[:, None]
    for found in cell.by_diagnosis.values():
        studies = [study for study in found if study.whole]
        targets = [
            n for n, study in enumerate(studies) if study.at_site and {s.kind for s in study.sayings} <= _COUNTED
        ]
        if not targets:
            continue
        shares = np.array([study.distribution(completing) for study in studies])
        size = [study.size for study in studies]
        words = np.array(float(sum(study.word for study in studies)))
        copied = float(discounts(definition.pooling.word_correlation, words))
        predicted += len(targets)
        for column, rho in enumerate(CORRELATIONS):
            weight = np.array(
                [s.weight / copied if s.word else s.factor * effective_size(s.size, rho) for s in studies]
            )
            each = weight[:, None] * shares
            for n in targets:
                others = each.sum(axis=0) - each[n]
                row = (others + strengths * base) / (others.sum() + strengths)
                seen = size[n] * shares[n]
                total[:, column] += _log_evidence(row * (1 / rho - 1) + _NEVER_ZERO, seen)
    return total, predicted


def _log_evidence(counts: Array, seen: Array) -> Array:
    """log P(seen) of the Dirichlet-multinomial distribution, but for the coefficient; counts (…, X), seen (X,)."""
    total, n = counts.sum(axis=-1), seen.sum()
    each = (gammaln(counts + seen) - gammaln(counts)).sum(axis=-1)
    return np.asarray(gammaln(total) - gammaln(total + n) + each)
