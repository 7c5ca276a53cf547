"""The profile of a cohort: its case mix, what is stated of it, and how far it drifts from the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.evaluate.numbers.figures import REACH
from bayesdx.analyses.profile.numbers.sums import NO_MONTH, Monthly, Sums, added, offsets
from bayesdx.analyses.profile.numbers.tests import chance, chi_square, classes_of, effect, holm
from bayesdx.errors import InputError
from bayesdx.inference import Engine
from bayesdx.network import Array, Network
from bayesdx.values import ByValue

#: Chance of one wrong drift among all that are told.
LEVEL = 0.05


@dataclass(frozen=True)
class Mix:
    """A diagnosis in some cases: its mean probability with the 95 % interval of that mean (None of one case), and
    the share of cases that it leads.

    The mean of a cohort for which the network holds is the ``prior``: E[P(d | e)] = P(d).
    """

    diagnosis: str
    probability: float
    interval: tuple[float, float] | None
    leads: float
    prior: float


@dataclass(frozen=True)
class Stated:
    """Shares of the cases in which a finding is certain, uncertain (weights, ``not …``), and missing."""

    finding: str
    certain: float
    uncertain: float
    missing: float


@dataclass(frozen=True)
class Fit:
    """How usual are ``cases``, those with findings, all certain?

    ``unusual`` is the share whose findings are unusual for their leader, ``log_likelihood`` the mean of ln
    P(findings), and the ``expected_`` the same of cases that the network draws, with the same findings stated.
    ``gap`` is log_likelihood - expected_log_likelihood with its standard error, None of one case. ``unusual`` is
    None for a target with parents.
    """

    cases: int
    unusual: float | None
    expected_unusual: float | None
    log_likelihood: float
    expected_log_likelihood: float
    gap: tuple[float, float | None]


@dataclass(frozen=True)
class Month:
    """The cases of a month (``2026-03``); ``fit`` is None where no case can be compared."""

    month: str
    cases: int
    mix: tuple[Mix, ...]
    fit: Fit | None


@dataclass(frozen=True, eq=False)
class Drift(ByValue):
    """A finding in the cases of a month, or of all (None), against the network.

    ``seen`` (card,) counts the ``n`` cases in which it is certain, ``expected`` (card,) are the probabilities of
    its states. ``effect`` is Cohen's w, ``chance`` the p value of the exact test, and ``adjusted`` the same after
    Holm's correction for all tests of the cohort.
    """

    finding: str
    month: str | None
    n: int
    seen: Array
    expected: Array
    effect: float
    chance: float
    adjusted: float

    @property
    def told(self) -> bool:
        """Whether it stands after the correction."""
        return self.adjusted < LEVEL


@dataclass(frozen=True, eq=False)
class CohortProfile(Answer, ByValue):
    """The profile of the tables in ``table``.

    ``cases`` were answered, ``left_out`` rows are wrong, of which ``examples`` are the first: file, number, why.
    ``mix`` has the most probable diagnosis first, ``stated`` the findings of the network in its order, ``months``
    those of the column ``date`` in order; ``undated`` cases have none. ``drifts`` are all tests that could be done:
    those that stand after the correction first, and of these the strongest.
    """

    asked: Mapping[str, object]
    network: Network
    table: str
    date: str | None
    cases: int
    left_out: int
    examples: tuple[tuple[str, int, str], ...]
    mix: tuple[Mix, ...]
    stated: tuple[Stated, ...]
    fit: Fit | None
    months: tuple[Month, ...]
    undated: int
    drifts: tuple[Drift, ...]


def profile(
    asked: Mapping[str, object],
    engine: Engine,
    monthly: Monthly,
    table: str,
    *,
    date: str | None = None,
    left_out: int = 0,
    examples: Sequence[tuple[str, int, str]] = (),
) -> CohortProfile:
    """The profile of a cohort from its sums; raises InputError when there is no case."""
    if not monthly:
        first = f"; {examples[0][0]}: row {examples[0][1]}: {examples[0][2]}" if examples else ""
        raise InputError(f"no case to summarise{first}", place=table)
    network = engine.network
    whole = reduce(added, (monthly[month] for month in sorted(monthly)))
    dated = [month for month in sorted(monthly) if month != NO_MONTH]
    strata: dict[str | None, Sums] = {None: whole}
    if len(monthly) > 1:  # one month is all cases: its tests would be done twice
        strata.update({month: monthly[month] for month in dated})
    expected = engine.marginals({}).probabilities
    prior = expected[str(network.target)]
    mix = _mix(network, whole, prior)
    undated = int(monthly[NO_MONTH].cases) if date is not None and NO_MONTH in monthly else 0
    return CohortProfile(
        asked=asked,
        network=network,
        table=table,
        date=date,
        cases=int(whole.cases),
        left_out=left_out,
        examples=tuple(examples),
        mix=tuple(sorted(mix, key=lambda one: -one.probability)),
        stated=_stated(network, whole),
        fit=_fit(network, whole),
        months=tuple(
            Month(one, int(monthly[one].cases), _mix(network, monthly[one], prior), _fit(network, monthly[one]))
            for one in dated
        ),
        undated=undated,
        drifts=_drifts(network, expected, strata),
    )


def _mix(network: Network, sums: Sums, prior: Array) -> tuple[Mix, ...]:
    n = float(sums.cases)
    mean = sums.mass / n
    reach = REACH * np.sqrt(np.maximum(sums.squares / n - mean**2, 0.0) / max(n - 1.0, 1.0))
    found = []
    for i, state in enumerate(network.variable(str(network.target)).states):
        p, far = float(mean[i]), float(reach[i])
        interval = (max(p - far, 0.0), min(p + far, 1.0)) if n > 1 else None
        found.append(Mix(state, p, interval, float(sums.leads[i]) / n, float(prior[i])))
    return tuple(found)


def _stated(network: Network, sums: Sums) -> tuple[Stated, ...]:
    n = float(sums.cases)
    certain = np.add.reduceat(sums.states, offsets(network)[:-1]) / n
    uncertain = sums.uncertain / n
    return tuple(
        Stated(v.id, float(a), float(b), max(1.0 - float(a) - float(b), 0.0))
        for v, a, b in zip(network.findings, certain, uncertain, strict=True)
    )


def _fit(network: Network, sums: Sums) -> Fit | None:
    n = float(sums.compared)
    if not n:
        return None
    own, twins = (float(one) / n for one in sums.log_likelihood)
    variance = max(float(sums.gaps) / n - (own - twins) ** 2, 0.0)
    error = float(np.sqrt(variance / (n - 1.0))) if n > 1 else None
    judged = not network.parents[str(network.target)]
    unusual, expected = (float(one) / n if judged else None for one in sums.unusual)
    return Fit(int(n), unusual, expected, own, twins, (own - twins, error))


def _drifts(
    network: Network, expected: Mapping[str, Array], strata: Mapping[str | None, Sums]
) -> tuple[Drift, ...]:
    found = []
    starts = offsets(network)
    for month, sums in strata.items():
        for i, variable in enumerate(network.findings):
            seen = sums.states[starts[i] : starts[i + 1]]
            shares = expected[variable.id]
            classes = classes_of(seen, shares)
            if len(classes[0]) > 1:
                n, p = int(seen.sum()), chance(*classes)
                w = effect(chi_square(*classes), len(classes[0]) - 1, n)
                found.append(Drift(variable.id, month, n, seen, shares, w, p, p))
    adjusted = holm([one.chance for one in found])
    judged = [replace(one, adjusted=p) for one, p in zip(found, adjusted, strict=True)]
    return tuple(sorted(judged, key=lambda one: (not one.told, -one.effect, one.finding, one.month or "")))
