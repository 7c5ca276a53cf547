"""The names that bayesdx has in FHIR, and the small shapes that all its resources are made of.

FHIR wants an absolute URI for every code system and extension. Ours are URNs of the project's name: they name, and
nothing is to be had at them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bayesdx.codes import Code, codes_of
from bayesdx.errors import InputError
from bayesdx.network import Variable

Json = dict[str, Any]

#: Ids of findings, states, diagnoses, networks, prior sets, cases.
FINDING = "urn:bayesdx:finding"
STATE = "urn:bayesdx:state"
DIAGNOSIS = "urn:bayesdx:diagnosis"
NETWORK = "urn:bayesdx:network"
PRIOR = "urn:bayesdx:prior"
CASE = "urn:bayesdx:case"

#: Extensions: what each is put on stands in docs/fhir.md.
RULED_OUT = "urn:bayesdx:extension:ruled-out"
LIKELIHOOD = "urn:bayesdx:extension:likelihood"
INTERVAL = "urn:bayesdx:extension:probability-interval"
PRIOR_PROBABILITY = "urn:bayesdx:extension:prior-probability"
PRIOR_SET = "urn:bayesdx:extension:prior-set"
LEARNT = "urn:bayesdx:extension:learnt"
ISSUES = "urn:bayesdx:extension:issues"
DIFFERENTIAL = "urn:bayesdx:extension:differential"

UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
#: LOINC 30525-0, "Age": the only foreign code of which bayesdx makes a number.
AGE = {"system": LOINC, "code": "30525-0", "display": "Age"}

#: Millimetres of a unit of length, and years of a unit of time.
LENGTHS = {"mm": 1.0, "cm": 10.0, "dm": 100.0, "m": 1000.0, "um": 0.001, "[in_i]": 25.4}
TIMES = {"a": 1.0, "mo": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25}
#: Other ways to write a unit where no code of UCUM is given.
SPELT = {
    **dict.fromkeys(("millimeter", "millimetre", "millimeters", "millimetres"), "mm"),
    **dict.fromkeys(("centimeter", "centimetre", "centimeters", "centimetres"), "cm"),
    **dict.fromkeys(("in", "inch", "inches"), "[in_i]"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), "a"),
    **dict.fromkeys(("month", "months"), "mo"),
    **dict.fromkeys(("week", "weeks"), "wk"),
    **dict.fromkeys(("day", "days"), "d"),
}
_CODE = re.compile(r"\S+(?: \S+)*")


def coding(system: str, code: str, display: str = "") -> Json:
    """A Coding; raises InputError for what FHIR does not take as a code."""
    if not _CODE.fullmatch(code):
        raise InputError(f"'{code}' cannot be a code in FHIR, which has no spaces at its ends and no two in a row")
    found = {"system": system, "code": code}
    return {**found, "display": display} if display else found


def standard(codes: Iterable[Code]) -> list[Json]:
    """Codings of standard codes."""
    return [coding(code.uri, code.code, code.display) for code in codes]


def finding_concept(variable: Variable) -> Json:
    """The CodeableConcept of a finding: our own code, then those that mean the same."""
    label = variable.label or variable.id.replace("_", " ")
    return {"coding": [coding(FINDING, variable.id, label), *standard(codes_of(variable.id))], "text": label}


def state_concept(variable: Variable, state: str) -> Json:
    """The CodeableConcept of a state of a variable."""
    label = variable.state_label(variable.states.index(state))
    own = coding(DIAGNOSIS if variable.id == "diagnosis" else STATE, state, label)
    return {"coding": [own, *standard(codes_of(variable.id, state))], "text": label}


def extension(url: str, **value: object) -> Json:
    """An Extension with one value: ``extension(url, valueDecimal=0.8)``."""
    return {"url": url, **value}


def compound(url: str, parts: Iterable[Json]) -> Json:
    """An Extension that is made of others."""
    return {"url": url, "extension": list(parts)}


def quantity(value: float, unit: str, code: str | None = None) -> Json:
    """A Quantity in a unit of UCUM."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code or unit}


def whole(number: float) -> float | int:
    """A number as it is written: whole numbers without a point."""
    return int(number) if float(number).is_integer() else number


def unit_of(name: str) -> str | None:
    """The unit in which a finding is a number, which the end of its id names: ``mm`` for ``size_mm``."""
    end = name.rpartition("_")[2]
    return end if end in LENGTHS and end != name else None


def shown(coding: Mapping[str, object]) -> str:
    """A Coding for a message: ``http://loinc.org|15074-8 (Glucose)``."""
    code = "|".join(str(coding[key]) for key in ("system", "code") if coding.get(key))
    display = coding.get("display")
    return f"'{code}' ({display})" if code and display else f"'{code or display or ''}'"
