"""The page of ``report``: case, differential, explanation, what-if, sensitivity, references."""

from __future__ import annotations

from bayesdx.analyses.explain import page as explaining
from bayesdx.analyses.explain.sources import Numbers
from bayesdx.analyses.query.sentences import warnings
from bayesdx.analyses.report.numbers import Report
from bayesdx.analyses.report.outlook import sensitivity_references, sensitivity_section, what_if_section
from bayesdx.analyses.report.overview import case_section, differential_section, method_section
from bayesdx.report.blocks import Page, Paragraph, Section


def page(report: Report) -> Page:
    """All sections in their order; sources are cited by the numbers of the last one."""
    numbers = Numbers()
    question = report.query.question
    sections = (
        case_section(report.case, question),
        differential_section(report.query),
        *_explanation(report, numbers),
        what_if_section(report.what_if),
        sensitivity_section(report.sensitivity, numbers),
        method_section(question),
        _references(report, numbers),
    )
    return Page(None, sections, warnings(report.query))


def _explanation(report: Report, numbers: Numbers) -> tuple[Section, ...]:
    if report.explanation is None:
        alone = f"{report.query.leader.label} is the only diagnosis that the findings leave possible."
        return (Section("Why", (Paragraph(alone),)),)
    return explaining.sections(report.explanation, numbers, explaining.PRINTED)


def _references(report: Report, numbers: Numbers) -> Section:
    literature = report.explanation.literature if report.explanation else None
    known = {} if literature is None else dict(literature.references)
    known |= sensitivity_references(report.sensitivity, [key for key in numbers.of if key not in known])
    return explaining.references(known, numbers)
