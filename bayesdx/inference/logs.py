"""Logarithms of probabilities."""

from __future__ import annotations

import numpy as np

from bayesdx.network import Array

#: Stands for log 0 where -inf would have to be subtracted from -inf.
FLOOR = -1e300
#: Exponents are cut here: what is beyond the range of floating point is given as its largest number.
LARGEST = 709.0
#: Probabilities that differ by no more than this part may be equal but for rounding.
TIE = 1e-12


def log_sum(logs: Array, axis: int = -1, *, keepdims: bool = False) -> Array:
    """log of the sum of exp(logs) along an axis, as ``np.logaddexp.reduce`` gives it in several times the time."""
    largest = np.maximum(logs.max(axis=axis, keepdims=True), FLOOR)  # all may be -inf
    with np.errstate(divide="ignore"):
        found = largest + np.log(np.exp(logs - largest).sum(axis=axis, keepdims=True))
    return np.asarray(found if keepdims else found.squeeze(axis))
