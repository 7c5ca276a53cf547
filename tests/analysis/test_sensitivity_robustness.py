"""The worst case over balls of rows, and what each group of numbers contributes to the variance."""

from __future__ import annotations

import itertools
import math
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from example_networks import example_network
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from sensitivity_networks import ask, hard, two_node
from test_sensitivity_one_way import random_diagnostic, with_target

import bayesdx
from bayesdx.analyses.sensitivity.numbers.constraints import changes_for, leader_conditions
from bayesdx.analyses.sensitivity.numbers.importance import SIZES, ImportanceResult, importance
from bayesdx.analyses.sensitivity.numbers.literature import Publications
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.analyses.sensitivity.numbers.pick_freeze import Sample
from bayesdx.analyses.sensitivity.numbers.result import sensitivity
from bayesdx.analyses.sensitivity.numbers.robustness import best_row, worst_case
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.inference import Engine, compile_network
from bayesdx.inference.draws import dirichlet_draws
from bayesdx.network import Array, Network, Variable


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(1.01, 50))
def test_best_row_against_every_corner(seed: int, k: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    row, gains = rng.dirichlet(np.ones(k)), rng.normal(size=k)
    best = best_row(row[None], gains[None], factor)[0]
    corners = [row * np.array(r) for r in itertools.product((1.0, factor), repeat=k)]
    values = [float(corner @ gains / corner.sum()) for corner in corners]
    assert best.sum() == pytest.approx(1)
    assert best @ gains == pytest.approx(max(values))
    ratio = np.log(best / row)
    assert ratio.max() - ratio.min() <= math.log(factor) + 1e-9


def test_two_nodes_by_hand() -> None:
    """Odds 0.09 : 0.045 become level when 2 = r (prior) x shifts of 0.9 down and 0.05 up in odds."""
    network = two_node()
    found = worst_case(ask(network, hard(network, test="positive")))

    def margin(r: float) -> float:
        down, up = 0.9 / (0.9 + 0.1 * r), 0.05 * r / (0.05 * r + 0.95)
        return math.log(0.9 * up * r) - math.log(0.1 * down)

    assert found.kind == "exact"
    assert found.rival == 1
    assert found.factor == pytest.approx(brentq(margin, 1, 3), rel=2e-3)


def test_latent_variable_against_enumeration(small: NetworkDocument) -> None:
    """All corners of the latent row of each diagnosis; the rows below it move on their own."""
    network = small.network
    findings = hard(network, level="lumbar", mr_t2_signal="hyper", sex="male", ct_calcification="present")
    found = worst_case(ask(network, findings))
    posterior = compile_network(network).posterior(findings).probabilities
    leader = int(posterior.argmax())

    def extreme(d: int, factor: float, worst: int) -> float:
        """Largest (worst = 1) or smallest (-1) P(d, e) with all rows of d in the ball, the prior left out."""

        def moved(theta: float) -> float:
            odds = theta / (1 - theta) * factor**worst
            return odds / (1 + odds)

        simple = [network.cpts["level"][d, 2], network.cpts["sex"][d, 1]]
        parts = [
            moved(network.cpts["mr_t2_signal"][d, m, 2]) * moved(network.cpts["ct_calcification"][d, m, 1])
            for m in range(3)
        ]
        row = network.cpts["mineralisation"][d]
        corners = [row * np.array(r) for r in itertools.product((1.0, factor), repeat=3)]
        sums = [float(c @ parts / c.sum()) for c in corners]
        return float(
            network.cpts["diagnosis"][d]
            * np.prod([moved(x) for x in simple])
            * (worst * max(worst * s for s in sums))
        )

    def margin(factor: float) -> float:
        rivals = [d for d in range(5) if d != leader]
        top = max(extreme(d, factor, 1) for d in rivals)
        return math.log(top * factor) - math.log(extreme(leader, factor, -1))

    assert found.kind == "exact"
    assert found.factor == pytest.approx(brentq(margin, 1, 100), rel=2e-3)


def test_single_changes_lie_in_the_ball() -> None:
    """Where one number changes the leader by a factor of its odds, a ball of that factor does too."""
    network = with_target(example_network("asia"), "lung")
    question = ask(network, hard(network, xray="yes", dysp="yes"))
    found = worst_case(question)
    one = one_way(question)
    smallest = changes_for(one, leader_conditions(one.posterior), 1)[0]
    assert found.factor is not None
    assert 1 < found.at_least <= found.factor < math.exp(abs(smallest.log_odds))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_bounds_hold_on_shared_rows(seed: int) -> None:
    """d -> h -> (a, b), d -> a: no random corner of the lower ball, or just inside the upper, changes the leader.

    At the upper bound itself the search has shown a network of the ball in which the rival is level.
    """
    rng = np.random.default_rng(seed)
    network = random_diagnostic(rng, zeros=False)
    findings = {"a": np.eye(3)[rng.integers(3)], "b": rng.random(4)}
    engine = compile_network(network)
    found = worst_case(ask(network, findings))
    assert found.factor is not None
    assert 1 <= found.at_least <= found.factor
    leader = int(engine.posterior(findings).probabilities.argmax())
    for inside in (found.at_least, 1 + 0.98 * (found.factor - 1)):
        for _ in range(30):
            moved = {}
            for name, table in network.cpts.items():
                lifted = table * np.where(rng.random(table.shape) < 0.5, inside, 1.0)
                moved[name] = lifted / lifted.sum(axis=-1, keepdims=True)
            answer = compile_network(network.with_cpts(moved)).posterior(findings).probabilities
            assert int(answer.argmax()) == leader


def test_leader_that_no_ball_moves() -> None:
    """Impossible rivals stay impossible."""
    network = Network(
        "n",
        (Variable("d", ("x", "y")), Variable("f", ("p", "q"))),
        {"f": ("d",)},
        {"d": np.array([0.5, 0.5]), "f": np.array([[0.5, 0.5], [0.0, 1.0]])},
        target="d",
    )
    assert worst_case(ask(network, {"f": np.array([1.0, 0.0])})).factor is None


def three_findings(seed: int = 2) -> Network:
    """Three diagnoses and three findings, with few lesions behind each row."""
    rng = np.random.default_rng(seed)
    variables = (Variable("d", ("x", "y", "z")), *(Variable(f, ("p", "q", "r")) for f in "fgh"))
    counts = {f: rng.gamma(2.0, 3.0, size=(3, 3)) + 0.5 for f in "fgh"}
    cpts = {f: t / t.sum(axis=1, keepdims=True) for f, t in counts.items()}
    return Network("n", variables, {f: ("d",) for f in "fgh"}, {"d": np.full(3, 1 / 3), **cpts}, counts, target="d")


SEEN = {f: np.eye(3)[i] for i, f in enumerate("fgh")}
RNG = np.random.default_rng(5)


#: The rows (finding, diagnosis) that each source has a fact on.
INFORMED = {"one": [("f", 0), ("g", 1)], "two": [("f", 0), ("f", 1), ("h", 2)]}


def literature() -> Publications:
    """As much of a literature as the shares need: sources, no correlation between studies."""

    def sources(name: str, diagnosis: int) -> set[str]:
        return {source for source, rows in INFORMED.items() if (name, diagnosis) in rows}

    stub = SimpleNamespace(study_correlation=lambda name: 0.0, reliance=1.0, sources=sources)
    return cast(Publications, stub)


@pytest.fixture(scope="module")
def shares() -> ImportanceResult:
    network = three_findings()
    question = ask(network, SEEN)
    return importance(question, question.engine.derivatives(SEEN, "d"), Sample(question, 6000), literature())


def pick_freeze(engine: Engine, seen: dict[str, Array], leader: int, rows: dict[str, list[int]], n: int) -> float:
    """Share of ``rows`` by the covariance of two answers that have their draws in common (Sobol 1993)."""
    network, rng = engine.network, np.random.default_rng(8)
    names = [name for name in network.ancestral([str(network.target), *seen]) if name in network.counts]
    first, second = ({f: dirichlet_draws(network.counts[f], n, rng) for f in names} for _ in range(2))
    y = engine.posterior_draws(seen, first)[:, leader]
    for name, members in rows.items():
        second[name][:, members] = first[name][:, members]
    other = engine.posterior_draws(seen, second)[:, leader]
    return float(np.cov(y, other)[0, 1] / np.sqrt(y.var() * other.var()))


def test_shares_against_pick_freeze(shares: ImportanceResult) -> None:
    engine = compile_network(three_findings())
    leader = int(engine.posterior(SEEN).probabilities.argmax())
    kinds = set()
    for group in shares.groups:
        rows: dict[str, list[int]] = {}
        if group.kind == "source":
            for name, row in INFORMED[group.source]:
                rows.setdefault(name, []).append(row)
        elif group.kind == "diagnosis":
            rows = {f: [group.diagnosis or 0] for f in "fgh"}
        else:
            rows[group.finding] = [0, 1, 2] if group.kind == "finding" else [group.context or 0]
        expected = pick_freeze(engine, SEEN, leader, rows, 20_000)
        assert group.share == pytest.approx(expected, abs=4 * math.hypot(group.error, 0.008))
        kinds.add(group.kind)
    assert kinds == {"row", "finding", "diagnosis", "source"}
    y = engine.posterior_draws(SEEN, {f: dirichlet_draws(engine.network.counts[f], 20_000, RNG) for f in "fgh"})
    assert shares.variance == pytest.approx(y[:, leader].var(), rel=0.1)


@pytest.mark.parametrize("seed", [1, 3])
def test_shares_beside_numbers_that_all_diagnoses_have_in_common(seed: int) -> None:
    """d -> a and d -> b -> c: the rows of c belong to no diagnosis, and an answer has one draw of them."""
    rng = np.random.default_rng(seed)
    variables = (Variable("d", ("x", "y", "z")), *(Variable(f, ("p", "q", "r")) for f in "abc"))
    counts = {f: rng.gamma(2.0, 3.0, size=(3, 3)) + 0.5 for f in "abc"}
    cpts = {f: t / t.sum(axis=1, keepdims=True) for f, t in counts.items()}
    parents = {"a": ("d",), "b": ("d",), "c": ("b",)}
    network = Network("n", variables, parents, {"d": np.full(3, 1 / 3), **cpts}, counts, target="d")
    seen = {"a": np.eye(3)[0], "c": np.eye(3)[1]}
    question = ask(network, seen)
    leader = int(question.posterior.argmax())
    found = importance(question, question.derivatives, Sample(question, 6000))
    for group in found.of("diagnosis"):
        rows = {f: [group.diagnosis or 0] for f in "ab"}
        expected = pick_freeze(question.engine, seen, leader, rows, 20_000)
        assert group.share == pytest.approx(expected, abs=4 * math.hypot(group.error, 0.008))


def test_what_a_study_removes_counts_its_lesions_as_the_network_would() -> None:
    """With a correlation and a reliance the bound is that of a study of so many more counts."""
    question = ask(three_findings(), SEEN)
    sample, derivatives = Sample(question, 2000), question.derivatives
    plain = importance(question, derivatives, sample, literature())
    other = SimpleNamespace(study_correlation=lambda name: 0.2, reliance=1.3, sources=lambda name, row: set())
    found = importance(question, derivatives, sample, cast(Publications, other))
    lesions = [size / (1 + (size - 1) * 0.2) for size in SIZES]
    assert found.effective == pytest.approx(lesions)
    row = found.of("row")[0]
    same = next(one for one in plain.of("row") if (one.finding, one.context) == (row.finding, row.context))
    own = three_findings().counts[row.finding][row.context or 0].sum()
    for more, removed in zip(lesions, row.removed, strict=True):
        known = 1.3 * more / (1.3 * more + own)
        assert known**2 * same.share - 1e-9 <= removed <= known * same.share + 1e-9


def test_a_drawing_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> Array:
        raise MemoryError

    monkeypatch.setattr("bayesdx.inference.draws._table_draws", out_of_memory)
    with pytest.raises(MemoryError):
        Sample(ask(three_findings(), SEEN), 200)


def test_a_refusal_does_not_wait_for_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong beside them ends the draws with their portion."""
    told: list[int] = []
    question = ask(three_findings(), SEEN)

    def failing(*_: object) -> object:
        raise InputError("broken")

    with pytest.raises(InputError, match="no co-variation 'unifrm'; did you mean 'uniform'"):
        sensitivity(question, draws=2_000_000, covariation="unifrm", advance=told.append)
    monkeypatch.setattr("bayesdx.analyses.sensitivity.numbers.result.one_way", failing)
    with pytest.raises(InputError, match="broken"):
        sensitivity(question, draws=2_000_000, advance=told.append)
    assert sum(told) < 100_000


def test_what_holds_by_itself_is_no_change() -> None:
    """Under the uniform scheme a row is evened out before anything moves: the value itself is no answer."""
    model = bayesdx.load("spine", prior="uniform")
    case = {"level": "cervical", "mr_t2_signal": "hyper", "ct_calcification": "present"}
    found = one_way(model.question({"findings": case}), "uniform")
    changes = changes_for(found, leader_conditions(found.posterior))
    assert changes
    for change in changes:
        assert abs(change.log_odds) > 1e-9


def test_a_diagnosis_whose_findings_depend_on_mineralisation() -> None:
    """What its numbers do together does not factorise over forms and mineralisation."""
    network = bayesdx.load("spine", prior="uniform").network
    findings = hard(network, level="cervical", mr_t1_signal="iso")
    question = ask(network, findings)
    leader = int(question.engine.posterior(findings).probabilities.argmax())
    found = importance(question, question.engine.derivatives(findings, "diagnosis"), Sample(question))
    largest = found.of("diagnosis")[0]
    assert largest.diagnosis == leader
    forms = np.flatnonzero(network.cpts["form"][leader]).tolist()
    rows = {"form": [leader], **{name: forms for name in ("level", "mineralisation", "mr_t1_signal")}}
    expected = pick_freeze(question.engine, findings, leader, rows, 6_000)
    assert largest.share == pytest.approx(expected, abs=4 * math.hypot(largest.error, 0.01))
    assert largest.share > 0.8


def test_removed_against_simulated_studies(shares: ImportanceResult) -> None:
    """Draw a study, then two sets of parameters given it: their answers covary by what the study explains."""
    network = three_findings()
    engine = compile_network(network)
    leader = int(engine.posterior(SEEN).probabilities.argmax())
    rng = np.random.default_rng(6)
    n = 20_000
    for group in shares.of("row")[:2]:
        assert group.context is not None
        prior = network.counts[group.finding][group.context]
        truth = dirichlet_draws(prior, n, rng)
        for number, size in enumerate(SIZES):
            study = rng.multinomial(size, truth)
            answers = []
            for _ in range(2):
                cpts = {f: dirichlet_draws(network.counts[f], n, rng) for f in "fgh"}
                after = rng.standard_gamma(prior + study)
                cpts[group.finding][:, group.context] = after / after.sum(axis=1, keepdims=True)
                answers.append(engine.posterior_draws(SEEN, cpts)[:, leader])
            expected = float(np.cov(*answers)[0, 1] / np.var(answers[0]))
            assert expected - 0.03 < group.removed[number] < expected + 0.06  # an upper bound


def test_shares_grow_with_the_study_and_the_group(shares: ImportanceResult) -> None:
    for group in shares.groups:
        assert 0 < group.error < 0.05
        if group.kind == "source":
            assert group.removed == ()
        else:
            assert 0 <= group.removed[0] <= group.removed[1] + 1e-9 <= group.removed[2] + 2e-9 <= group.share + 3e-9
    by_row = {(g.finding, g.context): g.share for g in shares.of("row")}
    for group in shares.of("finding"):
        assert group.share >= max(v for (f, _), v in by_row.items() if f == group.finding) - 0.04
    assert shares.effective == SIZES


def test_without_counts_nothing_varies() -> None:
    network = two_node()
    question = ask(network, hard(network, test="positive"))
    found = importance(question, question.engine.derivatives(question.findings, "disease"), Sample(question))
    assert found.groups == ()


def test_worst_case_is_not_beaten_by_random_corners(small: NetworkDocument) -> None:
    """Just inside the ball that was found: no random choice of corners of all rows changes the leader."""
    network = small.network
    findings = hard(network, level="cervical", mr_t2_signal="mixed", age_group="60+")
    found = worst_case(ask(network, findings))
    assert found.factor is not None
    leader = int(compile_network(network).posterior(findings).probabilities.argmax())
    rng = np.random.default_rng(1)
    inside = 0.999 * (found.factor - 1) + 1

    def corner(table: Array) -> Array:
        moved = table * np.where(rng.random(table.shape) < 0.5, inside, 1.0)
        return np.asarray(moved / moved.sum(axis=-1, keepdims=True))

    for _ in range(200):
        moved = {name: corner(np.asarray(table)) for name, table in network.cpts.items()}
        answer = compile_network(network.with_cpts(moved)).posterior(findings).probabilities
        assert int(answer.argmax()) == leader
