"""Everything about one case, asked once."""

from __future__ import annotations

from dataclasses import dataclass

from bayesdx.analyses.answer import Answer
from bayesdx.analyses.explain.numbers.explanation import Explanation, explain
from bayesdx.analyses.once import sharing
from bayesdx.analyses.query.numbers.differential import QueryResult, query
from bayesdx.analyses.question import Question
from bayesdx.analyses.sensitivity.numbers.result import Sensitivity, sensitivity
from bayesdx.analyses.what_if.numbers.worth import WhatIf, what_if
from bayesdx.case import Case


@dataclass(frozen=True, eq=False)
class Report(Answer):
    """The answers to one case. ``explanation`` is None where the findings leave a single diagnosis possible."""

    case: Case
    query: QueryResult
    explanation: Explanation | None
    what_if: WhatIf
    sensitivity: Sensitivity


def report(question: Question, *, case: Case, versus: str | None = None) -> Report:
    """Ask everything that a report holds; ``versus`` names the diagnosis to compare the leader with."""
    question = sharing(question)
    answer = query(question)
    alone = versus is None and not any(row.probability > 0.0 for row in answer.posterior[1:])
    return Report(
        case=case,
        query=answer,
        explanation=None if alone else explain(question, versus=versus),
        what_if=what_if(question),
        sensitivity=sensitivity(question),
    )
