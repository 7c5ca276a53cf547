"""Sensitivity of many cases: as it is of each of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from click.testing import CliRunner
from cohort import two_variables
from test_next import some_cases

from bayesdx.analyses.sensitivity.sentences import shown_changes
from bayesdx.batch import Spec, score
from bayesdx.cli import main
from bayesdx.errors import InputError
from bayesdx.inference.draws import posterior_draws
from bayesdx.loading import load
from bayesdx.model import Model


@pytest.mark.parametrize("name", ["spine", "small"])
def test_changes_as_of_single_cases(name: str, small_path: Path) -> None:
    """Looked up or one by one; also of uncertain findings, and none of a row that is wrong."""
    model = load(small_path if name == "small" else name)
    rows = some_cases(model, 12 if name == "small" else 8)
    (found,) = score([pa.RecordBatch.from_pylist(rows)], Spec(model, top=1, change=True))
    uncertain = 0
    for row, answer in zip(rows, found.to_pylist(), strict=True):
        told = [answer[f"change{more}"] for more in ("", "_from", "_to", "_log_odds", "_leader")]
        if answer["error"]:
            assert told == [None] * 5
            continue
        result = model.sensitivity({"findings": {k: v for k, v in row.items() if v is not None}}, draws=100)
        changes = shown_changes(result)
        if not changes:
            assert told == [None] * 5
            continue
        one = next(c for c in result.to_dict()["leader_changes"] if c["variable"] != "diagnosis")
        given = ", ".join(f"{k}={v}" for k, v in one["given"].items())
        assert told[0] == f"{one['variable']}={one['state']}{f' | {given}' if given else ''}"
        assert told[1:4] == pytest.approx([one["value"], one["new_value"], one["log_odds"]], abs=1e-9)
        assert told[4] == one["leader"]
        uncertain += result.question.hard_findings().keys() != result.question.findings.keys()
    assert uncertain
    assert found.column("change").null_count < len(rows) / 2


@pytest.mark.parametrize("name", ["spine", "small"])
def test_leads_as_of_single_cases(name: str, small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In portions of draws that all cases share: within five standard errors of draws of their own."""
    model, draws = load(small_path if name == "small" else name), 800
    monkeypatch.setattr("bayesdx.batch.leads.HELD", 8 * 300 * sum(t.size for t in model.network.counts.values()))
    rows = some_cases(model, 12)
    spec = Spec(model, top=1, draws=draws)
    (found,) = score([pa.RecordBatch.from_pylist(rows)], spec)
    shares = found.column("leads").to_pylist()
    assert shares == next(iter(score([pa.RecordBatch.from_pylist(rows)], spec))).column("leads").to_pylist()
    off = []
    for row, answer, share in zip(rows, found.to_pylist(), shares, strict=True):
        if answer["error"]:
            assert share is None
            continue
        question = model.question({"findings": {k: v for k, v in row.items() if v is not None}})
        drawn = posterior_draws(model.engine, question.findings, draws, seed=5)
        leader = question.target.state_index(answer["leader"])
        own = float((drawn[:, leader] >= drawn.max(axis=1) - 1e-12).mean())
        off.append((share - own) / max(np.sqrt(2 * own * (1 - own) / draws), 1 / draws))
    assert np.abs(off).max() < 5
    assert 0.1 < min(one for one in shares if one is not None) < 0.9


def test_leads_whatever_cases_stand_beside_it() -> None:
    model = load("spine")
    rows = some_cases(model, 4)[2:]
    spec = Spec(model, top=1, draws=100)
    (both,) = score([pa.RecordBatch.from_pylist(rows)], spec)
    alone = [
        next(iter(score([pa.RecordBatch.from_pylist([row])], spec))).column("leads")[0].as_py() for row in rows
    ]
    assert both.column("leads").to_pylist() == alone


def test_draws_of_what_is_known_exactly_are_refused() -> None:
    document = load("spine").document
    network = document.network
    exact = Model(replace(document, network=network.with_cpts(dict(network.cpts)), prior_sets={}), "network")
    with pytest.raises(InputError, match="holds no counts: its posteriors vary in no draw"):
        Spec(exact, draws=100)
    with pytest.raises(InputError, match="draws are a whole number from 100 to 1,000,000, not 10"):
        Spec(load("spine"), draws=10)
    assert Spec(exact, change=True).change


def test_a_diagnosis_of_the_name_of_a_column() -> None:
    """Its probability has another one."""
    spec = Spec(two_variables(("change", "leads", "x")), change=True)
    (found,) = score([pa.record_batch({"f": ["b"]})], spec)
    assert found.column("leader").to_pylist() == ["x"]
    names = found.schema.names
    assert len(set(names)) == len(names)
    assert found.column("change_leader").to_pylist() == ["leads"]


def test_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "cohort").mkdir()
    (tmp_path / "cohort" / "a.csv").write_text("id,level,mr_t2_signal\na,cervical,hyper\nb,lumbr,\n")
    out = str(tmp_path / "answers")
    asked = [
        "batch",
        str(tmp_path / "cohort"),
        "-o",
        f"{out}/",
        "--top",
        "1",
        "--change",
        "--draws",
        "100",
        "--json",
    ]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["scored"] == 1
    first, second = ds.dataset(out).to_table().sort_by("source_row").to_pylist()
    assert first["change"]
    assert 0 < first["leads"] <= 1
    assert second["change"] is second["leads"] is None
    refused = CliRunner().invoke(main, ["batch", str(tmp_path / "cohort" / "a.csv"), "--change"])
    assert refused.exit_code == 2
    assert "--change" in refused.stderr
