"""The posterior under many Dirichlet draws of all parameters: intervals, who leads, and ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.inference.draws import DRAWS, credible_intervals
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Summary of ``draws`` posteriors over the T diagnoses, in the order of the target's states.

    ``mean`` (T,) with standard errors ``mean_error``; ``interval`` (T, 2), 95 % equal-tailed, with the standard
    errors of its ends ``interval_error`` (T, 2); ``leads`` (T,), the share of draws in which a diagnosis comes
    first, with ``leads_error``; ``ranks`` (T, T), ``ranks[t, r]`` the share in which t is number r + 1.
    ``varies`` is False when the network holds no counts: every draw is then the posterior itself.
    """

    draws: int
    seed: int
    varies: bool
    mean: Array
    mean_error: Array
    interval: Array
    interval_error: Array
    leads: Array
    leads_error: Array
    ranks: Array


def uncertainty(
    question: Question,
    draws: int = DRAWS,
    seed: int = 0,
    advance: Callable[[int], object] = lambda draws: None,
) -> Uncertainty:
    """Draw all CPT rows from their Dirichlet distributions and ask for the posterior each time.

    The same seed gives the same answer. ``advance`` is told of draws done. Raises ImpossibleFindings.
    """
    return summarise(question.posterior_draws(draws, seed, advance), seed, bool(question.network.counts))


def summarise(posteriors: Array, seed: int, varies: bool = True) -> Uncertainty:
    """The summary of ``posteriors`` (draws, T)."""
    n, card = posteriors.shape
    order = np.argsort(-posteriors, axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(card), order.shape), axis=1)
    ranks = np.stack([np.bincount(place[:, t], minlength=card) for t in range(card)]) / n
    leads = ranks[:, 0]
    return Uncertainty(
        draws=n,
        seed=seed,
        varies=varies,
        mean=posteriors.mean(axis=0),
        mean_error=posteriors.std(axis=0) / np.sqrt(n),
        interval=credible_intervals(posteriors),
        interval_error=_quantile_errors(posteriors),
        leads=leads,
        leads_error=np.sqrt(leads * (1 - leads) / n),
        ranks=ranks,
    )


def _quantile_errors(posteriors: Array) -> Array:
    """Standard errors (T, 2) of the 2.5 % and 97.5 % quantiles, from order statistics one error to each side."""
    q = np.array([0.025, 0.975])
    step = np.sqrt(q * (1 - q) / len(posteriors))
    ends: Array = np.quantile(posteriors, np.clip(np.concatenate([q - step, q + step]), 0, 1), axis=0)
    return ((ends[2:] - ends[:2]) / 2).T
