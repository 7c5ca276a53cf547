"""Cases held out: the check neither refuses good learning nor flatters what it has seen, and patients count."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import drawn, small_network

from bayesdx.inference import Engine, compile_network
from bayesdx.learning import storage
from bayesdx.learning.heldout import HeldOut, _case_of_each, _change, held_out
from bayesdx.learning.sample import Sample
from bayesdx.network import Network, Variable


def naive(tables: np.ndarray) -> Network:
    """Two diagnoses that are as frequent, and findings that are present with these probabilities (findings, 2)."""
    names = [f"f{i}" for i in range(len(tables))]
    findings = [Variable(name, ("present", "absent")) for name in names]
    variables = (Variable("d", ("x", "y"), kind="diagnosis"), *findings)
    cpts = {name: np.stack([row, 1 - row], axis=1) for name, row in zip(names, tables, strict=True)}
    return Network("n", variables, dict.fromkeys(names, ("d",)), {"d": np.array([0.5, 0.5]), **cpts}, target="d")


def counted(network: Network, rest: Sample, strength: float = 20.0) -> Engine:
    """Complete cases counted, with ``strength`` cases behind each row: in closed form."""
    cpts = {}
    for name, table in network.cpts.items():
        counts = strength * table
        at = [rest.codes[:, network.index[one]] for one in (*network.parents[name], name)]
        np.add.at(counts, tuple(at), rest.sizes)
        cpts[name] = counts / counts.sum(axis=-1, keepdims=True)
    return compile_network(Network("n", network.variables, network.parents, cpts, target="d"))


def scored(network: Network, sample: Sample, seed: int = 0) -> HeldOut:
    found = held_out(compile_network(network), sample, "d", lambda rest: counted(network, rest), seed=seed)
    assert found is not None
    return found


def test_learning_from_the_truth_is_not_worse() -> None:
    """A thousand cases of the truth, from tables that are 0.08 off, most of the cases being equal to others.

    What a case held out is expected to gain is the divergence of the truth from the network before, less what is
    left of it after: worked out from the eight kinds of case that there are.
    """
    worse = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        tables = rng.uniform(0.2, 0.8, (2, 2))
        truth, before = naive(tables), naive(np.clip(tables + rng.normal(0.0, 0.08, (2, 2)), 0.05, 0.95))
        sample = drawn(truth, 1000, 0.0, seed)
        found = scored(before, sample)
        worse += found.worse
        expected = loss(truth, counted(before, sample).network) - loss(truth, before)
        assert found.loss_after - found.loss_before == pytest.approx(expected, abs=0.02)
    assert worse <= 3


def loss(truth: Network, network: Network) -> float:
    """The mean of -ln P(d | findings) by ``network`` of the cases of ``truth``, two findings, by enumeration."""

    def joint(one: Network) -> np.ndarray:
        return np.einsum("d,da,db->dab", one.cpts["d"], one.cpts["f0"], one.cpts["f1"])

    given = joint(network)
    return float(-(joint(truth) * np.log(given / given.sum(axis=0))).sum())


def test_the_cases_of_a_patient_are_held_out_together() -> None:
    """Copies of a case, known by its patient, make its score no better than the case alone does.

    The findings tell nothing of the diagnosis but each stands in one case alone: who has seen its copy knows all.
    """
    rng = np.random.default_rng(1)
    n, card = 30, 30
    variables = (Variable("d", ("x", "y"), kind="diagnosis"), Variable("f", tuple(f"s{i}" for i in range(card))))
    network = Network(
        "n", variables, {"f": ("d",)}, {"d": np.full(2, 0.5), "f": np.full((2, card), 1 / card)}, target="d"
    )
    codes = np.stack([rng.permutation(n) % 2, np.arange(n)], axis=1)
    copies = np.repeat(codes, 5, axis=0)
    known = Sample(copies, patients=np.repeat(np.arange(n), 5))
    assert scored(network, known).loss_after > np.log(2) - 0.05
    assert scored(network, Sample(copies)).loss_after < 0.5 * np.log(2)  # nothing tells whose they are


def test_nothing_to_hold_out() -> None:
    network = naive(np.array([[0.4, 0.6]]))
    engine = compile_network(network)

    def held(sample: Sample) -> object:
        return held_out(engine, sample, "d", lambda rest: engine)

    codes = np.tile([0, 1], (25, 1))
    assert held(Sample(codes)) is not None
    assert held(Sample(codes[:19])) is None
    assert held(Sample(codes, patients=np.zeros(25, dtype=np.int64))) is None
    assert held(Sample(codes, sizes=np.full(25, 0.5))) is None
    assert held(Sample(codes[:1], sizes=np.array([25.0]))) is not None
    assert held(Sample(-1 * np.ones((25, 2), dtype=np.int64))) is None


def test_rows_that_count_are_their_patients() -> None:
    """Four rows of 2,000 patients score as these patients do, one a row."""
    network = naive(np.array([[0.3, 0.5]]))
    codes, sizes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([5, 995, 900, 100])
    rows = scored(network, Sample(codes, sizes=sizes.astype(float)))
    each = scored(network, Sample(np.repeat(codes, sizes, axis=0)))
    assert (rows.cases, each.cases) == (4, 2000)
    assert rows.loss_before == pytest.approx(each.loss_before, rel=1e-12)
    assert rows.loss_after == pytest.approx(each.loss_after, abs=2e-3)
    assert (rows.first_before, rows.first_after) == pytest.approx((each.first_before, each.first_after))
    assert rows.change == pytest.approx(each.change, abs=0.1 * (each.change[1] - each.change[0]))
    assert rows.unrelated == pytest.approx(each.unrelated)
    assert rows.worse == each.worse is False


def test_the_patients_of_each_row() -> None:
    assert _case_of_each(np.array([1.0, 1.0, 1.0])).tolist() == [0, 1, 2]
    assert _case_of_each(np.array([2.0, 0.5, 0.5, 3.0])).tolist() == [0, 0, 2, 3, 3, 3]
    many = np.bincount(_case_of_each(np.array([3e9, 1e9])))
    assert many.tolist() == [3 * storage.PART // 4, storage.PART // 4]


def test_the_interval_of_the_change_is_that_of_the_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    difference, sizes = rng.gamma(0.5, 1.0, 3000), rng.integers(1, 4, 3000).astype(float)
    each = np.repeat(difference, sizes.astype(int))
    means = [rng.choice(each, len(each)).mean() for _ in range(500)]
    whole = _change(difference, sizes, np.random.default_rng(2))
    width = whole[1] - whole[0]
    assert whole == pytest.approx(np.percentile(means, [2.5, 97.5]).tolist(), abs=0.1 * width)
    monkeypatch.setattr(storage, "PART", 100)
    assert _change(difference, sizes, np.random.default_rng(2)) == pytest.approx(whole, abs=0.1 * width)


def test_scores_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not depend on the folds is the same."""
    network = small_network(1)
    sample, engine = drawn(network, 400, 0.2, 4), compile_network(network)

    def score() -> HeldOut:
        found = held_out(engine, sample, "a", lambda rest: engine)
        assert found is not None
        return found

    whole = score()
    monkeypatch.setattr(storage, "PART", 90)
    parts = score()
    np.testing.assert_allclose(parts.before, whole.before, atol=1e-12)
    assert parts.first_before == pytest.approx(whole.first_before)
    assert parts.unrelated == pytest.approx(whole.unrelated, abs=0.05)
