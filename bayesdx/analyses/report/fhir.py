"""``report`` in FHIR: a DiagnosticReport with the findings, the RiskAssessment, and the page as it is printed."""

from __future__ import annotations

from base64 import b64encode

from bayesdx.analyses.query.fhir import PATIENT, assessment, evidence, leading, subject
from bayesdx.analyses.report.document import html
from bayesdx.analyses.report.numbers import Report
from bayesdx.analyses.report.sentences import NOTICE, TITLE, title
from bayesdx.formats.fhir import terms
from bayesdx.formats.fhir.terms import extension

DIFFERENTIAL = "differential"
#: Diagnoses in the conclusion.
NAMED = 3


def to_fhir(report: Report) -> dict[str, object]:
    """The DiagnosticReport that ``bayesdx report --format fhir`` prints: it stands alone."""
    question = report.query.question
    contained, basis = evidence(question)
    own, found = assessment(report.query, basis)
    differential = {"resourceType": "RiskAssessment", "id": DIFFERENTIAL, **found}
    observed = [one for one in basis if one["reference"] != f"#{PATIENT}"]
    page = html(report).encode("utf-8")
    return {
        "resourceType": "DiagnosticReport",
        "contained": [*contained, *own, differential],
        "extension": [extension(terms.DIFFERENTIAL, valueReference={"reference": f"#{DIFFERENTIAL}"})],
        "status": "preliminary",
        "code": {"text": TITLE},
        "subject": subject(question),
        **({"result": observed} if observed else {}),
        "conclusion": f"{leading(report.query.posterior[:NAMED])}. {NOTICE}",
        "presentedForm": [
            {"contentType": "text/html", "data": b64encode(page).decode("ascii"), "title": title(report)}
        ],
    }
