"""Whom findings are about."""

from __future__ import annotations

import re

from bayesdx.cells import clipped
from bayesdx.errors import InputError
from bayesdx.formats.fhir.references import Resources, same
from bayesdx.formats.fhir.structure import Element

#: The kind of resource that a reference names.
_KIND = re.compile(r"(?:^|/)([A-Z]\w+)/[^/]+(?:/_history/[^/]+)?$")
#: Before what identifies, or names, a patient in a subject without a reference.
_IDENTIFIED, _CALLED = "identifier ", "display "
#: A reference to a patient, or what identifies or names one; the number of the resource that has it; its place.
Subject = tuple[str, int, str]


def subject_of(one: Element, number: int, resources: Resources, states: bool = True) -> list[Subject]:
    """Whom a resource is about: its reference, or what identifies or names the patient where there is none.

    Raises InputError for one that ``states`` a finding of something else than a patient.
    """
    subject = one.element("subject")
    if subject is None:
        return []
    reference = subject.text("reference")
    if reference is None:
        identifier = subject.element("identifier")
        known = [identifier.text("system") or "", identifier.text("value") or ""] if identifier else []
        called = subject.text("display")
        name = f"{_IDENTIFIED}{' '.join(known)}" if any(known) else f"{_CALLED}{called}"
        return [(name, number, one.at("subject"))] if any(known) or called else []
    found = resources.meant(reference, number)
    kind = found.kind if found else next(iter(_KIND.findall(reference)), subject.text("type"))
    if kind in (None, "Patient"):
        return [(reference, number, one.at("subject"))]
    if states:
        raise InputError(f"findings are about a patient, not a {clipped(str(kind))}", place=one.at("subject"))
    return []


def patient_of(resources: Resources, subjects: list[Subject]) -> tuple[Element | None, str | None]:
    """Whom the findings are about, and the reference to it; raises InputError where they are several.

    A reference, an identifier and a name cannot be compared with each other where the patient is not here.
    """
    patients = list(resources.everything("Patient"))
    met: list[tuple[Element | None, str, int]] = []
    for reference, owner, place in subjects:
        found = _meant(reference, owner, resources)
        whom = resources.absolute(reference, owner)
        for other, named, by in met:
            alike = _way(whom) != _way(named) or same(whom, resources.absolute(named, by))
            if found.fields == other.fields if found and other else alike:
                break
        else:
            met.append((found, reference, owner))
        if len(met) > 1:
            raise InputError("the findings are about several patients: a case is about one", place=place)
    if met:
        found, reference, _ = met[0]
        return found, None if reference.startswith("#") or _way(reference) else reference
    if len(patients) > 1:
        raise InputError(
            "there are several patients, and no subject says whom it is about", place=patients[1][1].place
        )
    if not patients:
        return None, None
    number, patient = patients[0]
    return patient, resources.reference_to(number, patient)


def _way(subject: str) -> str:
    """How a subject says who it is: by what identifies or names it, or (empty) by a reference."""
    return next((way for way in (_IDENTIFIED, _CALLED) if subject.startswith(way)), "")


def _meant(reference: str, owner: int, resources: Resources) -> Element | None:
    """The patient whom a reference, or what identifies one, means."""
    if not _way(reference):
        return resources.meant(reference, owner)
    for _, patient in resources.everything("Patient"):
        for one in patient.elements("identifier"):
            if f"{_IDENTIFIED}{one.text('system') or ''} {one.text('value') or ''}" == reference:
                return patient
    return None
