"""Beta quantiles against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaincinv

from bayesdx.analyses.sensitivity.numbers.beta_quantile import beta_quantile

COUNTS = st.floats(1e-3, 3e3)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(COUNTS, COUNTS), min_size=1, max_size=8), st.sampled_from([0.001, 0.025, 0.5, 0.975]))
def test_against_scipy(counts: list[tuple[float, float]], q: float) -> None:
    a, b = np.array(counts).T
    with np.errstate(all="raise", under="ignore"):
        found = beta_quantile(a, b, q)
    np.testing.assert_allclose(found, betaincinv(a, b, q), rtol=1e-8, atol=1e-12)


def test_closed_forms_and_nothing() -> None:
    """Beta(1, b) has the quantile 1 - (1 - q)^(1 / b), the uniform distribution q; of none there are none."""
    b = np.array([1.0, 2.0, 7.5, 300.0])
    np.testing.assert_allclose(beta_quantile(np.ones(4), b, 0.3), 1 - 0.7 ** (1 / b), rtol=1e-12)
    assert beta_quantile(np.array([4.0]), np.array([4.0]), 0.5)[0] == pytest.approx(0.5, abs=1e-13)
    assert beta_quantile(np.zeros(0), np.zeros(0), 0.5).shape == (0,)
