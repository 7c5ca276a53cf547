"""Facts of one diagnosis and finding, completed into studies: a distribution over the states and a weight."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bayesdx.knowledge.definition import Pooling
from bayesdx.knowledge.facts import COUNTED, Fact
from bayesdx.network import Array

#: Cut points of the findings that sources describe by moments, in years and mm.
CUTS: Mapping[str, tuple[float, ...]] = {"age_group": (0, 18, 40, 60, 110), "size_mm": (0, 10, 30, 400)}
#: Standard deviation where a source gives none: share of the range, else a usual spread (assumption).
_RANGE_TO_SD = 0.25
_USUAL_SD = {"age_group": 16.0, "size_mm": 15.0}
#: What a mean makes all but impossible may still have been counted.
_NEVER_ZERO = 1e-9


@dataclass(frozen=True)
class Study:
    """What one group of patients of one source says about a finding.

    ``distribution`` has shape (states,) and sums to 1; a state that the source is silent about holds its share
    of the remainder in proportion to the base. ``weight`` is the effective sample size; ``word`` marks studies
    that state frequency words only.
    """

    source: str
    form: str
    facts: tuple[Fact, ...]
    distribution: Array
    weight: float
    word: bool


def group_facts(facts: Iterable[Fact]) -> list[tuple[Fact, ...]]:
    """Facts that share a denominator: same source, patient, condition, form and site; words apart from numbers."""
    groups: dict[tuple[object, ...], list[Fact]] = {}
    for fact in facts:
        key = (fact.source, fact.cohort, fact.condition, fact.form, fact.site, fact.kind == "word", fact.used)
        groups.setdefault(key, []).append(fact)
    return [tuple(group) for group in groups.values()]


def complete_study(
    group: Sequence[Fact],
    states: Sequence[str],
    base: Array,
    words: Mapping[str, float],
    pooling: Pooling,
    *,
    at_site: bool,
    form_known: bool,
) -> Study | None:
    """Turn facts with one denominator into a distribution over ``states`` and an effective sample size.

    ``base`` (states,) shares out what the source leaves open; where the source prints a mean or a range, that
    distribution does, so that its counts come first. Patients in a state that the network does not hold (a level
    of the other network) leave the denominator; None when nothing remains. The effective sample size of n
    patients is n / (1 + (n - 1) rho), the design effect of clustered samples (Kish 1965), which keeps one large
    series from drowning ten others.
    """
    moments = [fact for fact in group if fact.kind == "moments"]
    sizes = [fact.n or pooling.proportion_sample_size for fact in moments[:1]]
    if moments:
        base = bin_moments(moments[0], len(states)) + _NEVER_ZERO
    reported = np.zeros(len(states))
    seen = np.zeros(len(states), dtype=bool)
    inside = 1.0
    for fact in group:
        if fact.kind == "moments":
            continue
        at = [states.index(state) for state in fact.states if state in states and base[states.index(state)] > 0]
        if not set(fact.states) & set(states):
            inside -= _proportion(fact, words)
            continue
        if not at or (len(at) == 1 and seen[at[0]]):
            continue
        share = base[at] / base[at].sum()
        reported[at] += share * _proportion(fact, words)
        seen[at] = True
        sizes.append(_size(fact, pooling))
    if not sizes or inside <= 0:
        return None
    reported /= inside
    total = reported.sum()
    if total >= 1 or seen.all():
        if total <= 0:
            return None
        reported /= total
    else:
        open_share = np.where(seen, 0.0, base)
        reported += (1 - total) * open_share / open_share.sum()
    word = group[0].kind == "word"
    size = max(1.0, max(sizes) * inside)
    weight = pooling.word_sample_size if word else size / (1 + (size - 1) * pooling.study_correlation)
    if all(fact.kind == "case" for fact in group):
        weight *= pooling.case_weight
    if not at_site:
        weight *= pooling.site_transfer
    if group[0].condition and not form_known:
        weight *= pooling.condition_weight
    return Study(group[0].source, group[0].form, tuple(group), reported, weight, word)


def _proportion(fact: Fact, words: Mapping[str, float]) -> float:
    if fact.kind in COUNTED:
        assert fact.k is not None
        assert fact.n
        return fact.k / fact.n
    return words[fact.value] if fact.kind == "word" else float(fact.value)


def _size(fact: Fact, pooling: Pooling) -> float:
    if fact.kind in COUNTED:
        assert fact.n
        return fact.n
    return pooling.word_sample_size if fact.kind == "word" else pooling.proportion_sample_size


def bin_moments(fact: Fact, bins: int) -> Array:
    """Distribution over the states of ``age_group`` or ``size_mm`` from a mean, SD or range.

    A normal distribution cut at zero is assumed; without SD a quarter of the range stands for it.

    >>> from bayesdx.knowledge.facts import Fact
    >>> fact = Fact("x", "", "", "", "age_group", (), None, 9, "mean=50;sd=10", "moments", "", "", "", "", "")
    >>> bin_moments(fact, 4).round(3).tolist()
    [0.001, 0.158, 0.683, 0.159]
    """
    moments = {name: float(x) for name, x in (part.split("=") for part in fact.value.split(";"))}
    span = moments["high"] - moments["low"] if "low" in moments else None
    mean = moments.get("mean", (moments["low"] + moments["high"]) / 2 if span is not None else 0.0)
    default = _USUAL_SD[fact.finding] if span is None else max(span * _RANGE_TO_SD, 1.0)
    sd = max(moments.get("sd", default), 1.0)
    cuts = CUTS[fact.finding]
    cumulative = np.array([0.5 * (1 + math.erf((cut - mean) / sd / math.sqrt(2))) for cut in cuts])
    shares = np.diff(cumulative)
    assert len(shares) == bins
    distribution: Array = shares / shares.sum()
    return distribution


def pool(studies: Iterable[Study], size: int, word_correlation: float) -> Array:
    """Dirichlet counts (states,) of several studies: weighted sum, frequency words discounted for copying."""
    counts = np.zeros(size)
    word_counts, word_number = np.zeros(size), 0
    for study in studies:
        if study.word:
            word_counts += study.weight * study.distribution
            word_number += 1
        else:
            counts += study.weight * study.distribution
    if word_number:
        counts += word_counts / (1 + (word_number - 1) * word_correlation)
    return counts
