"""What ``what-if`` says in sentences."""

from __future__ import annotations

from bayesdx.analyses.what_if.numbers.sequence import StepSequence


def stopped(sequence: StepSequence) -> str:
    """Why an order of steps ends there."""
    if sequence.stopped == "certain":
        return f"a diagnosis has {sequence.rules.certain:.0%} in {sequence.sure:.0%} of the outcomes"
    if sequence.stopped == "worthless":
        return "nothing that is left is worth its cost"
    return f"these are the {len(sequence.steps)} steps that were asked for"
