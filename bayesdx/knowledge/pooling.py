"""Studies -> Dirichlet counts, for many choices of studies at once.

The formulas of the build as functions of arrays with a leading axis S, one entry for each set of studies that is
kept. A build keeps all of them (S = 1); to leave out every publication in turn is one call as well. Each entry is
computed by itself, so the row without a source is the one that a build without it would give.

A form's row shrinks to the row of its diagnosis, which shrinks to the base: the distribution of the finding over
all diagnoses of the network. networks/model.yaml gives the choices and their reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bayesdx.knowledge.association import fit_factors, fit_margins
from bayesdx.network import Array, Variable

Bools = NDArray[np.bool_]
Integers = NDArray[np.intp]

MINERALISATION = Variable(
    "mineralisation",
    ("none", "rim", "scattered", "dense"),
    label="Mineralisation",
    state_labels=("none", "rim", "scattered", "dense"),
    kind="latent",
)
CALCIFICATION = "ct_calcification"
PATTERN = "ct_calcification_pattern"
#: The state of a pattern where there is no calcification: no study speaks of it.
NOT_APPLICABLE = "not_applicable"
#: A finding is kept when at least so many diagnoses have a study of it; one is enough for a sign whose background
#: is known.
MIN_DIAGNOSES = 2
#: Weight at which a pooled diagnosis enters the base: n / (n + this).
_HALF_WEIGHT = 2.0
#: Part of the base that is uniform, so that no state is impossible.
_UNIFORM_PART = 0.1


@dataclass(frozen=True, eq=False)
class Link:
    """``table`` (P, X): how the states of a child go with those of its ``parent``, given the form.

    ``possible`` (P, X) is 1, and near 0 for pairs that exclude each other; None where none do.
    """

    parent: str
    table: Array
    possible: Array | None = None


@dataclass(frozen=True, eq=False)
class Choices:
    """What a build assumes besides the studies.

    ``owner`` (F,) is the diagnosis of each of F forms, ``named`` (F,) whether it is one form of several, whose row
    shrinks with ``form_strength`` (F,) to that of its diagnosis, ``kept`` (F,) of it, and to the base with the
    rest; ``base_strength`` is the Dirichlet count of the base by finding, and ``contamination``, by finding, the
    part of every row that is the base whatever studies say (Huber 1964, Ann Math Statist 35:73).
    ``study_correlation`` is rho of ``effective_size`` by finding, and of forms; ``reliance`` the power of all
    counts. ``links`` tells which findings go with another, by child. ``suggests`` (3, patterns): P(how the mineral
    lies | pattern), zero where there is no calcification.
    """

    diagnoses: int
    owner: Integers
    named: Bools
    form_strength: Array
    kept: Array
    base_strength: Mapping[str, float]
    contamination: Mapping[str, float]
    definition_strength: float
    word_correlation: float
    study_correlation: Mapping[str, float]
    reliance: float
    links: Mapping[str, Link]
    suggests: Array


@dataclass(frozen=True, eq=False)
class Studies:
    """N studies of one ``finding`` with X states, as arrays.

    ``diagnosis`` (N,); ``whole`` (N,): speaks of the diagnosis as a whole; ``own`` (N, F): how much of it is among
    the own studies of a form; ``word`` (N,): states frequency words only; ``weight`` (N,): effective sample size.
    ``stated`` (N, X) is what a study says state by state, ``open`` (N, G) what it leaves open within ``sets``
    (G, X), shared out in proportion to the base. ``defined`` (F, X): states that hold by definition of a form.
    ``background`` is the probability of the second state where nothing is known.
    """

    finding: str
    states: tuple[str, ...]
    diagnosis: Integers
    whole: Bools
    own: Array
    word: Bools
    weight: Array
    stated: Array
    sets: Bools
    open: Array
    defined: Bools
    background: float | None

    @cached_property
    def uniform(self) -> Array:
        """The uniform distribution over the states that a study can speak of, shape (X,)."""
        possible = np.array([state != NOT_APPLICABLE for state in self.states])
        return np.asarray(possible / possible.sum())


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one finding: Dirichlet ``counts`` (S, F, X) of each of F forms."""

    counts: Array

    @cached_property
    def rows(self) -> Array:
        """P(state | form), shape (S, F, X)."""
        return np.asarray(self.counts / totals(self.counts)[..., None])

    def take(self, at: Integers) -> Rows:
        """The entries ``at`` of the leading axis."""
        return Rows(self.counts[at])

    @cached_property
    def _fits(self) -> dict[tuple[Link, Rows], tuple[Array, Array]]:
        return {}

    def fitted(self, link: Link, parent: Rows) -> tuple[Array, Array]:
        """``fit_factors`` of the association with the rows of a parent, which both their CPTs need: fitted once."""
        if (link, parent) not in self._fits:
            self._fits[link, parent] = fit_factors(link.table, parent.rows, self.rows)
        return self._fits[link, parent]


@dataclass(frozen=True, eq=False)
class Pooled(Rows):
    """Rows of one finding and what they are made of; D diagnoses, F forms.

    ``counts`` = ``own`` + ``definition`` + shrinkage + base, each (S, F, X). ``completing`` (S, X) is the base
    that shared out what studies leave open, ``base`` (S, X) the one to which rows shrink, ``bases`` (S, F, X) the
    same after what is known of an associated finding. ``whole`` (S, D, X) pools each diagnosis.
    """

    completing: Array
    base: Array
    bases: Array
    whole: Array
    definition: Array


def totals(counts: Array) -> Array:
    """Sums over the last axis: of many versions as a product, numpy is slow to sum along so short an axis."""
    if len(counts) == 1:  # a build, whose files hold every digit
        return np.asarray(counts.sum(axis=-1))
    return np.asarray(counts @ np.ones(counts.shape[-1]))


def enough(studied: Integers | int, background: float | None) -> Bools | bool:
    """Whether so many diagnoses with studies are enough to keep a finding."""
    return studied >= (MIN_DIAGNOSES if background is None else 1)


def pool_finding(
    choices: Choices, studies: Studies, keep: Bools, link: Link | None = None, parent: Array | None = None
) -> Pooled:
    """Pool the studies of one finding, once for each row of ``keep`` (S, N), true where a study is kept.

    With a ``link``, ``parent`` (S, F, P) says what is known of the associated finding.
    """
    return pool_sums(choices, studies, sums_of(choices, studies, keep), link, parent)


def pool_sums(
    choices: Choices, studies: Studies, sums: Array, link: Link | None = None, parent: Array | None = None
) -> Pooled:
    """The same from the ``sums_of`` the studies that are kept."""
    base = np.broadcast_to(studies.uniform, (len(sums), len(studies.states)))
    completing, pooled = base, base
    for _ in range(2):  # the base shares out what studies leave open, and comes from the completed studies itself
        completing = base
        pooled = _completed(sums, studies.sets, completing)
        base = _base(pooled[:, : choices.diagnoses], completing, studies)
    whole, own = pooled[:, : choices.diagnoses], pooled[:, choices.diagnoses :]
    bases = np.broadcast_to(base[:, None], own.shape)
    if link is not None and parent is not None:
        bases = _linked_bases(link, base, parent)
    m = choices.base_strength[studies.finding]
    of_diagnosis = whole[:, choices.owner]
    row = (of_diagnosis + m * bases) / (totals(of_diagnosis)[..., None] + m)
    defined = np.where(studies.defined, row, 0.0)
    some = studies.defined.any(axis=-1, keepdims=True)
    definition = choices.definition_strength * defined / np.where(some, totals(defined)[..., None], 1.0)
    # a diagnosis without forms is its own form: it shrinks to the base itself
    kept = choices.kept[:, None]
    shrunk = np.where(
        choices.named[:, None], choices.form_strength[:, None] * (kept * row + (1 - kept) * bases), m * bases
    )
    counts, contamination = own + definition + shrunk, choices.contamination[studies.finding]
    clean = 1 - contamination
    mixed = clean * counts + contamination * totals(counts)[..., None] * bases
    return Pooled(mixed, completing, base, bases, whole, clean * definition)


def coefficients(choices: Choices, studies: Studies, pooled: Pooled) -> Array:
    """Counts that each study adds to the row of each form, shape (N, F), when all studies are kept.

    Its own, and what comes by way of the row of the diagnosis to which the form shrinks.
    """
    members = _members(choices, studies)
    copied = discounts(choices.word_correlation, studies.word.astype(float)[None] @ members)
    weights = members * studies.weight[:, None] / np.where(studies.word[:, None], copied, 1.0)
    whole, own = weights[:, : choices.diagnoses], weights[:, choices.diagnoses :]
    sizes = totals(pooled.whole[:1])[0, choices.owner] + choices.base_strength[studies.finding]
    shrunk = np.where(choices.named, choices.form_strength * choices.kept / sizes, 0.0)
    return np.asarray((1 - choices.contamination[studies.finding]) * (own + whole[:, choices.owner] * shrunk))


def base_weights(choices: Choices, pooled: Pooled, finding: str) -> Array:
    """Counts that the base adds to the row of each form, shape (F,), when all studies are kept, beside those of
    ``contaminating``."""
    m = choices.base_strength[finding]
    sizes = totals(pooled.whole[:1])[0, choices.owner] + m
    part = choices.kept * m / sizes + 1 - choices.kept
    shrunk = np.where(choices.named, choices.form_strength * part, m)
    return np.asarray((1 - choices.contamination[finding]) * shrunk)


def contaminating(choices: Choices, pooled: Pooled, finding: str) -> Array:
    """Counts of the row of each form, shape (F,), that are the base whatever studies say."""
    return np.asarray(choices.contamination[finding] * totals(pooled.counts[0]))


def _members(choices: Choices, studies: Studies) -> Array:
    """How much of each study is pooled into each row, shape (N, D + F): the diagnoses first, then the forms."""
    whole = studies.whole[:, None] & (studies.diagnosis[:, None] == np.arange(choices.diagnoses))
    return np.concatenate([whole, studies.own], axis=1)


def effective_size(size: float, correlation: float) -> float:
    """How many independent patients ``size`` patients of one study count for, ``n / (1 + (n - 1) rho)``.

    The design effect of clustered samples (Kish 1965), which keeps one large series from drowning ten others.

    >>> effective_size(11, 0.5), effective_size(40, 0.0)
    (1.8333333333333333, 40.0)
    """
    return size / (1 + (size - 1) * correlation)


def neighbourhood(states: int, part: float) -> Array:
    """(states, states): what a count of each ordered state says of all of them; half of ``part`` goes to each state
    beside it.

    A kernel for ordered categories (Aitchison & Aitken 1976, Biometrika 63:413): bins are cut at round numbers, and
    who is 39 years old says something of 41.

    >>> neighbourhood(3, 0.2)
    array([[0.9, 0.1, 0. ],
           [0.1, 0.8, 0.1],
           [0. , 0.1, 0.9]])
    """
    beside = np.eye(states, k=1) + np.eye(states, k=-1)
    return np.asarray(part / 2 * beside + np.diag(1 - part / 2 * beside.sum(axis=1)))


def discounts(correlation: float, words: Array) -> Array:
    """What frequency words are divided by where so many stand together: pages copy one another."""
    return np.asarray(1 + (np.maximum(words, 1.0) - 1) * correlation)


def sums_of(choices: Choices, studies: Studies, keep: Bools) -> Array:
    """Weighted sums of what studies state and leave open, shape (S, D + F, X + G)."""
    members = _members(choices, studies)
    said = np.concatenate([studies.stated, studies.open], axis=1) * studies.weight[:, None]
    sums = np.repeat(_added(choices, np.ones((1, len(said))), members, said, studies.word), len(keep), axis=0)
    for diagnosis in np.flatnonzero(np.bincount(studies.diagnosis)):  # its studies enter its own rows only
        here = np.flatnonzero(studies.diagnosis == diagnosis)
        fewer = np.flatnonzero(~keep[:, here].all(axis=1))  # most sets lack no study of this diagnosis
        if len(fewer):
            rows = np.append(choices.diagnoses + np.flatnonzero(choices.owner == diagnosis), diagnosis)
            kept = keep[np.ix_(fewer, here)].astype(float)
            sums[np.ix_(fewer, rows)] = _added(
                choices, kept, members[np.ix_(here, rows)], said[here], studies.word[here]
            )
    return sums


def _added(choices: Choices, kept: Array, members: Array, said: Array, word: Bools) -> Array:
    """Sums (S, R, Y) of what the studies say (N, Y), in the rows (N, R) and sets (S, N) to which they belong."""

    def added(at: Bools) -> Array:  # not as a product of matrices: its last digits depend on the number of threads
        return np.asarray(np.einsum("sn,nry->sry", kept[:, at], members[at][:, :, None] * said[at][:, None]))

    copied = discounts(choices.word_correlation, kept[:, word] @ members[word])
    return added(~word) + added(word) / copied[..., None]


def _completed(sums: Array, sets: Bools, base: Array) -> Array:
    """Counts (S, R, X) once ``base`` (S, X) shares out what is left open."""
    states = base.shape[-1]
    within = sets * base[:, None]
    shares = within / totals(within)[..., None]
    return np.asarray(sums[..., :states] + sums[..., states:] @ shares)


def _base(counts: Array, base: Array, studies: Studies) -> Array:
    """Distribution (S, X) of a finding over all diagnoses: each pooled diagnosis weighted n / (n + 2).

    A sign with a ``background`` counts at that value, in full weight, for each diagnosis without studies.
    """
    n = totals(counts)
    part = n / (n + _HALF_WEIGHT)
    rows = (counts + 0.5 * base[:, None]) / (n[..., None] + 0.5)
    total, weight = (part[..., None] * rows).sum(axis=1), part.sum(axis=1)
    uniform = _UNIFORM_PART
    if studies.background is not None:
        silent = (n == 0).sum(axis=1)
        total = total + silent[:, None] * np.array([1 - studies.background, studies.background])
        weight, uniform = weight + silent, 0.0
    mixed = (1 - uniform) * total / weight[:, None] + uniform * studies.uniform
    mixed /= totals(mixed)[..., None]
    return np.asarray(mixed)


def _linked_bases(link: Link, base: Array, parent: Array) -> Array:
    """The base of each form, shape (S, F, X), where the finding goes with another one.

    What is known of the parent in a form says something about a child of which nothing is known: a lesion that
    is always calcified is seldom bright on T2. The base is split by the state of the parent, averaged over all
    forms, and put together again with the form's own parent row.
    """
    joint = fit_margins(link.table, parent.mean(axis=1), base) * (1.0 if link.possible is None else link.possible)
    return np.asarray(parent @ (joint / totals(joint)[..., None]))
