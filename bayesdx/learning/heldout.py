"""Whether learning helps on cases that were not learnt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesdx.inference import Engine
from bayesdx.learning.sample import Sample
from bayesdx.learning.settings import FOLDS
from bayesdx.network import Array

RESAMPLED = 2000
#: Labels put in another order so many times.
PERMUTED = 999
#: Proven cases without which nothing is measured.
FEWEST = 20
_TAILS = (2.5, 97.5)

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
    groups = np.unique(sample.codes[proven], axis=0, return_inverse=True)[1].reshape(-1)
    rng = np.random.default_rng(seed)
    truth = sample.codes[proven, v]
    before = _posteriors(engine, sample.take(proven), target)
    after = np.empty_like(before)
    if int(groups.max()) + 1 < folds:
        return None
    fold = (rng.permutation(int(groups.max()) + 1) % folds)[groups]  # equal cases are held out together
    for k in range(folds):
        kept = np.ones(len(sample), bool)
        kept[proven[fold == k]] = False
        after[fold == k] = _posteriors(learn(sample.take(kept)), sample.take(proven[fold == k]), target)
        advance(1)
    losses = [-np.log(np.maximum(p[np.arange(len(truth)), truth], np.finfo(float).tiny)) for p in (before, after)]
    firsts = [float((p.argmax(axis=1) == truth).mean()) for p in (before, after)]
    difference = losses[1] - losses[0]
    drawn = difference[rng.integers(len(difference), size=(RESAMPLED, len(difference)))].mean(axis=1)
    low, high = np.percentile(drawn, _TAILS)
    log_before = np.log(np.maximum(before, np.finfo(float).tiny))
    given = log_before[np.arange(len(truth)), truth].mean()
    others = [log_before[np.arange(len(truth)), rng.permutation(truth)].mean() for _ in range(PERMUTED)]
    chance = float((1 + sum(other >= given for other in others)) / (1 + PERMUTED))
    unrelated = chance if np.ptp(others) > 1e-9 else None
    return HeldOut(losses[0], losses[1], firsts[0], firsts[1], (float(low), float(high)), unrelated)


def _posteriors(engine: Engine, sample: Sample, target: str) -> Array:
    """P(target | the other findings) of each case, shape (n, card)."""
    codes = sample.codes.copy()
    codes[:, engine.network.index[target]] = -1
    weights = {v: table for v, table in sample.weights.items() if v != target}
    return engine.query_batch(codes, weights, target).probabilities
