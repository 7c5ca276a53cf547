"""Everything public pickles, copies, compares and hashes."""

from __future__ import annotations

import copy
import dataclasses
import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from bayesdx.case import Case
from bayesdx.document import NetworkDocument
from bayesdx.model import Model
from bayesdx.network import Network

CASE: dict[str, Any] = {"id": "a", "age": 68, "findings": {"mr_t2_signal": {"hyper": 0.8, "iso": 0.2}}}

ANSWERS: dict[str, Callable[[Model], object]] = {
    "model": lambda model: model,
    "network": lambda model: model.network,
    "document": lambda model: model.document,
    "engine": lambda model: model.engine,
    "question": lambda model: model.question(CASE),
    "query": lambda model: model.query(CASE),
    "explain": lambda model: model.explain(CASE),
    "what_if": lambda model: model.what_if(CASE, steps=2),
    "sensitivity": lambda model: model.sensitivity(CASE),
    "compare": lambda model: model.compare(CASE, {"age": 3}),
    "batch": lambda model: model.query_batch([{"level": "lumbar"}, {"level": "x"}]),
    "posterior": lambda model: model.engine.posterior({}),
    "marginals": lambda model: model.engine.marginals({}),
    "derivatives": lambda model: model.engine.derivatives({}),
    "case": lambda model: Case({"level": {"lumbar": 1}}, id="a", metadata={"x": [1]}),
}


@pytest.fixture
def model(small: NetworkDocument) -> Model:
    return Model(small, "surgical")


def parts(value: object) -> Iterator[object]:
    """A value and all dataclasses that it holds."""
    if dataclasses.is_dataclass(value):
        yield value
        for one in dataclasses.fields(value):
            yield from parts(getattr(value, one.name))
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from parts(held)
    elif isinstance(value, (tuple, list)):
        for held in value:
            yield from parts(held)


@pytest.mark.parametrize("name", ANSWERS)
def test_pickle_copy_compare_hash(model: Model, name: str) -> None:
    answer = ANSWERS[name](model)
    for other in (pickle.loads(pickle.dumps(answer)), copy.deepcopy(answer)):
        if type(answer).__str__ is not object.__str__:
            assert str(other) == str(answer)
        for mine, theirs in zip(parts(answer), parts(other), strict=True):
            assert isinstance(mine == theirs, bool)
            assert isinstance(hash(mine), int)


@pytest.mark.parametrize(
    "name", ["model", "network", "document", "batch", "posterior", "marginals", "derivatives", "case"]
)
def test_equal_values_are_equal(model: Model, name: str) -> None:
    answer, again = ANSWERS[name](model), copy.deepcopy(ANSWERS[name](model))
    assert answer == again
    assert hash(answer) == hash(again)
    assert answer != 3


def test_networks_that_differ(small: NetworkDocument) -> None:
    network = small.network
    other = network.with_cpts({"level": np.full_like(network.cpts["level"], 1 / 3)})
    assert network != other
    assert network == network.with_cpts({}) == copy.copy(network)


def test_copies_stay_read_only_and_answer_alike(model: Model) -> None:
    other: Model = pickle.loads(pickle.dumps(model))
    network: Network = other.network
    assert not any(table.flags.writeable for table in (*network.cpts.values(), *network.counts.values()))
    np.testing.assert_array_equal(
        [row.probability for row in other.query(CASE).posterior],
        [row.probability for row in model.query(CASE).posterior],
    )


def _leader(model: Model) -> tuple[str, float]:
    leader = model.query(CASE).leader
    return leader.diagnosis, leader.probability


def test_another_process_answers(model: Model) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_leader, (model,)) == _leader(model)
