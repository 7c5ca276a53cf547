"""Tables of Beta quantiles against scipy, and draws from them."""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaincinv
from scipy.stats import kstest

from bayesdx.document import NetworkDocument
from bayesdx.inference.beta_table import MANY_DRAWS, VALUES, beta_draws, beta_table
from bayesdx.inference.draws import TABLE_DRAWS, cpt_draws
from bayesdx.network import Network, Variable

WANTED = (np.arange(VALUES) + 0.5) / VALUES


def test_quantiles() -> None:
    rng = np.random.default_rng(0)
    a, b = np.exp(rng.uniform(np.log(0.01), np.log(1000), (2, 500)))
    table = beta_table(a, b)
    # as probabilities: where a value is 0 or 1 to sixteen digits, any probability beyond it is right
    error = np.abs(betainc(a[:, None], b[:, None], table) - WANTED)
    ends = (table < 1e-15) | (table > 1 - 1e-15)
    assert error[~ends].max() < 2e-3  # the worst where a count is below 0.05
    np.testing.assert_allclose(table.mean(axis=1), a / (a + b), atol=1e-3)
    usual = (a > 0.3) & (b > 0.3)
    exact = betaincinv(a[usual, None], b[usual, None], WANTED)
    np.testing.assert_allclose(table[usual], exact, atol=4e-3)


def test_draws() -> None:
    a, b = np.array([3.0, 0.0, 2.0, 0.4, 3.0]), np.array([5.0, 2.0, 0.0, 7.0, 5.0])
    draws = beta_draws(a, b, 20_000, np.random.default_rng(1))
    assert draws.shape == (20_000, 5)
    assert (draws[:, 1] == 0).all()
    assert (draws[:, 2] == 1).all()
    for i in (0, 3, 4):
        assert kstest(draws[:, i], "beta", (a[i], b[i])).pvalue > 1e-3
    assert abs(np.corrcoef(draws[:, 0], draws[:, 4])[0, 1]) < 0.03  # the same table, drawn apart


def test_many_draws_and_few_have_one_distribution(small: NetworkDocument) -> None:
    network = small.network
    findings = {"mr_t2_signal": np.eye(4)[1]}
    many = cpt_draws(network, findings, "diagnosis", 5 * TABLE_DRAWS, 1)["mr_t2_signal"]
    few = np.concatenate(
        [cpt_draws(network, findings, "diagnosis", TABLE_DRAWS - 1, seed)["mr_t2_signal"] for seed in range(5)]
    )
    assert many.shape[1:] == few.shape[1:] == network.cpts["mr_t2_signal"].shape
    np.testing.assert_allclose(
        np.quantile(many[..., 1], [0.025, 0.5, 0.975], axis=0),
        np.quantile(few[..., 1], [0.025, 0.5, 0.975], axis=0),
        atol=0.03,
    )


def test_shares_of_forms_are_drawn_from_their_own_counts() -> None:
    """A form belongs to one diagnosis: the draws of its share are those of a Beta variable."""
    forms = Variable("form", ("a1", "b1", "a2", "a3"), kind="latent")
    counts = np.array([[4.0, 0.0, 2.0, 0.5], [0.0, 3.0, 0.0, 0.0]])
    cpts = {"d": np.array([0.4, 0.6]), "form": counts / counts.sum(axis=1, keepdims=True)}
    variables = (Variable("d", ("a", "b")), forms)
    network = Network("forms", variables, {"d": (), "form": ("d",)}, cpts, {"form": counts}, target="d")
    draws = cpt_draws(network, {"form": np.array([1.0, 1.0, 0.5, 1.0])}, "d", 4 * MANY_DRAWS, 1)["form"]
    assert draws.shape[1:] == counts.shape
    for form in (0, 2, 3):
        assert kstest(draws[:, 0, form], "beta", (counts[0, form], 6.5 - counts[0, form])).pvalue > 1e-3
    np.testing.assert_allclose(draws[:, 0, [0, 2, 3]].sum(axis=1), 1.0)
    np.testing.assert_allclose(draws[:, 1, 1], 1.0)
