"""What steps may show: joint states of findings not yet seen, each with its chance and the posterior under it.

Outcomes are enumerated while they are few. Otherwise they are drawn from P(findings | what is known): every draw
is one patient who agrees with the findings, the same patients for all steps, so that steps differ by what they
show and not by chance. Posteriors under an outcome are always exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.question import Question
from bayesdx.network import Array

#: Outcomes that are enumerated one by one; a larger joint is simulated.
EXACT_OUTCOMES = 4096
#: Simulated patients behind the value of an examination.
PATIENTS = 2000

Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """m outcomes of some steps.

    ``codes`` (m, n_variables) state numbers, -1 where nothing is seen; ``probability`` (m,) sums to 1;
    ``posterior`` (m, card) P(target | findings, outcome) and ``log_likelihood`` (m,) of both together.
    ``parent`` (m,) is the row of the outcomes that these continue. ``patient`` (m,) numbers the drawn patient
    whom a row belongs to; None when the probabilities are exact.
    """

    codes: Codes
    probability: Array
    posterior: Array
    log_likelihood: Array
    parent: NDArray[np.intp]
    patient: NDArray[np.intp] | None = None

    @property
    def seen(self) -> tuple[int, ...]:
        """Numbers of the variables that the codes tell."""
        return tuple(np.flatnonzero((self.codes >= 0).all(axis=0)).tolist())


class Prospects:
    """A question, what can still be seen, and ``patients`` drawn from it when an enumeration is too long."""

    def __init__(self, question: Question, patients: int = PATIENTS, seed: int = 0) -> None:
        self.question = question
        self.patients = patients
        self._seed = seed

    @cached_property
    def now(self) -> Outcomes:
        """The only outcome of no step at all."""
        network = self.question.engine.network
        codes = np.full((1, len(network.variables)), -1, dtype=np.intp)
        for name, state in self.question.hard_findings().items():
            codes[0, network.index[name]] = state
        posterior, log_likelihood = self._scored(codes)
        return Outcomes(codes, np.ones(1), posterior, log_likelihood, np.zeros(1, dtype=np.intp))

    @cached_property
    def possible(self) -> dict[str, list[int]]:
        """States that each variable can still take."""
        marginals = self.question.engine.marginals(self.question.findings).probabilities
        return {name: np.flatnonzero(p > 0).tolist() for name, p in marginals.items()}

    def combinations(self, names: Sequence[str]) -> int:
        """Number of joint states of ``names`` that an enumeration would go through."""
        return math.prod(len(self.possible[name]) for name in names)

    def after(self, outcomes: Outcomes, names: Sequence[str], limit: int = EXACT_OUTCOMES) -> Outcomes:
        """Outcomes once the findings ``names`` are seen as well.

        Every joint state of ``names`` continues every row while that makes at most ``limit`` rows: exact
        outcomes stay exact. Otherwise a row is a drawn patient, and its parent the row that agrees with him.
        """
        if len(outcomes.codes) * self.combinations(names) <= limit:
            return self._continued(outcomes, names)
        index = self.question.engine.network.index
        columns = sorted({*outcomes.seen, *(index[name] for name in names)})
        codes = np.full_like(self._drawn, -1)
        codes[:, columns] = self._drawn[:, columns]
        posterior, log_likelihood = self._scored(codes)
        each = np.arange(self.patients)
        parent = each if outcomes.patient is not None else _rows_of(outcomes, codes)
        return Outcomes(codes, np.full(len(each), 1 / len(each)), posterior, log_likelihood, parent, each)

    def _continued(self, outcomes: Outcomes, names: Sequence[str]) -> Outcomes:
        columns = [self.question.engine.network.index[name] for name in names]
        states = np.array(list(product(*(self.possible[name] for name in names))), dtype=np.intp)
        states = states.reshape(-1, len(columns))
        parent = np.repeat(np.arange(len(outcomes.codes)), len(states))
        codes = outcomes.codes[parent]
        codes[:, columns] = np.tile(states, (len(outcomes.codes), 1))
        posterior, log_likelihood = self._scored(codes)
        chance = np.exp(log_likelihood - outcomes.log_likelihood[parent])
        kept = np.flatnonzero(chance > 0)
        probability = (outcomes.probability[parent] * chance)[kept]
        return Outcomes(
            codes[kept],
            probability / probability.sum(),
            posterior[kept],
            log_likelihood[kept],
            parent[kept],
            None if outcomes.patient is None else outcomes.patient[parent[kept]],
        )

    @cached_property
    def _drawn(self) -> Codes:
        question = self.question
        return question.engine.sample(question.findings, self.patients, np.random.default_rng(self._seed))

    def _scored(self, codes: Codes) -> tuple[Array, Array]:
        """P(target | findings, codes) (m, card) and ln P(findings, codes) (m,)."""
        question = self.question
        hard = question.hard_findings()
        weights = {
            name: np.broadcast_to(given, (len(codes), len(given)))
            for name, given in question.findings.items()
            if name not in hard
        }
        answer = question.engine.query_batch(codes, weights)
        return answer.probabilities, answer.log_likelihood


def _rows_of(outcomes: Outcomes, codes: Codes) -> NDArray[np.intp]:
    """Row of the exact outcomes that each of ``codes`` agrees with."""
    columns = list(outcomes.seen)
    rows = {tuple(code): i for i, code in enumerate(outcomes.codes[:, columns].tolist())}
    return np.array([rows[tuple(code)] for code in codes[:, columns].tolist()], dtype=np.intp)


def mean(values: Array, outcomes: Outcomes) -> tuple[float, float]:
    """Expectation of ``values`` (m,) over the outcomes, and its standard error (0 where nothing is simulated).

    Rows of one patient are averaged first: patients are independent, what may follow for one of them is not.
    """
    expected = float(outcomes.probability @ values)
    if outcomes.patient is None:
        return expected, 0.0
    n = int(outcomes.patient.max()) + 1
    of_patient = np.bincount(outcomes.patient, weights=outcomes.probability * values * n, minlength=n)
    return expected, float(of_patient.std(ddof=1) / math.sqrt(n))


def total(event: NDArray[np.bool_], outcomes: Outcomes) -> float:
    """Probability of an ``event`` (m,), rounded once: 325 of 400 patients are 0.8125 whatever adds them up."""
    return min(1.0, math.fsum(outcomes.probability[event].tolist()))


def chance(event: NDArray[np.bool_], outcomes: Outcomes) -> tuple[float, float]:
    """Probability of an ``event`` (m,) over the outcomes, and its standard error (0 where nothing is simulated).

    The error is that of a proportion with one success and one failure added, so that it is not zero for an event
    that no patient shows (Agresti & Coull 1998).
    """
    expected = total(event, outcomes)
    if outcomes.patient is None:
        return expected, 0.0
    n = int(outcomes.patient.max()) + 1
    smoothed = (expected * n + 1) / (n + 2)
    return expected, math.sqrt(smoothed * (1 - smoothed) / n)
