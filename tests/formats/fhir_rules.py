"""What FHIR R4 says of the resources that are written here, and fhir.resources does not check.

Required bindings and invariants by their names in the standard; none of it comes from the product.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

STATUS = {
    "Observation": {
        *("registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
    },
    "RiskAssessment": {
        *("registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown")
    },
    "DiagnosticReport": {
        *("registered", "partial", "preliminary", "final", "amended", "corrected", "appended"),
        *("cancelled", "entered-in-error", "unknown"),
    },
    "CapabilityStatement": {"draft", "active", "retired", "unknown"},
}
REQUIRED = {
    "Observation": ("status", "code"),
    "RiskAssessment": ("status", "subject"),
    "DiagnosticReport": ("status", "code"),
    "Condition": ("subject",),
    "Bundle": ("type",),
    "OperationOutcome": ("issue",),
    "CapabilityStatement": ("status", "date", "kind", "fhirVersion", "format"),
}
SEVERITY = {"fatal", "error", "warning", "information"}
ISSUE = {
    *(
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
    ),
    *(
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
    ),
    *(
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
    ),
    *("exception", "timeout", "incomplete", "throttled", "informational"),
}
GENDER = {"male", "female", "other", "unknown"}
DEVICE_NAME = {
    *("udi-label-name", "user-friendly-name", "patient-reported-name", "manufacturer-name", "model-name", "other")
}
BUNDLE = {
    *("document", "message", "transaction", "transaction-response", "batch", "batch-response", "history"),
    *("searchset", "collection"),
}
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:\S+")


def check(resource: dict[str, Any]) -> None:
    """Raise an error for a resource that is not valid."""
    kind = resource["resourceType"]
    model = getattr(import_module(f"fhir.resources.R4B.{kind.lower()}"), kind)
    model.model_validate(resource)
    _resource(resource)


def _resource(resource: dict[str, Any]) -> None:
    kind = resource["resourceType"]
    for name in REQUIRED.get(kind, ()):
        assert resource.get(name), (kind, name)
    if kind in STATUS:
        assert resource["status"] in STATUS[kind], resource["status"]
    if "id" in resource:
        assert ID.fullmatch(resource["id"]), resource["id"]
    for path, element in elements(resource):
        _element(path, element)
    contained = resource.get("contained", [])
    names = [one["id"] for one in contained]
    assert len(names) == len(set(names))
    used = set(references(resource))
    for one in contained:
        assert "contained" not in one, "dom-2"
        assert "versionId" not in one.get("meta", {}), "dom-4"
        assert "security" not in one.get("meta", {}), "dom-5"
        outside = set(references({**resource, "contained": [other for other in contained if other is not one]}))
        assert f"#{one['id']}" in outside or "#" in references(one), f"dom-3: {one['id']}"
        _resource(one)
    if "contained" in resource or kind not in (
        "Patient",
        "Observation",
        "Device",
        "OperationOutcome",
        "RiskAssessment",
    ):
        assert {one for one in used if one.startswith("#")} <= {f"#{name}" for name in names}, "ref-1"
    {"Observation": _observation, "RiskAssessment": _risk, "Bundle": _bundle, "OperationOutcome": _outcome}.get(
        kind, _other
    )(resource)


def elements(value: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in a resource, but for those of contained resources and entries, which are checked apart."""
    if isinstance(value, dict):
        yield path, value
        for name, part in value.items():
            if name not in ("contained", "resource"):
                yield from elements(part, f"{path}.{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from elements(part, f"{path}[{number}]")


def references(value: object) -> set[str]:
    """All references in a resource and what it contains."""
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def _element(path: str, element: dict[str, Any]) -> None:
    assert element, f"ele-1: {path}"
    for name, value in element.items():
        assert value is not None, f"{path}.{name}"
        assert value != [], f"{path}.{name}"
        if isinstance(value, str):
            assert value.strip(), f"{path}.{name}"
            assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", value), f"{path}.{name}"
    if path.rpartition(".")[2].startswith("extension["):
        values = [name for name in element if name.startswith("value")]
        assert (len(values) == 1) != ("extension" in element), f"ext-1: {path}"
        nested = path.count("extension[") > 1
        assert nested or ABSOLUTE.fullmatch(element["url"]), path
    if "system" in element and "telecom" not in path:
        assert ABSOLUTE.fullmatch(element["system"]), path
    if isinstance(element.get("code"), str):
        assert CODE.fullmatch(element["code"]), f"{path}: {element['code']!r}"
        if "severity" not in element:
            assert "system" in element, f"qty-3, and no code without its system: {path}"
    if "low" in element and "high" in element:
        assert element["low"]["value"] <= element["high"]["value"], "rng-2"
    if "contentType" in element and "data" in element:
        base64.b64decode(element["data"], validate=True)


def _other(resource: dict[str, Any]) -> None:
    if resource["resourceType"] == "Patient" and "gender" in resource:
        assert resource["gender"] in GENDER
    for name in resource.get("deviceName", []):
        assert name["type"] in DEVICE_NAME
    if resource["resourceType"] == "Condition":
        assert resource["clinicalStatus"]["coding"][0]["code"] in ("active", "inactive", "resolved"), "con-3"
        assert resource["verificationStatus"]["coding"][0]["code"] == "confirmed"


def _observation(resource: dict[str, Any]) -> None:
    values = [name for name in resource if name.startswith("value")]
    assert len(values) <= 1
    assert not (values and "dataAbsentReason" in resource), "obs-6"
    own = {(one["system"], one["code"]) for one in resource["code"]["coding"]}
    for part in resource.get("component", []):
        same = own & {(one["system"], one["code"]) for one in part["code"]["coding"]}
        assert not (same and values), "obs-7"


def _risk(resource: dict[str, Any]) -> None:
    for one in resource["prediction"]:
        assert ("probabilityDecimal" in one) != ("probabilityRange" in one)
        assert 0 <= one["probabilityDecimal"] <= 100, "ras-2"
        for part in one.get("extension", []):
            for end in part.get("valueRange", {}).values():
                assert (end["system"], end["code"]) == ("http://unitsofmeasure.org", "%"), "ras-1"
                assert 0 <= end["value"] <= 100


def _bundle(resource: dict[str, Any]) -> None:
    assert resource["type"] in BUNDLE
    urls = [entry["fullUrl"] for entry in resource["entry"]]
    assert len(urls) == len(set(urls)), "bdl-7"
    assert references(resource) <= set(urls)
    for entry in resource["entry"]:
        assert "search" not in entry, "bdl-2"
        assert "request" not in entry, "bdl-3"
        _resource(entry["resource"])


def _outcome(resource: dict[str, Any]) -> None:
    for one in resource["issue"]:
        assert one["severity"] in SEVERITY
        assert one["code"] in ISSUE
