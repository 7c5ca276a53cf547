"""What ``what-if`` says in sentences."""

from __future__ import annotations

from bayesdx.analyses.what_if.numbers.sequence import StepSequence


def stopped(sequence: StepSequence) -> str:
    """Why an order of steps ends there."""
    if sequence.stopped == "certain":
        return f"a diagnosis has {sequence.rules.certain:.0%} or more in {sequence.sure:.0%} of the outcomes"
    if sequence.stopped == "worthless":
        return "nothing that is left is worth its cost"
    if len(sequence.steps) == 1:
        return "this is the step that was asked for"
    return f"these are the {len(sequence.steps)} steps that were asked for"
