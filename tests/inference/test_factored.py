"""Marginals of products of tables: against enumeration in logarithms, in slices, and where numbers run out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bayesdx.errors import ImpossibleFindings, InputError
from bayesdx.inference import factored
from bayesdx.inference.elimination import Graph, eliminated, heuristics
from bayesdx.inference.factored import FactorMarginals, factor_marginals
from bayesdx.inference.plan import Scope, best_plan
from bayesdx.inference.reduction import reduced
from bayesdx.network import Array

Model = tuple[list[int], list[Scope], list[Array]]


def random_model(rng: np.random.Generator, size: int, zeros: float, spread: float) -> Model:
    """Tables of up to three variables whose entries differ by up to ``spread`` powers of ten; some are 0."""
    cards = rng.integers(1, 5, size).tolist()
    scopes: list[Scope] = []
    tables = []
    for _ in range(int(rng.integers(0, 2 * size))):
        scope = tuple(rng.choice(size, min(size, int(rng.integers(0, 4))), replace=False).tolist())
        shape = [cards[v] for v in scope]
        scopes.append(scope)
        tables.append(10.0 ** rng.uniform(-spread / 2, spread / 2, shape) * (rng.random(shape) >= zeros))
    return cards, scopes, tables


def enumerated(model: Model, evidence: dict[int, int]) -> tuple[list[Array], float]:
    """Marginals and ln Z from the whole joint table, in logarithms; ln Z is -inf where the product is 0."""
    cards, scopes, tables = model
    joint = np.zeros(cards)
    for v, state in evidence.items():
        joint = joint + np.log(np.arange(cards[v]) == state).reshape(
            [-1 if u == v else 1 for u in range(len(cards))]
        )
    for scope, table in zip(scopes, tables, strict=True):
        order = np.argsort(scope)
        moved = table.transpose(order) if scope else table
        joint = joint + np.log(moved).reshape([cards[v] if v in scope else 1 for v in range(len(cards))])
    if np.isneginf(joint.max()):
        return [], -math.inf
    weights = np.exp(joint - joint.max())
    sums = [weights.sum(axis=tuple(u for u in range(len(cards)) if u != v)) for v in range(len(cards))]
    return [found / found.sum() for found in sums], float(np.log(weights.sum()) + joint.max())


def check(model: Model, evidence: dict[int, int], found: FactorMarginals) -> None:
    expected, log_z = enumerated(model, evidence)
    assert found.log_z == pytest.approx(log_z, rel=1e-9, abs=1e-9)
    for ours, theirs in zip(found.marginals, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**9),
    size=st.integers(1, 7),
    zeros=st.sampled_from([0.0, 0.2, 0.5]),
    spread=st.sampled_from([2.0, 200.0, 600.0]),
    slices=st.booleans(),
)
def test_marginals_are_those_of_the_joint_table(
    seed: int, size: int, zeros: float, spread: float, slices: bool
) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, size, zeros, spread)
    evidence = {v: int(rng.integers(card)) for v, card in enumerate(model[0]) if rng.random() < 0.2}
    limit = 400 if slices else 2**30
    with np.errstate(divide="ignore"):
        if enumerated(model, evidence)[1] == -math.inf:
            with pytest.raises(ImpossibleFindings):
                factor_marginals(*model, evidence, limit)
            return
        check(model, evidence, factor_marginals(*model, evidence, limit))


def grid(side: int, card: int = 2) -> Model:
    """A square grid with random tables between neighbours."""
    rng = np.random.default_rng(side)
    at = [(row, column) for row in range(side) for column in range(side)]
    scopes = [
        (at.index(a), at.index(b)) for a, b in combinations(at, 2) if abs(a[0] - b[0]) + abs(a[1] - b[1]) == 1
    ]
    return [card] * side**2, list(scopes), [rng.random((card, card)) + 0.1 for _ in scopes]


def test_slices_add_up_to_the_whole() -> None:
    model = grid(7)
    whole = factor_marginals(*model, {3: 1})
    assert whole.passes.slices == 1
    parts = factor_marginals(*model, {3: 1}, whole.passes.bytes // 3)
    assert parts.passes.slices > 1
    assert parts.passes.bytes <= whole.passes.bytes // 3
    assert parts.log_z == pytest.approx(whole.log_z, rel=1e-12)
    for a, b in zip(parts.marginals, whole.marginals, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_what_is_too_much_is_refused_with_its_size() -> None:
    model = grid(7)
    taken = factor_marginals(*model, {}).passes
    size = rf"needs {taken.bytes / 2**20:,.0f} MB, where 0 MB are allowed.*induced width {taken.width}"
    with pytest.raises(InputError, match=size):
        factor_marginals(*model, {}, taken.bytes // 3, taken.flops)
    everybody = [(a, b) for a, b in combinations(range(70), 2)]
    with pytest.raises(InputError, match=r"product of 2\^70 numbers"):
        factor_marginals([2] * 70, everybody, [np.array([[1.0, 2.0], [3.0, 1.0]])] * len(everybody), {})


def colours(variables: int, equal: float) -> Model:
    """Two colours for variables of which each pair weighs ``equal`` when both have the same."""
    scopes: list[Scope] = list(combinations(range(variables), 2))
    return [2] * variables, scopes, [np.array([[equal, 1.0], [1.0, equal]])] * len(scopes)


def test_numbers_that_no_scale_can_hold_are_added_as_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    run = factored.run_in_logs
    monkeypatch.setattr(factored, "run_in_logs", lambda *given: asked.append(1) or run(*given))
    model = colours(4, 1e-200)  # Z is 6e-400
    check(model, {0: 1}, factor_marginals(*model, {0: 1}))
    assert asked
    check(colours(4, 1e-50), {}, factor_marginals(*colours(4, 1e-50), {}))
    assert len(asked) == 1


def test_leaves_that_no_factor_can_scale_are_added_as_logarithms() -> None:
    """The largest entry of one is so small that its inverse is no number; the other spans more than numbers do."""
    small = np.array([1.8e-312, 5.2e-311])
    wide = np.array([[1.7e-321, 8.4e299], [0.56, 0.41]])
    third = np.array([[0.24, 0.13, 0.59, 0.22], [0.04, 0.6, 0.5, 0.42]])
    found = factor_marginals([2, 4, 2], [(0, 2), (0,), (2, 1)], [wide, small, third], {})
    # P(x0 = 1) is about 5.2e-311 · (0.56 · 1.18 + 0.41 · 1.56) over 1.8e-312 · 8.4e299 · 1.56
    assert found.marginals[0] == pytest.approx(
        [1.0, 5.2e-311 / 1.8e-312 * (0.56 * 1.18 + 0.41 * 1.56) / 8.4e299 / 1.56]
    )
    assert found.marginals[1] == pytest.approx(third[1] / 1.56)


def test_scales_hold_what_one_number_cannot() -> None:
    rng = np.random.default_rng(0)
    for size in (1e-200, 1e200):
        tables = [size * (rng.random((2, 2)) + 0.5) for _ in range(11)]
        model: Model = ([2] * 12, [(i, i + 1) for i in range(11)], tables)
        check(model, {}, factor_marginals(*model, {}))


def test_contradictions_that_no_single_table_shows_are_found() -> None:
    with pytest.raises(ImpossibleFindings):
        factor_marginals(*colours(3, 0.0), {})


def test_impossible_states_go_before_planning() -> None:
    chain = np.array([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]])
    found = reduced([3] * 20, [(i, i + 1) for i in range(19)], [chain] * 19, {7: 2})
    assert found.factors.scopes == ()
    assert [states.tolist() for states in found.possible] == [[2]] * 20
    assert found.log_scale == pytest.approx(19 * math.log(3.0))


def cliques(graph: Graph, order: Sequence[int]) -> list[set[int]]:
    """What each elimination joins, in plain sets."""
    neighbours, found = {v: set(around) for v, around in graph.neighbours.items()}, []
    for v in order:
        around = neighbours.pop(v)
        found.append({v, *around})
        for u in around:
            neighbours[u] |= around
            neighbours[u] -= {u, v}
    return found


def test_a_hub_with_more_neighbours_than_floating_point_can_hold() -> None:
    """A sweep that meets it gives up; another order is taken."""
    hub, cycles = 0, range(600)
    scopes = [(hub, 1 + 4 * i + k) for i in cycles for k in range(4)]
    scopes += [(1 + 4 * i + k, 1 + 4 * i + (k + 1) % 4) for i in cycles for k in range(4)]
    cards = [2] * (1 + 4 * len(cycles))
    plan = best_plan(cards, scopes, restarts=4)
    assert max(map(len, plan.unions)) == 4


def test_a_search_ends_where_more_work_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    cards, scopes, _ = grid(24)
    tried = []
    monkeypatch.setattr(
        "bayesdx.inference.plan.eliminated", lambda *given: tried.append(given) or eliminated(*given)
    )
    best_plan(cards, scopes, restarts=400, work_limit=2.0**28)
    assert len(tried) < 8
    best_plan(cards, scopes, restarts=10)
    assert len(tried) > 14


def test_a_sweep_keeps_grids_narrow() -> None:
    cards, scopes, _ = grid(14)
    graph = Graph([math.log(card) for card in cards], scopes)
    found = [eliminated(graph, (), way) for way in heuristics(graph)]
    widths = [max(map(len, cliques(graph, one.order))) - 1 for one in found if one is not None]
    assert min(widths) == widths[-1] == 14
    wide, narrow = (best_plan(cards, scopes, restarts=8, memory_limit=limit).cost for limit in (math.inf, 2**15))
    assert narrow.bytes < wide.bytes


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_the_least_clique_bounds_every_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cards, scopes, _ = random_model(rng, 9, 0.0, 1.0)
    graph = Graph([math.log(card) for card in cards], scopes)
    bound, start = graph.least_clique(), graph.copy()
    stripped = start.strip(())
    assert len(set(stripped)) + len(start.neighbours) == len(graph.neighbours)
    for way in heuristics(graph):
        found = eliminated(graph, (), way, rng.random)
        assert found is not None
        sizes = [sum(math.log(cards[v]) for v in clique) for clique in cliques(graph, found.order)]
        assert max(sizes, default=0.0) >= bound - 1e-9
        assert found.cost == pytest.approx(sum(map(math.exp, sizes)))
        assert sorted(found.order) == sorted(graph.neighbours)


def test_markov_networks_as_pyagrum_has_them() -> None:
    gum = pytest.importorskip("pyagrum")
    rng = np.random.default_rng(3)
    cards, scopes, tables = grid(3, 3)
    scopes = [(b, a) if rng.random() < 0.5 else (a, b) for a, b in scopes]
    tables = [table * (rng.random(table.shape) > 0.2) for table in tables]
    net = gum.MarkovRandomField()
    for v, card in enumerate(cards):
        net.add(gum.RangeVariable(f"x{v}", "", 0, card - 1))
    product: dict[Scope, Array] = {}
    for scope, table in zip(scopes, tables, strict=True):
        place = tuple(sorted(scope))
        moved = table.transpose(np.argsort(scope)) if scope else table
        product[place] = product.get(place, 1.0) * moved
    for place, table in product.items():
        if place:
            net.addFactor([f"x{v}" for v in place])
            factor = net.factor({f"x{v}" for v in place})
            axes = [place.index(int(name[1:])) for name in reversed(factor.names)]
            factor.fillWith(table.transpose(axes).ravel().tolist())
    theirs = gum.ShaferShenoyMRFInference(net)
    theirs.setEvidence({"x1": 0})
    theirs.makeInference()
    found = factor_marginals(cards, scopes, tables, {1: 0})
    for v, ours in enumerate(found.marginals):
        np.testing.assert_allclose(ours, theirs.posterior(f"x{v}").toarray(), atol=1e-9)
