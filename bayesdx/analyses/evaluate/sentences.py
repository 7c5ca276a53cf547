"""What ``evaluate`` warns of."""

from __future__ import annotations

from bayesdx.analyses.evaluate.numbers.figures import Evaluation


def warnings(result: Evaluation) -> tuple[str, ...]:
    """Cases whose diagnosis their network does not hold, and keys that are not used."""
    found = []
    for case in result.cases:
        if case.scored_as != case.diagnosis:
            found.append(
                f"{case.case}: {case.network} does not hold '{case.diagnosis}'; scored as '{case.scored_as}'"
            )
        found += [f"{case.case}: {warning}" for warning in case.warnings]
    return tuple(found)
