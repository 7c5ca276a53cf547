"""Errors are part of the interface: a line for people, fields for programs."""

from __future__ import annotations

import pickle

import pytest

from bayesdx.errors import InputError, nearest
from bayesdx.loading import load


def test_an_error_keeps_place_and_choices() -> None:
    error = InputError("no sign 'rimm'", nearest("rimm", ["rim", "core"])).at("case 3").at("cases.yaml")
    assert str(error) == "cases.yaml: case 3: no sign 'rimm'; did you mean 'rim'?"
    assert (error.place, error.message, error.choices) == ("cases.yaml: case 3", "no sign 'rimm'", ("rim", "core"))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.place, again.choices) == (
        InputError,
        str(error),
        error.place,
        error.choices,
    )


def test_an_error_is_of_a_bounded_length() -> None:
    error = InputError("x" * 10**6, nearest("a", ["b" * 10**6]), place="p" * 10**6).at("q" * 10**6)
    assert len(str(error)) < 20_000
    assert len(str(pickle.loads(pickle.dumps(error)))) < 20_000


def test_errors_of_the_library_have_fields() -> None:
    model = load("spine")
    with pytest.raises(InputError) as caught:
        model.query({"id": "a", "findings": {"mr_t2_signall": "hyper"}})
    assert caught.value.place == "case"
    assert "mr_t2_signal" in caught.value.choices
    assert str(caught.value).endswith(str(caught.value.hint))


def test_choices_of_a_set_have_one_order() -> None:
    """Strings hash otherwise in every process: a set has no order that two of them share."""
    assert str(nearest("zzz", {"pear", "apple", "fig"})) == "choose from: apple, fig, pear"
