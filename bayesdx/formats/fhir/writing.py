"""A case as FHIR resources: a Patient, an Observation a finding, and a Condition for what was proven."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from uuid import NAMESPACE_URL, uuid5

from bayesdx.case import Case, encode, encode_finding
from bayesdx.cells import is_missing, number_of
from bayesdx.document import NetworkDocument
from bayesdx.formats.fhir import terms
from bayesdx.formats.fhir.terms import Json, coding, compound, extension
from bayesdx.network import Network, Variable
from bayesdx.states import as_stated, gathered

_GENDERS = ("female", "male")
_IMAGED = ("ct", "mr", "location")


def patient(sex: object) -> Json:
    """A Patient of whom nothing but the sex is known, if that."""
    return {"resourceType": "Patient", **({"gender": sex} if sex in _GENDERS else {})}


def _category(imaged: bool) -> list[Json]:
    """The category of an Observation: of images, or of what a clinician has seen or was told."""
    return [{"coding": [coding(terms.CATEGORY, *(("imaging", "Imaging") if imaged else ("exam", "Exam")))]}]


def observation(variable: Variable, stated: object, subject: Json | None) -> Json:
    """The Observation of a finding: a state, ``not STATE``, ``{state: weight}``, or a number in its unit."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": _category(imaged=variable.kind in _IMAGED),
        "code": terms.finding_concept(variable),
        **({"subject": subject} if subject else {}),
        **_value(variable, stated),
    }


def _value(variable: Variable, stated: object) -> Json:
    if isinstance(stated, Mapping):
        parts = [
            compound(
                terms.LIKELIHOOD,
                (extension("state", valueCoding=_own(variable, state)), extension("weight", valueDecimal=weight)),
            )
            for state, weight in stated.items()
        ]
        said = ", ".join(f"{state}: {weight:g}" for state, weight in stated.items())
        return {"valueCodeableConcept": {"extension": parts, "text": f"uncertain: {said}"}}
    if not isinstance(stated, str):
        number = terms.whole(number_of(stated) or 0.0)
        unit = terms.unit_of(variable.id)
        return {"valueQuantity": terms.quantity(number, unit) if unit else {"value": number}}
    if stated in variable.states:
        return {"valueCodeableConcept": terms.state_concept(variable, stated)}
    state = stated.removeprefix("not ")
    ruled_out = extension(terms.RULED_OUT, valueCoding=_own(variable, state))
    label = variable.state_label(variable.states.index(state))
    return {"valueCodeableConcept": {"extension": [ruled_out], "text": f"not {label}"}}


def _own(variable: Variable, state: str) -> Json:
    own: Json = terms.state_concept(variable, state)["coding"][0]
    return own


def age_observation(years: float, subject: Json | None) -> Json:
    """The Observation of an age in years."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": _category(imaged=False),
        "code": {"coding": [coding(terms.FINDING, "age", "Age"), dict(terms.AGE)], "text": "Age"},
        **({"subject": subject} if subject else {}),
        "valueQuantity": terms.quantity(terms.whole(years), "years", "a"),
    }


def bundle(case: Case, document: NetworkDocument) -> Json:
    """A Bundle (collection) that states a case, its findings named as a network names them.

    What is read from it is the same case: the same weights for the network. Raises InputError for what is wrong
    with the case, and for a name that FHIR cannot have as a code.
    """
    network = document.network
    encode(case, network, document.vocabulary)  # raises for whatever is wrong
    own_sex = case.sex if case.sex in _GENDERS else None
    base = [case.id, network.id, *(f"{name}={value}" for name, value in case.findings.items()), case.age, case.sex]

    def url(number: int) -> str:
        return f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps([*base, number], default=str))}"

    subject = {"reference": url(0)}
    resources = [patient(own_sex)]
    years = number_of(case.age)
    if years is not None:
        resources.append(age_observation(years, subject))
    resources += [observation(variable, value, subject) for variable, value in _findings(case, document)]
    resources += [_unused(name, value, subject) for name, value in _beside(case, document)]
    if case.diagnosis is not None:
        resources.append(_condition(case.diagnosis, network, subject))
    return {
        "resourceType": "Bundle",
        **({"identifier": {"system": terms.CASE, "value": case.id}} if case.id else {}),
        "type": "collection",
        "entry": [{"fullUrl": url(number), "resource": one} for number, one in enumerate(resources)],
    }


def _written(case: Case, document: NetworkDocument) -> Iterator[tuple[str, object]]:
    """Findings one by one, with age and sex where these are not what FHIR has a place for."""
    patient = []
    if not is_missing(case.age) and number_of(case.age) is None:
        patient.append(("age", case.age))
    if not is_missing(case.sex) and case.sex not in _GENDERS:
        patient.append(("sex", case.sex))
    for pair in (*case.findings.items(), *patient):
        yield from gathered(*pair, document.network, document.vocabulary)


def _findings(case: Case, document: NetworkDocument) -> Iterator[tuple[Variable, object]]:
    """The findings of the network with what is stated of them: a number as such where the id names its unit."""
    network = document.network
    for name, value in _written(case, document):
        found, weights, _ = encode_finding(name, value, network, document.vocabulary)
        if weights is None:
            continue
        variable = network.variable(found)
        number = number_of(value) if terms.unit_of(found) and value not in variable.states else None
        yield variable, as_stated(variable, weights) if number is None else number


def _beside(case: Case, document: NetworkDocument) -> Iterator[tuple[str, object]]:
    """Findings that the network does not use, as they are written."""
    for name, value in _written(case, document):
        found, weights, warnings = encode_finding(name, value, document.network, document.vocabulary)
        if weights is None and warnings:
            yield found, value


def _unused(name: str, value: object, subject: Json) -> Json:
    states = (value,) if isinstance(value, str) and not value.startswith("not ") else ()
    if states:
        return observation(Variable(name, states), value, subject)
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": _category(imaged=False),
        "code": {"coding": [coding(terms.FINDING, name)], "text": name.replace("_", " ")},
        "subject": subject,
        "valueString": text,
    }


def _condition(diagnosis: str, network: Network, subject: Json) -> Json:
    """What was proven, as a confirmed Condition."""
    known = network.target == "diagnosis" and diagnosis in network.variable("diagnosis").states
    own = coding(terms.DIAGNOSIS, diagnosis)
    code = (
        terms.state_concept(network.variable("diagnosis"), diagnosis)
        if known
        else {"coding": [own], "text": diagnosis}
    )
    system = "http://terminology.hl7.org/CodeSystem/condition-"
    return {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [coding(f"{system}clinical", "active", "Active")]},
        "verificationStatus": {"coding": [coding(f"{system}ver-status", "confirmed", "Confirmed")]},
        "code": code,
        "subject": subject,
    }
