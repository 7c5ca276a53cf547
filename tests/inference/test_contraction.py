"""Steps of a contraction against numpy's own: how tables are multiplied and summed, and change their axes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdx.inference.contraction import (
    BLOCK,
    LINEAR,
    LOG,
    Semiring,
    matmul,
    multiply_sum,
    side_by_side,
    transposed,
)

RINGS = {"numbers": LINEAR, "logarithms": LOG}


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


def drawn(shape: tuple[int, ...], ring: Semiring, seed: int) -> np.ndarray:
    numbers = np.random.default_rng(seed).random(shape)
    return np.log(numbers) if ring is LOG else numbers


def numbers(table: np.ndarray, ring: Semiring) -> np.ndarray:
    return np.exp(table) if ring is LOG else table


LENGTHS = st.sampled_from([1, 2, 7, 40, 700])
FEW = settings(max_examples=12)


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS)
@FEW
@given(st.tuples(*[LENGTHS] * 4).filter(lambda shape: 1 < math.prod(shape) < 1 << 19), st.integers(0, 2))
def test_products_are_summed_as_einsum_sums_them(ring, shape, axis):
    """Left (A, K, 1, S) and right (1, K, B, S), summed over each axis that is summed going forth or back."""
    a, k, b, s = shape
    sides = {0: ((a, 1, b, s), (a, k, 1, s)), 1: ((a, k, 1, s), (1, k, b, s)), 2: ((a, 1, b, s), (1, k, b, s))}
    x, y = (drawn(side, ring, seed) for seed, side in enumerate(sides[axis]))
    found = multiply_sum(x, y, axis, math.prod(shape) > BLOCK, ring)
    expected = (numbers(x, ring) * numbers(y, ring)).sum(axis=axis)
    assert numbers(found, ring).reshape(expected.shape) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS)
@FEW
@given(st.tuples(*[LENGTHS] * 4).filter(lambda shape: math.prod(shape) < 1 << 18))
def test_matrix_products_are_those_of_numpy(ring, shape):
    states, rows, inner, columns = shape
    x, y = drawn((states, rows, inner), ring, 0), drawn((states, inner, columns), ring, 1)
    expected = np.einsum("sak,skb->sab", numbers(x, ring), numbers(y, ring))
    assert numbers(matmul(x, y, ring), ring) == pytest.approx(expected, rel=1e-12)
