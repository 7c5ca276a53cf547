"""What to look at next, and intervals, for many cases at once and one by one: ``python scripts/bench_next.py``.

Prints cases a second of ``score`` with ``next``, of a loop of ``what_if`` and of a loop of its heart, the values of
the findings alone, on the same cases drawn from the network; and of ``score`` with ``intervals`` and of a loop of
the engine's posterior and its intervals. What they say must agree.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pyarrow as pa

from bayesdx import load
from bayesdx.analyses.what_if.numbers.worth import finding_values
from bayesdx.batch import Spec, score
from bayesdx.inference.intervals import posterior_intervals


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="spine")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--loop", type=int, default=100, help="Cases of them that are asked one by one.")
    asked = parser.parse_args()
    model = load(asked.network)
    network, rng = model.network, np.random.default_rng(0)
    drawn = model.engine.sample({}, asked.cases, rng)
    rows = [
        {v.id: v.states[case[network.index[v.id]]] if rng.random() < 0.3 else None for v in network.findings}
        for case in drawn.tolist()
    ]
    spec, batch = Spec(model, top=1, next=True), pa.RecordBatch.from_pylist(rows)
    list(score([batch.slice(0, 10)], spec))
    start = time.perf_counter()
    (answers,) = score([batch], spec)
    together = asked.cases / (time.perf_counter() - start)
    cases = [{"findings": {k: v for k, v in row.items() if v}} for row in rows[: asked.loop]]
    model.what_if(cases[0])
    start = time.perf_counter()
    said = [model.what_if(case) for case in cases]
    apart = asked.loop / (time.perf_counter() - start)
    start = time.perf_counter()
    for case in cases:
        question = model.question(case)
        finding_values(question, question.posterior)
    heart = asked.loop / (time.perf_counter() - start)
    bits = [one.findings[0].information for one in said]
    assert np.allclose(bits, answers.column("next_bits").to_pylist()[: asked.loop], atol=1e-9)
    print(f"together {together:,.0f} cases a second")
    print(f"what_if one by one {apart:,.0f}: {together / apart:.1f} times as long")
    print(f"values of the findings one by one {heart:,.0f}: {together / heart:.1f} times as long")
    spec = Spec(model, top=1, intervals=True)
    list(score([batch.slice(0, 10)], spec))
    start = time.perf_counter()
    (answers,) = score([batch], spec)
    together = asked.cases / (time.perf_counter() - start)
    questions = [model.question(case) for case in cases]
    start = time.perf_counter()
    found = [
        posterior_intervals(model.engine, one.findings, model.engine.posterior(one.findings).probabilities)
        for one in questions
    ]
    apart = asked.loop / (time.perf_counter() - start)
    target = network.variable(str(network.target))
    leaders = map(target.state_index, answers.column("leader").to_pylist()[: asked.loop])
    low = [one[leader, 0] for one, leader in zip(found, leaders, strict=True)]
    assert np.allclose(low, answers.column("low_1").to_pylist()[: asked.loop], atol=1e-9)
    print(f"intervals together {together:,.0f} cases a second")
    print(f"intervals one by one {apart:,.0f}: {together / apart:.1f} times as long")


if __name__ == "__main__":
    main()
