"""What it costs to see a finding, in any unit: money, minutes, burden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bayesdx.analyses.question import Question
from bayesdx.cells import number_of, shown
from bayesdx.errors import InputError, nearest
from bayesdx.network import Network, Variable, named
from bayesdx.values import ByValue


@dataclass(frozen=True)
class Examination:
    """What is ordered or done as a whole; ``shows`` names the values of ``Variable.examination`` that it covers."""

    id: str
    shows: tuple[str, ...]


#: Costs up to this size can be added up and divided by.
LARGEST = 1e100

#: Contrast series are taken with the series before contrast, unless these are there already.
EXAMINATIONS = (
    Examination("history", ("history",)),
    Examination("ct", ("ct",)),
    Examination("mr", ("mr",)),
    Examination("mr_contrast", ("mr", "mr_contrast")),
    Examination("contrast", ("mr_contrast",)),
    Examination("mr_swi", ("mr_swi",)),
)


def examinations_of(network: Network) -> tuple[Examination, ...]:
    """The examinations that show some finding of a network; one of its own for a name that is not known here."""
    shown = dict.fromkeys(v.examination for v in network.findings if v.examination)
    known = {part for examination in EXAMINATIONS for part in examination.shows}
    own = tuple(Examination(name, (name,)) for name in shown if name not in known)
    return tuple(e for e in EXAMINATIONS if shown.keys() & e.shows) + own


@dataclass(frozen=True, eq=False)
class Costs(ByValue):
    """Cost of examinations and of single findings, in ``unit``.

    What is not named costs what is named of it: a contrast study as much as the series before contrast that it
    holds. The rest costs nothing.
    """

    examinations: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""

    def of_finding(self, variable: Variable, done: Iterable[str] = ()) -> float:
        """Its own cost, else that of the cheapest examination that shows it; 0 when that is ``done``."""
        if variable.id in self.findings:
            return self.findings[variable.id]
        if variable.examination in done:
            return 0.0
        return self._of((variable.examination,), done)

    def of_examination(self, examination: Examination, done: Iterable[str] = ()) -> float:
        """Its cost, else that of the cheapest one that includes it; 0 when all that it shows is ``done``."""
        if set(examination.shows) <= set(done):
            return 0.0
        if examination.id in self.examinations:
            return self.examinations[examination.id]
        return self._of(examination.shows, done)

    def _of(self, shows: tuple[str, ...], done: Iterable[str]) -> float:
        larger = [self.examinations[e.id] for e in self._priced if set(shows) <= set(e.shows)]
        after = [
            e for e in EXAMINATIONS if set(shows) <= set(e.shows[1:])
        ]  # which is not to be had without the first
        parts = [self.of_parts(e, done) for e in after or [Examination("", shows)]]
        return min(larger or parts)

    def of_parts(self, examination: Examination, done: Iterable[str] = ()) -> float:
        """What the named examinations cost that ``examination`` holds, those that are ``done`` left out."""
        held = [e for e in self._priced if set(e.shows) <= set(examination.shows) - set(done)]
        return sum(self.examinations[e.id] for e in held)

    @property
    def _priced(self) -> list[Examination]:
        own = [Examination(name, (name,)) for name in self.examinations]
        known = {e.id: e for e in (*own, *EXAMINATIONS)}
        return [known[name] for name in self.examinations]


def costs_from_mapping(mapping: object, network: Network, place: str = "costs") -> Costs:
    """Costs from ``{examination or finding: cost}``, with an optional ``unit``.

    Raises InputError, which begins with ``place``, for an unknown name and for a cost that is not finite and >= 0.
    """
    if not isinstance(mapping, Mapping):
        raise InputError("costs are a mapping of examination or finding to a number", place=place)
    examinations = {e.id for e in examinations_of(network)}
    findings = {v.id for v in network.findings}
    unit = "" if "unit" in findings else mapping.get("unit", "")
    costs: dict[str, float] = {}
    for key, cost in mapping.items():
        if key == "unit" and key not in findings:
            continue
        name = key if key in examinations or not isinstance(key, str) else named(key, findings)
        if name not in examinations and name not in findings:
            known = [*sorted(examinations), *sorted(findings)]
            raise InputError(f"'{name}' is no examination or finding", nearest(str(name), known), place=place)
        number = number_of(cost)
        if number is None or number < 0:
            raise InputError(f"cost {shown(cost)} of '{name}' is not a finite number >= 0", place=place)
        if number and not 1 / LARGEST <= number <= LARGEST:
            raise InputError(
                f"cost {shown(cost)} of '{name}' is too {'large' if number > 1 else 'small'}", place=place
            )
        costs[name] = number
    return Costs(
        {name: cost for name, cost in costs.items() if name in examinations},
        {name: cost for name, cost in costs.items() if name not in examinations},
        str(unit),
    )


def done_examinations(question: Question) -> frozenset[str]:
    """Values of ``Variable.examination`` that the findings show to be done, and so cost nothing more.

    A finding of the kind ``location`` shows none: any picture tells it. Contrast series imply those before.
    """
    network = question.engine.network
    stated = [network.variable(name) for name in question.findings]
    done = {v.examination for v in stated if v.examination and v.kind != "location"}
    return frozenset(done | ({"mr"} if "mr_contrast" in done else set()))


def gain_per_cost(gain: float, cost: float | None) -> tuple[bool, float]:
    """Sort key, the best highest: what costs nothing first, by its gain, then gain per cost."""
    if cost is None:
        return False, gain
    return cost == 0, gain / cost if cost else gain
