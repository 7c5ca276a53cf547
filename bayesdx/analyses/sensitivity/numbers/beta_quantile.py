"""Quantiles of Beta distributions, many at once and without the seconds that a large library takes to import."""

from __future__ import annotations

import math

import numpy as np

from bayesdx.network import Array

_STEPS = 60
_TERMS = 1_000
_CLOSE = 1e-14
#: Counts beyond which the continued fraction needs so many terms that the import pays.
_MANY = 2_000.0
#: Log-odds beyond which a quantile is taken to be 0 or 1.
_FURTHEST = 700.0


def beta_quantile(a: Array, b: Array, q: float) -> Array:
    """The values (n,) below which Beta(a, b) lies with probability ``q`` in (0, 1); a and b > 0 of shape (n,).

    Newton's method on the logarithm of the smaller tail as a function of the log-odds: it is concave there, so that
    every step ends on the same side of the quantile and none leads astray.
    """
    if a.size and float((a + b).max()) > _MANY:
        from scipy.special import betaincinv

        return np.asarray(betaincinv(a, b, q))
    if q > 0.5:
        return np.asarray(1.0 / (1.0 + np.exp(_lower(b, a, 1.0 - q))))
    return np.asarray(1.0 / (1.0 + np.exp(-_lower(a, b, q))))


def _lower(a: Array, b: Array, q: float) -> Array:
    """Log-odds of the quantile ``q`` <= 1/2."""
    pairs, back = np.unique(np.stack([a, b]), axis=1, return_inverse=True)
    a, b = pairs
    log_beta = np.array([math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y) for x, y in pairs.T.tolist()])
    found = np.log((a + 0.5) / (b + 0.5))
    open_ = np.arange(len(a))
    for _ in range(_STEPS):
        y = found[open_]
        log_tail, log_density = _log_tail(a[open_], b[open_], log_beta[open_], y)
        step = (log_tail - math.log(q)) * np.exp(log_tail - log_density)
        found[open_] = np.clip(y - step, -_FURTHEST, _FURTHEST)
        open_ = open_[np.abs(found[open_] - y) > 1e-13 * np.maximum(np.abs(y), 1.0)]
        if not len(open_):
            break
    return found[back.ravel()]


def _log_tail(a: Array, b: Array, log_beta: Array, y: Array) -> tuple[Array, Array]:
    """log P(log-odds <= y) and the logarithm of their density at y."""
    log_x, log_rest = -np.logaddexp(0.0, -y), -np.logaddexp(0.0, y)
    log_density = a * log_x + b * log_rest - log_beta
    x = np.exp(log_x)
    below = x * (a + b + 2.0) < a + 1.0
    first, second = np.where(below, a, b), np.where(below, b, a)
    tail = log_density - np.log(first) + np.log(_fraction(first, second, np.where(below, x, np.exp(log_rest))))
    with np.errstate(divide="ignore"):
        upper = np.log1p(-np.minimum(np.exp(np.minimum(tail, 0.0)), 1.0))
    return np.where(below, tail, np.maximum(upper, -1e6)), log_density


def _fraction(a: Array, b: Array, x: Array) -> Array:
    """The continued fraction of the incomplete beta function, by the method of Lentz (Numerical Recipes 6.4)."""
    d = 1.0 / _apart(1.0 - (a + b) * x / (a + 1.0))
    c, total = np.ones_like(x), d.copy()
    for m in range(1, _TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _apart(1.0 + term * d)
            c = _apart(1.0 + term / c)
            total *= d * c
        if (np.abs(d * c - 1.0) < _CLOSE).all():
            break
    return np.asarray(total)


def _apart(value: Array) -> Array:
    return np.where(np.abs(value) < 1e-300, 1e-300, value)
