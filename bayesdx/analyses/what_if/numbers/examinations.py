"""What a whole examination is worth: all the findings that it would show, taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayesdx.analyses.information import divergence
from bayesdx.analyses.what_if.numbers.costs import Costs, Examination, done_examinations, examinations_of
from bayesdx.analyses.what_if.numbers.outcomes import EXACT_OUTCOMES, Prospects, chance, mean
from bayesdx.inference.results import leading

ALL = Examination("all", ())


@dataclass(frozen=True)
class ExaminationValue:
    """What the missing ``findings`` of an examination bring together.

    ``information`` is their joint mutual information with the target given the findings, in bits, and
    ``leader_change`` the chance that another diagnosis leads when all are seen; each with a standard error, which
    is 0 when ``outcomes`` joint states were enumerated, and otherwise that of so many simulated patients.
    """

    examination: str
    findings: tuple[str, ...]
    information: float
    information_error: float
    leader_change: float
    leader_change_error: float
    exact: bool
    outcomes: int
    cost: float | None = None

    @property
    def information_per_cost(self) -> float | None:
        """Bits per unit of cost; None without costs, and for what costs nothing."""
        return self.information / self.cost if self.cost else None


def examination_values(
    prospects: Prospects, names: Sequence[str], costs: Costs | None = None, limit: int = EXACT_OUTCOMES
) -> tuple[ExaminationValue, ...]:
    """Value of each examination that would show some of ``names``, and of all of them together: of several that
    would show the same, of the least one.

    Exact while an examination has at most ``limit`` joint states, otherwise simulated with the patients of
    ``prospects``.
    """
    network = prospects.question.engine.network
    done = done_examinations(prospects.question)
    least: dict[tuple[str, ...], Examination] = {}
    for examination in examinations_of(network):
        shown = tuple(name for name in names if network.variable(name).examination in examination.shows)
        if shown and (shown not in least or len(examination.shows) < len(least[shown].shows)):
            least[shown] = examination
    if names:
        least.setdefault(tuple(names), ALL)
    values = []
    for shown, examination in least.items():
        cost = None if costs is None or examination is ALL else costs.of_examination(examination, done)
        values.append(_value(prospects, examination, shown, cost, limit))
    return tuple(values)


def _value(
    prospects: Prospects, examination: Examination, names: tuple[str, ...], cost: float | None, limit: int
) -> ExaminationValue:
    now = prospects.now
    outcomes = prospects.after(now, names, limit)
    information, error = mean(divergence(outcomes.posterior, now.posterior), outcomes)
    leader = leading(now.posterior[0])
    change, change_error = chance(leading(outcomes.posterior) != leader, outcomes)
    return ExaminationValue(
        examination.id,
        names,
        information,
        error,
        change,
        change_error,
        outcomes.patient is None,
        len(outcomes.codes),
        cost,
    )
