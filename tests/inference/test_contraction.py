"""How results change the order of their axes, against numpy's own transposition."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bayesdx.inference.contraction import BLOCK, side_by_side, transposed


@st.composite
def moves(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Lengths of axes, and an order of them; small and large tables."""
    dims = draw(st.lists(st.integers(1, 5), min_size=1, max_size=9))
    if draw(st.booleans()):
        dims[draw(st.integers(0, len(dims) - 1))] *= -(-BLOCK // math.prod(dims)) + 1
    return dims, draw(st.permutations(range(len(dims))))


@given(moves())
def test_a_table_moves_as_numpy_moves_it(move):
    dims, axes = move
    table = np.arange(math.prod(dims), dtype=float)
    fewer, order = side_by_side(dims, axes)
    found = transposed(table.reshape(fewer), order)
    assert found.ravel().tolist() == table.reshape(dims).transpose(axes).ravel().tolist()
    assert not any(b == a + 1 for a, b in pairwise(order))
