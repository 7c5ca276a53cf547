"""Simulated hospitals: does learning from 200 patients help on the next 1,000, and are bad tables found out?"""

from __future__ import annotations

import numpy as np
import pytest
from simulate_hospital import PLANTED, hospital, patients

from bayesdx.analyses.learn import numbers
from bayesdx.analyses.learn.numbers import LearnResult, learn
from bayesdx.inference import Engine, compile_network
from bayesdx.inference.findings import Codes
from bayesdx.learning.sample import Sample
from bayesdx.loading import load


def learnt(codes: Codes) -> LearnResult:
    model = load("spine")
    return learn(model.document, model.head(), Sample(codes), "local", folds=3, restarts=0, tolerance=1e-5)


def log_loss(engine: Engine, codes: Codes) -> float:
    truth, hidden = codes[:, 0], codes.copy()
    hidden[:, 0] = -1
    found = engine.query_batch(hidden).probabilities
    return float(-np.log(found[np.arange(len(truth)), truth]).mean())


def test_the_next_thousand_patients() -> None:
    here = hospital(2)
    result = learnt(patients(here, 200, 2))
    following = patients(here, 1000, 102)
    before, after = (
        log_loss(compile_network(network), following)
        for network in (load("spine").network, result.document.network)
    )
    assert result.refused == ()
    assert after < before - 0.3
    assert result.held_out is not None
    assert result.held_out.change[1] < 0
    assert float((result.held_out.after - result.held_out.before).mean()) == pytest.approx(after - before, abs=0.25)


def test_diagnoses_in_another_order_are_refused() -> None:
    codes = patients(hospital(1), 200, 1)
    codes[:, 0] = np.random.default_rng(0).permutation(codes[:, 0])
    assert "unrelated" in learnt(codes).refused


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No case is held out: what the rows themselves tell takes one fit."""
    monkeypatch.setattr(numbers, "held_out", lambda *_, **__: None)


@pytest.mark.usefixtures("at_once")
def test_the_planted_row_is_found() -> None:
    """A row that is another in this hospital is among the least probable ones, and loses trust.

    No finding is held for coded the other way round: the rows of one are other in every diagnosis.
    """
    diagnosis, finding, _ = PLANTED
    result = learnt(patients(hospital(1), 400, 1))
    assert result.otherwise == ()
    worst = [(row.variable, row.given) for row in result.contradicted[:3]]
    assert (finding, (("form", diagnosis),)) in worst
    row = next(row for row in result.contradicted if row.variable == finding)
    assert row.trusted < 0.3
    assert row.after[1] > 0.6 > row.before[1]


@pytest.mark.usefixtures("at_once")
def test_exchanged_states_of_a_finding_are_refused() -> None:
    """Haemorrhage that is coded the other way round is named.

    Facts tell how often it is seen in the lesions of this hospital: rows that rest on the base alone contradict
    nothing.
    """
    codes = patients(hospital(1), 400, 1)
    at = load("spine").network.index["mr_haemorrhage"]
    codes[:, at] = np.where(codes[:, at] >= 0, 1 - codes[:, at], -1)
    poisoned = learnt(codes)
    assert poisoned.otherwise == ("mr_haemorrhage",)
    assert "otherwise" in poisoned.refused
