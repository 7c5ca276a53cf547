"""Facts of one diagnosis and finding, read as studies: shares of the states and a weight."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bayesdx.knowledge.definition import Pooling
from bayesdx.knowledge.facts import COUNTED, Fact
from bayesdx.knowledge.ledger import Saying
from bayesdx.knowledge.pooling import effective_size
from bayesdx.network import Array

#: Cut points of the findings that sources describe by moments, in years and mm.
CUTS: Mapping[str, tuple[float, ...]] = {"age_group": (0, 18, 40, 60, 110), "size_mm": (0, 10, 30, 400)}
#: Standard deviation where a source gives none: share of the range, else a usual spread (assumption).
_RANGE_TO_SD = 0.25
_USUAL_SD = {"age_group": 16.0, "size_mm": 15.0}
#: Kinds of facts that state a frequency without the patients behind it.
UNCOUNTED = frozenset({"word", "proportion"})
#: What a mean makes all but impossible may still have been counted.
_NEVER_ZERO = 1e-9


@dataclass(frozen=True)
class Study:
    """What one group of patients of one source says about a finding.

    ``stated`` (states,) is what it says state by state, ``open`` the shares that it leaves open within sets of
    states, which the base divides; together they sum to 1. ``size`` patients count as ``weight``, the effective
    sample size times a ``factor`` for what they are; ``word`` marks studies that state frequency words only.
    ``whole`` says that it speaks for the diagnosis, ``at_site`` that its patients are at a site of the network, and
    ``own`` (F,) how much of it belongs to each form. ``facts`` are what it was read from.
    """

    source: str
    form: str
    sayings: tuple[Saying, ...]
    stated: Array
    open: tuple[tuple[tuple[int, ...], float], ...]
    size: float
    factor: float
    weight: float
    word: bool
    whole: bool
    at_site: bool
    own: Array
    facts: tuple[Fact, ...] = ()

    def distribution(self, base: Array) -> Array:
        """The distribution over the states (states,) once ``base`` shares out what is left open."""
        found = self.stated.copy()
        for at, share in self.open:
            found[list(at)] += share * base[list(at)] / base[list(at)].sum()
        return found


def group_facts(facts: Iterable[Fact]) -> list[tuple[Fact, ...]]:
    """Facts that share a denominator: same source, patient, condition, form and site; words apart from numbers."""
    groups: dict[tuple[object, ...], list[Fact]] = {}
    for fact in facts:
        key = (fact.source, fact.cohort, fact.condition, fact.form, fact.site, fact.kind == "word", fact.used)
        groups.setdefault(key, []).append(fact)
    return [tuple(group) for group in groups.values()]


def without_repeats(
    facts: Sequence[Fact], identified: Collection[str], sites: Collection[str], states: Mapping[str, Sequence[str]]
) -> tuple[Fact, ...]:
    """The facts without those that only repeat a better source; ``states`` are those of each finding.

    A statement without a denominator (a frequency word, a proportion without n) by a source that is not
    ``identified`` is left out where identified ones speak of the same states in the same form of the diagnosis: at
    the ``sites`` of the network, without condition, and of more than a single patient. Of two states, who speaks of
    one speaks of both.
    """
    spoken_of: dict[tuple[str, str, str], set[str]] = {}
    for fact in facts:
        better = fact.used and fact.source in identified and fact.kind != "case"
        if better and fact.site in sites and not fact.condition:
            known = states.get(fact.finding, ())
            everything = fact.kind == "moments" or len(known) == 2
            row = spoken_of.setdefault((fact.diagnosis, fact.form, fact.finding), set())
            row.update(known if everything else fact.states)

    def repeats(fact: Fact) -> bool:
        if fact.kind not in UNCOUNTED or not fact.source or fact.source in identified:
            return False
        return set(fact.states) <= spoken_of.get((fact.diagnosis, fact.form, fact.finding), set())

    return tuple(fact for fact in facts if not repeats(fact))


def read_study(
    group: Sequence[Fact],
    states: Sequence[str],
    possible: Collection[str],
    words: Mapping[str, float],
    pooling: Pooling,
    *,
    at_site: bool,
    form_known: bool,
    correlation: float,
    own: Array,
    identified: bool = True,
) -> Study | None:
    """Turn facts with one denominator into shares of ``states`` and an effective sample size.

    ``possible`` names the states that a study can speak of. Where the source prints a mean or a range, that
    distribution shares out what is left open. Patients in a state that the network does not hold (a level of the
    other network) leave the denominator; None when nothing remains. n patients count as
    ``effective_size`` says, with the ``correlation`` among them. ``own`` (F,) says to which forms they belong.
    """
    moments = [fact for fact in group if fact.kind == "moments"]
    sizes = [fact.n or pooling.proportion_sample_size for fact in moments[:1]]
    shares: dict[tuple[int, ...], float] = {}
    seen: set[int] = set()
    inside = 1.0
    for fact in group:
        if fact.kind == "moments":
            continue
        at = tuple(i for i, state in enumerate(states) if state in possible and state in fact.states)
        if not set(fact.states) & set(states):
            inside -= _proportion(fact, words)
            continue
        if not at or (len(at) == 1 and at[0] in seen):
            continue
        shares[at] = shares.get(at, 0.0) + _proportion(fact, words)
        seen.update(at)
        sizes.append(_size(fact, pooling))
    if not sizes or inside <= 0:
        return None
    shares = {at: share / inside for at, share in shares.items()}
    total = sum(shares.values())
    silent = tuple(i for i, state in enumerate(states) if state in possible and i not in seen)
    if total >= 1 or not silent:
        if total <= 0:
            return None
        shares = {at: share / total for at, share in shares.items()}
    else:
        shares[silent] = 1 - total
    word = group[0].kind == "word"
    size = max(1.0, max(sizes) * inside)
    factor = 1.0
    if all(fact.kind == "case" for fact in group):
        factor *= pooling.case_weight
    if not at_site:
        factor *= pooling.site_transfer
    if group[0].condition and not form_known:
        factor *= pooling.condition_weight
    if not identified:
        factor *= pooling.unidentified_weight
    weight = factor * (pooling.word_sample_size if word else effective_size(size, correlation))
    stated = np.zeros(len(states))
    for at, share in shares.items():
        if len(at) == 1:
            stated[at[0]] += share
    still_open = tuple((at, share) for at, share in shares.items() if len(at) > 1 and share)
    study = Study(
        source=group[0].source,
        form=group[0].form,
        sayings=_sayings(group),
        stated=stated,
        open=still_open,
        size=size,
        factor=factor,
        weight=weight,
        word=word,
        whole=group[0].used,
        at_site=at_site,
        own=own,
        facts=tuple(group),
    )
    if not moments:
        return study
    return replace(study, stated=study.distribution(bin_moments(moments[0], len(states)) + _NEVER_ZERO), open=())


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


def _sayings(facts: Iterable[Fact]) -> tuple[Saying, ...]:
    """Facts in the words of the ledger; moments speak of all states."""
    return tuple(Saying(f.kind, _says(f), () if f.kind == "moments" else f.states, f.form, f.k, f.n) for f in facts)


def _says(fact: Fact) -> str:
    if fact.kind in COUNTED:
        return "case" if fact.kind == "case" else f"{fact.k:g} of {fact.n:g}"
    if fact.kind == "word":
        return f'"{fact.value.replace("_", " ")}"'
    if fact.kind == "proportion":
        return f"{float(fact.value):.0%}"
    moments = dict(part.split("=") for part in fact.value.split(";"))
    said = [f"{name} {moments[key]}" for key, name in (("mean", "mean"), ("sd", "SD")) if key in moments]
    if "low" in moments:
        said.append(f"range {moments['low']}–{moments['high']}")
    return ", ".join(said) + (f" (n = {fact.n:g})" if fact.n else "")
