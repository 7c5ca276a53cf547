"""``query`` in FHIR: a RiskAssessment with a prediction for every diagnosis."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from bayesdx.analyses.query.numbers.differential import QueryResult, RankedDiagnosis
from bayesdx.analyses.query.sentences import warnings
from bayesdx.analyses.question import Question
from bayesdx.formats.fhir import terms
from bayesdx.formats.fhir.outcome import outcome
from bayesdx.formats.fhir.terms import Json, coding, compound, extension
from bayesdx.formats.fhir.writing import observation, patient
from bayesdx.network import Variable
from bayesdx.report.blocks import DISCLAIMER
from bayesdx.words.numbers import percent, span

#: Ids of what a resource contains.
PATIENT, DEVICE, ISSUES = "patient", "bayesdx", "issues"


def to_fhir(result: QueryResult) -> dict[str, object]:
    """The RiskAssessment that ``bayesdx query --format fhir`` prints: it stands alone."""
    contained, basis = evidence(result.question)
    own, found = assessment(result, basis)
    return {"resourceType": "RiskAssessment", "contained": [*contained, *own], **found}


def evidence(question: Question) -> tuple[list[Json], list[Json]]:
    """What an answer contains of its case, and the references to all Observations that it rests on.

    Observations that the case came from are referred to; a finding without one is contained as it was used.
    """
    origin = question.origin
    sex = question.stated.get("sex")
    in_patient = sex in ("female", "male") and not (origin and origin.subject and "sex" not in origin.places)
    contained = [] if origin and origin.subject else [identified(PATIENT, patient(sex))]
    references: list[str] = []
    for name, stated in question.stated.items():
        written = origin.basis.get({"age_group": "age"}.get(name, name), origin.basis.get(name)) if origin else None
        if written is None and name == "sex" and in_patient:
            continue
        if written is None:
            number = f"finding-{len(contained)}"
            one = observation(question.network.variable(name), stated, subject(question))
            contained.append(identified(number, one))
            written = f"#{number}"
        references.append(written)
    return contained, [{"reference": one} for one in dict.fromkeys(references)]


def identified(name: str, resource: Json) -> Json:
    """A resource under an id, to be contained."""
    return {"resourceType": resource["resourceType"], "id": name, **resource}


def subject(question: Question) -> Json:
    """Whom an answer is about: the reference that the case came with, else the Patient that is contained."""
    if question.origin and question.origin.subject:
        return {"reference": question.origin.subject}
    return {"reference": f"#{PATIENT}", **({"display": question.case} if question.case else {})}


def assessment(result: QueryResult, basis: list[Json]) -> tuple[list[Json], Json]:
    """What else a RiskAssessment contains, and its fields."""
    question = result.question
    contained: list[Json] = [device()]
    extensions = []
    issues = question.origin.issues if question.origin else ()
    if issues:
        contained.append(identified(ISSUES, outcome(issues, "warning")))
        extensions.append(extension(terms.ISSUES, valueReference={"reference": f"#{ISSUES}"}))
    fields: Json = {
        **({"extension": extensions} if extensions else {}),
        "status": "preliminary",
        "method": method(question),
        "subject": subject(question),
        "performer": {"reference": f"#{DEVICE}"},
        **({"basis": basis} if basis else {}),
        "prediction": [_prediction(question.target, row) for row in result.posterior],
        "note": [{"text": text} for text in (DISCLAIMER, *warnings(result))],
    }
    return contained, fields


def device() -> Json:
    """bayesdx as the Device that performs."""
    return {
        "resourceType": "Device",
        "id": DEVICE,
        "deviceName": [{"name": "bayesdx", "type": "model-name"}],
        "version": [{"value": version("bayesdx")}],
    }


def method(question: Question) -> Json:
    """Network with version, prior set with population, and what was learnt from which cases."""
    network = question.network
    own = coding(terms.NETWORK, network.id, network.label)
    if network.version:
        own["version"] = network.version
    prior = coding(terms.PRIOR, question.prior, question.population)
    learnt = (
        compound(
            terms.LEARNT, (extension("name", valueString=one.name), extension("cases", valueDecimal=one.cases))
        )
        for one in network.learnt
    )
    return {
        "extension": [extension(terms.PRIOR_SET, valueCoding=prior), *learnt],
        "coding": [own],
        "text": f"Bayesian network {network.id}, version {network.version or 'none'}; prior set {question.prior}",
    }


def _prediction(target: Variable, row: RankedDiagnosis) -> Json:
    said = [percent(row.probability)]
    extensions = [extension(terms.PRIOR_PROBABILITY, valueDecimal=in_percent(row.prior))]
    if row.interval is not None:
        said.append(f"95% interval {span(*row.interval)}")
        low, high = (terms.quantity(in_percent(end), "%") for end in row.interval)
        extensions.insert(0, extension(terms.INTERVAL, valueRange={"low": low, "high": high}))
    return {
        "extension": extensions,
        "outcome": terms.state_concept(target, row.diagnosis),
        "probabilityDecimal": in_percent(row.probability),
        "rationale": "; ".join([*said, f"prior {percent(row.prior)}"]),
    }


def in_percent(probability: float) -> float:
    """A probability as FHIR wants it: from 0 to 100."""
    return min(100.0 * probability, 100.0)


def leading(rows: Iterable[RankedDiagnosis]) -> str:
    """Diagnoses with their probabilities in one line."""
    return ", ".join(f"{row.label} {percent(row.probability)}" for row in rows)
