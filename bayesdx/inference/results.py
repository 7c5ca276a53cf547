"""What the engine answers: frozen results over arrays, each field with its mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.inference.logs import TIE
from bayesdx.network import Array
from bayesdx.values import ByValue


@dataclass(frozen=True, eq=False)
class Posterior(ByValue):
    """P(target | findings), shape (card,), and the natural logarithm of P(findings)."""

    probabilities: Array
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class Marginals(ByValue):
    """P(variable | findings) of every variable, each of shape (card,), and log P(findings)."""

    probabilities: Mapping[str, Array]
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class Derivatives(ByValue):
    """Partial derivatives of P(e), the probability of the findings, each divided by P(e) (Darwiche 2003).

    ``cpt[v]``            d P(e) / d theta_v, shape of the CPT of v
    ``findings[v]``       d P(e) / d lambda_v, shape (card_v,): P(v, e without v) / P(e)
    ``target_cpt[v]``     d P(t, e) / d theta_v for every state t of the target, shape (card_t, *CPT of v)
    ``target_findings[v]``  d P(t, e) / d lambda_v, shape (card_t, card_v)

    P is read as the multilinear polynomial in all CPT entries and likelihood weights: entries of a row move
    independently of each other. The two target mappings are empty when no target was given.
    """

    log_likelihood: float
    cpt: Mapping[str, Array]
    findings: Mapping[str, Array]
    target_cpt: Mapping[str, Array]
    target_findings: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class MostProbableExplanation(ByValue):
    """The most probable joint state: state index of every variable, and log max P(states, findings)."""

    states: Mapping[str, int]
    log_probability: float


@dataclass(frozen=True, eq=False)
class BatchPosterior(ByValue):
    """P(target | findings) of n cases, shape (n, card_target), and log P(findings), shape (n,).

    Where the findings of a case are impossible together the log-likelihood is -inf and the row is zero.
    """

    probabilities: Array
    log_likelihood: Array

    @property
    def impossible(self) -> NDArray[np.bool_]:
        """Mask (n,) of the cases whose findings have probability zero together."""
        return np.isneginf(self.log_likelihood)


class Spread(NamedTuple):
    """First-order variances (…, card) of ln P(t, e), of ln P(not t, e), and of their difference, the log-odds."""

    with_it: Array
    without: Array
    odds: Array


def leading(probabilities: Array) -> NDArray[np.intp]:
    """The most probable state along the last axis; the first of those that are as probable but for rounding."""
    most = probabilities.max(axis=-1, keepdims=True)
    return np.asarray((probabilities >= most * (1 - TIE)).argmax(axis=-1))


def ranking(probabilities: Array) -> list[int]:
    """The states of ``probabilities`` (card,), the most probable first; in their order where rounding differs."""
    mantissas, exponents = np.frexp(probabilities)
    compared = np.ldexp(np.round(mantissas / TIE), exponents)
    order: list[int] = np.argsort(-compared, kind="stable").tolist()
    return order
