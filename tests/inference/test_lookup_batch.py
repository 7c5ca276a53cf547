"""Batches from look-up tables: what a single query says, also where the product of a case underflows."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdx.inference import compile_network
from bayesdx.inference.lookup_batch import batch_tables, by_logarithms, score_batch
from bayesdx.network import Network, Variable

TESTS = 300


def opposed_tests(p: float) -> Network:
    """A diagnosis of three states, the last of which nothing shows, and tests that speak for one of the others."""
    names = [f"t{i}" for i in range(TESTS)]
    variables = (Variable("d", ("a", "b", "c")), *(Variable(name, ("no", "yes")) for name in names))
    table = np.array([[1 - p, p], [p, 1 - p], [1.0, 0.0]])
    cpts = {"d": np.array([0.5, 0.3, 0.2]), **dict.fromkeys(names, table)}
    return Network("n", variables, dict.fromkeys(names, ("d",)), cpts, target="d")


def cases(network: Network) -> np.ndarray:
    """All tests half and half, many of one side, none, a known target, and what is impossible."""
    codes = np.full((6, len(network.variables)), -1)
    codes[0, 1:] = np.arange(TESTS) % 2
    codes[1, 1:] = np.arange(TESTS) % 3 == 0
    codes[3, 1:5] = 1
    codes[4, [0, 1]] = [1, 0]
    codes[5, [0, 1]] = [2, 1]
    return codes


@pytest.mark.parametrize("p", [0.3, 1e-4])
def test_as_single_queries(p: float) -> None:
    network = opposed_tests(p)
    engine, codes = compile_network(network), cases(network)
    assert engine.tabulated
    answer = engine.query_batch(codes)
    for row, probabilities, log_likelihood in zip(codes, answer.probabilities, answer.log_likelihood, strict=True):
        findings = {
            v.id: np.eye(v.cardinality)[state]
            for v, state in zip(network.variables, row, strict=True)
            if state >= 0
        }
        if log_likelihood == -np.inf:
            assert row[0] == 2
            assert not probabilities.any()
            continue
        single = engine.posterior(findings)
        np.testing.assert_allclose(probabilities, single.probabilities, rtol=1e-9, atol=1e-300)
        assert log_likelihood == pytest.approx(single.log_likelihood, rel=1e-12)
    if p < 0.01:  # e^-1382 is no number
        assert answer.log_likelihood[0] < -1300


def test_numbers_and_logarithms_say_the_same() -> None:
    network = opposed_tests(0.2)
    engine, rng = compile_network(network), np.random.default_rng(5)
    tables = engine._lookup
    assert tables is not None
    codes = np.where(rng.random((700, len(network.variables))) < 0.1, engine.sample({}, 700, rng), -1)
    for threads in (1, 2):
        found = score_batch(batch_tables(tables, 0), codes, threads)
        for one, other in zip(found, by_logarithms(tables, codes, 0), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-300)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    network = opposed_tests(0.2)
    engine, rng = compile_network(network), np.random.default_rng(6)
    codes = np.where(rng.random((40, len(network.variables))) < 0.1, engine.sample({}, 40, rng), -1)
    whole = engine.query_batch(codes)
    alone = np.concatenate([engine.query_batch(codes[i : i + 1]).probabilities for i in range(len(codes))])
    assert (whole.probabilities == alone).all()


def test_two_variables_of_many_states() -> None:
    """Neither can be conditioned on in few states, nor be looked up beside the other."""
    variables = (
        Variable("a", tuple(f"a{i}" for i in range(1000))),
        Variable("b", tuple(f"b{i}" for i in range(300))),
    )
    table = np.random.default_rng(0).dirichlet(np.ones(300), 1000)
    network = Network("n", variables, {"b": ("a",)}, {"a": np.full(1000, 1e-3), "b": table}, target="a")
    engine = compile_network(network)
    assert not engine.tabulated
    found = engine.posterior({"b": np.eye(300)[7]}).probabilities
    np.testing.assert_allclose(found, table[:, 7] / table[:, 7].sum())
