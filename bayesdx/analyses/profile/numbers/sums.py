"""What is added up over the cases of a cohort, month by month: all that its profile needs, however many they are.

Each case has a twin, drawn from the network, of which the same findings are stated: what is seen of the twins is
what the network expects of such a cohort (a predictive check as of Box 1980, J R Stat Soc A 143:383, the numbers of
the network being fixed).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesdx.analyses.query.numbers.differential import UNUSUAL
from bayesdx.inference.results import leading
from bayesdx.network import Array, Network

#: Stands for cases without a month.
NO_MONTH = ""


class Seen(NamedTuple):
    """n cases as they were read and answered.

    ``codes`` (n, n_variables) are the states, -1 where none is certain, ``uncertain`` (n, n_variables) says where
    there are weights instead; ``probabilities`` (n, card of the target). ``compared`` (n,) are the cases with a
    twin: those with findings, all of them certain. ``log_likelihood`` and ``usual`` (n, 2) are log P(findings) and
    the share of the leader's cases that are no more typical of it, of the case and of its twin.
    """

    codes: NDArray[np.integer]
    uncertain: NDArray[np.bool_]
    probabilities: Array
    compared: NDArray[np.bool_]
    log_likelihood: Array
    usual: Array

    def take(self, rows: NDArray[np.bool_]) -> Seen:
        """The same of some of the cases."""
        return Seen(
            self.codes[rows],
            self.uncertain[rows],
            self.probabilities[rows],
            self.compared[rows],
            self.log_likelihood[rows],
            self.usual[rows],
        )


class Sums(NamedTuple):
    """Sums over cases; with a first axis for the months where there are several.

    ``cases`` (); ``leads`` (T,) cases that each diagnosis leads; ``mass`` and ``squares`` (T,) of its probability;
    ``states`` (S,) how often each state of each finding is certain, one finding behind the other; ``uncertain``
    (F,); ``compared`` (); ``unusual`` (2,) cases and twins whose findings are unusual for their leader;
    ``log_likelihood`` (2,), and ``gaps`` () the squared differences of the two.
    """

    cases: Array
    leads: Array
    mass: Array
    squares: Array
    states: Array
    uncertain: Array
    compared: Array
    unusual: Array
    log_likelihood: Array
    gaps: Array


Monthly = Mapping[str, Sums]


def added(first: Sums, second: Sums) -> Sums:
    """The sums over the cases of both."""
    return Sums(*(a + b for a, b in zip(first, second, strict=True)))


def merged(first: Monthly, second: Monthly) -> dict[str, Sums]:
    """The sums of both, month by month."""
    found = dict(first)
    for month, sums in second.items():
        found[month] = added(found[month], sums) if month in found else sums
    return found


def sums_of(network: Network, seen: Seen, months: NDArray[np.integer], names: list[str]) -> dict[str, Sums]:
    """The sums over n cases, ``names[months[i]]`` being the month of case i."""
    n, count = len(seen.codes), len(names)
    of = np.zeros((count, n))
    of[months, np.arange(n)] = 1.0
    leaders = np.eye(seen.probabilities.shape[1])[leading(seen.probabilities)]
    findings = [network.index[v.id] for v in network.findings]
    codes = seen.codes[:, findings].astype(np.int64)
    starts = offsets(network)
    places = (months[:, None] * starts[-1] + starts[:-1] + codes)[codes >= 0]
    states = np.bincount(places, minlength=count * starts[-1]).reshape(count, starts[-1])
    twins = of[:, seen.compared]
    found = Sums(
        cases=of.sum(axis=1),
        leads=of @ leaders,
        mass=of @ seen.probabilities,
        squares=of @ seen.probabilities**2,
        states=states.astype(np.float64),
        uncertain=of @ seen.uncertain[:, findings],
        compared=twins.sum(axis=1),
        unusual=twins @ (seen.usual[seen.compared] < UNUSUAL),
        log_likelihood=twins @ seen.log_likelihood[seen.compared],
        gaps=twins @ np.diff(seen.log_likelihood[seen.compared], axis=1)[:, 0] ** 2,
    )
    return {name: Sums(*(sums[i] for sums in found)) for i, name in enumerate(names)}


def offsets(network: Network) -> NDArray[np.int64]:
    """Where the states of each finding begin in ``Sums.states``, and where the last ones end: (F + 1,)."""
    return np.concatenate([[0], np.cumsum([v.cardinality for v in network.findings])]).astype(np.int64)
