"""Many Beta draws at once, from tables of equally probable values."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bayesdx.network import Array

#: Values of a table for many draws, and for fewer. Drawing one of n equally probable values instead of a real
#: number moves a quantile by less than 1 / (2 n): less than half of the standard error with which 10,000 draws give
#: the ends of an interval, and 1,000 draws.
VALUES, FEW_VALUES = 1024, 256
#: From so many draws on they are many.
MANY_DRAWS = 2_000
#: Tables that are made at a time: what they need on the way stays in the processor's cache.
_ROWS = 64
#: Log-odds beyond which a value is taken to lie at this end.
_FURTHEST = 100.0
#: CPTs whose tables are kept, a few hundred kilobytes each: the same case is drawn in several portions.
_KEPT = 32


def beta_table(a: Array, b: Array, values: int = VALUES) -> Array:
    """Quantiles (n, values) of Beta(a, b), a and b > 0 of shape (n,), at the probabilities (i + 1/2) / values.

    The density of the log-odds y is proportional to exp(a y) / (1 + exp(y)) ** (a + b); it is integrated by the
    trapezoid rule between the ends of its tails, which are exponential beyond.
    """
    quantiles = np.empty((len(a), values))
    for start in range(0, len(a), _ROWS):
        part = slice(start, start + _ROWS)
        _fill(quantiles[part], a[part, None], b[part, None])
    return quantiles


def _fill(quantiles: Array, a: Array, b: Array) -> None:
    values = quantiles.shape[1]
    grid = max(values // 2, 256)
    centre = np.log((a + 0.5) / (b + 0.5))
    low = np.maximum(centre - _reach(a, b), -_FURTHEST)
    high = np.minimum(centre + _reach(b, a), _FURTHEST)
    y = low + (high - low) * np.linspace(0.0, 1.0, grid)
    log_density = a * y - (a + b) * np.log1p(np.exp(y))
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    steps = (density[:, 1:] + density[:, :-1]) * (0.5 * (high - low) / (grid - 1))
    left = density[:, :1] / a
    cumulative = np.concatenate([left, left + np.cumsum(steps, axis=1)], axis=1)
    total = cumulative[:, -1] + density[:, -1] / b[:, 0]
    wanted = (np.arange(values) + 0.5) / values
    for i in range(len(a)):
        quantiles[i] = np.interp(wanted * total[i], cumulative[i], y[i])
    np.divide(1.0, 1.0 + np.exp(-quantiles), out=quantiles)


def _reach(a: Array, b: Array) -> Array:
    """How far below the centre log-odds with a probability of 1e-5 lie."""
    return np.asarray(12.0 / a + 4.5 / np.sqrt(a) + np.log1p((12.0 + 5.0 * np.sqrt(b)) / (b + 0.5)))


def beta_draws(a: Array, b: Array, size: int, rng: np.random.Generator) -> Array:
    """Draws (size, n) of Beta(a, b), a and b >= 0 of shape (n,); a of 0 gives 0, b of 0 gives 1.

    Laid out with the draws of one entry side by side.
    """
    values = FEW_VALUES if size < MANY_DRAWS else VALUES
    tables, kind = _tables(np.stack([a, b]).tobytes(), values)
    draws = np.empty((len(a), size))
    picked = rng.integers(0, values, size=(len(a), size), dtype=np.uint16)
    for i, table in enumerate(kind):
        tables[table].take(picked[i], out=draws[i], mode="clip")
    return draws.T


@lru_cache(_KEPT)
def _tables(counts: bytes, values: int) -> tuple[Array, list[int]]:
    """A table for each distinct pair of the ``counts`` (2, n), and which one each of the n entries has."""
    pairs, kind = np.unique(np.frombuffer(counts).reshape(2, -1), axis=1, return_inverse=True)
    inside = (pairs[0] > 0) & (pairs[1] > 0)
    tables = np.empty((len(inside), values))
    tables[~inside] = (pairs[0, ~inside] > 0)[:, None]
    tables[inside] = beta_table(pairs[0, inside], pairs[1, inside], values)
    return tables, kind.ravel().tolist()
