"""Analyses of many cases at once and one by one: ``python scripts/bench_batch.py``.

Prints cases a second of ``score`` with ``next``, ``intervals``, ``change`` and ``draws``, and of loops over the
same cases, drawn from the network: of ``what_if`` and of its heart, the values of the findings alone; of the
engine's posterior and its intervals; of the sensitivity functions and the smallest change; and of draws. What both
say must agree.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from bayesdx import load
from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.constraints import changes_for, leader_conditions
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.analyses.what_if.numbers.worth import finding_values
from bayesdx.batch import Spec, score
from bayesdx.inference.draws import DRAWS, posterior_draws
from bayesdx.inference.intervals import posterior_intervals
from bayesdx.model import Model

#: Standard errors of the difference of two shares of draws.
APART = 5.0


def together(batch: Any, spec: Spec) -> tuple[float, Any]:
    """Cases a second, and the answers."""
    list(score([batch.slice(0, 10)], spec))
    start = time.perf_counter()
    (answers,) = score([batch], spec)
    return batch.num_rows / (time.perf_counter() - start), answers


def apart(questions: Sequence[Any], ask: Callable[[Any], Any]) -> tuple[float, list[Any]]:
    """Cases a second one by one, and what they say."""
    ask(questions[0])
    start = time.perf_counter()
    said = [ask(question) for question in questions]
    return len(said) / (time.perf_counter() - start), said


def show(what: str, together: float, apart: float) -> None:
    print(
        f"{what:12} {together:8,.0f} cases a second, one by one {apart:6,.1f}: {together / apart:.1f} x", flush=True
    )


def smallest_change(question: Question) -> float:
    functions = one_way(question)
    found = changes_for(functions, leader_conditions(functions.posterior), 1, question.target.id)
    return found[0].log_odds if found else np.nan


def lead(model: Model, question: Question) -> float:
    drawn = posterior_draws(model.engine, question.findings, DRAWS)
    return float((drawn.argmax(axis=1) == question.posterior.argmax()).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="spine")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--loop", type=int, default=100, help="Cases of them that are asked one by one.")
    asked = parser.parse_args()
    model = load(asked.network)
    network, rng = model.network, np.random.default_rng(0)
    target = network.variable(str(network.target))
    drawn = model.engine.sample({}, asked.cases, rng)
    rows = [
        {v.id: v.states[case[network.index[v.id]]] if rng.random() < 0.3 else None for v in network.findings}
        for case in drawn.tolist()
    ]
    batch = pa.RecordBatch.from_pylist(rows)
    cases = [{"findings": {k: v for k, v in row.items() if v}} for row in rows[: asked.loop]]
    questions = [model.question(case) for case in cases]

    rate, answers = together(batch, Spec(model, top=1, next=True))
    slow, said = apart(cases, model.what_if)
    show("what_if", rate, slow)
    heart, _ = apart(questions, lambda question: finding_values(question, question.posterior))
    show("  its heart", rate, heart)
    bits = [one.findings[0].information for one in said]
    assert np.allclose(bits, answers.column("next_bits").to_pylist()[: asked.loop], atol=1e-9)

    rate, answers = together(batch, Spec(model, top=1, intervals=True))
    engine = model.engine
    slow, said = apart(
        questions, lambda q: posterior_intervals(engine, q.findings, engine.posterior(q.findings).probabilities)
    )
    show("intervals", rate, slow)
    leaders = map(target.state_index, answers.column("leader").to_pylist()[: asked.loop])
    low = [one[leader, 0] for one, leader in zip(said, leaders, strict=True)]
    assert np.allclose(low, answers.column("low_1").to_pylist()[: asked.loop], atol=1e-9)

    rate, answers = together(batch, Spec(model, top=1, change=True))
    slow, said = apart(questions, smallest_change)
    show("change", rate, slow)
    odds = np.array(answers.column("change_log_odds").to_pylist()[: asked.loop], dtype=float)
    assert np.allclose(odds, said, atol=1e-9, equal_nan=True)

    rate, answers = together(batch, Spec(model, top=1, draws=DRAWS))
    slow, said = apart(questions[: max(asked.loop // 10, 1)], lambda q: lead(model, q))
    show("draws", rate, slow)
    shares, own = np.array(answers.column("leads").to_pylist()[: len(said)]), np.array(said)
    assert (np.abs(shares - own) < APART * np.sqrt(2 * own * (1 - own) / DRAWS) + 1 / DRAWS).all()


if __name__ == "__main__":
    main()
