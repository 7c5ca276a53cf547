"""What a report says of itself."""

from __future__ import annotations

from bayesdx.analyses.report.numbers import Report
from bayesdx.report.blocks import DISCLAIMER

TITLE = "Differential diagnosis"
NOTICE = f"{DISCLAIMER} It does not replace the judgement of a physician."


def title(report: Report) -> str:
    """What stands above the report."""
    return f"{TITLE}: {report.case.id}" if report.case.id else TITLE


def about(report: Report) -> str:
    """Network, prior set and version in one line."""
    question = report.query.question
    network = question.network
    return f"{network.label or network.id} · prior set {question.prior} · version {network.version or 'none'}"
