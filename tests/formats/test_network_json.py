"""The network file: what is written is read back, and mistakes are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.formats.network_json import network_from_dict, network_text, read_network


def test_read_back_equal(small: NetworkDocument) -> None:
    text = network_text(
        small.network,
        prior_sets=small.prior_sets.values(),
        levels=small.levels,
        vocabulary=small.vocabulary,
    )
    again = network_from_dict(json.loads(text))
    assert again.network.variables == small.network.variables
    assert dict(again.network.parents) == dict(small.network.parents)
    assert again.levels == small.levels
    assert dict(again.vocabulary) == dict(small.vocabulary)
    for name, cpt in small.network.cpts.items():
        np.testing.assert_allclose(again.network.cpts[name], cpt, rtol=0, atol=1e-9)
    for name, counts in small.network.counts.items():
        np.testing.assert_array_equal(again.network.counts[name], counts)
    assert text == network_text(
        again.network, prior_sets=again.prior_sets.values(), levels=again.levels, vocabulary=again.vocabulary
    )


def test_prior_sets(small: NetworkDocument) -> None:
    assert small.default_prior is not None
    assert small.default_prior.name == "surgical"
    np.testing.assert_allclose(small.network.cpts["diagnosis"], [0.02, 0.5, 0.3, 0.1, 0.08])
    uniform = small.with_prior("uniform").network
    np.testing.assert_allclose(uniform.cpts["diagnosis"], np.full(5, 0.2))
    assert "diagnosis" not in uniform.counts
    with pytest.raises(InputError, match="no prior set 'unifrom'; did you mean 'uniform'"):
        small.with_prior("unifrom")


def _set(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda data: data.__setitem__(key, value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("format", "x"), "is not a bayesdx-network/1 file"),
        (lambda d: d.pop("variables"), "key 'variables' is missing"),
        (
            lambda d: d["variables"][1].update(lable="x"),
            "variable 'level': unknown key 'lable'; did you mean 'label'",
        ),
        (lambda d: d["counts"].update(sex=[[1, 2]]), "table of 'sex' must hold 5 rows of 2 numbers"),
        (
            lambda d: d["counts"].update(sex=[[0, 0]] * 5),
            "counts of 'sex' hold a row without a positive finite sum",
        ),
        (lambda d: d["counts"].update(sx=[[1, 1]]), "'sx' is not a variable; did you mean 'sex'"),
        (
            lambda d: d["parents"].update(sex=["diagnoses"]),
            "parent 'diagnoses' of 'sex' is not a variable; did you mean 'diagnosis'",
        ),
        (
            lambda d: d["prior_sets"].update(uniform={"probabilities": [0.5, 0.5, 0.5, 0, 0], "default": True}),
            "CPT of 'diagnosis' sums to 1.5, not 1",
        ),
        (
            lambda d: d["prior_sets"]["surgical"].update(counts=[1, 2]),
            "table of 'prior set surgical' must hold 1 rows of 5 numbers",
        ),
        (_set("variables", 7), "variables is not a list"),
        (_set("contes", {}), "unknown key 'contes'; did you mean 'counts'"),
        (
            lambda d: d["prior_sets"]["uniform"].update(defualt=True),
            "prior set uniform: unknown key 'defualt'; did you mean 'default'",
        ),
        (
            lambda d: d["prior_sets"]["uniform"].update(default="false"),
            'the default of prior set uniform is "false", which is not true or false',
        ),
        (
            lambda d: [prior.update(default=True) for prior in d["prior_sets"].values()],
            "prior sets 'surgical' and 'uniform' are both the default",
        ),
        (
            lambda d: d["prior_sets"]["uniform"].update(counts=[1, 1, 1, 1, 6]),
            "the probabilities of prior set uniform are not the mean of its counts",
        ),
        (
            lambda d: (
                d["counts"].update(sex=[[1e6, 1e6]] * 4 + [[1, 1]]),
                d["cpts"].update(sex=[[0.5, 0.5]] * 4 + [[0.4, 0.6]]),
            ),
            "the CPT of 'sex' is not the mean of its counts",
        ),
        (lambda d: d["counts"].update(sex=[[True, 1]] * 5), "table of 'sex' must hold 5 rows of 2 numbers"),
        (lambda d: d["counts"].update(sex=[["1_0e-2", 1]] * 5), "table of 'sex' must hold 5 rows of 2 numbers"),
        (lambda d: d["counts"].update(sex=[["1", 1]] * 5), "table of 'sex' must hold 5 rows of 2 numbers"),
        (_set("mentioned", {"sex": [True, 0.5]}), "the rates of 'sex': not numbers"),
    ],
)
def test_mistakes_are_named(small_path: Path, change: Callable[[dict[str, Any]], None], message: str) -> None:
    data = json.loads(small_path.read_text())
    data["prior_sets"]["surgical"].pop("default")
    change(data)
    with pytest.raises(InputError, match=message.replace("(", r"\(")) as caught:
        network_from_dict(data, "small.json")
    assert str(caught.value).startswith("small.json: ")


@pytest.mark.parametrize("part", ["cpts", "counts"])
def test_a_cpt_that_is_not_the_default_prior_set_is_told(small_path: Path, part: str) -> None:
    data = json.loads(small_path.read_text())
    data[part]["diagnosis"] = [[0.2] * 5]
    found = network_from_dict(data)
    assert found.warnings == (
        "the CPT of 'diagnosis' is not used: it is not the prior set 'surgical', the default",
    )
    np.testing.assert_allclose(found.network.cpts["diagnosis"], [0.02, 0.5, 0.3, 0.1, 0.08])
    data[part]["diagnosis"] = [[0.02, 0.5, 0.3, 0.1, 0.08]]
    assert network_from_dict(data).warnings == ()


def test_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "n.json"
    path.write_text('{"format": "bayesdx-network/1",\n "id": }')
    with pytest.raises(InputError, match=r"n\.json: line 2, column 8: not valid JSON"):
        read_network(path)
