"""Tornado, priors, draws: against changed networks, closed forms and other prior sets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import beta
from sensitivity_networks import ask, hard, two_node

from bayesdx.analyses.sensitivity.numbers.monte_carlo import uncertainty
from bayesdx.analyses.sensitivity.numbers.one_way import one_way
from bayesdx.analyses.sensitivity.numbers.pick_freeze import Sample
from bayesdx.analyses.sensitivity.numbers.priors import prior_effects, prior_grid, prior_sets
from bayesdx.analyses.sensitivity.numbers.tornado import Span, parse_span, tornado
from bayesdx.document import NetworkDocument
from bayesdx.errors import InputError
from bayesdx.inference import compile_network
from bayesdx.network import Array, Network, Variable

FINDINGS = {"level": "cervical", "ct_calcification": "present", "mr_t2_signal": "hypo", "sex": "male"}


def test_bars_against_changed_networks(small: NetworkDocument) -> None:
    """Each end of a bar, set in the CPT, gives the posterior that the bar says."""
    network = small.network
    findings = hard(network, **FINDINGS)
    bars = tornado(ask(network, findings), one_way(ask(network, findings)))
    leader = int(compile_network(network).posterior(findings).probabilities.argmax())
    widths = [bar.width(leader) for bar in bars]
    assert widths == sorted(widths, reverse=True)
    assert {bar.group.name for bar in bars} >= {"level", "mineralisation", "mr_t2_signal", "diagnosis"}
    single = [bar for bar in bars if len(bar.group.members) == 1 and bar.group.name != "diagnosis"]
    for bar in single[:12]:
        for end, expected in ((bar.low, bar.at_low), (bar.high, bar.at_high)):
            np.testing.assert_allclose(changed(network, bar, end, findings), expected, atol=1e-9)
    bar = next(bar for bar in single if bar.group.name == "level")
    assert bar.group.context is not None
    counts = network.counts["level"][bar.group.context[1]]
    seen = counts[bar.group.state]
    np.testing.assert_allclose([bar.low, bar.high], beta.ppf([0.025, 0.975], seen, counts.sum() - seen))


def changed(network: Network, bar: object, value: float, findings: dict[str, Array]) -> Array:
    from bayesdx.analyses.sensitivity.numbers.tornado import Bar

    assert isinstance(bar, Bar)
    table = np.array(network.cpts[bar.group.name])
    assert bar.group.context is not None
    row = table[bar.group.context[1]]
    others = np.arange(len(row)) != bar.group.state
    row[others] *= (1 - value) / (1 - row[bar.group.state])
    row[bar.group.state] = value
    return compile_network(network.with_cpts({bar.group.name: table})).posterior(findings).probabilities


def test_rows_of_one_form_move_together(small: NetworkDocument) -> None:
    """T2 signal given mineralisation: the bar is their mean, weighted by P(mineralisation | diagnosis)."""
    network = small.network
    question = ask(network, hard(network, **FINDINGS))
    bar = next(b for b in tornado(question, one_way(question)) if b.group.name == "mr_t2_signal")
    assert network.diagnosis_parent("mr_t2_signal") == "diagnosis"
    assert bar.group.context is not None
    d, state = bar.group.context[1], bar.group.state
    share = network.cpts["mineralisation"][d]
    theta, counts = network.cpts["mr_t2_signal"][d, :, state], network.counts["mr_t2_signal"][d].sum(axis=1)
    assert bar.value == pytest.approx(share @ theta)
    variance = theta * (1 - theta) / (counts + 1)
    effective = bar.value * (1 - bar.value) / (share**2 @ variance) - 1
    assert bar.counts == pytest.approx(effective)
    ends = beta.ppf([0.025, 0.975], bar.value * effective, (1 - bar.value) * effective)
    clipped = [np.clip(theta + share * variance / (share**2 @ variance) * (end - bar.value), 0, 1) for end in ends]
    np.testing.assert_allclose([bar.low, bar.high], [share @ rows for rows in clipped])
    for rows, expected in zip(clipped, (bar.at_low, bar.at_high), strict=True):
        table = np.array(network.cpts["mr_t2_signal"])
        for m, value in enumerate(rows):
            row = table[d, m]
            others = np.arange(len(row)) != state
            row[others] *= (1 - value) / (1 - row[state])
            row[state] = value
        answer = compile_network(network.with_cpts({"mr_t2_signal": table})).posterior(question.findings)
        np.testing.assert_allclose(answer.probabilities, expected, atol=1e-9)


def test_other_spans_and_what_is_ruled_out() -> None:
    network = two_node()
    question = ask(network, hard(network, test="positive"))
    found = one_way(question)
    assert tornado(question, found) == ()  # no counts, no literature
    bars = {(bar.group.name, bar.group.context): bar for bar in tornado(question, found, parse_span("10%"))}
    bar = bars["test", ("disease", 1)]
    np.testing.assert_allclose([bar.low, bar.high], [0.045, 0.055])
    np.testing.assert_allclose([bar.at_low[0], bar.at_high[0]], [0.09 / (0.09 + 0.9 * x) for x in (0.045, 0.055)])
    fixed = tornado(question, found, Span("fixed", 0.0, 0.5))
    bar = next(b for b in fixed if b.group.context == ("disease", 1))
    np.testing.assert_allclose([bar.at_low[0], bar.at_high[0]], [1.0, 0.09 / (0.09 + 0.45)])


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("literature", Span()),
        ("25%", Span("relative", 0.25, 0.25)),
        ("±25%", Span("relative", 0.25, 0.25)),
        ("0.1-0.9", Span("fixed", 0.1, 0.9)),
    ],
)
def test_spans(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize(
    "text", ["wide", "0%", "200%", "0.9-0.1", "-1-2", "0.1-nan", "%", "-5%", "+5%", "5%%", "1_0%", "٥%"]
)
def test_spans_that_cannot_be(text: str) -> None:
    with pytest.raises(InputError, match="cannot be used; write 'literature'"):
        parse_span(text)


def test_priors_against_other_priors(small: NetworkDocument) -> None:
    """Each diagnosis with another prior, the others in their old ratios; and level where it says level."""
    network = small.network
    findings = hard(network, **FINDINGS)
    engine = compile_network(network)
    derivatives = engine.derivatives(findings, "diagnosis")
    effects = prior_effects(ask(network, findings), derivatives)
    posterior = engine.posterior(findings).probabilities
    assert [e.diagnosis for e in effects] == np.argsort(-posterior).tolist()
    for effect in effects:
        for prior in (0.001, 0.2, 0.9):
            answer = under_prior(network, findings, effect.diagnosis, prior)
            assert effect.at(np.array(prior)) == pytest.approx(answer[effect.diagnosis])
        assert effect.break_even_prior is not None
        assert effect.rival is not None
        level = under_prior(network, findings, effect.diagnosis, effect.break_even_prior)
        assert level[effect.diagnosis] == pytest.approx(level[effect.rival])
        assert effect.break_even is not None
        assert (effect.break_even < 1) == (effect is effects[0])
        grid = prior_grid(effect)
        assert grid.min() < effect.prior < grid.max()


def under_prior(network: Network, findings: dict[str, Array], diagnosis: int, prior: float) -> Array:
    table = np.array(network.cpts["diagnosis"])
    table *= (1 - prior) / (1 - table[diagnosis])
    table[diagnosis] = prior
    return compile_network(network.with_cpts({"diagnosis": table})).posterior(findings).probabilities


def test_prior_sets_against_the_networks_under_them(small: NetworkDocument) -> None:
    network = small.network
    findings = hard(network, **FINDINGS)
    sets = {name: prior.probabilities for name, prior in small.prior_sets.items()}
    sets["certain"] = np.eye(5)[3]
    answers = prior_sets(ask(network, findings), sets)
    for one in answers:
        expected = compile_network(network.with_cpts({"diagnosis": one.prior})).posterior(findings)
        np.testing.assert_allclose(one.posterior, expected.probabilities, atol=1e-12)


def test_draws_against_closed_form() -> None:
    """With p_i ~ Beta the first diagnosis leads when p_0 > p_1, and its posterior is p_0 / (p_0 + p_1)."""
    counts = np.array([[6.0, 4.0], [3.0, 5.0]])
    network = Network(
        "n",
        (Variable("d", ("x", "y")), Variable("f", ("p", "q"))),
        {"f": ("d",)},
        {"d": np.array([0.5, 0.5]), "f": counts / counts.sum(axis=1, keepdims=True)},
        {"f": counts},
        target="d",
    )
    found = uncertainty(Sample(ask(network, {"f": np.array([1.0, 0.0])}), seed=4), 10_000)
    grid = (np.arange(4000) + 0.5) / 4000
    p0, p1 = beta.ppf(grid, 6, 4), beta.ppf(grid, 3, 5)
    leads = np.mean(beta.cdf(p0, 3, 5))
    assert abs(found.leads[0] - leads) < 4 * found.leads_error[0]
    mean = np.mean(p0[:, None] / (p0[:, None] + p1))
    assert abs(found.mean[0] - mean) < 4 * found.mean_error[0]
    np.testing.assert_allclose(found.ranks.sum(axis=0), 1)
    np.testing.assert_allclose(found.ranks.sum(axis=1), 1)
    np.testing.assert_array_equal(found.leads, found.ranks[:, 0])
    again = uncertainty(Sample(ask(network, {"f": np.array([1.0, 0.0])}), seed=4), 10_000)
    np.testing.assert_array_equal(found.ranks, again.ranks)
