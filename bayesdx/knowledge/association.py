"""A joint table with given margins and a given association."""

from __future__ import annotations

import numpy as np

from bayesdx.network import Array

#: No cell of an association is exactly impossible: facts, not assumptions, may say "never".
SMALLEST = 1e-4
#: Pairs of margins that are fitted at a time: their tables stay in the processor's cache, and each block takes only
#: the iterations that it needs.
_BLOCK = 1024


def fit_margins(association: Array, first: Array, second: Array, *, iterations: int = 200) -> Array:
    """Joint distributions with margins ``first`` (…, a) and ``second`` (…, b): shape (…, a, b).

    ``association`` (a, b) > 0 gives the odds ratios, which iterative proportional fitting keeps while it fits
    the margins (Deming & Stephan 1940, Ann Math Stat 11:427). Rows are exact, columns to about 1e-9.
    """
    return associated(association, *fit_factors(association, first, second, iterations=iterations))


def associated(association: Array, of_first: Array, of_second: Array) -> Array:
    """The joint distributions (…, a, b) of factors (…, a) and (…, b)."""
    return np.asarray(of_first[..., :, None] * np.maximum(association, SMALLEST) * of_second[..., None, :])


def fit_factors(association: Array, first: Array, second: Array, *, iterations: int = 200) -> tuple[Array, Array]:
    """Factors (…, a) and (…, b) of rows and columns by which ``fit_margins`` multiplies the association.

    Proportional fitting only ever scales rows and columns, so it needs no table for each pair of margins.
    """
    table = np.maximum(association, SMALLEST)
    # margins that differ along the first axis only are alike: they take as many iterations
    moved = [np.moveaxis(np.atleast_2d(margin), 0, -2) for margin in (first, second)]
    rows, columns = (margin.reshape(-1, margin.shape[-1]) for margin in moved)
    factors = np.empty_like(rows), np.empty_like(columns)
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        factors[0][part], factors[1][part] = _fit(table, rows[part], columns[part], iterations)
    of_rows, of_columns = (
        np.moveaxis(found.reshape(margin.shape), -2, 0) for found, margin in zip(factors, moved, strict=True)
    )
    return of_rows.reshape(first.shape), of_columns.reshape(second.shape)


def _fit(table: Array, rows: Array, columns: Array, iterations: int) -> tuple[Array, Array]:
    """The factors (n, a) and (n, b) for margins (n, a) and (n, b)."""
    tiny = np.finfo(float).tiny
    of_rows = np.ones_like(rows)
    for _ in range(iterations):
        of_columns = columns / np.maximum(of_rows @ table, tiny)
        reached = of_columns @ table.T
        missed = np.abs(of_rows * reached - rows).max()
        of_rows = rows / np.maximum(reached, tiny)
        if missed < 1e-10:
            break
    return of_rows, of_columns
