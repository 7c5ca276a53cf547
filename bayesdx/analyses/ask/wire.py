"""The JSON of ``ask`` (schema ask/1)."""

from __future__ import annotations

from bayesdx.analyses.ask.numbers import Questionnaire
from bayesdx.analyses.ask.sentences import stopped
from bayesdx.analyses.what_if.numbers.worth import ranked


def to_dict(questionnaire: Questionnaire) -> dict[str, object]:
    """The object that ``bayesdx ask --json`` prints."""
    target = questionnaire.question.target
    return {
        "schema": "ask/1",
        **questionnaire.question.head(),
        "answers": [
            {"finding": a.finding, "value": a.value, "information": a.information} for a in questionnaire.answers
        ],
        "posterior": [
            {"diagnosis": target.states[i], "label": target.state_label(i), "probability": p}
            for i, p in ranked(questionnaire.posterior, len(questionnaire.posterior))
        ],
        "stopped": stopped(questionnaire),
        "next": None if questionnaire.next is None else questionnaire.next.variable.id,
        "warnings": list(questionnaire.question.warnings),
    }
