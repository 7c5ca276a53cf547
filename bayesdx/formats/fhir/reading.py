"""FHIR resources as a case: findings of Observations, age and sex of the patient.

R4 is what is meant; what the releases since have in common with it is read as well. Whatever is no finding is
noted, and named in the answer; a case of which nothing was understood is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bayesdx.case import Case, Origin, case_from_mapping
from bayesdx.cells import clipped, number_of, shown
from bayesdx.errors import InputError, nearest
from bayesdx.formats.fhir import terms
from bayesdx.formats.fhir.outcome import Refused
from bayesdx.formats.fhir.patients import Subject, patient_of, subject_of
from bayesdx.formats.fhir.references import Resources, check_kind
from bayesdx.formats.fhir.structure import Element, Malformed
from bayesdx.formats.fhir.values import VALUES, codings, diagnosis_of, finding_of, unknown, value_of
from bayesdx.states import bounds, spells_number

#: What was not used is told one by one up to here.
TOLD = 50
#: Status of what counts, and of what was withdrawn.
_COUNTS = (
    "final",
    "amended",
    "corrected",
    "appended",
    "preliminary",
    "partial",
    "registered",
    "unknown",
    "modified",
)
_WITHDRAWN = ("entered-in-error", "cancelled")
_RESOURCE = ("resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension")
#: Fields of a component, and of an Observation from DSTU 2 to R5.
_VALUED = (
    "id", "extension", "modifierExtension", "code", "dataAbsentReason", "interpretation", "referenceRange", *VALUES,
)  # fmt: skip
_OBSERVATION = (
    *_RESOURCE, *_VALUED, "identifier", "instantiatesCanonical", "instantiatesReference", "basedOn", "triggeredBy",
    "partOf", "status", "category", "subject", "focus", "organizer", "encounter", "effectiveDateTime",
    "effectivePeriod", "effectiveTiming", "effectiveInstant", "issued", "performer", "note", "comment", "comments",
    "context", "bodySite", "bodyStructure", "method", "specimen", "device", "related", "hasMember", "derivedFrom",
    "component",
)  # fmt: skip
_REPORT = (
    *_RESOURCE, "modifierExtension", "identifier", "basedOn", "status", "category", "code", "subject", "encounter",
    "effectiveDateTime", "effectivePeriod", "issued", "performer", "resultsInterpreter", "specimen", "result",
    "note", "study", "imagingStudy", "media", "supportingInfo", "composition", "conclusion", "conclusionCode",
    "presentedForm", "context", "codedDiagnosis", "image", "request",
)  # fmt: skip
#: What a patient's record holds beside findings, and nobody expects to be read as one.
_BESIDE = (
    "Patient", "Observation", "DiagnosticReport", "OperationOutcome", "Practitioner", "PractitionerRole",
    "Organization", "Location", "Encounter", "ImagingStudy", "ServiceRequest", "Device", "Specimen", "Composition",
    "RelatedPerson", "CareTeam", "HealthcareService", "Endpoint", "Provenance", "Media", "ImagingSelection",
    "ProcedureRequest", "BodyStructure", "MessageHeader", "Binary",
)  # fmt: skip


def read_case(resource: Mapping[str, Any], place: str = "FHIR") -> Case:
    """The case that an Observation, a DiagnosticReport or a Bundle of them states; raises InputError.

    The place of what is wrong is a FHIRPath behind ``place``. Of the patient, age and sex are kept, and the
    reference that an answer has to repeat; no name, identifier or date.
    """
    try:
        return replace(_read(resource), place=place)
    except InputError as error:
        raise error.at(place) from None
    except RecursionError:
        raise Malformed("is nested too deeply", place=place) from None


@dataclass
class _Reading:
    """What was understood so far."""

    findings: dict[str, object] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    basis: dict[str, str] = field(default_factory=dict)
    issues: list[InputError] = field(default_factory=list)
    known: bool = False

    def take(self, name: str, value: object, places: tuple[str, str], reference: str | None) -> None:
        """Note a finding, where it is named and where its value stands.

        Raises InputError for one that was stated otherwise before.
        """
        self.known = True
        if value is None:
            return
        if name in self.findings and self.findings[name] != value:
            also = f"'{clipped(name)}' is given twice, and not the same: also at {self.places[name][1]}"
            raise InputError(also, place=places[1])
        self.findings.setdefault(name, value)
        self.places.setdefault(name, places)
        if reference is not None:
            self.basis.setdefault(name, reference)


def _read(resource: Mapping[str, Any]) -> Case:
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        raise Malformed(f"is {shown(kind)}, not text", place="resourceType")
    check_kind(kind, "resourceType")
    root = Element(resource, kind)
    resources = Resources()
    resources.add(root)
    reading = _Reading()
    if any(link.text("relation") == "next" for link in root.elements("link")):
        reading.issues.append(InputError("is a page of several: what follows is not here", place=root.at("link")))
    withdrawn = _reports(resources, reading)
    dates: list[str] = []
    others: list[str] = []  # of what states no finding: a weight of years ago does not tell the age
    subjects: list[Subject] = []
    for number, one in resources.everything("Observation"):
        if id(one) in withdrawn:
            continue
        if not _counts(one, reading):
            if one is resources.found[number]:
                withdrawn |= {id(held) for held in resources.held[number].values()}
            continue
        before = len(reading.findings)
        _observation(one, resources, number, reading)
        states = len(reading.findings) > before
        (dates if states else others).extend(_dates(one))
        subjects += subject_of(one, number, resources, states)
    for number, report in resources.everything("DiagnosticReport"):
        if report.text("status") not in _WITHDRAWN:
            others += _dates(report)
            subjects += subject_of(report, number, resources)
    confirmed = _confirmed(resources)
    for number, condition in confirmed:
        subjects += subject_of(condition, number, resources)
    patient, reference = patient_of(resources, subjects)
    for _, other in resources.everything("Patient"):
        if other is not patient:
            told = "is not whom the findings are about: age and sex are not used"
            reading.issues.append(InputError(told, place=other.place))
    about = _about(patient, dates or others, reading) if patient else {}
    diagnosis = _proven(resources, [id(one) for _, one in confirmed], reading)
    _beside(resources, reading)
    if len(reading.issues) > TOLD:
        more = f"and {len(reading.issues) - TOLD} more parts are not used"
        reading.issues[TOLD:] = [InputError(more, place=kind)]
    if not reading.known and (reading.issues or patient is None):
        raise Refused("states no finding that bayesdx knows", reading.issues, kind)
    mapping = {"id": _case_id(root), "diagnosis": diagnosis, **about}
    if number_of(reading.findings.get("age")) is not None:  # in years, not a state
        mapping["age"] = reading.findings.pop("age")
    if "sex" in reading.findings:
        mapping.pop("sex", None)
    if "age_group" in reading.findings:
        mapping.pop("age", None)
    found = case_from_mapping({**mapping, "findings": reading.findings})
    origin = Origin(reference, reading.places, reading.basis, tuple(reading.issues))
    return replace(found, origin=origin)


def _reports(resources: Resources, reading: _Reading) -> set[int]:
    """``id()`` of Observations of reports that were withdrawn, and of no other; notes results that are not here."""
    withdrawn: set[int] = set()
    standing: set[int] = set()
    for _, document in resources.everything("Composition"):
        if document.text("status") in _WITHDRAWN:
            raise InputError(f"the document is {document.text('status')}", place=document.at("status"))
    for number, report in resources.everything("DiagnosticReport"):
        report.understood()
        report.only(_REPORT)
        counts = _counts(report, reading)
        for result in report.elements("result"):
            reference = result.text("reference")
            found = None if reference is None else resources.meant(reference, number)
            if found is not None:
                (standing if counts else withdrawn).update(map(id, resources.with_members(found, number)))
            elif counts:
                reading.issues.append(InputError(f"{_said(reference)} is not here: not used", place=result.place))
        if counts and not (report.has("result") or resources.held[number]):
            reading.issues.append(InputError("has no results: its text is not read", place=report.place))
        if counts and report.has("presentedForm"):
            reading.issues.append(InputError("is not read", place=report.at("presentedForm")))
        if counts and report.has("conclusion"):
            told = "is text, and not used: 'bayesdx read' proposes findings from it"
            reading.issues.append(InputError(told, place=report.at("conclusion")))
        if counts and report.has("conclusionCode"):
            conclusion = report.at("conclusionCode")
            reading.issues.append(InputError("is not used: a diagnosis is no finding", place=conclusion))
        if not counts:
            withdrawn |= {id(one) for one in resources.held[number].values()}
    return withdrawn - standing


def _said(reference: str | None) -> str:
    return f"'{clipped(reference)}'" if reference else "a result without a reference"


def _counts(one: Element, reading: _Reading) -> bool:
    """Whether what a resource says holds; raises Malformed for a status that there is not."""
    status = one.text("status")
    if status in _WITHDRAWN:
        reading.issues.append(InputError(f"is {status}: not used", place=one.place))
        return False
    if status not in _COUNTS:
        what = "has no status" if status is None else f"there is no status '{clipped(status)}'"
        raise Malformed(what, nearest(status or "", (*_COUNTS, *_WITHDRAWN)), one.at("status"))
    if status == "unknown":
        reading.issues.append(InputError("its status is unknown: it is used as final", place=one.at("status")))
    return True


def _observation(one: Element, resources: Resources, number: int, reading: _Reading) -> None:
    """The findings of an Observation: of itself, and of its components."""
    one.only(_OBSERVATION)
    one.understood()
    reference = resources.reference_to(number, one)
    parts = one.elements("component")
    members = one.elements("hasMember")
    for member in members:
        named = member.text("reference")
        if named is None or resources.meant(named, number) is None:
            reading.issues.append(InputError(f"{_said(named)} is not here: not used", place=member.place))
    stated = any(one.has(name) for name in (*VALUES, "dataAbsentReason", "interpretation"))
    if stated or not (parts or members):
        _stated(one, reading, reference)
    elif not one.has("code"):
        raise Malformed("has no code", place=one.place)
    for part in parts:
        part.only(_VALUED)
        part.understood()
        _stated(part, reading, reference)
    if one.has("focus"):
        reading.issues.append(
            InputError("is not read: the finding is taken as the patient's", place=one.at("focus"))
        )
    for name in ("note", "comment", "comments"):
        if one.has(name):
            reading.issues.append(InputError("is text, and not read", place=one.at(name)))
    if one.has("bodySite"):
        reading.issues.append(
            InputError("is not used: state the level as a finding of its own", place=one.at("bodySite"))
        )


def _stated(owner: Element, reading: _Reading, reference: str | None) -> None:
    """The finding of an Observation or a component."""
    code = owner.element("code")
    if code is None:
        raise Malformed("has no code", place=owner.place)
    meaning = finding_of(code)
    if meaning is None:
        reading.issues.append(unknown(code))
        return
    name, state = meaning
    value = value_of(owner, name, reading.issues.append)
    place = next((owner.at(one) for one in VALUES if owner.has(one)), owner.place)
    if state is not None:
        value = _of_state(state, value, place)
    reading.take(name, value, (code.place, place), reference)


def _of_state(state: str, value: object, place: str) -> object:
    """The finding where the code names its state: the value says whether it is so."""
    if value is None:
        return None
    if value in (True, "present"):
        return state
    if value in (False, "absent"):
        return f"not {state}"
    raise InputError(f"the code names state '{state}': its value is present or absent", place=place)


def _dates(one: Element) -> list[str]:
    """When a resource holds."""
    period = one.element("effectivePeriod")
    spans = [period.text("end"), period.text("start")] if period else []
    named = [one.text(name) for name in ("effectiveDateTime", "effectiveInstant")]
    return next(([at] for at in (*named, *spans, one.text("issued")) if at), [])


def _about(patient: Element, dates: list[str], reading: _Reading) -> dict[str, object]:
    """Age and sex of a patient, as far as they are known."""
    patient.understood()
    about: dict[str, object] = {}
    gender = patient.text("gender")
    if gender in ("female", "male"):
        if reading.findings.get("sex", gender) in {"female", "male"} - {gender}:
            raise InputError("does not fit the sex that an Observation states", place=patient.at("gender"))
        about["sex"] = gender
        reading.places.setdefault("sex", (patient.at("gender"), patient.at("gender")))
    elif gender == "other":
        reading.issues.append(InputError("'other' is not stated to the network", place=patient.at("gender")))
    elif gender not in (None, "unknown"):
        known = ("female", "male", "other", "unknown")
        raise Malformed(f"there is no gender '{clipped(gender)}'", nearest(gender, known), patient.at("gender"))
    born = patient.text("birthDate")
    if born is None:
        return about
    place = patient.at("birthDate")
    birth = _date(born, place)
    on = max((_date(one, place) for one in dates), default=None)
    if on is None:
        today = date.today()
        on = (today.year, today.month, today.day)
        reading.issues.append(InputError("no Observation says when: the age is that of today", place=place))
    elif len(birth) < 3 or len(on) < 3:
        reading.issues.append(InputError("the age may be off by one: a date names no day", place=place))
    age = on[0] - birth[0] - (on[1:] < birth[1:] if len(on) == len(birth) == 3 else 0)
    if age < 0:
        raise InputError("lies after the examination", place=place)
    if isinstance(stated := number_of(reading.findings.get("age")), float):
        if abs(stated - age) >= 2:
            raise InputError("does not fit the age that an Observation states", place=place)
        return about
    if isinstance(group := reading.findings.get("age_group"), str) and spells_number(group):
        low, high = bounds(group)
        if not low - 1 <= age <= high + 1:  # of another day
            raise InputError("does not fit the age group that an Observation states", place=place)
        return about
    reading.places["age"] = place, place
    return {**about, "age": age}


def _date(text: str, place: str) -> tuple[int, ...]:
    """Year, month and day of a date, as far as it names them."""
    match = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?", text)
    parts = tuple(int(part) for part in match.groups() if part) if match else ()
    try:
        date(*(*parts, 1, 1)[:3])
    except (TypeError, ValueError):
        raise Malformed(f"'{clipped(text)}' is no date", place=place) from None
    return parts


def _confirmed(resources: Resources) -> list[tuple[int, Element]]:
    """The Conditions that are confirmed, with the number of the resource that they are or are contained in."""
    found = []
    for number, condition in resources.everything("Condition"):
        status = condition.element("verificationStatus")
        if status is not None and any(one.fields.get("code") == "confirmed" for one in codings(status)):
            condition.understood()
            found.append((number, condition))
    return found


def _proven(resources: Resources, confirmed: Collection[int], reading: _Reading) -> str | None:
    """The diagnosis that a ``confirmed`` Condition (``id()``) names; other Conditions are noted."""
    found: list[str] = []
    for _, condition in resources.everything("Condition"):
        code = condition.element("code")
        named = diagnosis_of(code) if code and id(condition) in confirmed else None
        if named is not None and named not in found[1:]:
            found.append(named)
        if named is None or named != found[0]:
            what = "names another diagnosis" if named else "is not read"
            reading.issues.append(InputError(f"{what}: state what it means by Observations", place=condition.place))
    return found[0] if found else None


def _beside(resources: Resources, reading: _Reading) -> None:
    """Note the kinds of resources that might state something and are not read."""
    first: dict[str, str] = {}
    for _, outcome in resources.everything("OperationOutcome"):
        for issue in outcome.elements("issue"):
            said = issue.text("diagnostics") or issue.text("code") or "?"
            reading.issues.append(InputError(f"whoever sent this says: {clipped(said)}", place=issue.place))
    for one in resources.found:
        if one.kind not in (*_BESIDE, "Condition"):
            first.setdefault(one.kind, one.place)
    for kind, place in first.items():
        reading.issues.append(
            InputError(f"'{clipped(kind)}' is not read: state what it means by Observations", place=place)
        )


def _case_id(root: Element) -> str | None:
    """The id of a case that bayesdx wrote."""
    if root.kind != "Bundle":
        return None
    identifier = root.element("identifier")
    return identifier.text("value") if identifier and identifier.text("system") == terms.CASE else None
