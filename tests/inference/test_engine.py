"""The engine against brute-force enumeration on small random networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from example_networks import example_network
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import (
    WAYS,
    Problem,
    compiled,
    down_to,
    joint_weights,
    problems,
    random_findings,
    random_network,
)

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference import compile_network
from bayesdx.network import Network, Variable

settings.register_profile("engine", max_examples=60, deadline=None)
settings.load_profile("engine")

CLOSE = {"rtol": 1e-10, "atol": 1e-10}


def close(found: object, expected: object) -> None:
    np.testing.assert_allclose(found, expected, **CLOSE)


@given(problems())
def test_posterior_and_marginals(problem: Problem) -> None:
    engine = problem.engine()
    if problem.likelihood == 0:
        for ask in (engine.marginals, engine.log_likelihood, engine.most_probable_explanation):
            with pytest.raises(ImpossibleFindings):
                ask(problem.findings)
        return
    found = engine.marginals(problem.findings)
    close(found.log_likelihood, problem.log_likelihood)
    close(engine.log_likelihood(problem.findings), problem.log_likelihood)
    for i, variable in enumerate(problem.network.variables):
        expected = down_to(problem.joint, [i]) / problem.likelihood
        close(found.probabilities[variable.id], expected)
        posterior = engine.posterior(problem.findings, variable.id)
        close(posterior.probabilities, expected)
        close(posterior.log_likelihood, problem.log_likelihood)


@given(problems(), st.integers(0, 10**6))
def test_joint(problem: Problem, seed: int) -> None:
    if problem.likelihood == 0:
        return
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(problem.network.variables))[: rng.integers(1, 4)]
    ids = [problem.network.variables[i].id for i in chosen]
    found = problem.engine().joint(ids, problem.findings)
    close(found, down_to(problem.joint, chosen.tolist()) / problem.likelihood)


@given(problems())
def test_derivatives_of_a_multilinear_polynomial(problem: Problem) -> None:
    """P(e) is linear in each entry: a derivative is the difference between the entry at 1 and at 0, exactly."""
    if problem.likelihood == 0:
        return
    network, findings, likelihood = problem.network, problem.findings, problem.likelihood
    target = network.variables[0].id
    found = problem.engine().derivatives(findings, target)
    rng = np.random.default_rng(0)
    for variable in network.variables:
        table = network.cpts[variable.id]
        cell = tuple(int(rng.integers(n)) for n in table.shape)
        ends = []
        for value in (0.0, 1.0):
            changed = table.copy()
            changed[cell] = value
            ends.append(joint_weights(network, findings, {**network.cpts, variable.id: changed}))
        slope = (ends[1] - ends[0]) / likelihood
        close(found.cpt[variable.id][cell], slope.sum())
        close(found.target_cpt[variable.id][(slice(None), *cell)], down_to(slope, [0]))
        for state in range(variable.cardinality):
            one = np.eye(variable.cardinality)[state]
            slope = joint_weights(network, {**findings, variable.id: one}) / likelihood
            close(found.findings[variable.id][state], slope.sum())
            close(found.target_findings[variable.id][:, state], down_to(slope, [0]))


@given(problems())
def test_most_probable_explanation(problem: Problem) -> None:
    if problem.likelihood == 0:
        return
    found = problem.engine().most_probable_explanation(problem.findings)
    states = tuple(found.states[v.id] for v in problem.network.variables)
    close(problem.joint[states], problem.joint.max())
    close(found.log_probability, math.log(problem.joint.max()))


@given(problems())
def test_samples_are_possible(problem: Problem) -> None:
    if problem.likelihood == 0:
        return
    drawn = problem.engine().sample(problem.findings, 50, np.random.default_rng(1))
    assert drawn.shape == (50, len(problem.network.variables))
    assert (problem.joint[tuple(drawn.T)] > 0).all()


def test_sample_frequencies() -> None:
    rng = np.random.default_rng(5)
    network = random_network(rng, 5)
    findings = random_findings(rng, network, 0.4)
    joint = joint_weights(network, findings)
    drawn = compile_network(network).sample(findings, 20_000, rng)
    counts = np.zeros(joint.shape)
    np.add.at(counts, tuple(drawn.T), 1)
    expected = joint / joint.sum() * len(drawn)
    usual = expected > 5
    chi_square = ((counts - expected)[usual] ** 2 / expected[usual]).sum()
    assert chi_square < usual.sum() + 5 * math.sqrt(2 * usual.sum())


@given(problems(), st.integers(0, 10**6))
def test_batch_is_one_query_a_row(problem: Problem, seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = problem.network
    engine = problem.engine()
    target = network.variables[0].id
    cards = np.array([v.cardinality for v in network.variables])
    missing = rng.random((6, len(cards))) < rng.choice([0.0, 0.5, 1.0], len(cards))  # in no, some, all cases
    codes = np.where(missing, -1, rng.integers(0, cards, (6, len(cards))))
    weights = {}
    for i, given_weights in problem.findings.items():
        weights[i] = np.ones((6, len(given_weights)))
        weights[i][::2] = given_weights
    found = engine.query_batch(codes, weights, target)
    for row in range(6):
        findings = {i: table[row] for i, table in weights.items()}
        for v, code in zip(network.variables, codes[row], strict=True):
            if code >= 0:
                findings[v.id] = findings.get(v.id, 1.0) * np.eye(v.cardinality)[code]
        joint = joint_weights(network, findings)
        if joint.sum() == 0:
            assert found.impossible[row]
            assert not found.probabilities[row].any()
        else:
            close(found.probabilities[row], down_to(joint, [0]) / joint.sum())
            close(found.log_likelihood[row], math.log(joint.sum()))


@given(problems(), st.integers(0, 10**6))
def test_posterior_draws(problem: Problem, seed: int) -> None:
    if problem.likelihood == 0:
        return
    rng = np.random.default_rng(seed)
    network = problem.network
    drawn = {}
    for variable in network.variables:
        if rng.random() < 0.6:
            rows = (4, *network.cpts[variable.id].shape[:-1])
            drawn[variable.id] = rng.dirichlet(np.ones(variable.cardinality), rows)
    found = problem.engine().posterior_draws(problem.findings, drawn, network.variables[0].id)
    for k, row in enumerate(found):
        cpts = {**network.cpts, **{i: table[k] for i, table in drawn.items()}}
        joint = joint_weights(network, problem.findings, cpts)
        close(row, down_to(joint, [0]) / joint.sum())


def chain(length: int, small: float, target: str | None) -> Network:
    """x0 -> x1 -> …, each with a child s_i that is seen with probability ``small`` whatever the state."""
    variables, parents, cpts = [], {}, {}
    for i in range(length):
        variables += [Variable(f"x{i}", ("a", "b")), Variable(f"s{i}", ("yes", "no"))]
        parents[f"x{i}"] = (f"x{i - 1}",) if i else ()
        parents[f"s{i}"] = (f"x{i}",)
        cpts[f"x{i}"] = np.array([[0.9, 0.1], [0.2, 0.8]] if i else [0.5, 0.5])
        cpts[f"s{i}"] = np.array([[small, 1 - small], [2 * small, 1 - 2 * small]])
    return Network("chain", tuple(variables), parents, cpts, target=target)


@pytest.mark.parametrize("target", [None, "x0"])
@pytest.mark.parametrize(("length", "small"), [(1500, 0.3), (4, 1e-300), (20, 1e-300)])
def test_neither_thousands_of_findings_nor_tiny_parameters_underflow(
    length: int, small: float, target: str | None
) -> None:
    """The same posterior as with likelihoods 1 and 2, and a likelihood smaller by ``small`` to the power."""
    engine = compile_network(chain(length, small, target))
    seen = {f"s{i}": np.array([1.0, 0.0]) for i in range(length)}
    found = engine.marginals(seen)
    forwards, log_likelihood = np.array([0.5, 0.5]), 0.0
    filtered = []
    for i in range(length):  # the forward algorithm of a hidden Markov model, scaled at each step
        forwards = (forwards @ np.array([[0.9, 0.1], [0.2, 0.8]]) if i else forwards) * [1.0, 2.0]
        log_likelihood += math.log(forwards.sum()) + math.log(small)
        forwards = forwards / forwards.sum()
        filtered.append(forwards)
    assert found.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)
    np.testing.assert_allclose(found.probabilities[f"x{length - 1}"], filtered[-1], rtol=1e-9)
    np.testing.assert_allclose(engine.posterior(seen, f"x{length - 1}").probabilities, filtered[-1], rtol=1e-9)
    slopes = engine.derivatives(seen)
    assert slopes.log_likelihood == pytest.approx(log_likelihood, rel=1e-12)
    mass = (slopes.cpt["s0"] * engine.network.cpts["s0"]).sum()  # Euler: sum of theta * d log P / d theta
    assert mass == pytest.approx(1.0, rel=1e-9)
    codes = np.full((1, 2 * length), -1)
    codes[0, 1::2] = 0
    assert engine.query_batch(codes, target="x0").log_likelihood[0] == pytest.approx(log_likelihood, rel=1e-12)


def test_what_a_larger_term_hides_is_not_lost() -> None:
    """Two likelihoods of 1e-300 in the state that a third finding leaves as the only possible one."""
    tiny = np.array([[1e-300, 1 - 1e-300], [1.0, 0.0]])
    network = Network(
        "hidden",
        tuple(Variable(i, ("a", "b")) for i in "xpqr"),
        {"p": ("x",), "q": ("x",), "r": ("x",)},
        {"x": np.array([0.5, 0.5]), "p": tiny, "q": tiny, "r": np.array([[1.0, 0.0], [0.0, 1.0]])},
    )
    first = np.array([1.0, 0.0])
    for way in WAYS:
        found = compiled(network, way).marginals({"p": first, "q": first, "r": first})
        np.testing.assert_allclose(found.probabilities["x"], [1.0, 0.0])
        assert found.log_likelihood == pytest.approx(math.log(0.5) + 2 * math.log(1e-300))


def test_a_network_beyond_the_memory_limit_is_refused_with_the_figure() -> None:
    rng = np.random.default_rng(0)
    variables = tuple(Variable(f"v{i}", tuple("abcdefgh")) for i in range(7))
    parents = {"v6": tuple(f"v{i}" for i in range(6))}
    cpts = {f"v{i}": rng.dirichlet(np.ones(8)) for i in range(6)} | {"v6": rng.dirichlet(np.ones(8), (8,) * 6)}
    with pytest.raises(InputError, match=r"needs [\d,]+ MB, more than the limit of 1 MB"):
        compile_network(Network("large", variables, parents, cpts), memory_limit=2**20)


def test_derivatives_respect_the_memory_limit_where_tables_answer_the_rest() -> None:
    engine = compile_network(example_network("child"), memory_limit=2**10)
    assert engine.posterior({}, "Disease").log_likelihood == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(InputError, match="more than the limit"):
        engine.derivatives({}, "Disease")


def test_cost_is_known_before_a_query() -> None:
    cost = compile_network(chain(10, 0.1, None)).plan.cost
    assert 0 < cost.largest <= cost.flops
    assert cost.bytes > 0


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ({"x9": [1.0, 0.0]}, "no variable 'x9'"),
        ({"x1": [1.0, 0.0, 0.0]}, "needs 2 finite weights"),
        ({"x1": [1.0, -1.0]}, "needs 2 finite weights"),
        ({"x1": [1.0, math.nan]}, "needs 2 finite weights"),
        ({"x1": [0.0, 0.0]}, "rules out every state"),
    ],
)
def test_bad_findings(findings: dict[str, list[float]], message: str) -> None:
    engine = compile_network(chain(3, 0.1, "x0"))
    for ask in (engine.posterior, engine.marginals, engine.derivatives):
        with pytest.raises(InputError, match=message):
            ask({i: np.array(w) for i, w in findings.items()})


def test_bad_batches() -> None:
    engine = compile_network(chain(2, 0.1, "x0"))
    with pytest.raises(InputError, match="row 1: 2 is not a state number of 's0'"):
        engine.query_batch(np.array([[0, 1, -1, -1], [0, 2, -1, -1]]))
    with pytest.raises(InputError, match="expected"):
        engine.query_batch(np.zeros((2, 3), dtype=int))
    with pytest.raises(InputError, match="whole numbers"):
        engine.query_batch(np.zeros((2, 4)))
    small = engine.query_batch(np.array([[1, 0, -1, 1]], dtype=np.int8))
    np.testing.assert_array_equal(small.probabilities, [[0.0, 1.0]])
    with pytest.raises(InputError, match="same number of cases"):
        engine.query_batch(np.zeros((2, 4), dtype=int), {"s0": np.ones((3, 2))})
    with pytest.raises(InputError, match="finite weights"):
        engine.query_batch(weights={"s0": np.array([[1.0, math.inf]])})
    with pytest.raises(InputError, match="no target"):
        compile_network(chain(2, 0.1, None)).posterior({})
