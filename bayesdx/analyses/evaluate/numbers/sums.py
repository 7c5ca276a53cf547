"""The figures of any number of cases from sums: what ``figures`` works out case by case.

Means are the same. The calibration error needs the order of the leaders' probabilities, which are counted in CELLS
of equal width; its bins end at the edges of these. Intervals are Wilson's for shares; for log loss and Brier score
those of a mean, 1.96 standard errors to each side, which is what the bootstrap comes to on many cases; and for the
calibration error a bootstrap of the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.evaluate.numbers.figures import (
    BINS,
    FIGURES,
    FLOOR,
    REACH,
    RESAMPLES,
    SHARES,
    DiagnosisFigures,
    Evaluation,
    Score,
    last_places,
    wilson,
)
from bayesdx.errors import InputError
from bayesdx.inference.results import leading
from bayesdx.network import Array

#: Cells of the leader's probability.
CELLS = 1000


class Sums(NamedTuple):
    """Sums over cases with proven diagnoses.

    ``confusion`` (T, T) counts proven diagnosis and leader, ``ranked`` (T, 2) by proven diagnosis the cases in
    which it leads and in which it is among the first three, ``truth`` (T,) sums its probability. ``moments``
    (2, 4) are sums and sums of squares of the first four FIGURES. ``cells`` (CELLS, 2) counts the leaders'
    probabilities where they are wrong and right, ``mass`` (CELLS,) adds them up.
    """

    confusion: Array
    ranked: Array
    truth: Array
    moments: Array
    cells: Array
    mass: Array


def added(first: Sums, second: Sums) -> Sums:
    """The sums over the cases of both."""
    return Sums(*(a + b for a, b in zip(first, second, strict=True)))


def sums_of(posterior: Array, truth: NDArray[np.intp]) -> Sums:
    """The sums over n cases of ``posterior`` (n, T) whose proven state is ``truth`` (n,)."""
    n, card = posterior.shape
    own = posterior[np.arange(n), truth]
    rank = (posterior >= own[:, None]).sum(axis=1)
    leader, most = leading(posterior), posterior.max(axis=1)
    proven = np.eye(card)[truth]
    first, third = (rank == 1).astype(float), (rank <= 3).astype(float)
    table = np.stack([first, third, -np.log(np.maximum(own, FLOOR)), ((posterior - proven) ** 2).sum(axis=1)])
    cell = np.minimum((most * CELLS).astype(np.intp), CELLS - 1)
    return Sums(
        confusion=proven.T @ np.eye(card)[leader],
        ranked=np.stack([first @ proven, third @ proven], axis=1),
        truth=own @ proven,
        moments=np.stack([table.sum(axis=1), (table**2).sum(axis=1)]),
        cells=np.bincount(2 * cell + first.astype(np.intp), minlength=2 * CELLS).reshape(CELLS, 2).astype(float),
        mass=np.bincount(cell, most, CELLS).astype(float),
    )


def evaluation(
    sums: Sums, diagnoses: Sequence[str], left_out: int, examples: Sequence[tuple[str, int, str]]
) -> Evaluation:
    """All figures of the cases; raises InputError when there is none."""
    n = float(sums.confusion.sum())
    if not n:
        file, row, message = examples[0] if examples else ("", 0, "")
        raise InputError(f"no case to evaluate; {file}: row {row}: {message}" if file else "no case to evaluate")
    rng = np.random.default_rng(0)
    counts, mean = sums.cells, sums.mass / np.maximum(sums.cells.sum(axis=1), 1.0)
    share = np.divide(sums.moments, n)
    reach = REACH * np.sqrt(np.maximum(share[1] - share[0] ** 2, 0.0) / max(n - 1.0, 1.0))
    drawn = rng.multinomial(int(n), (counts / n).ravel(), RESAMPLES).reshape(RESAMPLES, CELLS, 2)
    low, high = np.quantile([_calibration_error(one, mean) for one in drawn.astype(float)], (0.025, 0.975))
    values = dict(zip(FIGURES, [*share[0].tolist(), _calibration_error(counts, mean)], strict=True))
    intervals = {name: wilson(values[name], n) for name in SHARES}
    for name, far, end in zip(FIGURES[2:4], reach[2:].tolist(), (np.inf, 2.0), strict=True):
        intervals[name] = (max(values[name] - far, 0.0), min(values[name] + far, end))
    intervals[FIGURES[4]] = (float(low), float(high))
    figures = {name: Score(values[name], intervals[name] if n > 1 else None) for name in FIGURES}
    right = rng.binomial(counts.sum(axis=1).astype(np.int64), np.minimum(mean, 1.0), (RESAMPLES, CELLS))
    perfect = np.stack([counts.sum(axis=1) - right, right], axis=2).astype(float)
    rows = [
        DiagnosisFigures(diagnoses[i], int(k), *(float(x) / k for x in (*sums.ranked[i], sums.truth[i])))
        for i, k in enumerate(sums.confusion.sum(axis=1).tolist())
        if k
    ]
    return Evaluation(
        n=int(n),
        figures=figures,
        chance_calibration_error=float(np.mean([_calibration_error(one, mean) for one in perfect])),
        diagnoses=tuple(sorted(rows, key=lambda row: (-row.n, row.diagnosis))),
        confusion={
            (diagnoses[i], diagnoses[j]): int(sums.confusion[i, j]) for i, j in np.argwhere(sums.confusion).tolist()
        },
        impression=None,
        model_on_impressions=None,
        cases=(),
        silence=False,
        own_source=True,
        left_out=left_out,
        examples=tuple(examples),
    )


def _calibration_error(cells: Array, mean: Array) -> float:
    """As ``figures.calibration_error``, of cells (CELLS, 2) with ``mean`` (CELLS,) probabilities."""
    counts = cells.sum(axis=1)
    n = counts.sum()
    edges = np.searchsorted(np.cumsum(counts), last_places(int(n)), side="right")
    bins = np.searchsorted(edges, np.arange(CELLS), side="left")
    return float(np.abs(np.bincount(bins, counts * mean - cells[:, 1], BINS)).sum() / n)
