"""Whether learning helps on cases that were not learnt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference import Engine
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import FOLDS
from bayesdx.learning.storage import PART, few, parts_of, stored
from bayesdx.network import Array

RESAMPLED = 2000
#: Labels put in another order so many times.
PERMUTED = 999
#: Proven patients without whom nothing is measured.
FEWEST = 20
_TAILS = (2.5, 97.5)
_REACH = 1.96

Learn = Callable[[Sample], Engine]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of ``cases`` that are proven before learning and, each from the other folds, after.

    ``before`` and ``after`` (n,) are -log P(proven state | findings), ``sizes`` (n,) the patients that each counts
    for: a case that counts for several may stand there in pieces, one for each fold at most. ``first_before``,
    ``first_after`` are the share that ranks first. ``change`` is the 95 % bootstrap interval of the mean
    difference. ``unrelated`` is the chance that labels in another order fit the network as well as those given:
    near 1 where they have nothing to do with the findings, None where no order differs from another. Means, shares
    and chances are those of patients.
    """

    cases: int
    before: Array
    after: Array
    sizes: Array
    first_before: float
    first_after: float
    change: tuple[float, float]
    unrelated: float | None

    @property
    def loss_before(self) -> float:
        """The mean log loss of a patient before learning."""
        return float(np.average(self.before, weights=self.sizes))

    @property
    def loss_after(self) -> float:
        """The same after."""
        return float(np.average(self.after, weights=self.sizes))

    @property
    def worse(self) -> bool:
        """Whether the mean log loss rises."""
        return self.loss_after > self.loss_before


def held_out(
    engine: Engine,
    sample: Sample,
    target: str,
    learn: Learn,
    *,
    folds: int = FOLDS,
    seed: int = 0,
    advance: Callable[[int], object] = lambda _: None,
) -> HeldOut | None:
    """Score the cases whose ``target`` is known, in folds; None when they are not ``enough``, or of fewer patients
    than ``folds``.

    Folds are dealt at random, so that those held out are like those learnt from; the cases of one patient
    (``Sample.patients``) are held out together. ``learn`` makes an engine of the cases that are not held out.
    """
    column = engine.network.index[target]
    proven = np.flatnonzero(sample.codes[:, column] >= 0)
    rng = np.random.default_rng(seed)
    pieces, fold = _dealt(sample.sizes[proven], sample.patients[proven], folds, rng)
    if not enough(sample, column) or len(np.unique(fold)) < folds:
        return None
    of, share = np.repeat(proven, pieces), np.repeat(pieces, pieces)
    whole = sample.take(of)
    whole = replace(whole, sizes=whole.sizes / share)
    truth = np.asarray(whole.codes[:, column], dtype=np.int64)
    before = _posteriors(engine, whole, target)
    after = stored(before.shape, np.float64)
    for k in range(folds):
        held = fold == k
        left = sample.sizes - np.bincount(of[held], whole.sizes[held], len(sample))
        kept = left > sample.sizes / (2 * folds)
        rest = replace(sample.take(kept), sizes=left[kept])
        after[held] = _posteriors(learn(rest), whole.take(held), target)
        advance(1)
    losses = [_losses(p, truth) for p in (before, after)]
    firsts = [_first(p, truth, whole.sizes) for p in (before, after)]
    change = _change(losses[1] - losses[0], whole.sizes, rng)
    unrelated = _unrelated(before, truth, whole.sizes, rng)
    return HeldOut(len(proven), losses[0], losses[1], whole.sizes, firsts[0], firsts[1], change, unrelated)


def enough(sample: Sample, target: int) -> bool:
    """Whether the cases that state variable number ``target`` count for ``FEWEST`` patients or more."""
    return bool(sample.sizes[sample.codes[:, target] >= 0].sum() >= FEWEST)


def _dealt(
    sizes: Array, patients: NDArray[np.int64], folds: int, rng: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """In how many pieces (n,) each case is dealt, and the fold of each piece, one case behind the other.

    The cases of one patient share a fold. A case that counts for several patients goes to as many, at most all.
    """
    apart = np.where(patients < 0, -1 - np.arange(len(patients)), patients)
    known, groups = (found.reshape(-1) for found in np.unique(apart, return_inverse=True))
    first = (rng.permutation(len(known)) % folds)[groups]
    alone = np.bincount(groups)[groups] == 1
    pieces = np.where(alone, np.clip(np.floor(sizes), 1, folds), 1).astype(np.intp)
    number = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return pieces, (np.repeat(first, pieces) + number) % folds


def _change(difference: Array, sizes: Array, rng: np.random.Generator) -> tuple[float, float]:
    """The 95 % interval of the mean: by bootstrap of patients, or what it comes to on many cases, 1.96 standard
    errors."""
    size = float(sizes.sum())
    if not few(len(difference)):
        mean = float(np.average(difference, weights=sizes))
        reach = _REACH * np.sqrt(np.average((difference - mean) ** 2, weights=sizes) / size)
        return float(mean - reach), float(mean + reach)
    n = round(size)
    drawn = [rng.multinomial(n, sizes / size) @ difference / n for _ in range(RESAMPLED)]
    low, high = np.percentile(drawn, _TAILS)
    return float(low), float(high)


def _first(posteriors: Array, truth: NDArray[np.integer], sizes: Array) -> float:
    """The share of patients whose proven state leads."""
    led = sum(
        float(sizes[part] @ (posteriors[part].argmax(axis=1) == truth[part])) for part in parts_of(len(truth))
    )
    return led / float(sizes.sum())


def _losses(posteriors: Array, truth: NDArray[np.integer]) -> Array:
    """-log P(proven state | findings) (n,) of posteriors (n, card)."""
    found = np.empty(len(truth))
    for part in parts_of(len(truth)):
        own = posteriors[part][np.arange(part.stop - part.start), truth[part]]
        found[part] = -np.log(np.maximum(own, np.finfo(float).tiny))
    return found


def _unrelated(
    posteriors: Array, truth: NDArray[np.integer], sizes: Array, rng: np.random.Generator
) -> float | None:
    """The chance that labels in another order fit as well; None where no order differs from another.

    The labels of patients change places; by parts of the cases within the part alone.
    """
    given, others, count = 0.0, np.zeros(PERMUTED), 0
    for part in parts_of(len(truth)):
        logs, rows = np.log(np.maximum(posteriors[part], np.finfo(float).tiny)), _case_of_each(sizes[part])
        labels = truth[part][rows]
        given += float(logs[rows, labels].sum())
        others += [logs[rows, rng.permutation(labels)].sum() for _ in range(PERMUTED)]
        count += len(rows)
    given, others = given / count, others / count
    chance = float((1 + (others >= given).sum()) / (1 + PERMUTED))
    return chance if np.ptp(others) > 1e-9 else None


def _case_of_each(sizes: Array) -> NDArray[np.intp]:
    """The number of the case of each patient: cases (n,) stand as often as they count, rounded so that the sum
    holds, and PART patients for all where they are more."""
    ends = np.rint(np.cumsum(sizes * min(1.0, PART / float(sizes.sum()))))
    return np.repeat(np.arange(len(sizes)), np.diff(ends, prepend=0.0).astype(np.intp))


def _posteriors(engine: Engine, sample: Sample, target: str) -> Array:
    """P(target | the other findings) of each case, shape (n, card)."""
    found: Array = stored((len(sample), engine.network.variable(target).cardinality), np.float64)
    for part in parts_of(len(sample)):
        codes = np.array(sample.codes[part])
        codes[:, engine.network.index[target]] = -1
        weights = {v: table[part] for v, table in sample.weights.items() if v != target}
        found[part] = engine.query_batch(codes, weights, target).probabilities
    return found
