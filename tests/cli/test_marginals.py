"""``bayesdx marginals``: Bayesian and Markov networks in UAI files, evidence, forms of the answer, and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

from bayesdx.loading import load

Run = Callable[..., Result]

#: x0 and x1 weigh 1, 0, 2 / 3, 1, 4; x2 stands alone.
MARKOV = "MARKOV\n3\n2 3 2\n1\n2 0 1\n6\n1 0 2\n3 1 4\n"
#: a -> b, a -> c: 0.2 0.8; b 0.1 0.9 / 0.6 0.4; c 0.3 0.7 / 0.5 0.5
BAYES = "BAYES 3 2 2 2 3 1 0 2 0 1 2 0 2 2 0.2 0.8 4 0.1 0.9 0.6 0.4 4 0.3 0.7 0.5 0.5"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.uai"
    path.write_text(MARKOV)
    return path


def test_marginals_of_a_markov_network(run: Run, model: Path) -> None:
    answer = json.loads(run("marginals", str(model), "--json").stdout)
    table = np.array([[1.0, 0.0, 2.0], [3.0, 1.0, 4.0]])
    np.testing.assert_allclose(answer["marginals"]["x0"], table.sum(axis=1) / 11, rtol=1e-12)
    np.testing.assert_allclose(answer["marginals"]["x1"], table.sum(axis=0) / 11, rtol=1e-12)
    assert answer["marginals"]["x2"] == [0.5, 0.5]
    assert answer["log_z"] == pytest.approx(np.log(2 * 11))
    assert answer["kind"] == "MARKOV"


def test_evidence_and_the_lines_of_the_competitions(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "e").write_text("1 0 0")
    done = run("marginals", str(model), "--evidence", str(tmp_path / "e"), "--format", "uai")
    head, line = done.stdout.splitlines()
    assert head == "MAR"
    assert [float(word) for word in line.split()] == pytest.approx([3, 2, 1, 0, 3, 1 / 3, 0, 2 / 3, 2, 0.5, 0.5])


def test_a_bayesian_network_answers_as_the_engine_does(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.uai"
    path.write_text(BAYES)
    (tmp_path / "net.uai.evid").write_text("1 2 0")
    answer = json.loads(run("marginals", str(path), "--evidence", str(tmp_path / "net.uai.evid"), "--json").stdout)
    theirs = load(path, target="x0").engine.marginals({"x2": np.array([1.0, 0.0])})
    assert answer["log_z"] == pytest.approx(theirs.log_likelihood, rel=1e-12)
    for name, found in theirs.probabilities.items():
        np.testing.assert_allclose(answer["marginals"][name], found, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("BAYES 2 2 2 2 2 1 0 2 0 1 4 .5 .5 .5 .5 4 .5 .5 .5 .5", "has a cycle: x"),
        ("BAYES 2 2 2 3 1 0 1 1 1 1 2 .5 .5 2 .5 .5 2 .1 .9", "variable 'x1' has two CPTs"),
        ("BAYES 2 2 2 2 1 0 2 0 1 2 .5 .5 4 .9 .9 .5 .5", "CPT of 'x1' given x0=0 sums to 1.8, not 1"),
        ("BAYES 2 2 2 1 1 0 2 .5 .5", "variable 'x1' has no CPT"),
    ],
)
def test_what_is_no_bayesian_network(refused: Callable[..., str], tmp_path: Path, text: str, message: str) -> None:
    """What a query refuses has no marginals either."""
    path = tmp_path / "n.uai"
    path.write_text(text)
    said = refused("marginals", str(path))
    assert message in said
    assert said == refused("query", "-n", str(path), "--target", "x0", "-f", "x1=1").replace("'n'", "'network'")


def test_rounded_rows_are_normalised(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "n.uai"
    path.write_text("BAYES 1 3 1 1 0 3 0.333 0.333 0.333")
    answer = json.loads(run("marginals", str(path), "--json").stdout)
    np.testing.assert_allclose(answer["marginals"]["x0"], [1 / 3] * 3)
    assert "CPT of 'x0' sums to 0.999, not 1" in answer["warnings"][0]
    assert answer["log_z"] == pytest.approx(0, abs=1e-12)


def test_the_page_is_a_table(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "e").write_text("1 0 1")
    lines = run("marginals", str(model), "--evidence", str(tmp_path / "e")).stdout.splitlines()
    assert lines[0] == "model.uai (Markov network: 3 variables, 1 factors, 1 observed)"
    assert lines[1].startswith(f"ln Z {np.log(16):.6f}; induced width 0")
    assert [line.split() for line in lines if line.startswith("x")] == [
        ["x0", "2", "observed", "1:", "100%"],
        ["x1", "3", "2:", "50.0%,", "0:", "37.5%,", "1:", "12.5%"],
        ["x2", "2", "0:", "50.0%,", "1:", "50.0%"],
    ]


@pytest.mark.parametrize(
    ("text", "evidence", "options", "said"),
    [
        (MARKOV, "1 3 0", [], "e: there is no variable 3: the model has 0 to 2"),
        (MARKOV, "1 1 3", [], "e: variable 1 has no state 3: it has 0 to 2"),
        (MARKOV, "2 0 0 1 1", [], "model.uai: the evidence is impossible: the product of the factors is 0"),
        ("MARKOV 1 2 1 1 0 2 0 0", "0", [], "model.uai: the product of the factors is 0 for all states"),
        (MARKOV, "0", ["--json", "--format", "uai"], "--json and --format uai are two forms"),
        ("MARKOV 1 2 1 1 0 2 0 nan", "0", [], "holds 'nan'"),
    ],
)
def test_refusals(run: Run, model: Path, text: str, evidence: str, options: list[str], said: str) -> None:
    model.write_text(text)
    (model.parent / "e").write_text(evidence)
    done = run("marginals", str(model), "--evidence", str(model.parent / "e"), *options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_what_is_too_large_is_refused_with_its_size(run: Run, model: Path) -> None:
    pairs = list(combinations(range(80), 2))
    scopes = " ".join(f"2 {a} {b}" for a, b in pairs)
    model.write_text(f"MARKOV 80 {'2 ' * 80} {len(pairs)} {scopes} {'4 1 2 3 1 ' * len(pairs)}")
    done = run("marginals", str(model))
    assert done.exit_code == 2
    assert done.stderr == (
        "bayesdx: model.uai: exact inference needs a product of 2^80 numbers or more, whatever the order\n"
    )
