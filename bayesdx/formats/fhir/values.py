"""What an Observation says: its code as a finding, its value as a case file would state it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bayesdx.cells import clipped
from bayesdx.codes import ANY, DIAGNOSIS, SYSTEMS, meanings
from bayesdx.errors import Hint, InputError, nearest
from bayesdx.formats.fhir import terms
from bayesdx.formats.fhir.known import findings, states
from bayesdx.formats.fhir.structure import Element, Malformed

#: Fields of a value[x] of an Observation or a component.
VALUES = (
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
    "valueAttachment",
    "valueReference",
)
_ELEMENT = ("id", "extension")
_CONCEPT = (*_ELEMENT, "coding", "text")
_CODING = (*_ELEMENT, "system", "version", "code", "display", "userSelected")
_QUANTITY = (*_ELEMENT, "value", "comparator", "unit", "system", "code")
_RANGE = (*_ELEMENT, "low", "high")
_COMPARATORS = ("<", "<=", ">=", ">")
#: Code systems of what is not known, and of interpretations, as they are called now and were called before.
_UNKNOWN = (
    "http://terminology.hl7.org/CodeSystem/data-absent-reason",
    "http://hl7.org/fhir/data-absent-reason",
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    "http://hl7.org/fhir/v3/NullFlavor",
)
_INTERPRETATIONS = (
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
    "http://hl7.org/fhir/v3/ObservationInterpretation",
    "http://hl7.org/fhir/v2/0078",
)
#: Extensions that say what a value is.
_MEANT = (terms.RULED_OUT, terms.LIKELIHOOD)
_SAID = {"POS": "present", "NEG": "absent"}
#: Answers yes and no of the systems that hospitals have: HL7 v2, and the answer lists of LOINC.
_YES_OR_NO = {
    ("http://terminology.hl7.org/CodeSystem/v2-0136", "Y"): "present",
    ("http://terminology.hl7.org/CodeSystem/v2-0136", "N"): "absent",
    (terms.LOINC, "LA33-6"): "present",
    (terms.LOINC, "LA32-8"): "absent",
    (terms.LOINC, "LA9633-4"): "present",
    (terms.LOINC, "LA9634-2"): "absent",
}
#: Code systems by the object identifiers that older interfaces have.
_OIDS = {
    "urn:oid:2.16.840.1.113883.6.256": "radlex",
    "urn:oid:2.16.840.1.113883.6.96": "snomed",
    "urn:oid:2.16.840.1.113883.3.26.1.1": "ncit",
}
#: A finding, and the state of it where the code names one.
Meaning = tuple[str, str | None]


class UnknownCode(InputError):
    """A code that means nothing here."""


def codings(concept: Element) -> list[Element]:
    """The codings of a CodeableConcept; raises Malformed for what is none."""
    concept.only(_CONCEPT)
    found = concept.elements("coding")
    for one in found:
        one.only(_CODING)
        for name in ("system", "code", "display"):
            one.text(name)
    if not found and not concept.has("text") and not concept.has("extension"):
        raise Malformed("has neither a coding nor a text", place=concept.place)
    return found


def finding_of(code: Element) -> Meaning | None:
    """The finding that a CodeableConcept names; None where bayesdx knows none of its codes.

    A code of ours is taken as it is: whether the network has it shows when the case meets it. Raises InputError
    for codings that mean different findings.
    """
    found: dict[Meaning, None] = {}
    for one in codings(code):
        text, system = one.text("code") or "", one.text("system")
        if system == terms.FINDING:
            found[text, None] = None
        elif (system, text) == (terms.AGE["system"], terms.AGE["code"]):
            found["age", None] = None
        else:
            known = [pair for pair in _standard(system, text) if pair[0] not in (ANY, DIAGNOSIS)]
            whole = [pair for pair in known if pair[1] is None]
            found.update(dict.fromkeys(whole or (known if len(known) == 1 else [])))
    return _agreed(found, code)


def diagnosis_of(code: Element) -> str | None:
    """The diagnosis that a CodeableConcept names, by a code of ours or a standard one; None where there is none."""
    found: dict[Meaning, None] = {}
    for one in codings(code):
        text, system = one.text("code") or "", one.text("system")
        if system == terms.DIAGNOSIS:
            found[DIAGNOSIS, text] = None
        else:
            found.update({pair: None for pair in _standard(system, text) if pair[0] == DIAGNOSIS})
    agreed = _agreed(found, code)
    return agreed[1] if agreed else None


def _standard(system: str | None, code: str) -> tuple[Meaning, ...]:
    """What a code of a standard system means."""
    key = _OIDS.get(system or "") or next((key for key, known in SYSTEMS.items() if known.uri == system), None)
    return meanings(code, key) if key else ()


def _agreed(found: Iterable[Meaning], concept: Element) -> Meaning | None:
    """The one meaning of a concept, None where there is none; raises InputError where there are several."""
    several = list(found)
    if len(several) > 1:
        names = " and ".join("=".join(filter(None, meaning)) for meaning in several)
        raise InputError(f"its codings mean different things: {clipped(names)}", place=concept.place)
    return several[0] if several else None


def unknown(code: Element) -> UnknownCode:
    """What is said of a code that is no finding, with the nearest one by what the code is called."""
    known = codings(code)
    for one in known:
        if not one.has("system") and one.text("code") in findings().values():
            said = f"{_shown([one])} has no system, and is not used: that of bayesdx is {terms.FINDING}"
            return UnknownCode(said, place=code.place)
    said = _shown(known) or f"'{clipped(code.text('text') or '?')}'"
    hint = _nearest([code.text("text"), *_words(known)], findings())
    return UnknownCode(f"{said} is no finding of bayesdx: it is not used", hint, code.place)


def _shown(known: Iterable[Element]) -> str:
    return ", ".join(clipped(terms.shown(one.fields)) for one in known)


def _words(known: Iterable[Element]) -> list[object]:
    """What codings are called: displays first."""
    listed = list(known)
    return [one.fields.get(name) for name in ("display", "code") for one in listed]


def _nearest(words: Iterable[object], names: Mapping[str, str]) -> Hint | None:
    """The id of ``names`` (ids by what people call them) that is called most like one of ``words``."""
    if not names:
        return None
    called = {word.casefold(): name for word, name in names.items()}
    hints = [nearest(word.casefold()[:100], called) for word in words if isinstance(word, str)]
    close = next((called[hint.closest] for hint in hints if hint.closest), "")
    return nearest(close, names.values())


def value_of(owner: Element, finding: str, note: Callable[[InputError], object]) -> object:
    """The value of an Observation or a component as a case file states it; None where it is not stated.

    ``note`` is told of what is not used. Raises InputError for a value that is none of ``finding``.
    """
    given = [name for name in VALUES if owner.has(name)]
    if len(given) > 1:
        raise Malformed(f"has two values: {' and '.join(given)}", place=owner.place)
    if owner.has("dataAbsentReason"):
        if given:
            raise Malformed(f"has {given[0]} and a dataAbsentReason (obs-6)", place=owner.place)
        return None
    if not given:
        return _interpreted(owner, finding, note)
    (name,) = given
    value = _given(owner, name, finding)
    if owner.has("interpretation"):
        said = _interpretations(owner)
        word = ("present" if value else "absent") if isinstance(value, bool) else value
        if said and word in ("present", "absent") and said != {word}:
            raise InputError("says the opposite of the value", place=owner.at("interpretation"))
        note(InputError("is not used: the value says it", place=owner.at("interpretation")))
    return value


def _given(owner: Element, name: str, finding: str) -> object:
    """The value in field ``name`` as a case file states it."""
    place = owner.at(name)
    if name == "valueCodeableConcept":
        concept = owner.element(name)
        assert concept is not None
        return _state(concept, finding)
    if name == "valueBoolean":
        return owner.flag(name)
    if name == "valueString":
        return _small(owner.text(name), finding)
    if name == "valueInteger":
        whole = owner.number(name)
        if not isinstance(whole, int):
            raise Malformed("is no whole number", place=place)
        return whole
    if name == "valueQuantity":
        inner = owner.element(name)
        assert inner is not None
        return _quantity(inner, finding)
    if name == "valueRange":
        inner = owner.element(name)
        assert inner is not None
        return _range(inner, finding)
    raise InputError(
        f"finding '{clipped(finding)}' cannot be stated by a {name[5:]}", nearest(name, VALUES[:6]), place
    )


def _interpreted(owner: Element, finding: str, note: Callable[[InputError], object]) -> object:
    """The finding that an interpretation states where there is no value: positive is present."""
    said = _interpretations(owner)
    if len(said) > 1:
        raise InputError("is interpreted as positive and as negative", place=owner.at("interpretation"))
    if not said:
        note(InputError(f"states no value of '{clipped(finding)}': it is taken as not stated", place=owner.place))
    return next(iter(said), None)


def _interpretations(owner: Element) -> set[str]:
    """What interpretations say: ``present``, ``absent``, or both."""
    value = owner.fields.get("interpretation")
    listed = Element(
        {"interpretation": value if isinstance(value, list) or value is None else [value]}, owner.place
    )
    return {
        _SAID[one.fields["code"]]
        for concept in listed.elements("interpretation")
        for one in codings(concept)
        if one.fields.get("system") in _INTERPRETATIONS and one.fields.get("code") in _SAID
    }


def _absent(element: Element) -> bool:
    return any(one.fields.get("url") == terms.ABSENT for one in element.elements("extension"))


def _state(concept: Element, finding: str) -> object:
    """A state, ``not STATE``, or weights, by code or, where there is none, by text."""
    known = codings(concept)
    missing = [one for one in known if one.fields.get("system") in _UNKNOWN]
    if len(missing) < len(known) and missing:
        raise InputError(
            "its codings mean different things: a state, and that it is not known", place=concept.place
        )
    if missing and missing[0].fields.get("code") == "OTH" and concept.has("text"):
        known = []  # the value stands in the text
    elif missing or _absent(concept):
        return None
    weights: dict[object, object] = {}
    meant = [one for one in concept.elements("extension") if one.fields.get("url") in _MEANT]
    ruled_out = [one for one in meant if one.fields["url"] == terms.RULED_OUT]
    if len(ruled_out) > 1 or (ruled_out and len(meant) > 1) or (meant and known):
        raise InputError(
            "says in several ways what it is: by one coding, one state ruled out, or likelihoods",
            place=concept.place,
        )
    for one in meant:
        url = one.text("url")
        if url == terms.RULED_OUT:
            inner = one.element("valueCoding")
            if inner is None:
                raise Malformed("has no valueCoding", place=one.place)
            return f"not {_coded([inner], finding, one)}"
        if url == terms.LIKELIHOOD:
            parts = {part.text("url"): part for part in one.elements("extension")}
            state = parts["state"].element("valueCoding") if "state" in parts else None
            weight = parts["weight"].number("valueDecimal") if "weight" in parts else None
            if state is None or weight is None:
                raise Malformed(
                    "needs the parts 'state' (valueCoding) and 'weight' (valueDecimal)", place=one.place
                )
            name = _coded([state], finding, one)
            if name in weights:
                raise InputError(f"state '{name}' is given twice", place=one.place)
            weights[name] = weight
    if weights:
        return weights
    text = _small(concept.text("text"), finding)
    if not known:
        return text
    coded = _coded(known, finding, concept)
    if text != coded and text in states(finding).values():
        raise InputError(f"its text says '{text}', and its coding '{clipped(coded)}'", place=concept.place)
    return coded


def _small(text: str | None, finding: str) -> str | None:
    """A state that is written with capitals, as it is called."""
    called = {name.casefold(): name for name in states(finding).values()}
    return called.get(text.casefold(), text) if text else text


def _coded(known: list[Element], finding: str, concept: Element) -> str:
    """The state that codings mean; raises InputError where they mean none, or several."""
    found: dict[Meaning, None] = {}
    for one in known:
        text, system = one.text("code"), one.text("system")
        if text is None:
            continue
        if system in (terms.STATE, terms.DIAGNOSIS):
            found[finding, text] = None
        elif (system or "", text) in _YES_OR_NO:
            found[finding, _YES_OR_NO[system or "", text]] = None
        else:
            standard = [state for owner, state in _standard(system, text) if owner in (finding, ANY) and state]
            found.update({(finding, state): None for state in standard})
    agreed = _agreed(found, concept)
    if agreed is None and len(known) == 1 and not known[0].has("system"):
        agreed = finding, known[0].text("code")  # of no system: as in a case file
    if agreed is None or agreed[1] is None:
        hint = _nearest(_words(known), states(finding))
        raise UnknownCode(f"{_shown(known)} is no state of '{clipped(finding)}'", hint, concept.place)
    return agreed[1]


def _quantity(inner: Element, finding: str) -> object:
    """A number in the unit of the finding, or a bound such as ``<10``; None for one without a value."""
    inner.only(_QUANTITY)
    if not inner.has("value"):
        return None
    comparator = inner.text("comparator")
    if comparator is not None and comparator not in _COMPARATORS:
        raise InputError(f"comparator '{clipped(comparator)}' is not known", nearest("", _COMPARATORS), inner.place)
    number = _in_unit(inner, finding)
    return number if comparator is None else f"{comparator}{_plain(number)}"


def _range(inner: Element, finding: str) -> object:
    """The text ``low..high``, with either end left out where it is not given."""
    inner.only(_RANGE)
    ends = [inner.element(name) for name in ("low", "high")]
    for end in ends:
        if end is not None and end.has("comparator"):
            raise Malformed("an end of a range has no comparator", place=end.place)
    low, high = ("" if end is None or not end.has("value") else _plain(_in_unit(end, finding)) for end in ends)
    return f"{low}..{high}" if low or high else None


def _plain(number: float) -> str:
    return f"{number:.12g}" if abs(number) < 1e12 else str(number)


def _in_unit(inner: Element, finding: str) -> float | int:
    """A quantity in years for an age, in the unit that ends the id of a finding, else without any."""
    number = inner.number("value")
    if number is None:
        raise Malformed("has no value", place=inner.place)
    own = terms.unit_of(finding)
    table = terms.TIMES if finding == "age" else terms.LENGTHS if own else {}
    code = inner.text("code") if inner.fields.get("system") in (None, terms.UCUM) else None
    shown_unit, unit = (
        terms.SPELT.get(one.strip().casefold(), one.strip()) for one in (inner.text("unit") or "", code or "")
    )
    if unit and shown_unit in table and unit in table and shown_unit != unit:
        raise InputError(f"has two units: '{shown_unit}', and '{unit}' by its code", place=inner.place)
    unit = unit or shown_unit
    if not table:
        if unit in ("", "1"):
            return number
        hint = None if finding in findings() else _nearest([finding], findings())
        raise InputError(f"'{clipped(finding)}' has no unit '{clipped(unit)}'", hint, inner.place)
    if unit not in table:
        said = f"unit '{clipped(unit)}' is not known" if unit else "has no unit"
        raise InputError(f"{said}", nearest(unit, table), inner.place)
    factor = table[unit] / (table[own] if own else 1.0)
    return number if factor == 1 else terms.whole(round(number * factor, 9))
