"""The JSON of ``impression`` (schema impression/1)."""

from __future__ import annotations

from collections.abc import Iterable

from bayesdx.analyses.explain.numbers.weights import FindingWeight
from bayesdx.analyses.impression.numbers import Impression
from bayesdx.analyses.impression.overview import cells, delimited
from bayesdx.analyses.impression.sentences import doubts, sentences
from bayesdx.analyses.query.wire import ranked
from bayesdx.words.prose import said


def to_dict(impression: Impression) -> dict[str, object]:
    """The object that ``bayesdx impression --json`` prints."""
    i, e, weighed = impression, impression.explanation, impression.bearing
    spoken = sentences(i)
    return {
        "schema": "impression/1",
        **i.question.head(),
        "text": " ".join(spoken),
        "sentences": list(spoken),
        "band": i.band,
        "leader": ranked(i.leader),
        "differential": [ranked(row) for row in i.differential],
        "rival": e.second.diagnosis if e else None,
        "for": _weights(i, weighed.pro if weighed else ()),
        "against": _weights(i, weighed.contra if weighed else ()),
        "doubts": doubts(i),
        "next": _next(i),
        "row": cells(i),
        "row_text": delimited([i], heads=False),
        "warnings": list(i.question.warnings),
    }


def _weights(i: Impression, rows: Iterable[FindingWeight]) -> list[dict[str, object]]:
    network = i.question.network
    return [
        {
            "finding": row.finding,
            "stated": row.stated,
            "words": said(network.variable(row.finding), row.stated),
            "decibans": row.decibans,
        }
        for row in rows
    ]


def _next(i: Impression) -> dict[str, object] | None:
    if i.next is None:
        return None
    return {
        "finding": i.next.variable.id,
        "label": i.next.variable.label,
        "examination": i.next.variable.examination,
        "done": i.done,
        "information": i.next.information,
        "leader_change": i.next.leader_change,
        "largest_leader_change": i.change,
        "outcomes": [one._asdict() for one in i.outcomes],
    }
