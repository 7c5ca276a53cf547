"""Tables fitted to margins, against another way to find them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from bayesdx.knowledge.association import fit_margins
from bayesdx.network import Array


def odds_ratios(table: Array) -> Array:
    """Of every 2 x 2 part with the first row and column."""
    return table[1:, 1:] * table[0, 0] / (table[1:, :1] * table[:1, 1:])


def dual_fit(table: Array, first: Array, second: Array) -> Array:
    """The same table from convex minimisation of the dual: exp(a_i + b_j) table, margins as the gradient."""

    def dual(x: Array) -> tuple[float, Array]:
        a, b = x[: len(first)], x[len(first) :]
        joint = table * np.exp(a[:, None] + b[None])
        slope = np.concatenate([joint.sum(axis=1) - first, joint.sum(axis=0) - second])
        return float(joint.sum() - first @ a - second @ b), slope

    found = minimize(dual, np.zeros(len(first) + len(second)), jac=True, method="BFGS", options={"gtol": 1e-10})
    a, b = found.x[: len(first)], found.x[len(first) :]
    return np.asarray(table * np.exp(a[:, None] + b[None]))


def random_problem(seed: int, a: int, b: int) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.uniform(0.05, 1, (a, b)), rng.dirichlet(np.full(a, 2.0)), rng.dirichlet(np.full(b, 2.0))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(2, 6))
def test_margins_and_odds_ratios(seed: int, a: int, b: int) -> None:
    table, first, second = random_problem(seed, a, b)
    joint = fit_margins(table, first, second)
    assert joint.sum(axis=1) == pytest.approx(first, abs=1e-8)
    assert joint.sum(axis=0) == pytest.approx(second, abs=1e-8)
    assert odds_ratios(joint) == pytest.approx(odds_ratios(table), rel=1e-8)


@pytest.mark.parametrize("seed", range(5))
def test_against_the_dual(seed: int) -> None:
    table, first, second = random_problem(seed, 3, 4)
    assert fit_margins(table, first, second) == pytest.approx(dual_fit(table, first, second), abs=1e-7)


def test_no_association_is_independence() -> None:
    _, first, second = random_problem(1, 3, 4)
    assert fit_margins(np.ones((3, 4)), first, second) == pytest.approx(np.outer(first, second))


def test_several_tables_at_once() -> None:
    table, first, second = random_problem(2, 3, 4)
    firsts, seconds = np.stack([first, first[::-1]]), np.stack([second, second])
    joint = fit_margins(table, firsts, seconds)
    assert joint.shape == (2, 3, 4)
    for i in range(2):
        assert joint[i] == pytest.approx(fit_margins(table, firsts[i], seconds[i]), abs=1e-9)


def test_a_margin_of_zero_stays_zero() -> None:
    joint = fit_margins(np.ones((2, 2)), np.array([1.0, 0.0]), np.array([0.25, 0.75]))
    assert joint == pytest.approx(np.array([[0.25, 0.75], [0.0, 0.0]]))
