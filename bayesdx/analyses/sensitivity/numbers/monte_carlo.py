"""The posterior under many Dirichlet draws of all parameters: who leads, and ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.sensitivity.numbers.pick_freeze import Sample
from bayesdx.inference.draws import DRAWS, posterior_draws
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Summary of ``draws`` posteriors over the T diagnoses, in the order of the target's states.

    ``mean`` (T,) with standard errors ``mean_error``; ``leads`` (T,), the share of draws in which a diagnosis comes
    first, with ``leads_error``; ``ranks`` (T, T), ``ranks[t, r]`` the share in which t is number r + 1.
    ``varies`` is False when the network holds no counts: every draw is then the posterior itself.
    """

    draws: int
    seed: int
    varies: bool
    mean: Array
    mean_error: Array
    leads: Array
    leads_error: Array
    ranks: Array


def uncertainty(
    sample: Sample, draws: int = DRAWS, advance: Callable[[int], object] = lambda draws: None
) -> Uncertainty:
    """Posteriors under so many draws of all CPT rows from their Dirichlet distributions.

    The draws of the ``sample`` come first; those beyond them are made now, and ``advance`` is told of them. Raises
    ImpossibleFindings.
    """
    question, found = sample.question, sample.posteriors[:draws]
    advance(len(found))
    if draws > len(found):
        more = draws - len(found)
        others = posterior_draws(question.engine, question.findings, more, sample.seed, advance=advance)
        found = np.concatenate([found, others])
    return summarise(found, sample.seed, bool(question.network.counts))


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
        leads=leads,
        leads_error=np.sqrt(leads * (1 - leads) / n),
        ranks=ranks,
    )
