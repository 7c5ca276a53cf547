"""What ``evaluate`` warns of."""

from __future__ import annotations

from bayesdx.analyses.evaluate.numbers.figures import Evaluation


def warnings(result: Evaluation) -> tuple[str, ...]:
    """One warning a case whose diagnosis its network does not hold."""
    return tuple(
        f"{case.case}: {case.network} does not hold '{case.diagnosis}'; scored as '{case.scored_as}'"
        for case in result.cases
        if case.scored_as != case.diagnosis
    )
