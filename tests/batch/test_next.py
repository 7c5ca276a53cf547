"""What to look at next, for many cases: as what-if has it of each of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import bayesdx
from bayesdx.analyses.what_if.numbers.worth import finding_values
from bayesdx.batch import Spec, score
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.loading import load
from bayesdx.model import Model
from bayesdx.network import Network, Variable


def some_cases(model: Model, n: int) -> list[dict[str, Any]]:
    """Cases that the network draws; some state what is not so, and some are wrong."""
    rng = np.random.default_rng(1)
    drawn = model.engine.sample({}, n, rng)
    rows: list[dict[str, Any]] = []
    for i, case in enumerate(drawn.tolist()):
        row: dict[str, Any] = {}
        for v in model.network.findings:
            state = v.states[case[model.network.index[v.id]]]
            other = next(one for one in v.states if one != state)
            row[v.id] = None if rng.random() < 0.6 else f"not {other}" if rng.random() < 0.1 and i % 3 else state
        rows.append(row)
    rows[0] = dict.fromkeys(rows[0])
    rows[1]["level"] = "lumbr"
    return rows


@pytest.mark.parametrize("name", ["spine", "small"])
def test_as_of_single_cases(name: str, small_path: Path) -> None:
    model = load(small_path if name == "small" else name)
    rows = some_cases(model, 40)
    (found,) = score([pa.RecordBatch.from_pylist(rows)], Spec(model, top=1, next=True))
    uncertain = 0
    for row, best, bits in zip(rows, *(found.column(c).to_pylist() for c in ("next", "next_bits")), strict=True):
        try:
            question = model.question({"findings": {k: v for k, v in row.items() if v is not None}})
        except InputError:
            assert (best, bits) == (None, None)
            continue
        values, _ = finding_values(question, question.posterior)
        assert bits == pytest.approx(values[0].information, abs=1e-9)
        assert best == values[0].variable.id or values[1].information == pytest.approx(bits, abs=1e-9)
        uncertain += question.hard_findings().keys() != question.findings.keys()
    assert uncertain > 2
    assert len(set(found.column("next").to_pylist())) > 3


def test_intervals_as_of_single_cases() -> None:
    model = load("spine")
    rows = some_cases(model, 40)
    (found,) = score([pa.RecordBatch.from_pylist(rows)], Spec(model, top=3, intervals=True))
    uncertain = 0
    for row, answer in zip(rows, found.to_pylist(), strict=True):
        if answer["error"]:
            assert answer["low_1"] is answer["high_3"] is None
            continue
        result = model.query({"findings": {k: v for k, v in row.items() if v is not None}})
        known = {one.diagnosis: one.interval for one in result.posterior}
        for k in (1, 2, 3):
            assert (answer[f"low_{k}"], answer[f"high_{k}"]) == pytest.approx(known[answer[f"state_{k}"]], abs=1e-9)
        uncertain += len(result.question.hard_findings()) < len(result.question.findings)
    assert uncertain > 2


@pytest.mark.parametrize("name", ["source_file", "source_row", "source_error"])
def test_a_finding_that_is_called_as_a_place_is_refused(name: str) -> None:
    variables = (Variable("d", ("x", "y")), Variable(name, ("a", "b")))
    cpts = {"d": np.array([0.5, 0.5]), name: np.array([[0.2, 0.8], [0.6, 0.4]])}
    document = NetworkDocument(Network("n", variables, {name: ("d",)}, cpts, target="d"))
    with pytest.raises(InputError, match=f"'{name}' says in a cohort where a row comes from"):
        Spec(Model(document, "network"))


def test_intervals_need_counts_and_a_top() -> None:
    with pytest.raises(InputError, match=r"say how many \(--top, 1 to 40\)"):
        Spec(load("spine"), intervals=True)
    network = load("spine").network
    bare = load("spine").document
    exact = Model(replace(bare, network=network.with_cpts(dict(network.cpts)), prior_sets={}), "network")
    with pytest.raises(InputError, match="holds no counts: its posteriors have no intervals"):
        Spec(exact, top=1, intervals=True)


@pytest.mark.parametrize("tabulated", [True, False])
def test_joints_of_a_batch(tabulated: bool, small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By tables and by entering states: those of single queries; zero where a case states the variable."""
    if not tabulated:
        monkeypatch.setattr("bayesdx.inference.engine.lookup_tables", lambda *arguments: None)
    model = load(small_path)
    engine, network = model.engine, model.network
    assert engine.tabulated == tabulated
    rng = np.random.default_rng(2)
    codes = engine.sample({}, 12, rng)
    codes[rng.random(codes.shape) < 0.5] = -1
    codes[:, network.index["diagnosis"]] = -1
    codes[:, network.index["mineralisation"]] = -1
    weights = {"sex": np.ones((12, 2))}
    weights["sex"][4] = [0.2, 0.9]
    codes[4, network.index["sex"]] = -1
    names = [v.id for v in network.findings]
    for name, joints in zip(names, engine.joints_batch(names, codes, weights), strict=True):
        for i, joint in enumerate(joints):
            state = codes[i, network.index[name]]
            findings = {
                v.id: np.eye(v.cardinality)[codes[i, j]]
                for j, v in enumerate(network.variables)
                if codes[i, j] >= 0
            }
            if i == 4:
                findings["sex"] = weights["sex"][4]
            expected = np.zeros_like(joint) if state >= 0 else engine.joint([name, "diagnosis"], findings)
            np.testing.assert_allclose(joint, expected, atol=1e-12, err_msg=f"{name} {i}")


def test_where_nothing_is_left_to_see() -> None:
    """A case that states all there is has no next finding."""
    model = bayesdx.load("spine")
    case = model.engine.sample({}, 1, np.random.default_rng(0))[0]
    row = {v.id: v.states[case[model.network.index[v.id]]] for v in model.network.findings}
    (found,) = score([pa.RecordBatch.from_pylist([row])], Spec(model, top=1, next=True))
    assert found.column("next").to_pylist() == found.column("next_bits").to_pylist() == [None]
    assert found.column("error").to_pylist() == [None]
