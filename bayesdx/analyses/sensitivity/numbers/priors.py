"""How much the answer owes to the prior: break-even ratios, curves, and all prior sets side by side.

With L_t = P(e | t) fixed, the odds of a diagnosis after the findings are its prior odds times a Bayes factor that
does not depend on its own prior, as long as the other diagnoses keep their ratios (Good 1985).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.one_way import posterior_of
from bayesdx.inference import Derivatives
from bayesdx.inference.results import leading, ranking
from bayesdx.network import Array


@dataclass(frozen=True, slots=True)
class PriorEffect:
    """What its own prior does to one diagnosis (state number ``diagnosis``), the ratios of the others kept.

    ``bayes_factor`` is posterior odds over prior odds. ``break_even`` is a factor on the weight of the diagnosis
    against all others: for the leader the factor (< 1) at which ``rival`` draws level, for any other diagnosis
    the factor (> 1) at which it draws level with the leader, its ``rival``; None when none does.
    ``break_even_prior`` is the prior probability there.
    """

    diagnosis: int
    prior: float
    posterior: float
    bayes_factor: float | None
    break_even: float | None
    break_even_prior: float | None
    rival: int | None

    def at(self, prior: Array) -> Array:
        """Posterior probabilities for ``prior`` probabilities in (0, 1), of the same shape."""
        if self.bayes_factor is None:  # certain, or without prior probability
            return np.full(np.shape(prior), self.posterior)
        odds = self.bayes_factor * prior / (1.0 - prior)
        return np.asarray(odds / (1.0 + odds))


@dataclass(frozen=True, eq=False)
class PriorSetAnswer:
    """The prior (T,) and the posterior (T,) under one prior set; None when the findings are impossible there."""

    name: str
    prior: Array
    posterior: Array | None


def prior_effects(question: Question, derivatives: Derivatives) -> tuple[PriorEffect, ...]:
    """What the prior of each diagnosis does, in the order of the posterior."""
    network, target = question.engine.network, question.target.id
    posterior, prior = posterior_of(derivatives, network, target), question.prior_probabilities
    order = np.array(ranking(posterior))
    leader = int(order[0])
    return tuple(
        _effect(int(t), posterior, prior, int(order[1]) if t == leader and len(order) > 1 else leader)
        for t in order
    )


def _effect(t: int, posterior: Array, prior: Array, rival: int) -> PriorEffect:
    p, q = float(posterior[t]), float(prior[t])
    factor = p * (1 - q) / ((1 - p) * q) if 0 < p < 1 and 0 < q < 1 else None
    if factor is None or rival == t or posterior[rival] == 0:
        return PriorEffect(t, q, p, factor, None, None, None)
    ratio = float(posterior[rival]) / p
    level = ratio * q / (1 - q + ratio * q)
    return PriorEffect(t, q, p, factor, ratio, level, rival)


def prior_sets(question: Question, sets: Mapping[str, Array]) -> tuple[PriorSetAnswer, ...]:
    """Posteriors under each prior set (T,): the likelihoods P(e | t) stay as they are.

    ``sets`` need a target without parents.
    """
    answers = []
    for name, prior in sets.items():
        joint = prior * question.likelihood
        total = float(joint.sum())
        answers.append(PriorSetAnswer(name, prior, joint / total if total > 0 else None))
    return tuple(answers)


def other_leaders(question: Question) -> dict[int, list[PriorSetAnswer]]:
    """The prior sets under which another diagnosis (index) leads than now; none without findings to weigh."""
    if not question.findings or question.network.parents[question.target.id]:
        return {}
    found: dict[int, list[PriorSetAnswer]] = {}
    for one in prior_sets(question, question.prior_sets):
        if one.posterior is not None:
            found.setdefault(int(leading(one.posterior)), []).append(one)
    found.pop(int(leading(question.posterior)), None)
    return found


def prior_grid(effect: PriorEffect, points: int = 121) -> Array:
    """Priors (points,), even in log-odds, that show where the curve of ``effect`` rises and its own prior."""
    centre = -math.log(effect.bayes_factor) if effect.bayes_factor else 0.0
    own = math.log(effect.prior / (1 - effect.prior)) if 0 < effect.prior < 1 else centre
    low, high = min(centre, own) - 4.6, max(centre, own) + 4.6
    return np.asarray(1.0 / (1.0 + np.exp(-np.linspace(low, high, points))))
