"""A report asks the engine nothing twice, and never reads the table of facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayesdx.inference import Engine
from bayesdx.loading import load_for
from bayesdx.model import as_case

EXAMPLES = Path(__file__).parents[2] / "examples"
CASES = ["c7-radiculopathy", "foramen-magnum-capnon"]


class Counting:
    """An engine that counts every call by operation and arguments."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.asked: Counter[object] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        if not callable(found):
            return found

        def ask(*arguments: object, **named: object) -> Any:
            self.asked[name, _key(arguments), _key(named)] += 1
            return found(*arguments, **named)

        return ask


def _key(value: object) -> object:
    if isinstance(value, Mapping):
        return frozenset((name, _key(part)) for name, part in value.items())
    if isinstance(value, list | tuple | range):
        return tuple(map(_key, value))
    return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def _forbidden(*arguments: object) -> Callable[..., object]:
    raise AssertionError("the table of facts was read")


@pytest.mark.parametrize("name", CASES)
def test_a_report_asks_nothing_twice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("analyses.evaluate.numbers.scoring", "analyses.coverage.numbers", "knowledge.library"):
        monkeypatch.setattr(f"bayesdx.{module}.open_library", _forbidden)
    case = str(EXAMPLES / f"{name}.yaml")
    model = load_for(as_case(case))
    expected = model.query(case)
    engine = Counting(model.engine)
    model.__dict__["engine"] = engine
    report = model.report(case)
    assert [row.probability for row in report.query.posterior] == [row.probability for row in expected.posterior]
    operations = {operation for operation, *_ in engine.asked}
    assert {"posterior", "marginals", "derivatives", "joint", "query_batch"} <= operations
    assert [asked[:2] for asked, times in engine.asked.items() if times > 1] == []


@pytest.mark.parametrize("name", CASES)
def test_an_impression_asks_nothing_twice(name: str) -> None:
    case = str(EXAMPLES / f"{name}.yaml")
    model = load_for(as_case(case))
    engine = Counting(model.engine)
    model.__dict__["engine"] = engine
    model.impression(case)
    assert [asked[:2] for asked, times in engine.asked.items() if times > 1] == []
