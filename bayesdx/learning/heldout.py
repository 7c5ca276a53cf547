"""Whether learning helps on cases that were not learnt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference import Engine
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import FOLDS
from bayesdx.learning.storage import few, parts_of, stored
from bayesdx.network import Array

RESAMPLED = 2000
#: Labels put in another order so many times.
PERMUTED = 999
#: Proven cases without which nothing is measured.
FEWEST = 20
_TAILS = (2.5, 97.5)
_REACH = 1.96

Learn = Callable[[Sample], Engine]


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Scores of n proven cases before learning and, each from the other folds, after; equal cases share a fold.

    ``before`` and ``after`` (n,) are -log P(proven state | findings); ``first_before``, ``first_after`` the share
    that ranks first. ``change`` is the 95 % bootstrap interval of the mean difference. ``unrelated`` is the chance
    that labels in another order fit the network as well as those given: near 1 where they have nothing to do with
    the findings, None where no order differs from another.
    """

    before: Array
    after: Array
    first_before: float
    first_after: float
    change: tuple[float, float]
    unrelated: float | None

    @property
    def worse(self) -> bool:
        """Whether the mean log loss rises."""
        return bool(self.after.mean() > self.before.mean())


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
    """Score the cases whose ``target`` is known, in folds; None when there are fewer than ``FEWEST``, or fewer
    different ones than folds.

    ``learn`` makes an engine of the cases that are not held out.
    """
    v = engine.network.index[target]
    proven = np.flatnonzero(sample.codes[:, v] >= 0)
    if len(proven) < max(FEWEST, folds):
        return None
    whole = sample.take(proven)
    groups = _groups(whole.codes)
    rng = np.random.default_rng(seed)
    truth = np.asarray(whole.codes[:, v], dtype=np.int64)
    before = _posteriors(engine, whole, target)
    after = stored(before.shape, np.float64)
    if int(groups.max()) + 1 < folds:
        return None
    fold = (rng.permutation(int(groups.max()) + 1) % folds)[groups]  # equal cases are held out together
    for k in range(folds):
        kept = np.ones(len(sample), bool)
        kept[proven[fold == k]] = False
        after[fold == k] = _posteriors(learn(sample.take(kept)), sample.take(proven[fold == k]), target)
        advance(1)
    losses = [_losses(p, truth) for p in (before, after)]
    firsts = [_first(p, truth) for p in (before, after)]
    change = _change(losses[1] - losses[0], rng)
    unrelated = _unrelated(before, truth, rng)
    return HeldOut(losses[0], losses[1], firsts[0], firsts[1], change, unrelated)


def _change(difference: Array, rng: np.random.Generator) -> tuple[float, float]:
    """The 95 % interval of the mean: by bootstrap, or what it comes to on many cases, 1.96 standard errors."""
    if not few(len(difference)):
        reach = _REACH * difference.std() / np.sqrt(len(difference))
        return float(difference.mean() - reach), float(difference.mean() + reach)
    drawn = difference[rng.integers(len(difference), size=(RESAMPLED, len(difference)))].mean(axis=1)
    low, high = np.percentile(drawn, _TAILS)
    return float(low), float(high)


def _first(posteriors: Array, truth: NDArray[np.integer]) -> float:
    """The share of cases whose proven state leads."""
    led = sum(int((posteriors[part].argmax(axis=1) == truth[part]).sum()) for part in parts_of(len(truth)))
    return led / len(truth)


def _losses(posteriors: Array, truth: NDArray[np.integer]) -> Array:
    """-log P(proven state | findings) (n,) of posteriors (n, card)."""
    found = np.empty(len(truth))
    for part in parts_of(len(truth)):
        own = posteriors[part][np.arange(part.stop - part.start), truth[part]]
        found[part] = -np.log(np.maximum(own, np.finfo(float).tiny))
    return found


def _unrelated(posteriors: Array, truth: NDArray[np.integer], rng: np.random.Generator) -> float | None:
    """The chance that labels in another order fit as well; None where no order differs from another.

    By parts of the cases the labels change places within the part alone.
    """
    given, others = 0.0, np.zeros(PERMUTED)
    for part in parts_of(len(truth)):
        logs, labels = np.log(np.maximum(posteriors[part], np.finfo(float).tiny)), truth[part]
        rows = np.arange(len(labels))
        given += float(logs[rows, labels].sum())
        others += [logs[rows, rng.permutation(labels)].sum() for _ in range(PERMUTED)]
    given, others = given / len(truth), others / len(truth)
    chance = float((1 + (others >= given).sum()) / (1 + PERMUTED))
    return chance if np.ptp(others) > 1e-9 else None


def _groups(codes: NDArray[np.integer]) -> NDArray[np.intp]:
    """A number for each row (n, k), the same for equal rows and from 0 without gaps; of many, by their digests."""
    keys: NDArray[np.integer] = codes
    if not few(len(codes)):
        keys = np.array([_digest(row) for part in parts_of(len(codes)) for row in codes[part]])
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1))


def _digest(row: NDArray[np.integer]) -> int:
    return int.from_bytes(blake2b(row.tobytes(), digest_size=7).digest(), "big")


def _posteriors(engine: Engine, sample: Sample, target: str) -> Array:
    """P(target | the other findings) of each case, shape (n, card)."""
    found: Array = stored((len(sample), engine.network.variable(target).cardinality), np.float64)
    for part in parts_of(len(sample)):
        codes = np.array(sample.codes[part])
        codes[:, engine.network.index[target]] = -1
        weights = {v: table[part] for v, table in sample.weights.items() if v != target}
        found[part] = engine.query_batch(codes, weights, target).probabilities
    return found
