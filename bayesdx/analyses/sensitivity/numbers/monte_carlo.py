"""The posterior under many Dirichlet draws of all parameters: who leads, and ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import numpy as np

from bayesdx.analyses.sensitivity.numbers.pick_freeze import Sample
from bayesdx.inference.draws import DRAWS, posterior_portions
from bayesdx.network import Array


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Summary of ``draws`` posteriors over the T diagnoses, in the order of the target's states.

    ``mean`` (T,) with standard errors ``mean_error``; ``leads`` (T,), the share of draws in which a diagnosis comes
    first, with ``leads_error``; ``ranks`` (T, T), ``ranks[t, r]`` the share in which t is number r + 1.
    """

    draws: int
    seed: int
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
    question, known = sample.question, sample.posteriors[:draws]
    advance(len(known))
    more = draws - len(known)
    others = posterior_portions(question.engine, question.findings, more, sample.seed, advance=advance)
    centre = question.posterior  # about the mean, so that sums of squares lose no digits
    total, square, ranks = np.zeros(len(centre)), np.zeros(len(centre)), np.zeros((len(centre), len(centre)))
    for part in chain([known], others):
        total += (part - centre).sum(axis=0)
        square += ((part - centre) ** 2).sum(axis=0)
        order = np.argsort(-part, axis=1, kind="stable")
        for rank, column in enumerate(order.T):
            ranks[:, rank] += np.bincount(column, minlength=len(centre))
    mean, ranks = total / draws, ranks / draws
    leads = ranks[:, 0]
    return Uncertainty(
        draws=draws,
        seed=sample.seed,
        mean=centre + mean,
        mean_error=np.sqrt(np.maximum(square / draws - mean**2, 0.0) / draws),
        leads=leads,
        leads_error=np.sqrt(leads * (1 - leads) / draws),
        ranks=ranks,
    )
