"""The JSON of ``report`` (schema report/1): the objects of its parts."""

from __future__ import annotations

from bayesdx.analyses.explain import wire as explain_wire
from bayesdx.analyses.query import wire as query_wire
from bayesdx.analyses.report.numbers import Report
from bayesdx.analyses.report.sentences import NOTICE
from bayesdx.analyses.sensitivity import wire as sensitivity_wire
from bayesdx.analyses.what_if import wire as what_if_wire

#: Parameters of the sensitivity analysis that the JSON of a report lists.
PARAMETERS = 10


def to_dict(report: Report) -> dict[str, object]:
    """The object that ``bayesdx report --json`` prints."""
    return {
        "schema": "report/1",
        **report.query.question.head(),
        "notice": NOTICE,
        "query": query_wire.to_dict(report.query),
        "explain": explain_wire.to_dict(report.explanation) if report.explanation else None,
        "what_if": what_if_wire.to_dict(report.what_if),
        "sensitivity": sensitivity_wire.to_dict(report.sensitivity, top=PARAMETERS),
    }
