"""What ``evaluate`` warns of."""

from __future__ import annotations

from bayesdx.analyses.evaluate.numbers.figures import Evaluation
from bayesdx.words.numbers import more_wrong


def warnings(result: Evaluation) -> tuple[str, ...]:
    """Cases whose diagnosis their network does not hold, keys that are not used, and rows that are wrong."""
    found = []
    for case in result.cases:
        if case.scored_as != case.diagnosis:
            found.append(
                f"{case.case}: {case.network} does not hold '{case.diagnosis}'; scored as '{case.scored_as}'"
            )
        found += [f"{case.case}: {warning}" for warning in case.warnings]
    found += [f"{file}: row {row}: {message}" for file, row, message in result.examples]
    if result.left_out > len(result.examples):
        found.append(more_wrong(result.left_out - len(result.examples)))
    return tuple(found)
