"""What leads, and in which order states stand, where probabilities are equal but for rounding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bayesdx.inference.results import leading, ranking

PROBABILITIES = st.lists(st.integers(0, 5), min_size=1, max_size=8)


@given(PROBABILITIES, st.randoms(use_true_random=False), st.integers(0, 40))
def test_rounding_decides_nothing(parts, random, scale):
    """Shaken in its last digits, a posterior has the leader and the order of the exact one."""
    exact = np.array(parts) / 7.0 / 2.0**scale
    shaken = exact * [1 + random.choice([-3, -1, 0, 1, 3]) * 2.2e-16 for _ in parts]
    assert ranking(shaken) == sorted(range(len(parts)), key=lambda i: -parts[i])
    assert leading(shaken) == int(exact.argmax())
    assert leading(np.stack([shaken, shaken])).tolist() == [exact.argmax()] * 2


def test_small_differences_still_count():
    assert leading(np.array([0.5 - 1e-9, 0.5 + 1e-9])) == 1
    assert ranking(np.array([1e-30, 2e-30, 0.0])) == [1, 0, 2]
