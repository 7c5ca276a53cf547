"""What a Network must be, however it was made."""

from __future__ import annotations

import numpy as np
import pytest

from bayesdx.errors import InputError
from bayesdx.formats.network_json import network_from_dict
from bayesdx.network import MAX_PARENTS, Array, Network, Variable

A, B = Variable("a", ("y", "n")), Variable("b", ("y", "n"))
ROOT, ROWS = np.array([0.3, 0.7]), np.array([[0.2, 0.8], [0.6, 0.4]])


def test_counts_that_are_of_another_table_are_refused() -> None:
    variables = (Variable("a", ("x", "y")),)
    with pytest.raises(InputError, match="the CPT of 'a' is not the mean of its counts"):
        Network("n", variables, {}, {"a": np.array([0.5, 0.5])}, {"a": np.array([1.0, 2.0])})


def test_a_parent_named_twice() -> None:
    with pytest.raises(InputError, match="'b' lists the parent 'a' twice"):
        Network("n", (A, B), {"b": ("a", "a")}, {"a": ROOT, "b": np.full((2, 2, 2), 0.5)})


def test_a_variable_defined_twice() -> None:
    with pytest.raises(InputError, match="defines variable 'a' twice"):
        Network("n", (A, A), {}, {"a": ROOT})


def test_no_variables() -> None:
    with pytest.raises(InputError, match="network 'n' has no variables"):
        Network("n", (), {}, {})


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (ROOT, r"CPT of 'b' has shape \(2,\), expected \(2, 2\) for a, b"),
        ([[0.2, 0.8], [1.0]], r"CPT of 'b' is not a table of numbers of shape \(2, 2\)"),
        ([["x", "y"], ["z", "w"]], "is not a table of numbers"),
        (np.array([[0.2, 0.8], [np.nan, 1.0]]), "holds a negative or non-finite number"),
        (np.array([[0.2, 0.8], [-0.1, 1.1]]), "holds a negative or non-finite number"),
        (np.array([[0.2, 0.8], [1e308, 1e308]]), "CPT of 'b' given a=n sums to inf, not 1"),
        (np.array([[0.2, 0.8], [0.5, 0.5000019]]), r"CPT of 'b' given a=n sums to 1\.0000019, not 1"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_rows_that_do_not_fit(table: Array, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Network("n", (A, B), {"b": ("a",)}, {"a": ROOT, "b": table})


def test_counts_that_are_all_zero() -> None:
    with pytest.raises(InputError, match="counts of the CPT of 'b' given a=y are all zero"):
        Network("n", (A, B), {"b": ("a",)}, {"a": ROOT, "b": ROWS}, {"b": np.array([[0.0, 0.0], [1.0, 2.0]])})


def test_a_table_too_large_for_memory() -> None:
    many = tuple(Variable(f"p{i}", ("y", "n")) for i in range(40))
    cpts = {v.id: ROOT for v in many} | {"a": ROOT}
    with pytest.raises(InputError, match=r"40 parents would hold 2\.2e\+12 numbers .*GiB\): too large for memory"):
        Network("n", (*many, A), {"a": tuple(v.id for v in many)}, cpts)


def test_more_parents_than_axes() -> None:
    many = tuple(Variable(f"p{i}", ("one",)) for i in range(MAX_PARENTS + 1))
    cpts = {v.id: np.ones(1) for v in many} | {"a": ROOT}
    with pytest.raises(InputError, match=f"'a' has 32 parents, more than the {MAX_PARENTS}"):
        Network("n", (*many, A), {"a": tuple(v.id for v in many)}, cpts)


@pytest.mark.parametrize(
    ("name", "states", "message"),
    [
        ("", ("y",), "the name of a variable is empty"),
        (" ", ("y",), "the name of a variable is empty"),
        ("a", ("y", ""), "the name of a state of 'a' is empty"),
        ("a", ("y", "y"), "names a state twice: 'y'"),
        ("a", (), "has no states"),
        ("a", (True, False), "the name of a state of 'a' is True, which is not text"),
        (7, ("y",), "the name of a variable is 7, which is not text"),
        ("a\nb", ("y",), r"cannot be printed: 'a\\nb'"),
        ("a", ("\ud800",), r"cannot be printed: '\\ud800'"),
    ],
)
def test_names(name: str, states: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Variable(name, states)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parents": {"b": ["a", "a"]}}, "'b' lists the parent 'a' twice"),
        ({"parents": {"b": "a"}}, "the parents of 'b' is not a list"),
        ({"variables": [{"id": "a", "states": "yn"}]}, "the states of 'a' is not a list"),
        ({"variables": [{"id": "a", "states": [1, 2]}]}, "an entry of the states of 'a' is 1, which is not text"),
        ({"variables": [{"id": "a", "states": ["y", "n"]}] * 2}, "variable 'a' is declared twice"),
        ({"cpts": {"a": [0.3, 0.7], "b": [[0.2, 0.8, 0.6, 0.4]]}}, "table of 'b' must hold 2 rows of 2 numbers"),
        (
            {"cpts": {"a": [0.3, 10**400], "b": [[0.2, 0.8], [0.6, 0.4]]}},
            "table of 'a' must hold 1 rows of 2 numbers",
        ),
        ({"cpts": {"a": [0.3, None], "b": [[0.2, 0.8], [0.6, 0.4]]}}, "negative or non-finite"),
        ({"id": None}, "id is null, which is not text"),
    ],
)
def test_the_same_in_a_network_file(change: dict[str, object], message: str) -> None:
    data = {
        "format": "bayesdx-network/1",
        "id": "n",
        "variables": [{"id": "a", "states": ["y", "n"]}, {"id": "b", "states": ["y", "n"]}],
        "parents": {"b": ["a"]},
        "cpts": {"a": [0.3, 0.7], "b": [[0.2, 0.8], [0.6, 0.4]]},
    }
    assert network_from_dict(data).warnings == ()
    with pytest.raises(InputError, match=message):
        network_from_dict(data | change)


def test_rounded_rows_of_a_network_file() -> None:
    variables = [{"id": "a", "states": ["y", "n"]}]
    priors = {"p": {"probabilities": [0.3333, 0.6666]}, "q": {"probabilities": [0.5, 0.5], "default": True}}
    data = {"format": "bayesdx-network/1", "id": "n", "variables": variables, "target": "a", "prior_sets": priors}
    document = network_from_dict(data)
    assert document.warnings == ("prior set p: CPT of 'a' sums to 0.9999, not 1: it was divided by its sum",)
    np.testing.assert_allclose(document.prior_sets["p"].probabilities, [1 / 3, 2 / 3])


@pytest.mark.parametrize("words", ["extra-axial", "extra_axial", "Extra axial"])
def test_the_hint_for_a_state_goes_by_its_label(words: str) -> None:
    """By its letters alone the nearest state would be the opposite."""
    labels = ("intra-axial (in the brain)", "intradural extramedullary (extra-axial)", "extradural")
    place = Variable("compartment", ("intra_axial", "intradural", "extradural"), "Compartment", labels)
    with pytest.raises(InputError, match="did you mean 'intradural'"):
        place.state_index(words)
