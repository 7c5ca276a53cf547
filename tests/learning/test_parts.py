"""Learning from more cases than are held in memory: sums of parts are those of the whole."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from small_networks import drawn, small_network

from bayesdx.errors import InputError
from bayesdx.formats.proven_table import Columns, read_proven
from bayesdx.inference import compile_network
from bayesdx.learning import storage
from bayesdx.learning.em import fit
from bayesdx.learning.prior import prior_counts
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import Settings
from bayesdx.learning.update import learn_counts
from bayesdx.loading import load
from bayesdx.network import Network


def many(network: Network, n: int = 230) -> Sample:
    """Incomplete cases, some with weights; the first 100 do not state the first variable, nor have weights."""
    sample = drawn(network, n, 0.4, 2)
    rng = np.random.default_rng(3)
    sample.codes[:100, 0] = -1
    weights = np.ones((n, 3))
    weights[150:] = rng.uniform(0.1, 1.0, (n - 150, 3))
    return Sample(sample.codes, {"d": weights}, rng.uniform(0.5, 2.0, n))


@pytest.mark.parametrize("part", [50, 99, 229])
def test_em_by_parts(monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    network = small_network(1)
    sample, engine = many(network), compile_network(network)
    prior = prior_counts(network, 5.0)
    whole = fit(engine, sample, prior, tolerance=1e-9)
    monkeypatch.setattr(storage, "PART", part)
    assert len(list(sample.parts())) == -(-230 // part)
    parts = fit(engine, sample, prior, tolerance=1e-9)
    assert len(parts.objective) == len(whole.objective) > 5
    np.testing.assert_allclose(parts.objective, whole.objective, rtol=1e-12)
    for name in network.cpts:
        np.testing.assert_allclose(parts.counts[name], whole.counts[name], atol=1e-9)
        np.testing.assert_allclose(parts.engine.network.cpts[name], whole.engine.network.cpts[name], atol=1e-9)


def test_what_the_cases_hold_by_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_network(1)
    sample, engine = many(network), compile_network(network)
    prior, settings = prior_counts(network, 5.0), Settings(trust=0.8, restarts=0)
    whole = learn_counts(engine, sample, prior, settings)
    monkeypatch.setattr(storage, "PART", 60)
    parts = learn_counts(engine, sample, prior, settings)
    assert parts.power == whole.power
    for name in prior:
        np.testing.assert_allclose(parts.information[name], whole.information[name], atol=1e-9)
        np.testing.assert_allclose(parts.trusted[name], whole.trusted[name], atol=1e-9)
        assert whole.information[name].max() > 0.3


def test_an_impossible_case_in_any_part_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_network(5, zero=True)
    codes = np.full((90, 4), -1)
    codes[70] = [0, 0, 1, -1]
    monkeypatch.setattr(storage, "PART", 40)
    with pytest.raises(InputError, match="a case is impossible"):
        fit(compile_network(network), Sample(codes), prior_counts(network, 1.0))


def test_rows_lie_on_disk_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    codes, weights = rng.integers(-1, 5, (100, 3)), rng.random((40, 2))
    at = rng.random(100) < 0.7
    results = []
    for part in (1000, 30):
        monkeypatch.setattr(storage, "PART", part)
        growing = storage.Growing(3)
        growing.add(codes[:60], {})
        growing.add(codes[60:], {"v": weights})
        found, tables = growing.whole()
        assert (found == codes).all()
        assert (tables["v"] == np.vstack([np.ones((60, 2)), weights])).all()
        results.append((isinstance(found.base, np.memmap), storage.taken(found, at)))
    assert [mapped for mapped, _ in results] == [False, True]
    assert all((taken == codes[at]).all() for _, taken in results)


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_folder_is_the_table_of_its_tables(
    small_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load(small_path)
    network = model.network
    rng = np.random.default_rng(5)
    rows = []
    for i, case in enumerate(model.engine.sample({}, 300, rng).tolist()):
        row = {v.id: v.states[case[network.index[v.id]]] if rng.random() < 0.6 else "" for v in network.findings}
        rows.append({**row, "diagnosis": network.variables[0].states[case[0]], "n": "2", "day": f"202{i % 4}-05"})
    rows[20]["mr_t2_signal"] = "not hypo"
    rows[210]["mr_t2_signal"] = "hipo"
    rows[250].update({"ct_calcification": "absent", "ct_calcification_pattern": "punctate"})  # impossible
    write(tmp_path / "all.csv", rows)
    folder = tmp_path / "in" / "more"
    folder.mkdir(parents=True)
    write(folder.parent / "a.csv", rows[:120])
    write(folder / "b.csv", rows[120:])
    (folder / "_c.csv").write_text("x\n")
    columns = Columns("n", "day", 1.5)
    one = read_proven(tmp_path / "all.csv", network, {}, columns)
    monkeypatch.setattr(storage, "PART", 50)
    several = read_proven(tmp_path / "in", network, {}, columns)
    assert (several.sample.codes == one.sample.codes).all()
    assert (several.sample.weights["mr_t2_signal"] == one.sample.weights["mr_t2_signal"]).all()
    assert several.sample.sizes == pytest.approx(one.sample.sizes)
    assert len(set(one.sample.sizes.round(6).tolist())) == 4
    assert several.files == ("a.csv", "more/b.csv")
    first = model.learn(tmp_path / "all.csv", folds=2, restarts=0)
    monkeypatch.setattr(storage, "PART", 1 << 16)
    second = model.learn(tmp_path / "in", folds=2, restarts=0)
    assert [line for line, _ in second.errors] == [92, 132]
    assert [line for line, _ in first.errors] == [212, 252]
    assert all(message.startswith("more/b.csv: ") for _, message in second.errors)
    for name, cpt in first.document.network.cpts.items():
        np.testing.assert_allclose(second.document.network.cpts[name], cpt, atol=1e-9)


def test_a_folder_without_tables(small_path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no table"):
        load(small_path).learn(tmp_path)
