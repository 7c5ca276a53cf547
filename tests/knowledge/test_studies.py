"""From the facts of one source to a distribution and an effective sample size, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from bayesdx.knowledge.build import pool_findings
from bayesdx.knowledge.definition import Definition
from bayesdx.knowledge.facts import Fact
from bayesdx.knowledge.studies import Study, bin_moments, group_facts, read_study
from bayesdx.network import Array

MakeFact = Callable[..., Fact]


class Completed(NamedTuple):
    """A study whose open shares a base has shared out."""

    distribution: Array
    weight: float
    word: bool


Complete = Callable[..., Completed]

BASE = np.array([0.2, 0.3, 0.5])
SIGNAL = ("hypo", "iso", "hyper")


def read(
    orchard: Definition,
    facts: Sequence[Fact],
    states: Sequence[str],
    *,
    at_site: bool = True,
    form_known: bool = True,
) -> Study | None:
    """read_study with the hand-written choices."""
    return read_study(
        facts,
        states,
        states,
        orchard.words,
        orchard.pooling,
        at_site=at_site,
        form_known=form_known,
        correlation=orchard.pooling.study_correlation,
        own=np.empty(0),
    )


@pytest.fixture
def complete(orchard: Definition) -> Complete:
    """read_study on ``signal`` with the hand-written choices, and a base that shares out the rest."""

    def of(
        *facts: Fact,
        states: Sequence[str] = SIGNAL,
        base: Array = BASE,
        at_site: bool = True,
        form_known: bool = True,
    ) -> Completed:
        study = read(orchard, facts, states, at_site=at_site, form_known=form_known)
        assert study is not None
        return Completed(study.distribution(base), study.weight, study.word)

    return of


def test_design_effect(complete: Complete, make_fact: MakeFact) -> None:
    """n_eff = n / (1 + (n - 1) rho) with rho = 0.5; a single other state takes what is left."""
    study = complete(make_fact(k=6, n=11), states=("absent", "present"), base=np.array([0.7, 0.3]))
    assert study.weight == pytest.approx(11 / 6)
    assert study.distribution == pytest.approx([5 / 11, 6 / 11])


def test_silent_states_share_the_remainder(complete: Complete, make_fact: MakeFact) -> None:
    """Of 10, 4 were hypo; the other 6 are shared 3 : 5 as in the base. Nothing is zero by silence."""
    assert complete(make_fact("hypo", 4, 10)).distribution == pytest.approx([0.4, 0.6 * 3 / 8, 0.6 * 5 / 8])


def test_a_set_of_states_updates_only_its_split(complete: Complete, make_fact: MakeFact) -> None:
    """hypo or iso in 8 of 10: the two keep their ratio in the base, 2 : 3."""
    assert complete(make_fact("hypo|iso", 8, 10)).distribution == pytest.approx([0.32, 0.48, 0.2])
    whole = complete(make_fact("hypo|iso|hyper", 10, 10))
    assert whole.distribution == pytest.approx(BASE)


def test_counts_of_all_states(complete: Complete, make_fact: MakeFact) -> None:
    study = complete(make_fact("hypo", 1, 8), make_fact("iso", 3, 8), make_fact("hyper", 4, 8))
    assert study.distribution == pytest.approx([1 / 8, 3 / 8, 4 / 8])
    assert study.weight == pytest.approx(8 / 4.5)


def test_states_that_overlap_are_scaled(complete: Complete, make_fact: MakeFact) -> None:
    """Signs counted side by side (9 hypo and 6 hyper among 10) sum to more than the patients."""
    study = complete(make_fact("hypo", 9, 10), make_fact("hyper", 6, 10))
    assert study.distribution == pytest.approx([0.6, 0.0, 0.4])


def test_words_and_proportions(complete: Complete, make_fact: MakeFact) -> None:
    word = complete(make_fact("hypo", kind="word", value="often"))
    assert (word.weight, word.word) == (2.0, True)
    assert word.distribution == pytest.approx([0.6, 0.15, 0.25])
    share = complete(make_fact("hypo", kind="proportion", value="0.25"))
    assert share.weight == pytest.approx(4 / 2.5)
    assert share.distribution[0] == pytest.approx(0.25)
    assert not share.word


@pytest.mark.parametrize(
    ("fact", "options", "weight"),
    [
        ({"kind": "case"}, {}, 0.5),
        ({"kind": "case", "condition": "x"}, {"form_known": False}, 0.5 * 0.2),
        ({"condition": "x"}, {"form_known": False}, 0.2),
        ({"condition": "x"}, {"form_known": True}, 1.0),
        ({}, {"at_site": False}, 0.1),
        ({"kind": "case", "condition": "x"}, {"at_site": False, "form_known": False}, 0.5 * 0.1 * 0.2),
    ],
)
def test_discounts(
    complete: Complete, make_fact: MakeFact, fact: Mapping[str, str], options: Mapping[str, bool], weight: float
) -> None:
    """A case, a condition that is no form, another site: the weight of one patient is multiplied."""
    assert complete(make_fact("hypo", 1, 1, **fact), **options).weight == pytest.approx(weight)


def test_levels_of_the_other_network_leave_the_denominator(complete: Complete, make_fact: MakeFact) -> None:
    """Of 10 lesions 5 were at the skull base and 3 cervical: of the 5 spinal ones, 3 were cervical."""
    facts = make_fact("skull_base", 5, 10), make_fact("cervical", 3, 10)
    study = complete(*facts, states=("cervical", "lumbar"), base=np.array([0.9, 0.1]))
    assert study.distribution == pytest.approx([0.6, 0.4])
    assert study.weight == pytest.approx(5 / 3)


def test_nothing_about_the_network(orchard: Definition, make_fact: MakeFact) -> None:
    def nothing(*facts: Fact) -> bool:
        states = ("cervical", "lumbar")
        return read(orchard, facts, states) is None

    assert nothing(make_fact("skull_base", 5, 10))
    assert nothing(make_fact("skull_base", 10, 10), make_fact("cervical", 0, 10))
    assert not nothing(make_fact("skull_base", 9, 10), make_fact("cervical", 1, 10))


@pytest.mark.parametrize(
    ("value", "mean", "sd"),
    [
        ("mean=50;sd=10", 50, 10),
        ("mean=44;sd=12;low=3;high=90", 44, 12),
        ("mean=46;low=10;high=90", 46, 20),  # a quarter of the range stands for the SD
        ("low=20;high=60", 40, 10),
        ("mean=30", 30, 16),  # the usual spread of ages
    ],
)
def test_moments_are_binned_as_a_normal_distribution(
    make_fact: MakeFact, value: str, mean: float, sd: float
) -> None:
    expected = np.diff(norm.cdf([0, 18, 40, 60, 110], mean, sd))
    fact = make_fact("", finding="age_group", kind="moments", value=value)
    assert bin_moments(fact, 4) == pytest.approx(expected / expected.sum(), abs=1e-12)


def test_sizes_are_binned(make_fact: MakeFact) -> None:
    expected = np.diff(norm.cdf([0, 10, 30, 400], 20, 5))
    fact = make_fact("", finding="size_mm", kind="moments", value="mean=20;sd=5")
    assert bin_moments(fact, 3) == pytest.approx(expected / expected.sum(), abs=1e-12)


def test_counts_come_before_the_mean_of_the_same_source(complete: Complete, make_fact: MakeFact) -> None:
    """4 of 10 under 10 mm as counted; the rest as the mean and SD say."""
    moments = make_fact("", n=10, finding="size_mm", kind="moments", value="mean=20;sd=8")
    counted = make_fact("<10", 4, 10, finding="size_mm")
    binned = bin_moments(moments, 3)
    sizes = ("<10", "10-30", ">30")
    for facts in ((moments, counted), (counted, moments)):
        study = complete(*facts, states=sizes)
        assert study.distribution == pytest.approx([0.4, *(0.6 * binned[1:] / binned[1:].sum())], abs=1e-8)
        assert study.weight == pytest.approx(10 / 5.5)
    assert complete(moments, states=sizes).distribution == pytest.approx(binned, abs=1e-8)


def test_pool_discounts_words_for_copying(orchard: Definition, make_fact: MakeFact) -> None:
    """Three words of weight 2 count as 6 / (1 + 2 * 0.25) = 4 patients; a count adds its own weight."""
    count = make_fact("hypo", 4, 10, finding="signal")
    words = [make_fact("hypo", kind="word", value="often", finding="signal", source=f"w{i}") for i in range(3)]
    pear = make_fact("iso", 1, 1, finding="signal", diagnosis="pear")

    def weight(*facts: Fact) -> float:
        return float(pool_findings(orchard, [*facts, pear])["signal"].form_counts[0].sum()) - 3.0

    assert weight(*words) == pytest.approx(4)
    assert weight(words[0]) == pytest.approx(2)
    assert weight(count, words[0]) == pytest.approx(10 / 5.5 + 2)


def test_groups_share_a_denominator(make_fact: MakeFact) -> None:
    facts = [
        make_fact("hypo", 1, 8),
        make_fact("iso", 2, 8),
        make_fact("hyper", kind="word", value="often"),
        make_fact("hypo", 1, 1, kind="case", cohort="a"),
        make_fact("hypo", 3, 5, condition="calcified"),
        make_fact("hypo", 3, 5, site="any"),
        make_fact("hypo", 3, 5, source="s2"),
    ]
    assert [len(group) for group in group_facts(facts)] == [2, 1, 1, 1, 1, 1]


@given(
    st.lists(
        st.tuples(st.sampled_from(["hypo", "iso", "hyper", "hypo|iso", "iso|hyper"]), st.integers(0, 9)),
        min_size=1,
        max_size=4,
    )
)
def test_a_study_is_always_a_distribution(
    orchard: Definition, make_fact: MakeFact, said: list[tuple[str, int]]
) -> None:
    facts = [make_fact(state, k, 9) for state, k in said]
    study = read(orchard, facts, SIGNAL)
    if study is not None:
        distribution = study.distribution(BASE)
        assert distribution.sum() == pytest.approx(1)
        assert (distribution >= 0).all()
        assert 0 < study.weight < 1 / orchard.pooling.study_correlation
