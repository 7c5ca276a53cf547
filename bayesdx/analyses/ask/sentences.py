"""What ``ask`` says in sentences."""

from __future__ import annotations

from bayesdx.analyses.ask.numbers import Questionnaire
from bayesdx.inference.results import leading


def stopped(questionnaire: Questionnaire) -> str | None:
    """Why nothing more is asked; None while there is something to ask."""
    if questionnaire.stopped == "certain":
        leader = int(leading(questionnaire.posterior))
        label, probability = questionnaire.question.target.state_label(leader), questionnaire.posterior[leader]
        return f"{label} has {probability:.1%}, which is at least {questionnaire.rules.certain:.0%}"
    return "nothing that is left is worth asking" if questionnaire.stopped else None
